// backward of several tensors and into chosen inputs, held to PyTorch (fixtures/backward.py).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { autograd, tensor, type Tensor } from 'ostinato';
import { flat, leaf } from '../support';

interface Case {
  readonly name: string;
  /** Of x, y, u and v. */
  readonly grads: readonly (readonly number[] | null)[];
}

const cases = JSON.parse(
  readFileSync(join(__dirname, '../fixtures/backward.json'), 'utf8'),
) as Case[];

const float64 = { dtype: 'float64' } as const;
const weights = (...values: number[]): Tensor => tensor(values, float64);
const square = (t: Tensor): Tensor => t.tanh().pow(2).sum().add(t.mul(3).sum());

type Call = (x: Tensor, y: Tensor, u: Tensor, v: Tensor) => void;

const calls: Readonly<Record<string, Call>> = {
  list: (_x, _y, u, v) => autograd.backward([u.sum(), v], { gradTensors: [null, weights(2, -1)] }),
  twice: (_x, _y, u) => {
    const s = u.sum();
    autograd.backward([s, s]);
  },
  one: (_x, _y, _u, v) => autograd.backward(v, { gradTensors: weights(0.5, 4) }),
  leaf: (x, _y, u) => square(u).backward({ inputs: x }),
  leaves: (x, _y, u) => square(u).backward({ inputs: [x, x] }),
  made: (_x, _y, u) => square(u).backward({ inputs: [u] }),
  both: (x, _y, u) => square(u).backward({ inputs: [x, u] }),
  unused: (_x, y, u, v) => square(u).backward({ inputs: [y, v] }),
  again: (_x, _y, u) => {
    square(u).backward({ inputs: [u], retainGraph: true });
    square(u).backward();
  },
  several: (_x, y, u, v) =>
    autograd.backward([square(u), v], {
      gradTensors: [tensor(2, float64), weights(1, 3)],
      inputs: [y, v],
    }),
  gradient: (_x, y, _u, v) => v.backward({ gradient: weights(1, 3), inputs: [y] }),
};

test.each(cases)('$name', ({ name, grads }) => {
  const x = tensor([1, -0.5], { dtype: 'float64', requiresGrad: true });
  const y = tensor([0.25, 2], { dtype: 'float64', requiresGrad: true });
  const u = x.mul(y);
  const v = x.tanh().mul(y.exp());
  calls[name](x, y, u, v);
  for (const [i, t] of [x, y, u, v].entries()) {
    const expected = grads[i];
    if (expected === null) expect(t.grad).toBeNull();
    else
      expect(flat(t.grad!)).toEqual(expected.map((value) => expect.closeTo(value, 12) as number));
  }
});

test('a gradient that is already there is added to', () => {
  const x = leaf([2]);
  const y = leaf([2]);
  x.grad = weights(10, 20);
  x.mul(y).sum().backward({ inputs: x });
  expect(flat(x.grad)).toEqual([10 + flat(y)[0], 20 + flat(y)[1]]);
  expect(y.grad).toBeNull();
});

test('what is beyond the inputs is neither walked nor consumed', () => {
  const x = leaf([2]);
  const below = x.tanh();
  below.mul(below).sum().backward({ inputs: below });
  below.backward({ gradient: below.grad! });
  expect(x.grad).not.toBeNull();
});

test('createGraph records the gradients of the inputs', () => {
  const x = leaf([2]);
  x.pow(3).sum().backward({ inputs: x, createGraph: true });
  const [second] = autograd.grad(x.grad!.sum(), x);
  expect(flat(second!)).toEqual(flat(x).map((value) => expect.closeTo(6 * value, 12) as number));
});

test('materializeGrads gives zeros where no output depends on an input', () => {
  const x = leaf([2]);
  const other = leaf([3]);
  const grad = (createGraph: boolean): (Tensor | null)[] =>
    autograd.grad(x.mul(x).sum(), [x, other], { materializeGrads: true, createGraph });
  const [dx, zeros] = grad(false);
  expect(flat(dx!)).toEqual(flat(x).map((value) => 2 * value));
  expect([flat(zeros!), zeros!.dtype, zeros!.requiresGrad]).toEqual([[0, 0, 0], 'float64', false]);
  expect(grad(true)[1]!.requiresGrad).toBe(true);
  expect(() => autograd.grad(x.sum(), [x], { materializeGrads: true, allowUnused: false })).toThrow(
    new RangeError('autograd.grad: allowUnused must be true where materializeGrads is, got false'),
  );
});

describe('refuses', () => {
  const x = leaf([2]);
  test.each<[string, () => unknown, Error]>([
    [
      'no inputs',
      () => x.sum().backward({ inputs: [] }),
      new RangeError('backward: inputs must be one tensor at least, got []'),
    ],
    [
      'no inputs of grad',
      () => autograd.grad(x.sum(), []),
      new RangeError('autograd.grad: inputs must be one tensor at least, got []'),
    ],
    [
      'an input without gradients',
      () => autograd.backward(x.sum(), { inputs: [x, tensor([1])] }),
      new Error('autograd.backward: input 1 does not require gradients'),
    ],
    [
      'other than as many gradients as tensors',
      () => autograd.backward([x.sum(), x], { gradTensors: weights(1, 2) }),
      new RangeError('autograd.backward: there are 2 tensors but 1 gradTensors; give one for each'),
    ],
    [
      'a tensor of the list without gradients',
      () => autograd.backward([x.sum(), tensor(1)]),
      new Error(
        'autograd.backward: tensor 1 does not require gradients and was not made by an operation on one that does; set requiresGrad on a leaf before the forward pass',
      ),
    ],
    [
      'several elements without a gradient',
      () => autograd.backward([x.sum(), x.mul(2)]),
      new RangeError(
        'autograd.backward: a tensor whose gradient is not given must have one element, got shape [2]; pass { gradTensors } or reduce it, for example with sum()',
      ),
    ],
  ])('%s', (_name, run, error) => {
    expect(run).toThrow(error);
    expect(x.grad).toBeNull();
  });
});

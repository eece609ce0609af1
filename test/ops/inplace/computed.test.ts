// cumsum_, tril_, addmm_, indexFill_, scatterReduce_ and others: the results of the operations, in the memory of their first argument.
import { ones, tensor, zeros, type DType, type Tensor } from 'ostinato';
import { expectGradients, leaf, sample } from '../../support';

const [a, b] = [sample([2, 3], { seed: 3 }), sample([3, 2], { seed: 4 })];
const [p, q] = [sample([2, 2, 3], { seed: 5 }), sample([2, 3, 2], { seed: 6 })];
const scales = { beta: 2, alpha: 0.5 };
const mask = tensor([[true, false, true], [false, true, true]]); // prettier-ignore
const source = sample([2, 2], { seed: 7 });
const rows = tensor([1, 1], { dtype: 'int32' });
const places = tensor([[0, 1, 0], [1, 1, 0]], { dtype: 'int32' }); // prettier-ignore
const others = sample([2, 3], { seed: 8 });

type Form = [
  name: string,
  shape: readonly number[],
  change: (x: Tensor) => Tensor,
  operation: (x: Tensor) => Tensor,
];

const forms: readonly Form[] = [
  ['cumsum_', [2, 3], (x) => x.cumsum_(1), (x) => x.cumsum(1)],
  ['cumprod_', [2, 3], (x) => x.cumprod_(0), (x) => x.cumprod(0)],
  ['tril_', [2, 3], (x) => x.tril_(-1), (x) => x.tril(-1)],
  ['triu_', [2, 3, 2], (x) => x.triu_(1), (x) => x.triu(1)],
  ['addmm_', [2, 2], (x) => x.addmm_(a, b), (x) => x.addmm(a, b)],
  ['addmm_ with factors', [2, 2], (x) => x.addmm_(a, b, scales), (x) => x.addmm(a, b, scales)],
  ['baddbmm_', [2, 2, 2], (x) => x.baddbmm_(p, q), (x) => x.baddbmm(p, q)],
  [
    'baddbmm_ with factors',
    [2, 2, 2],
    (x) => x.baddbmm_(p, q, scales),
    (x) => x.baddbmm(p, q, scales),
  ],
  ['indexFill_', [2, 3], (x) => x.indexFill_(0, rows, 7), (x) => x.indexFill(0, rows, 7)],
  [
    'maskedScatter_',
    [2, 3],
    (x) => x.maskedScatter_(mask, source),
    (x) => x.maskedScatter(mask, source),
  ],
  ...(['sum', 'prod', 'mean', 'amax', 'amin'] as const).map((reduce): Form => [
    `scatterReduce_ by ${reduce}`,
    [2, 3],
    (x) => x.scatterReduce_(0, places, others, reduce),
    (x) => x.scatterReduce(0, places, others, reduce),
  ]),
  [
    'scatterReduce_ without the elements before',
    [2, 3],
    (x) => x.scatterReduce_(0, places, others, 'mean', { includeSelf: false }),
    (x) => x.scatterReduce(0, places, others, 'mean', { includeSelf: false }),
  ],
];

describe.each(forms)('%s', (_, shape, change, operation) => {
  it('overwrites the tensor, dense or not', () => {
    const plain = sample(shape, { seed: 1 });
    const expected = operation(plain).toArray();
    const wide = zeros([...shape.slice(0, -1), 2 * shape.at(-1)!], { dtype: 'float64' });
    const part = wide.slice(-1, 0, null, 2).copy_(plain);
    const dense = plain.clone();
    for (const x of [dense, part]) {
      const { storage, version } = x;
      expect(change(x)).toBe(x);
      expect([x.storage, x.version]).toEqual([storage, version + 1]);
      expect(x.toArray()).toEqual(expected);
    }
    expect(wide.slice(-1, 1, null, 2).abs().sum().item()).toBe(0);
  });

  it('gradients, of a tensor and of a part of one', () => {
    expectGradients((x) => change(x.mul(2)).square(), leaf(shape, 1));
    expectGradients(
      (x) => {
        const y = x.mul(2);
        change(y.select(0, 1));
        return y.square();
      },
      leaf([2, ...shape], 1),
    );
    const made = change(leaf(shape).mul(1)).gradFn!.name;
    expect(made).toBe(operation(leaf(shape).mul(1)).gradFn!.name);
  });

  it('refuses a leaf that requires gradients', () => {
    const name = _.split(' ')[0];
    expect(() => change(leaf(shape))).toThrow(
      new Error(
        `${name}: a leaf that requires gradients cannot be changed in place; do it inside noGrad(() => …), or change a clone()`,
      ),
    );
  });
});

it('gradients of what is written', () => {
  expectGradients((x, value) => x.mul(1).indexFill_(0, rows, value), leaf([2, 3], 1), leaf([], 2));
  expectGradients((x, v) => x.mul(1).maskedScatter_(mask, v), leaf([2, 3], 1), leaf([2, 2], 2));
  for (const reduce of ['sum', 'prod', 'mean', 'amax', 'amin'] as const) {
    expectGradients(
      (x, v) => x.mul(1).scatterReduce_(0, places, v, reduce),
      leaf([2, 3], 1),
      leaf([2, 3], 2),
    );
  }
});

it('values as PyTorch gives them', () => {
  // torch.arange(6.).reshape(2, 3) and these calls, torch 2.13
  const x = (): Tensor => tensor([[0, 1, 2], [3, 4, 5]]); // prettier-ignore
  expect(
    x()
      .indexFill_(1, tensor([0, 2], { dtype: 'int32' }), -1)
      .toArray(),
  ).toEqual([
    [-1, 1, -1],
    [-1, 4, -1],
  ]);
  expect(
    x()
      .maskedScatter_(mask, tensor([9, 8, 7, 6]))
      .toArray(),
  ).toEqual([
    [9, 1, 8],
    [3, 7, 6],
  ]);
  const src = tensor([[10, 20, 30], [-40, 50, 60]]); // prettier-ignore
  const reduced = (reduce: 'sum' | 'mean' | 'amax', includeSelf = true): unknown =>
    x().scatterReduce_(0, places, src, reduce, { includeSelf }).toArray();
  expect(reduced('sum')).toEqual([
    [10, 1, 92],
    [-37, 74, 5],
  ]);
  expect(reduced('mean', false)).toEqual([
    [10, 1, 45],
    [-40, 35, 5],
  ]);
  expect(reduced('amax')).toEqual([
    [10, 1, 60],
    [3, 50, 5],
  ]);
});

it('gradients of the matrices', () => {
  expectGradients((x, m, n) => x.mul(1).addmm_(m, n, scales), leaf([2, 2], 1), leaf([2, 3], 2), leaf([3, 2], 3)); // prettier-ignore
});

it('types as in PyTorch', () => {
  const ints = (): Tensor => tensor([1, 2, 3], { dtype: 'int32' });
  expect(ints().cumsum_(0).toArray()).toEqual([1, 3, 6]);
  expect(ints().cumprod_(0, { dtype: 'int32' }).toArray()).toEqual([1, 2, 6]);
  expect(
    tensor([[true, true]])
      .triu_(1)
      .toArray(),
  ).toEqual([[false, true]]);
  const refused: [() => Tensor, string, DType, DType][] = [
    [() => tensor([true]).cumsum_(0), 'cumsum_', 'int32', 'bool'],
    [() => tensor([true]).cumprod_(0), 'cumprod_', 'int32', 'bool'],
    [() => ones([2]).cumsum_(0, { dtype: 'float64' }), 'cumsum_', 'float64', 'float32'],
    [() => ones([2], { dtype: 'float64' }).cumprod_(0, { dtype: 'float32' }), 'cumprod_', 'float32', 'float64'],
    [() => ints().cumsum_(0, { dtype: 'float32' }), 'cumsum_', 'float32', 'int32'],
  ]; // prettier-ignore
  for (const [call, name, given, own] of refused) {
    expect(call).toThrow(
      new TypeError(
        `${name}: the result is ${given}, which a ${own} tensor cannot hold; convert it first with to('${given}')`,
      ),
    );
  }
});

it('addmm_ and baddbmm_ take no target that would have to broadcast', () => {
  const [m, batch] = [ones([2, 2]), ones([2, 2, 2])];
  for (const shape of [[2], [1, 2]]) {
    expect(() => ones(shape).addmm_(m, m)).toThrow(
      new RangeError(
        `addmm_: a value of shape [2, 2] does not fit into shape [${shape.join(', ')}]`,
      ),
    );
  }
  expect(() => ones([2, 2]).baddbmm_(batch, batch)).toThrow(
    new RangeError('baddbmm_: a value of shape [2, 2, 2] does not fit into shape [2, 2]'),
  );
});

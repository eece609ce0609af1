// autograd.functional against PyTorch 2.13 (test/fixtures/functional.py), its graphs, and what is refused.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  autograd,
  compile,
  nn,
  noGrad,
  ones,
  randn,
  stack,
  tensor,
  zeros,
  type Tensor,
} from 'ostinato';
import { expectNear } from '../../support';

type Encoded = { s: number[]; v: number[] } | Encoded[];
type Shapes = number[] | number[][];
interface Case {
  name: 'jacobian' | 'hessian' | 'vjp' | 'jvp' | 'vhp' | 'hvp';
  f: string;
  shapes: Shapes;
  v: Shapes | null;
  strict: boolean;
  out?: Encoded;
  grads?: (Encoded | null)[];
  error?: string;
}
const cases = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/functional.json'), 'utf8'),
) as Case[];

type Func = (...xs: Tensor[]) => Tensor | Tensor[];
const functions: Readonly<Record<string, Func>> = {
  square: (x) => x.mul(x),
  rows: (x) => x.exp().sum(1),
  linear: (x, y) => x.mul(2).add(y.mul(3)),
  mixed: (x, y) => [x.mul(y).tanh(), x.sum().mul(y).sigmoid()],
  first: (x) => x.sin(),
  cube: (x) => x.pow(3).sum(),
  both: (x, y) => x.exp().mul(y).sum().add(x.mul(x).mul(y.cos()).sum()),
  separate: (x, y) => x.pow(3).sum().add(y.mul(2).sum()),
  one: (x) => x.sin().reshape([1, 1]),
  constant: () => ones([2], { dtype: 'float64' }),
  identity: (x) => x,
};

function values(shape: readonly number[], seed: number): Tensor {
  const n = shape.reduce((a, b) => a * b, 1);
  const list = Float64Array.from({ length: n }, (_, i) => (((i * 5 + seed * 3) % 11) - 5) / 4);
  return tensor(list).reshape(shape);
}
const isList = (shapes: Shapes): shapes is number[][] => Array.isArray(shapes[0]);
const made = (shapes: Shapes, seed: number, leaves: boolean): Tensor | Tensor[] => {
  const one = (s: number[], k: number): Tensor => values(s, k + seed).requiresGrad_(leaves);
  return isList(shapes) ? shapes.map(one) : one(shapes, 0);
};
const flat = (x: unknown): Tensor[] => (Array.isArray(x) ? x.flatMap(flat) : [x as Tensor]);

function expectEqual(actual: unknown, want: Encoded): void {
  if (Array.isArray(want)) {
    expect(actual).toHaveLength(want.length);
    want.forEach((each, i) => expectEqual((actual as unknown[])[i], each));
    return;
  }
  expect((actual as Tensor).shape).toEqual(want.s);
  expectNear((actual as Tensor).toTypedArray(), want.v, 1e-9);
}

const weighted = (x: Tensor): Tensor =>
  tensor(Float64Array.from({ length: x.numel }, (_, i) => (((i * 7) % 11) - 5) / 4))
    .reshape(x.shape)
    .mul(x)
    .sum();

type Call = (...args: unknown[]) => unknown;
const call = ({ name, f, shapes, v, strict }: Case, createGraph: boolean): [unknown, Tensor[]] => {
  const inputs = made(shapes, 0, true);
  const vector = name === 'jacobian' || name === 'hessian' ? [] : [v && made(v, 7, false)];
  const options = { createGraph, strict };
  const function_ = autograd.functional[name] as unknown as Call;
  return [function_(functions[f], inputs, ...vector, options), flat(inputs)];
};

const titled = cases.map(
  (each) => [`${each.name} ${JSON.stringify([each.f, each.shapes, each.v, each.strict])}`, each] as const, // prettier-ignore
);

describe('as PyTorch', () => {
  it.each(titled)('%s', (_, each) => {
    if (each.out === undefined) {
      expect(() => call(each, false)).toThrow(
        /^(jacobian|hessian|vjp|jvp|vhp|hvp): (.*, which { strict: true } refuses(; .*)?|(v|v\[0\]|the result of f) must .*)$/,
      );
    } else {
      const [found] = noGrad(() => call(each, false));
      expectEqual(found, each.out);
      expect(flat(found).some((x) => x.requiresGrad)).toBe(false);
    }
    if (each.error !== undefined) {
      expect(() => call(each, true)).toThrow(/^\w+: .*$/);
      return;
    }
    const [found, leaves] = call(each, true);
    expectEqual(found, each.out!);
    if (each.grads === undefined) return;
    const total = flat(found)
      .map(weighted)
      .reduce((a, b) => a.add(b));
    const grads = autograd.grad(total, leaves, { allowUnused: true });
    for (const [i, g] of grads.entries()) {
      const want = each.grads[i];
      if (want === null) expect(g).toBeNull();
      else expectEqual(g, want);
    }
  });
});

describe('jacobian', () => {
  it('is of the shapes of result and input without elements', () => {
    const { jacobian } = autograd.functional;
    expect(jacobian((x) => x.mul(2), zeros([0])).shape).toEqual([0, 0]);
    expect(jacobian((x) => x.mul(2), zeros([0, 2])).shape).toEqual([0, 2, 0, 2]);
    expect(jacobian((x) => x.sum(), zeros([0])).shape).toEqual([0]);
  });

  it('keeps the element type, and takes strided inputs', () => {
    const x = randn([3, 2]).transpose(0, 1).requiresGrad_();
    for (const createGraph of [false, true]) {
      const j = autograd.functional.jacobian((a) => a.tanh(), x, { createGraph });
      expect([j.dtype, j.shape]).toEqual(['float32', [2, 3, 2, 3]]);
    }
  });

  it('leaves grad and what f uses besides its arguments alone', () => {
    const w = tensor([3], { requiresGrad: true });
    const x = tensor([1, 2], { requiresGrad: true });
    const j = autograd.functional.jacobian((a) => a.mul(w).mul(x), x);
    expect(j.toArray()).toEqual([[3, 0], [0, 6]]); // prettier-ignore
    expect([w.grad, x.grad, x.requiresGrad]).toEqual([null, null, true]);
  });

  it('goes through fused layers, whose second derivatives it needs', () => {
    const layer = new nn.GRU(2, 3, { dtype: 'float64' });
    const x = randn([4, 1, 2], { dtype: 'float64' });
    const last = (a: Tensor): Tensor => layer.forward(a)[0].sum();
    const h = autograd.functional.hessian(last, x).reshape([8, 8]);
    const v = randn([4, 1, 2], { dtype: 'float64' });
    const [, left] = autograd.functional.vhp(last, x, v);
    const [, right] = autograd.functional.hvp(last, x, v);
    const want = h.matmul(v.reshape([8])).toTypedArray();
    expectNear(left.toTypedArray(), want, 1e-9);
    expectNear(right.toTypedArray(), want, 1e-9);
    const [, forward] = autograd.functional.jvp((a) => layer.forward(a)[0], x, v);
    const j = autograd.functional.jacobian((a) => layer.forward(a)[0], x);
    expectNear(
      forward.toTypedArray(),
      j
        .reshape([12, 8])
        .matmul(v.reshape([8]))
        .toTypedArray(),
      1e-9,
    );
  });

  it('compiles', () => {
    const f = (x: Tensor): Tensor => autograd.functional.jacobian((a) => a.tanh(), x);
    const x = randn([3]);
    expect(compile(f)(x).toArray()).toEqual(f(x).toArray());
  });
});

const { jacobian, hessian, vjp, jvp } = autograd.functional;
it.each<[string, () => unknown, Error]>([
  [
    'integers',
    (): unknown => jacobian((x) => x, tensor([1], { dtype: 'int32' })),
    new TypeError('jacobian: input 0 must be float32 or float64, got int32'),
  ],
  [
    'no inputs',
    () => jacobian(() => ones([1]), []),
    new RangeError('jacobian: inputs must have at least one tensor'),
  ],
  [
    'no function',
    (): unknown => hessian(3 as never, ones([1])),
    new TypeError('hessian: f must be a function, got 3'),
  ],
  [
    'a result that is no tensor',
    (): unknown => vjp(() => 3 as never, ones([1])),
    new TypeError('vjp: the result of f must be a tensor or an array of tensors, got 3'),
  ],
  [
    'several results of hessian',
    (): unknown => hessian((x) => [x, x] as never, ones([1])),
    new RangeError(
      'hessian: the result of f must be a single tensor of one element, got an array of 2',
    ),
  ],
  [
    'a v of another type',
    (): unknown => vjp((x) => x, ones([2]), ones([2], { dtype: 'float64' })),
    new TypeError('vjp: v[0] must be float32 as the output is, got float64'),
  ],
  [
    'no v',
    (): unknown => jvp((x) => x, ones([2])),
    new RangeError('jvp: v must be given, since the input is not one tensor of one element'),
  ],
  [
    'an unused input, where it is strict',
    (): unknown => jacobian((x) => stack([x, x]), [ones([1]), ones([1])], { strict: true }),
    new Error('jacobian: output 0 of f does not depend on input 1, which { strict: true } refuses'),
  ],
])('refuses %s', (_, refused, error) => {
  expect(refused).toThrow(error);
});

describe('what strict refuses is said, and what to do', () => {
  const { hvp, vhp } = autograd.functional;
  const [x, v] = [ones([2]), ones([2])];
  const strict = { strict: true };
  const withGraph = { strict: true, createGraph: true };
  const undifferentiable =
    'output 0 of f requires no gradients, which { strict: true } refuses; compute it from the inputs in differentiable operations, without detach() and outside noGrad';
  const twice =
    'f must be twice differentiable, and its gradient depend on the inputs (that of a linear function does not)';
  const constantGradient = `the gradient of f with respect to input 0 does not depend on the inputs, which { strict: true } refuses; with { createGraph: true }, ${twice}`;
  const constantJacobian = (i: number): string =>
    `the Jacobian of f with respect to input ${i} does not depend on the inputs, which { strict: true } refuses; ${twice}`;
  const independent = 'the output of f does not depend on input 1, which { strict: true } refuses';
  const sum = (a: Tensor): Tensor => a.sum();
  const first = (a: Tensor): Tensor => a.square().sum();
  const partly = (a: Tensor, b: Tensor): Tensor => a.pow(3).sum().add(b.sum());
  it.each<[string, () => unknown, string]>([
    ['jacobian', () => jacobian((a) => a.detach(), x, strict), undifferentiable],
    ['hessian', () => hessian((a) => a.detach().sum(), x, strict), undifferentiable],
    ['vjp', () => vjp((a) => a.detach(), x, v, strict), undifferentiable],
    ['jvp', () => jvp((a) => a.detach(), x, v, strict), undifferentiable],
    ['vhp', () => vhp((a) => a.detach().sum(), x, v, strict), undifferentiable],
    ['hvp', () => hvp((a) => a.detach().sum(), x, v, strict), undifferentiable],
    ['jacobian', () => jacobian((a) => a.mul(2), x, withGraph), constantGradient],
    ['vjp', () => vjp((a) => a.mul(2), x, v, withGraph), constantGradient],
    [
      'jvp',
      () => jvp((a) => a.mul(2), x, v, withGraph),
      'the product for output 0 of f does not depend on the inputs, which { strict: true } refuses; with { createGraph: true }, f must be twice differentiable, and its Jacobian depend on the inputs (that of a linear function does not)',
    ],
    ['hessian', () => hessian(sum, x, strict), constantJacobian(0)],
    ['vhp', () => vhp(sum, x, v, strict), constantJacobian(0)],
    ['hvp', () => hvp(sum, x, v, strict), constantJacobian(0)],
    ['hessian', () => hessian(partly, [x, x], strict), constantJacobian(1)],
    ['vhp', () => vhp(partly, [x, x], [v, v], strict), constantJacobian(1)],
    ['hvp', () => hvp(partly, [x, x], [v, v], strict), constantJacobian(1)],
    ['vjp', () => vjp((a) => a.square(), [x, x], v, strict), independent],
    ['jvp', () => jvp((a) => a.square(), [x, x], [v, v], strict), independent],
    ['vhp', () => vhp(first, [x, x], [v, v], strict), independent],
    ['hvp', () => hvp(first, [x, x], [v, v], strict), independent],
  ])('%s', (name, refused, sentence) => {
    expect(refused).toThrow(new Error(`${name}: ${sentence}`));
  });
});

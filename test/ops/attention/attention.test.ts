// The fused attention against its readable twin: the same bits, forward and backward, whatever is asked for; and what only the twin does.
import { autograd, compile, manualSeed, nn, ones, randn, type DType, type Tensor } from 'ostinato';
import { gradcheck, gradgradcheck } from '../../../src/autograd';
import { attention } from '../../../src/ops/attention/attention';
import {
  primitiveAttention,
  type AttentionCall,
  type Split,
} from '../../../src/ops/attention/twin';
import { expectNear, flat, leaf } from '../../support';

const { scaledDotProductAttention } = nn.functional;

const asGiven: Split = ([q, k, v]) => [q, k, v];
const packed =
  (heads: number): Split =>
  ([x]) => {
    const [q, k, v] = x.chunk(3, -1).map((part) => {
      const [N, L, E] = part.shape;
      return part.view([N, L, heads, E / heads]).transpose(1, 2);
    });
    return [q, k, v];
  };

const plain: AttentionCall = {
  scale: 0.4,
  mask: null,
  hides: true,
  noise: null,
  needWeights: false,
  queriesFirst: false,
};

function both(inputs: readonly Tensor[], split: Split, call: AttentionCall): void {
  const leaves = inputs.map((x) => x.detach().requiresGrad_());
  const results = [
    attention('test', leaves, split, call),
    primitiveAttention(split(leaves), call),
  ].map(([out, weights]) => {
    manualSeed(3);
    const loss = out.mul(randn(out.shape, { dtype: out.dtype })).sum();
    const gradients = autograd.grad(loss, leaves).map((x) => x!);
    return [out, ...(weights === null ? [] : [weights]), ...gradients];
  });
  expect(results[0].map((x) => x.shape)).toEqual(results[1].map((x) => x.shape));
  expect(results[0].map(flat)).toEqual(results[1].map(flat));
}

const drawn =
  (mask: Tensor): AttentionCall['noise'] =>
  () =>
    mask;

describe.each<DType>(['float32', 'float64'])('%s: the bits of the twin', (dtype) => {
  const draw = (...shape: number[]): Tensor => randn(shape, { dtype });
  beforeEach(() => manualSeed(1));

  test.each([
    [1, 1, 1, 1, 1, 1],
    [2, 3, 5, 7, 4, 6],
    [1, 2, 33, 50, 16, 17],
    [2, 2, 65, 64, 64, 64],
    [1, 1, 20, 130, 8, 5],
  ])('%i × %i heads of %i queries and %i keys of %i and %i features', (N, H, L, S, E, V) => {
    const inputs = [draw(N, H, L, E), draw(N, H, S, E), draw(N, H, S, V)];
    both(inputs, asGiven, plain);
    const noise = drawn(draw(N, H, L, S));
    const mask = draw(L, S).maskedFill(draw(L, S).gt(0.5), -Infinity);
    both(inputs, asGiven, { ...plain, mask, noise, needWeights: true, queriesFirst: true });
    both(inputs, asGiven, { ...plain, mask: mask.gt(0) });
    both(inputs, asGiven, { ...plain, mask: draw(N, 1, 1, S), hides: false, needWeights: true });
  });

  it('takes masks of every shape and element type that broadcasts', () => {
    const inputs = [draw(2, 3, 4, 8), draw(2, 3, 5, 8), draw(2, 3, 5, 8)];
    const masks = [
      draw(),
      draw(1),
      draw(5),
      draw(4, 1),
      draw(1, 5),
      draw(3, 1, 5),
      draw(2, 1, 4, 5),
    ];
    masks.push(
      draw(5, 4).t(),
      draw(2, 3, 5, 4).transpose(2, 3),
      randn([4, 5]),
      draw(4, 5).double(),
    );
    for (const mask of masks) {
      both(inputs, asGiven, { ...plain, mask });
      both(inputs, asGiven, { ...plain, mask: mask.gt(0) });
    }
  });

  it('takes fewer dimensions, expanded and permuted operands, and parts of one tensor', () => {
    const three = [draw(4, 8), draw(5, 8), draw(5, 3)];
    both(three, asGiven, plain);
    const [q, k, v] = three;
    both([q.t().contiguous().t(), k.t().contiguous().t(), v], asGiven, plain);
    both([q.expand([2, 4, 8]), k.expand([2, 5, 8]), v.expand([2, 5, 3])], asGiven, plain);
    both([draw(2, 7, 24)], packed(2), { ...plain, queriesFirst: true });
    both([draw(2, 7, 24)], packed(4), { ...plain, needWeights: true });
  });

  it('leaves out gradients that are not needed', () => {
    const [q, k, v] = [draw(2, 4, 8), draw(2, 5, 8), draw(2, 5, 3)];
    const inputs = [q, k.requiresGrad_(), v];
    const [out] = attention('test', inputs, asGiven, plain);
    const [twin] = primitiveAttention([q, k, v], plain);
    const [mine, own] = [out, twin].map((y) => autograd.grad(y.sum(), [k])[0]!);
    expect(flat(mine)).toEqual(flat(own));
  });
});

const shapes = [leaf([1, 2, 2, 3], 1), leaf([1, 2, 4, 3], 2), leaf([1, 2, 4, 2], 3)];
const run = (call: AttentionCall) => (q: Tensor, k: Tensor, v: Tensor) => {
  const [out, weights] = attention('test', [q, k, v], asGiven, call);
  return weights === null ? out : out.sum().add(weights.square().sum());
};

test('first and second derivatives', () => {
  const mask = ones([2, 4], { dtype: 'bool' }).tril(1);
  const noise = drawn(leaf([1, 2, 2, 4], 4).detach());
  for (const call of [plain, { ...plain, mask, noise }, { ...plain, noise, needWeights: true }]) {
    expect(gradcheck(run(call), shapes)).toBe(true);
    expect(gradgradcheck(run(call), shapes)).toBe(true);
  }
});

test('a mask that requires gradients gets one', () => {
  const mask = leaf([2, 4], 7);
  const byMask = (m: Tensor): Tensor => run({ ...plain, mask: m })(shapes[0], shapes[1], shapes[2]);
  expect(gradcheck(byMask, [mask])).toBe(true);
});

test('a changed operand, mask or weight is an error at backward', () => {
  const [q, k, v] = shapes.map((x) => x.detach());
  const mask = leaf([2, 4], 7).detach();
  const query = q.requiresGrad_();
  const attend = (): readonly [Tensor, Tensor | null] =>
    attention('test', [query, k, v], asGiven, { ...plain, mask, needWeights: true });
  const said = (shape: string): string =>
    `backward: a tensor of shape ${shape} that test needs for its gradient was changed in place since (version 1, saved at 0); change a clone() instead, or do it before test`;
  for (const [change, shape] of [
    [k, '[1, 2, 4, 3]'],
    [mask, '[2, 4]'],
  ] as const) {
    const [out] = attend();
    change.add_(1);
    expect(() => out.sum().backward()).toThrow(said(shape));
  }
  const [out, weights] = attend();
  weights!.detach().add_(1);
  expect(() => out.sum().backward()).toThrow(said('[1, 2, 2, 4]'));
});

test('dropout draws as dropout does, after nothing else', () => {
  const [q, k, v] = shapes.map((x) => x.detach());
  manualSeed(5);
  const out = scaledDotProductAttention(q, k, v, { dropoutP: 0.4 });
  const after = flat(randn([3]));
  manualSeed(5);
  const weights = nn.functional.dropout(
    q
      .mul(1 / Math.sqrt(3))
      .matmul(k.transpose(-2, -1))
      .softmax(-1),
    0.4,
  );
  expect(flat(out)).toEqual(flat(weights.matmul(v)));
  expect(flat(randn([3]))).toEqual(after);
  expect(flat(scaledDotProductAttention(q, k, v, { dropoutP: 1 })).every((x) => x === 0)).toBe(
    true,
  );
});

test.each([true, false])('compiles, with the same bits (needWeights %s)', (needWeights) => {
  manualSeed(2);
  const layer = new nn.MultiheadAttention(8, 2, { batchFirst: true, dropout: 0.3 });
  const x = randn([3, 5, 8]);
  const attnMask = ones([5, 5], { dtype: 'bool' }).triu(1);
  const attend = (input: Tensor): Tensor => {
    const [out, weights] = layer.forward(input, input, input, { attnMask, needWeights });
    return weights === null ? out : out.add(weights.sum());
  };
  const compiled = compile(attend);
  const [plainly, again] = [attend, compiled].map((call) => {
    layer.zeroGrad();
    const leaves = x.detach().requiresGrad_();
    manualSeed(4);
    const first = call(leaves);
    const out = call(leaves).add(first);
    out.square().sum().backward();
    const gradients = [...layer.parameters()].map(({ grad }) => flat(grad!));
    return [flat(out), flat(leaves.grad!), ...gradients];
  });
  const near = (a: number[][], b: number[][]): void => {
    a.forEach((values, i) => {
      expectNear(values, b[i], 1e-6);
    });
  };
  expect(again[0]).toEqual(plainly[0]);
  // The gradient of a parameter that both calls share is summed call by call.
  near(again, plainly);
});

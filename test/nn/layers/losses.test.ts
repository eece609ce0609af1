// Losses against PyTorch 2.13 (test/fixtures/losses.py): outputs and gradients to 1e-9 in float64 and 1e-5 in float32, of inputs in
// every layout, and what is refused.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { autograd, nn, tensor, Tensor } from 'ostinato';
import { expectPacked, floats, within, type Float } from '../fixture';

interface Input {
  s: number[];
  v: number[];
  d?: 'int32';
  g?: boolean;
}
interface Case {
  layer: string;
  args: unknown[];
  inputs: (Input | number)[];
  out?: Input;
  grads?: Input[];
  error?: string;
}
const cases = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/losses.json'), 'utf8'),
) as Case[];

interface AnyLoss extends nn.Module {
  forward(...inputs: unknown[]): Tensor;
}
type Constructor = new (...args: unknown[]) => AnyLoss;

function made({ layer, args }: Case, dtype: Float): AnyLoss {
  const Layer = (nn as unknown as Record<string, Constructor>)[layer];
  const given = args.map((one) => {
    if (typeof one !== 'object' || one === null || !('weight' in one)) return one;
    return { ...one, weight: tensor(one.weight as number[], { dtype }) };
  });
  return new Layer(...given);
}

type Layout = (x: Tensor) => Tensor;
const layouts: Record<string, Layout> = {
  contiguous: (x) => x,
  transposed: (x) => (x.ndim < 2 ? x : x.transpose(0, 1).clone().transpose(0, 1)),
  interleaved: (x) =>
    x
      .unsqueeze(-1)
      .repeat(...x.shape.map(() => 1), 2)
      .select(-1, 1),
};

function inputOf(x: Input | number, dtype: Float): Tensor | number {
  if (typeof x === 'number') return x;
  const out = tensor(x.v, { dtype: x.d ?? dtype })
    .reshape(x.s)
    .clone();
  return x.g === true ? out.requiresGrad_() : out;
}

function weights(like: Tensor): Tensor {
  const values = Array.from({ length: like.numel }, (_, i) => (((i * 7) % 11) - 5) / 4);
  return tensor(values, { dtype: like.dtype }).reshape(like.shape);
}

const title = ({ layer, args, inputs }: Case): string =>
  `${layer}(${JSON.stringify(args).slice(1, -1)}) of ${inputs
    .map((x) => (typeof x === 'number' ? x : `[${x.s.join()}]`))
    .join(' ')}`;

describe.each(floats)('%s', (dtype) => {
  describe.each(Object.keys(layouts))('%s', (layout) => {
    const given = cases.filter(({ error }) => error === undefined);
    it.each(given.map((one) => [title(one), one] as const))('%s', (_, one) => {
      const leaves = one.inputs.map((x) => inputOf(x, dtype));
      const inputs = leaves.map((x) => (x instanceof Tensor ? layouts[layout](x) : x));
      const out = made(one, dtype).forward(...inputs);
      expect(out.dtype).toBe(dtype);
      expectPacked(out, { shape: one.out!.s, values: one.out!.v }, within[dtype]);
      const wanted = leaves.filter((x): x is Tensor => x instanceof Tensor && x.requiresGrad);
      if (wanted.length === 0) return;
      const grads = autograd.grad([out.mul(weights(out)).sum()], wanted);
      for (const [i, { s, v }] of one.grads!.entries()) {
        expectPacked(grads[i], { shape: s, values: v }, within[dtype]);
      }
    });
  });
});

// In the order of the fixture.
const refusals: readonly (readonly [kind: 'TypeError' | 'RangeError', sentence: string])[] = [
  [
    'RangeError',
    'gaussianNllLoss: every element of variance must be at least 0, got -0.5 at position 11',
  ],
  [
    'RangeError',
    'gaussianNllLoss: every element of variance must be at least 0, got -1 at position 0',
  ],
  [
    'RangeError',
    'gaussianNllLoss: input is [3, 4], so variance must be [3, 4], [3], or have 1 in place of one size, got [4]',
  ],
  [
    'RangeError',
    'gaussianNllLoss: input is [3, 4], so variance must be [3, 4], [3], or have 1 in place of one size, got [1, 1]',
  ],
  [
    'RangeError',
    'marginRankingLoss: input1, input2 and target must have the same number of dimensions, got [3, 4], [3, 4] and [4]',
  ],
  [
    'RangeError',
    'cosineEmbeddingLoss: input1 and input2 must be [N, D] with target [N], or [D] with target [], got [3, 4], [3, 4] and [3, 4]',
  ],
  [
    'RangeError',
    'cosineEmbeddingLoss: input1 and input2 must be [N, D] with target [N], or [D] with target [], got [4], [4] and [1]',
  ],
  [
    'RangeError',
    'cosineEmbeddingLoss: input1 and input2 must be [N, D] with target [N], or [D] with target [], got [3, 4], [3, 4] and []',
  ],
  [
    'RangeError',
    'cosineEmbeddingLoss: shapes [3] and [2] do not broadcast: sizes 3 and 2 at dimension -1 must be equal, or one of them 1',
  ],
  ['RangeError', 'multiMarginLoss: target 4 at position 1 is not a class: targets go from 0 to 3'],
  ['RangeError', 'multiMarginLoss: target -1 at position 1 is not a class: targets go from 0 to 3'],
  ['RangeError', 'multiMarginLoss: input is [3, 4], so target must be [3], got [2]'],
  [
    'TypeError',
    "multiMarginLoss: target must be int32 class indices, got float64; convert it with to('int32')",
  ],
  [
    'RangeError',
    'multiMarginLoss: input must be [C] or [N, C] with a score for each class, got [1, 2, 2]',
  ],
  ['RangeError', 'MultiMarginLoss: p must be 1 or 2, got 3'],
  [
    'RangeError',
    'multiMarginLoss: weight must have one element for each of the 4 classes, got shape [2]',
  ],
  [
    'RangeError',
    'multilabelMarginLoss: target 4 at position 0 is not a class: targets go from -1 to 3',
  ],
  [
    'RangeError',
    'multilabelMarginLoss: target -2 at position 0 is not a class: targets go from -1 to 3',
  ],
  [
    'RangeError',
    'multilabelMarginLoss: input is [3, 4], target is [3]; they must have the same shape',
  ],
  [
    'RangeError',
    'tripletMarginLoss: anchor, positive and negative must have the same number of dimensions, at least 1, got [3, 4], [3, 4] and [4]',
  ],
  ['RangeError', 'TripletMarginLoss: margin must be a number above 0, got 0'],
  ['RangeError', 'TripletMarginWithDistanceLoss: margin must be a number above 0, got -1'],
  ['RangeError', "KLDivLoss: reduction must be 'none', 'mean', 'batchmean' or 'sum', got 'max'"],
  [
    'RangeError',
    'klDiv: shapes [3, 4] and [3] do not broadcast: sizes 4 and 3 at dimension -1 must be equal, or one of them 1',
  ],
  [
    'RangeError',
    'softMarginLoss: shapes [3, 4] and [3] do not broadcast: sizes 4 and 3 at dimension -1 must be equal, or one of them 1',
  ],
  [
    'RangeError',
    'hingeEmbeddingLoss: shapes [3, 4] and [3] do not broadcast: sizes 4 and 3 at dimension -1 must be equal, or one of them 1',
  ],
  [
    'RangeError',
    'poissonNllLoss: shapes [3, 4] and [3] do not broadcast: sizes 4 and 3 at dimension -1 must be equal, or one of them 1',
  ],
];

describe('refused as by PyTorch', () => {
  const refused = cases.filter(({ error }) => error !== undefined);
  it('each with a sentence', () => {
    expect(refusals).toHaveLength(refused.length);
  });
  it.each(refused.map((one, i) => [title(one), one, i] as const))('%s', (_, one, i) => {
    const [kind, sentence] = refusals[i];
    const call = (): void => {
      made(one, 'float64').forward(...one.inputs.map((x) => inputOf(x, 'float64')));
    };
    expect(call).toThrow(new { TypeError, RangeError }[kind](sentence));
  });
});

describe('PinballLoss, which PyTorch lacks', () => {
  // q·(t − x) above the prediction, (1 − q)·(x − t) below it.
  const ofOne = (q: number, t: number, x: number): number =>
    Math.max(q * (t - x), (q - 1) * (t - x));
  const x = [0.5, 2, -1, 3, 0, 1.25];
  const t = [1, -0.5];
  const quantiles = [0.1, 0.5, 0.9];
  const losses = x.map((value, i) => ofOne(quantiles[i % 3], t[Math.floor(i / 3)], value));

  it.each(floats)('of three quantiles and of one, %s', (dtype) => {
    const input = tensor(x, { dtype }).reshape([2, 3]);
    const target = tensor(t, { dtype });
    const none = new nn.PinballLoss(quantiles, { reduction: 'none' }).forward(input, target);
    expectPacked(none, { shape: [2, 3], values: losses }, within[dtype]);
    const sum = losses.reduce((a, b) => a + b);
    const mean = new nn.PinballLoss(quantiles).forward(input, target);
    expectPacked(mean, { shape: [], values: [sum / 6] }, within[dtype]);
    const one = new nn.PinballLoss(0.9, { reduction: 'sum' }).forward(input.select(1, 2), target);
    expectPacked(one, { shape: [], values: [losses[2] + losses[5]] }, within[dtype]);
  });

  it('has its minimum at the quantile', () => {
    const target = tensor(Array.from({ length: 101 }, (_, i) => i));
    const at = (value: number): number =>
      new nn.PinballLoss(0.8).forward(target.mul(0).add(value), target).item();
    expect(at(80)).toBeLessThan(Math.min(at(79), at(81)));
  });

  it.each<[() => unknown, Error]>([
    [
      () => new nn.PinballLoss(1),
      new RangeError('PinballLoss: quantiles must be a number between 0 and 1, got 1'),
    ],
    [
      () => new nn.PinballLoss([0.5, 0]),
      new RangeError('PinballLoss: quantiles[1] must be a number between 0 and 1, got 0'),
    ],
    [() => new nn.PinballLoss([]), new RangeError('PinballLoss: quantiles must not be empty')],
    [
      () => new nn.PinballLoss('half' as never),
      new TypeError(
        "PinballLoss: quantiles must be a number between 0 and 1 or an array of them, got 'half'",
      ),
    ],
    [
      () => new nn.PinballLoss([0.5]).forward(tensor([1, 2]), tensor([1, 2])),
      new RangeError('pinballLoss: target is [2], so input must be [2, 1], got [2]'),
    ],
  ])('refuses %#', (call, error) => {
    expect(call).toThrow(error);
  });
});

describe('losses of integers', () => {
  const F = nn.functional;
  const i = tensor([-3, -1, 0, 1, 2, 7, 9], { dtype: 'int32' });
  const row = i.view(1, -1);
  const none = { reduction: 'none' } as const;
  // i = torch.tensor([-3, -1, 0, 1, 2, 7, 9], dtype=torch.int32), row = i.view(1, -1), F = torch.nn.functional
  const integerCases: [string, () => Tensor, number[], number[]][] = [
    // F.poisson_nll_loss(i, i.abs(), reduction='none')
    ['poissonNllLoss', () => F.poissonNllLoss(i, i.abs(), none), [7], [9.04978752136, 1.367879390717, 1, 1.718281745911, 3.389056205750, 1047.633178710938, 8022.083984375]],
    // F.margin_ranking_loss(i, i + 1, i.sign(), reduction='none')
    ['marginRankingLoss', () => F.marginRankingLoss(i, i.add(1), i.sign(), none), [7], [0, 0, 0, 1, 1, 1, 1]],
    // F.margin_ranking_loss(i, i + 1, i.sign(), margin=0.5)
    ['a mean', () => F.marginRankingLoss(i, i.add(1), i.sign(), { margin: 0.5 }), [], [0.928571403027]],
    // F.cosine_embedding_loss(row, row + 1, torch.tensor([1]))
    ['cosineEmbeddingLoss', () => F.cosineEmbeddingLoss(row, row.add(1), tensor([1])), [], [0.015081524849]],
    // F.cosine_embedding_loss(torch.tensor([[True, False]]), torch.tensor([[True, True]]), torch.tensor([True]), reduction='none')
    ['truth values', () => F.cosineEmbeddingLoss(tensor([[true, false]]), tensor([[true, true]]), tensor([true]), none), [1], [0.292893230915]],
    // F.triplet_margin_loss(row, row + 3, row + 1, reduction='none')
    ['tripletMarginLoss', () => F.tripletMarginLoss(row, row.add(3), row.add(1), none), [1], [6.291503429413]],
    // F.pairwise_distance(i, i + 2)
    ['pairwiseDistance', () => F.pairwiseDistance(i, i.add(2)), [], [5.291500091553]],
  ]; // prettier-ignore
  it.each(integerCases)('%s', (_, call, shape, values) => {
    const out = call();
    expect(out.dtype).toBe('float32');
    expectPacked(out, { shape, values }, within.float32);
  });
});

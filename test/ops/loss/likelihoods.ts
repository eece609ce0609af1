// The losses that nn.functional alone has: rows of the table of gradients.
import * as o from 'ostinato';
import type { Tensor } from 'ostinato';
import { ofOne, type Entry, type Options } from '../entry';

const F = o.nn.functional;
type Kind = { reduction: o.Reduction };
const shapes = (count: number, ...each: (readonly number[])[]): number[][][] =>
  each.map((shape) => Array.from({ length: count }, () => [...shape]));

const everyReduction = (
  name: string,
  f: (options: Kind, ...inputs: Tensor[]) => Tensor,
  options: Options,
): Entry[] =>
  (['mean', 'sum', 'none'] as const).map((reduction) => ({
    name: `${name} ${reduction}`,
    f: (...inputs: Tensor[]) => f({ reduction }, ...inputs),
    shapes: [],
    ...options,
  }));

const signsLike = (x: Tensor): Tensor =>
  o
    .tensor(
      Array.from({ length: x.numel }, (_, i) => (i % 3 === 1 ? -1 : 1)),
      { dtype: x.dtype },
    )
    .reshape(x.shape);
const classesOf = (x: Tensor): Tensor => {
  const [n, c] = [x.shape[0], x.shape[1]];
  return o.tensor(Int32Array.from({ length: n }, (_, i) => (2 * i + 1) % c));
};

export const likelihoods: readonly Entry[] = [
  ...everyReduction('klDiv', (options, x, t) => F.klDiv(x, t, options), {
    shapes: shapes(2, [2, 3], []),
    domain: [0.1, 0.9],
  }),
  ...everyReduction(
    'klDiv logTarget',
    (options, x, t) => F.klDiv(x, t, { ...options, logTarget: true }),
    { shapes: [...shapes(2, [2, 3]), [[2, 3], [3]]] },
  ),
  ofOne('klDiv batchmean', (x) => F.klDiv(x, x.exp(), { reduction: 'batchmean' })),
  ...everyReduction(
    'gaussianNllLoss',
    (options, x, t, v) => F.gaussianNllLoss(x, t, v, { ...options, full: true }),
    {
      shapes: [
        ...shapes(3, [2, 3], []),
        [[2, 3], [2, 3], [2]],
        [
          [2, 3],
          [2, 3],
          [1, 3],
        ],
      ],
      domains: [[-2, 2], [-2, 2], [0.2, 2]], // prettier-ignore
    },
  ),
  ...everyReduction(
    'poissonNllLoss',
    (options, x, t) => F.poissonNllLoss(x, t, { ...options, full: true }),
    { shapes: shapes(2, [2, 3], []), domains: [[-2, 2], [1.5, 4]] }, // prettier-ignore
  ),
  ...everyReduction(
    'poissonNllLoss of rates',
    (options, x, t) => F.poissonNllLoss(x, t, { ...options, logInput: false }),
    { shapes: shapes(2, [2, 3]), domain: [0.5, 2] },
  ),
  ...everyReduction('pinballLoss', (options, x, t) => F.pinballLoss(x, t, 0.9, options), {
    shapes: shapes(2, [2, 3], []),
  }),
  ...everyReduction(
    'pinballLoss of three',
    (options, x, t) => F.pinballLoss(x, t, [0.1, 0.5, 0.9], options),
    { shapes: [[[2, 3], [2]], [[3], []]] }, // prettier-ignore
  ),
  ...everyReduction(
    'marginRankingLoss',
    (options, a, b) => F.marginRankingLoss(a, b, signsLike(a), { ...options, margin: 0.31 }),
    { shapes: shapes(2, [2, 3], []) },
  ),
  ...everyReduction(
    'hingeEmbeddingLoss',
    (options, x) => F.hingeEmbeddingLoss(x, signsLike(x), { ...options, margin: 0.31 }),
    { shapes: shapes(1, [2, 3], []) },
  ),
  ...everyReduction('softMarginLoss', (options, x, t) => F.softMarginLoss(x, t, options), {
    shapes: shapes(2, [2, 3], []),
  }),
  ...everyReduction(
    'cosineEmbeddingLoss',
    (options, a, b) => F.cosineEmbeddingLoss(a, b, signsLike(a.detach().select(-1, 0)), options),
    { shapes: shapes(2, [3, 4], [4]) },
  ),
  ...everyReduction(
    'multiMarginLoss',
    (options, x) =>
      F.multiMarginLoss(x, classesOf(x), { ...options, p: 2, weight: o.arange(1, x.shape[1] + 1) }),
    { shapes: [[[3, 4]]] },
  ),
  ...everyReduction(
    'multilabelMarginLoss',
    (options, x) => F.multilabelMarginLoss(x, o.tensor(Int32Array.of(3, 0, -1, 1)), options),
    { shapes: [[[4]]] },
  ),
  ...everyReduction(
    'multilabelSoftMarginLoss',
    (options, x, t) => F.multilabelSoftMarginLoss(x, t, { ...options, weight: o.fullLike(x, 1.5) }),
    { shapes: shapes(2, [3, 4], [3]) },
  ),
  ...everyReduction(
    'tripletMarginLoss',
    (options, a, b, c) => F.tripletMarginLoss(a, b, c, { ...options, margin: 1.3, swap: true }),
    { shapes: shapes(3, [3, 4], [4]) },
  ),
  ...everyReduction(
    'tripletMarginWithDistanceLoss',
    (options, a, b, c) =>
      F.tripletMarginWithDistanceLoss(a, b, c, {
        ...options,
        distanceFunction: (x, y) => x.sub(y).square().sum(-1),
      }),
    { shapes: shapes(3, [3, 4]) },
  ),
  {
    name: 'pairwiseDistance',
    f: (a, b) => F.pairwiseDistance(a, b, 3, { keepdim: true }),
    shapes: [...shapes(2, [3, 4], [4]), [[3, 4], [4]]],
  },
];

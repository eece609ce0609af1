// src/ops/loss: the rows of its operations, see ../entry.ts.
import * as o from 'ostinato';
import type { Tensor } from 'ostinato';
import { ofOne, ofTwo, smooth, type Entry, type Options } from '../entry';
import { likelihoods } from './likelihoods';

const pairShapes = [
  [
    [2, 3],
    [2, 3],
  ],
  [[], []],
  [
    [0, 3],
    [0, 3],
  ],
];
const everyReduction = (
  name: string,
  f: (a: Tensor, b: Tensor, options: { reduction: o.Reduction }) => Tensor,
  options: Options = {},
): Entry[] =>
  (['mean', 'sum', 'none'] as const).map((kind) =>
    ofTwo(`${name} ${kind}`, (a, b) => f(a, b, { reduction: kind }), {
      // The mean of nothing is NaN.
      shapes: kind === 'mean' ? pairShapes.slice(0, 2) : pairShapes,
      ...options,
    }),
  );

const weightOf = (x: Tensor): Tensor => o.fullLike(x, 1.5);
// Class indices that go around all classes; the second is ignored where asked for.
const classesFor = (shape: readonly number[], count: number, ignored?: number): Tensor => {
  const n = shape.reduce((total, size) => total * size, 1);
  const indices = Array.from({ length: n }, (_, i) =>
    i === 1 && ignored !== undefined ? ignored : i % count,
  );
  return o.tensor(indices, { dtype: 'int32' }).reshape(shape);
};
const positionsOf = ({ shape }: Tensor): number[] => [
  ...shape.slice(0, shape.length > 1 ? 1 : 0),
  ...shape.slice(2),
];
const classCount = ({ shape }: Tensor): number => shape[shape.length > 1 ? 1 : 0];
const classShapes = [[[3, 4]], [[4]], [[2, 3, 2]], [[1, 2, 2, 2]]];
const onClasses = (
  name: string,
  f: (x: Tensor, target: Tensor, options: o.CrossEntropyOptions) => Tensor,
): Entry[] =>
  (['mean', 'sum', 'none'] as const).flatMap((kind) => [
    ofOne(
      `${name} ${kind}`,
      (x) => f(x, classesFor(positionsOf(x), classCount(x)), { reduction: kind }),
      {
        shapes: classShapes,
      },
    ),
    ofOne(
      `${name} ${kind}, weight, ignoreIndex`,
      (x) => {
        const weight = o.arange(1, classCount(x) + 1, { dtype: x.dtype });
        return f(x, classesFor(positionsOf(x), classCount(x), -1), {
          reduction: kind,
          weight,
          ignoreIndex: -1,
        });
      },
      { shapes: classShapes.filter(([shape]) => shape.length > 1) },
    ),
  ]);

export const table: readonly Entry[] = [
  ...likelihoods,
  ...everyReduction('mseLoss', o.mseLoss, smooth),
  ...everyReduction('l1Loss', o.l1Loss, {
    domains: [
      [-2, 0],
      [0.5, 2],
    ],
  }),
  ...everyReduction('huberLoss', (a, b, options) => o.huberLoss(a, b, { ...options, delta: 1.1 })),
  ...everyReduction('smoothL1Loss', (a, b, options) =>
    o.smoothL1Loss(a, b, { ...options, beta: 1.1 }),
  ),
  ...everyReduction('bceLoss', o.bceLoss, { domain: [0.1, 0.9] }),
  ...everyReduction(
    'bceLoss weight',
    (a, b, options) => o.bceLoss(a, b, { ...options, weight: weightOf(a) }),
    {
      domain: [0.1, 0.9],
    },
  ),
  ...everyReduction('bceWithLogits', o.bceWithLogits),
  ...everyReduction('bceWithLogits weights', (a, b, options) =>
    o.bceWithLogits(a, b, { ...options, weight: weightOf(a), posWeight: weightOf(a) }),
  ),
  ...onClasses('nllLoss', o.nllLoss),
  ...onClasses('crossEntropy', o.crossEntropy),
  ...onClasses('crossEntropy smoothed', (x, target, options) =>
    o.crossEntropy(x, target, { ...options, labelSmoothing: 0.3 }),
  ),
  ...everyReduction(
    'crossEntropy of probabilities',
    (x, target, options) => o.crossEntropy(x, target, { ...options, labelSmoothing: 0.1 }),
    {
      shapes: [
        [
          [3, 4],
          [3, 4],
        ],
        [[4], [4]],
        [
          [2, 3, 2],
          [2, 3, 2],
        ],
      ],
      domains: [
        [-2, 2],
        [0.1, 1],
      ],
    },
  ),
];

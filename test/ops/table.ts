// The table of differentiable operations: a line for each that is not declared, or that takes options; declared ones have
// theirs by themselves. Each line is tested with gradcheck and gradgradcheck in every layout
// (contiguous, strided, transposed), with 0-dimensional, empty and broadcast inputs: see gradients.test.ts.
import * as o from 'ostinato';
import type { Tensor } from 'ostinato';
import type { Binary, Unary } from '../../src/ops/define';
import type { Reduction } from '../../src/ops/reduce/reduction';

export interface Entry {
  /** The exported operation, and what of it this line tests. */
  readonly name: string;
  readonly f: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
  /** One list of input shapes for each check. */
  readonly shapes: readonly (readonly (readonly number[])[])[];
  /** The open interval that values of all inputs, or of each, are taken from. */
  readonly domain?: readonly [number, number];
  readonly domains?: readonly (readonly [number, number])[];
  /** Points without a derivative, which values keep away from. */
  readonly kinks?: readonly number[];
}

type Options = Partial<Pick<Entry, 'shapes' | 'domain' | 'domains' | 'kinks'>>;

const unaryShapes = [[[2, 3]], [[3]], [[]], [[0, 3]]];
const binaryShapes = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [
    [2, 1],
    [1, 3],
  ],
  [[], [2]],
  [[2, 2], []],
  [[0, 3], [3]],
];
const ofOne = (name: string, f: (x: Tensor) => Tensor, options: Options = {}): Entry => ({
  name,
  f,
  shapes: unaryShapes,
  ...options,
});
const ofTwo = (
  name: string,
  f: (a: Tensor, b: Tensor) => Tensor,
  options: Options = {},
): Entry => ({
  name,
  f,
  shapes: binaryShapes,
  ...options,
});
// Reductions of everything, of each dimension, of several.
const reduction = (
  name: string,
  f: (x: Tensor, dim?: number | number[], options?: { keepdim?: boolean }) => Tensor,
  { several = true, empty = true, all = true, ...options }: Options & Reductions = {},
): Entry[] => [
  ...(all
    ? [
        ofOne(name, (x) => f(x), {
          shapes: [[[2, 3]], [[]], ...(empty ? [[[0]]] : [])],
          ...options,
        }),
      ]
    : []),
  ofOne(`${name} dim 1`, (x) => f(x, 1), { shapes: [[[2, 3, 2]], [[2, 3]]], ...options }),
  ofOne(`${name} dim -1, keepdim`, (x) => f(x, -1, { keepdim: true }), {
    shapes: [[[2, 3]], [[3]], [[0, 2]]],
    ...options,
  }),
  ...(several
    ? [ofOne(`${name} dims 0 and 2`, (x) => f(x, [0, 2]), { shapes: [[[2, 2, 2]]], ...options })]
    : []),
];
interface Reductions {
  several?: boolean;
  empty?: boolean;
  all?: boolean;
}
const alongDim = (name: string, f: (x: Tensor, dim: number) => Tensor): Entry[] => [
  ofOne(`${name} dim 0`, (x) => f(x, 0), { shapes: [[[3, 2]], [[3]], [[]], [[2, 0]]] }),
  ofOne(`${name} dim 1`, (x) => f(x, 1), { shapes: [[[2, 3]], [[2, 3, 2]]] }),
];

type Interval = readonly [number, number];
const isPair = (
  domain: Interval | readonly [Interval, Interval],
): domain is readonly [Interval, Interval] => Array.isArray(domain[0]);

/** The rows of everything that is declared (src/ops/define.ts, src/ops/reduce/reduction.ts). */
const declared: Entry[] = Object.values<unknown>(o).flatMap((f) => {
  if (typeof f !== 'function' || !('declaration' in f)) return [];
  const { name, rule } = f.declaration as (Unary | Binary | Reduction)['declaration'];
  const { domain, kinks = [] } = rule;
  const interval: Options =
    domain === undefined ? {} : isPair(domain) ? { domains: domain } : { domain };
  const options = { ...interval, kinks };
  if ('da' in rule) return [ofTwo(name, f as Binary, options)];
  if ('refusesEmpty' in rule) {
    return reduction(name, f as Reduction, { ...options, empty: !rule.refusesEmpty });
  }
  return [ofOne(name, f as Unary, options)];
});
const positive = { domain: [0.3, 3], kinks: [] } as const;
const smooth = { kinks: [] } as const;

const elementwise: Entry[] = [
  ofOne('clamp', (x) => o.clamp(x, -0.5, 1), { kinks: [-0.5, 1] }),
  ofOne('clamp min', (x) => o.clamp(x, { min: 0.5 }), { kinks: [0.5] }),
  {
    name: 'clamp by tensors',
    f: (x, low, high) => o.clamp(x, low, high),
    shapes: [
      [[2, 3], [3], [2, 1]],
      [[], [], []],
    ],
    domains: [
      [-2, 2],
      [-1, -0.2],
      [0.1, 1],
    ],
    kinks: [],
  },
  ofOne('elu', (x) => o.elu(x, { alpha: 0.7 })),
  ofOne('flip', (x) => (x.ndim === 0 ? o.flip(x, []) : o.flip(x, [0])), smooth),
  ofOne('gelu', o.gelu, smooth),
  ofOne('gelu tanh', (x) => o.gelu(x, { approximate: 'tanh' }), smooth),
  ofOne('leakyRelu', (x) => o.leakyRelu(x, { negativeSlope: 0.2 })),
  ofOne('softplus', (x) => o.softplus(x, { beta: 2, threshold: 2 }), { kinks: [1] }),
  ofOne('softsign', o.softsign),

  ofTwo('add', (a, b) => o.add(a, b), smooth),
  ofTwo('add alpha', (a, b) => o.add(a, b, { alpha: -1.5 }), smooth),
  ofOne('add number', (x) => o.add(2, o.add(x, 3)), smooth),
  ofTwo('div', (a, b) => o.div(a, b), positive),
  ofOne('div number', (x) => o.div(o.div(2, x), 3), positive),
  ofTwo('div floor', (a, b) => o.div(a, b, { roundingMode: 'floor' }), {
    domains: [
      [0.1, 0.9],
      [1, 2],
    ],
  }),
  ofOne('mul number', (x) => o.mul(2, o.mul(x, 3)), smooth),
  ofOne('mul by itself', (x) => o.mul(x, x), smooth),
  ofOne('pow number', (x) => o.pow(x, 3), smooth),
  ofOne('pow 2', (x) => o.pow(x, 2), smooth),
  ofOne('pow of number', (x) => o.pow(2.5, x), smooth),
  ofOne('remainder number', (x) => o.remainder(x, 2.5)),
  ofTwo('rsub', (a, b) => o.rsub(a, b), smooth),
  ofTwo('sub', (a, b) => o.sub(a, b, { alpha: 0.5 }), smooth),
  ofOne('sub number', (x) => o.sub(1, o.sub(x, 3)), smooth),
  ofTwo('where', (a, b) => o.where(o.gt(a.detach(), b.detach()), a, b), smooth),
  ofOne('where number', (x) => o.where(o.gt(x.detach(), 0), x, -1), smooth),
];

const reductions: Entry[] = [
  ...alongDim('cumsum', o.cumsum),
  ...alongDim('logSoftmax', o.logSoftmax),
  ...alongDim('softmax', o.softmax),
  ...reduction('logsumexp', (x, dim, options) => o.logsumexp(x, dim, options), { all: false }),
  ofOne('max', (x) => o.max(x), { shapes: [[[2, 3]], [[]]] }),
  ofOne('max dim', (x) => o.max(x, 1)[0], { shapes: [[[2, 3, 2]], [[0, 2]]] }),
  ofOne('min', (x) => o.min(x), { shapes: [[[2, 3]], [[]]] }),
  ofOne('min dim', (x) => o.min(x, -1, { keepdim: true })[0], { shapes: [[[2, 3]], [[3]], [[]]] }),
  ...reduction('norm', (x, dim, options) => o.norm(x, 2, dim, options), { empty: false }),
  ...reduction('norm 1', (x, dim, options) => o.norm(x, 1, dim, options)),
  ...reduction('norm 3', (x, dim, options) => o.norm(x, 3, dim, options), { empty: false }),
  ...reduction('norm Infinity', (x, dim, options) => o.norm(x, Infinity, dim, options), {
    empty: false,
  }),
  ...reduction('prod', (x, dim, options) => o.prod(x, dim as number, options), { several: false }),
  ...reduction('std', o.std, { empty: false, shapes: [[[2, 3, 2]]] }),
  ...reduction('variance', o.variance, { empty: false, shapes: [[[2, 3, 2]]] }),
  ofOne('variance correction 0', (x) => o.variance(x, 0, { correction: 0 }), {
    shapes: [[[3, 2]]],
  }),
];

const mask = o.tensor([
  [true, false, true],
  [false, false, true],
]);
const rows = o.tensor([2, 0, 2], { dtype: 'int32' });
const matrix = { shapes: [[[2, 3]], [[2, 0]]], kinks: [] } as const;
const cube = { shapes: [[[2, 3, 2]]], kinks: [] } as const;
const pair = {
  shapes: [
    [
      [2, 3],
      [2, 3],
    ],
  ],
  kinks: [],
} as const;

// Views, joins and parts: gradients are moved, not computed.
const moved: Entry[] = [
  ofOne('broadcastTo', (x) => o.broadcastTo(x, [2, 2, 3]), { shapes: [[[2, 3]], [[1, 3]], [[]]] }),
  {
    name: 'cat',
    f: (a, b, c) => o.cat([a, b, c], 1),
    shapes: [
      [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
      [
        [2, 3],
        [2, 0],
        [2, 1],
      ],
    ],
  },
  { name: 'chunk', f: (x) => o.chunk(x, 2, 1), shapes: [[[2, 3]]] },
  ofOne('diagonal', (x) => o.diagonal(x, 1), cube),
  ofOne('embedding', (x) => o.embedding(rows, x), { shapes: [[[3, 2]]] }),
  ofOne('flatten', (x) => o.flatten(x, 1), cube),
  ofTwo('maskedFill', (x, value) => o.maskedFill(x, mask, value), { shapes: [[[2, 3], []]] }),
  ofOne('maskedSelect', (x) => o.maskedSelect(x, mask), { shapes: [[[2, 3]], [[3]]] }),
  { name: 'meshgrid', f: (a, b) => o.meshgrid([a, b]), shapes: [[[2], [3]]] },
  ofOne('movedim', (x) => o.movedim(x, 0, 2), cube),
  ofOne('permute', (x) => o.permute(x, [2, 0, 1]), cube),
  ofOne('repeatInterleave', (x) => o.repeatInterleave(x, 2, 0), matrix),
  ofOne('roll', (x) => o.roll(x, 1, 0), matrix),
  { name: 'split', f: (x) => o.split(x, [1, 2], 1), shapes: [[[2, 3]]] },
  ofOne('squeeze', (x) => o.squeeze(x), { shapes: [[[2, 1, 3]]] }),
  ofTwo('stack', (a, b) => o.stack([a, b], 1), pair),
  ofOne('swapaxes', (x) => o.swapaxes(x, 0, 1), cube),
  ofOne('tile', (x) => o.tile(x, [2, 1]), matrix),
  ofOne('tril', (x) => o.tril(x), matrix),
  ofOne('topk', (x) => o.topk(x, 2)[0], { shapes: [[[2, 3]], [[3]]] }),
  ofOne('topk dim', (x) => o.topk(x, 1, 0, { largest: false })[0], { shapes: [[[2, 3]], [[]]] }),
  ofOne('triu', (x) => o.triu(x, 1), matrix),
  { name: 'unbind', f: (x) => o.unbind(x, 0), shapes: [[[2, 3]]] },
  ofOne('unflatten', (x) => o.unflatten(x, 1, [3, -1]), { shapes: [[[2, 6]]] }),
];

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
        const weight = o.arange(1, classCount(x) + 1, { dtype: 'float64' });
        return f(x, classesFor(positionsOf(x), classCount(x), -1), {
          reduction: kind,
          weight,
          ignoreIndex: -1,
        });
      },
      { shapes: classShapes.filter(([shape]) => shape.length > 1) },
    ),
  ]);

const losses: Entry[] = [
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

export const table: readonly Entry[] = [
  ...declared,
  ...elementwise,
  ...reductions,
  ...moved,
  ...losses,
];

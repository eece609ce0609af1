// What the tables of differentiable operations (table.ts in each folder) are made of: a line for each that is not declared, or
// that takes options; declared ones have theirs by themselves. Each line is tested with gradcheck and gradgradcheck in
// every layout (contiguous, strided, transposed), with 0-dimensional, empty and broadcast inputs: see gradients.ts.
import * as o from 'ostinato';
import type { Tensor } from 'ostinato';
import type { Binary, Unary } from '../../src/ops/elementwise/declaration';
import type { Reduction } from '../../src/ops/reduce/declaration';

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

export type Options = Partial<Pick<Entry, 'shapes' | 'domain' | 'domains' | 'kinks'>>;

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
export const ofOne = (name: string, f: (x: Tensor) => Tensor, options: Options = {}): Entry => ({
  name,
  f,
  shapes: unaryShapes,
  ...options,
});
export const ofTwo = (
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
export const reduction = (
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
type Interval = readonly [number, number];
const isPair = (
  domain: Interval | readonly [Interval, Interval],
): domain is readonly [Interval, Interval] => Array.isArray(domain[0]);

const operations = o as unknown as Readonly<Record<string, unknown>>;

/** The rows of every declared function that `names` has. */
export const declaredIn = (names: readonly string[]): Entry[] =>
  names
    .map((name) => operations[name])
    .flatMap((f): Entry[] => {
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

/** Rows of an operation along one dimension. */
export const alongDim = (name: string, f: (x: Tensor, dim: number) => Tensor): Entry[] => [
  ofOne(`${name} dim 0`, (x) => f(x, 0), { shapes: [[[3, 2]], [[3]], [[]], [[2, 0]]] }),
  ofOne(`${name} dim 1`, (x) => f(x, 1), { shapes: [[[2, 3]], [[2, 3, 2]]] }),
];

export const smooth = { kinks: [] } as const;
export const matrix = { shapes: [[[2, 3]], [[2, 0]]], kinks: [] } as const;
export const cube = { shapes: [[[2, 3, 2]]], kinks: [] } as const;
export const pair = {
  shapes: [
    [
      [2, 3],
      [2, 3],
    ],
  ],
  kinks: [],
} as const;

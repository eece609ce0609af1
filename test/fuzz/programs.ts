// Random programs. Each applies operations of the tests' table (test/ops/table.ts) and layers (layers.ts) to what it made before, through views, in
// place, with hooks; then it is run in several ways that must agree: in float64 and float32, uncompiled and compiled, once more
// from the start, and its first and second derivatives against differences.
import * as o from 'ostinato';
import type { DType, Tensor } from 'ostinato';
import type { Entry } from '../ops/entry';
import { table as operations } from '../ops/table';
import { layers } from './layers';
import { randomOf, type Random } from './random';
import { recurrent, type Row } from './recurrent';

const table: readonly Row[] = [...operations, ...layers, ...recurrent];

interface Step {
  readonly entry: Row;
  readonly shapes: readonly (readonly number[])[];
  /** Which of the tensors made before each input is taken from, by position modulo their number. */
  readonly sources: readonly number[];
  /** How each input is viewed. */
  readonly views: readonly View[];
  readonly inPlace: boolean;
  /** Whether a hook reads the result's gradient. */
  readonly hooked: boolean;
}
type View = 'contiguous' | 'transposed' | 'strided' | 'flipped';
const views: readonly View[] = ['contiguous', 'contiguous', 'transposed', 'strided', 'flipped'];

export interface Program {
  readonly leaves: readonly {
    readonly shape: readonly number[];
    readonly values: readonly number[];
  }[];
  readonly steps: readonly Step[];
}

/** The in-place form of a function that is declared, which takes the same operands. */
const inPlaceOf = ({ name }: Entry): ((x: Tensor, ...others: Tensor[]) => Tensor) | undefined => {
  const plain = (o as unknown as Record<string, unknown>)[name];
  const method = (o.Tensor.prototype as unknown as Record<string, unknown>)[`${name}_`];
  const declared = typeof plain === 'function' && 'declaration' in plain;
  return declared && typeof method === 'function'
    ? (x, ...others) => (method as (...given: Tensor[]) => Tensor).apply(x, others)
    : undefined;
};

const countOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

export function makeProgram(seed: number): Program {
  const random = randomOf(seed);
  const leaves = Array.from({ length: 1 + random.below(3) }, () => {
    const shape = Array.from({ length: random.below(4) }, () => random.pick([1, 2, 3, 5]));
    const values = Array.from({ length: countOf(shape) }, () => random.unit() * 2 - 1);
    return { shape, values };
  });
  const steps = Array.from({ length: 1 + random.below(6) }, () => makeStep(random));
  return { leaves, steps };
}

function makeStep(random: Random): Step {
  const entry = random.pick(table);
  const shapes = random.pick(entry.shapes);
  const scalar = ([, ...others]: readonly (readonly number[])[]): boolean =>
    others.every((shape) => shape.length === 0 || shape.join() === shapes[0].join());
  return {
    entry,
    shapes,
    sources: shapes.map(() => random.below(64)),
    views: shapes.map(() => random.pick(views)),
    inPlace: random.chance(0.4) && inPlaceOf(entry) !== undefined && scalar(shapes),
    hooked: random.chance(0.2),
  };
}

/** What a reader of a failure sees: one line for each step. */
export const describeProgram = ({ leaves, steps }: Program): string =>
  [
    `leaves ${leaves.map(({ shape }) => `[${shape.join(', ')}]`).join(' ')}`,
    ...steps.map(
      ({ entry, shapes, sources, views: viewed, inPlace, hooked }) =>
        `${entry.name}${inPlace ? ', in place,' : ''}${hooked ? ', with a hook,' : ''} of ` +
        shapes
          .map((shape, i) => `#${sources[i]} as ${viewed[i]} [${shape.join(', ')}]`)
          .join(' and '),
    ),
  ].join('\n    ');

/** `x` as a tensor of `shape`, viewed as asked, its elements in (low, high) and no two equal. */
function adapt(
  x: Tensor,
  shape: readonly number[],
  view: View,
  [low, high]: readonly [number, number],
): Tensor {
  const strided = view === 'strided';
  const wanted = countOf(shape) * (strided ? 2 : 1);
  let elements = x.numel === 0 ? x.sum().reshape([1]) : x.reshape([-1]);
  while (elements.numel < wanted) elements = o.cat([elements, elements]);
  elements = elements.narrow(0, 0, wanted);
  // A ramp, so that neither a maximum nor a sort has ties, where a difference is no derivative.
  const ramp = o.arange(0, wanted, { dtype: x.dtype }).mul(0.73 / Math.max(1, wanted));
  const inside = elements
    .tanh()
    .add(ramp)
    .sub(0.3)
    .sigmoid()
    .mul(high - low)
    .add(low);
  if (strided) return inside.view([...shape, 2]).select(shape.length, 1);
  if (view === 'transposed') {
    const reversed = shape.map((_, i) => shape.length - 1 - i);
    return inside.view([...shape].reverse()).permute(reversed);
  }
  const plain = inside.view([...shape]);
  return view === 'flipped' && shape.length > 0 ? plain.flip([0]) : plain;
}

const isFloat = (x: Tensor): boolean => x.dtype === 'float32' || x.dtype === 'float64';

interface Ways {
  readonly inPlace: boolean;
  /** Whether what has a reference is computed by that. */
  readonly byReference?: boolean;
  /** Called by each hook. */
  readonly onHook?: () => void;
}

/** Runs the steps; what each made that has a gradient. */
export function evaluate(
  { steps }: Program,
  leaves: readonly Tensor[],
  { inPlace, byReference = false, onHook }: Ways,
): Tensor[] {
  const made = [...leaves];
  for (const step of steps) {
    const { entry, shapes } = step;
    const inputs = shapes.map((shape, i) => {
      const interval = entry.domains?.[i] ?? entry.domain ?? [-2, 2];
      return adapt(made[step.sources[i] % made.length], shape, step.views[i], interval);
    });
    const [first, ...others] = inputs;
    const f = byReference ? (entry.reference ?? entry.f) : entry.f;
    const result = step.inPlace && inPlace ? inPlaceOf(entry)!(first, ...others) : f(...inputs);
    const results = Array.isArray(result) ? (result as Tensor[]) : [result as Tensor];
    for (const x of results.filter(isFloat)) {
      if (step.hooked && x.requiresGrad && onHook !== undefined) {
        x.registerHook((g) => {
          onHook();
          return g.clone();
        });
      }
      made.push(x);
    }
  }
  return made.slice(leaves.length);
}

export const leavesOf = (
  { leaves }: Program,
  dtype: DType,
  change: (value: number, leaf: number, element: number) => number = (value) => value,
): Tensor[] =>
  leaves.map(({ shape, values }, leaf) =>
    o
      .tensor(
        values.map((value, i) => change(value, leaf, i)),
        { dtype },
      )
      .reshape([...shape])
      .detach()
      .requiresGrad_(),
  );

/** Weights that no run changes: the same for the same position. */
const weight = (i: number, seed: number): number => Math.sin(12.9898 * (i + 1) + 78.233 * seed);

/** One number that depends on every element of everything made. */
export function lossOf(made: readonly Tensor[]): Tensor {
  let loss = o.zeros([], { dtype: made[0]?.dtype ?? 'float64' });
  made.forEach((x, k) => {
    if (x.numel === 0) return;
    const weights = Array.from({ length: x.numel }, (_, i) => weight(i, k));
    const scaled = x.mul(o.tensor(weights, { dtype: x.dtype }).reshape([...x.shape]));
    loss = loss.add(scaled.mean());
  });
  return loss;
}

/** A direction in the space of the leaves. */
export const direction = (leaf: number, element: number, seed: number): number =>
  weight(element, leaf + 10 * seed);

/** The sum of the products of tensors with a direction. */
export function along(tensors: readonly (Tensor | null)[], seed: number): Tensor {
  let sum = o.zeros([], { dtype: 'float64' });
  tensors.forEach((x, leaf) => {
    if (x === null || x.numel === 0) return;
    const values = Array.from({ length: x.numel }, (_, i) => direction(leaf, i, seed));
    sum = sum.add(x.mul(o.tensor(values, { dtype: 'float64' }).reshape([...x.shape])).sum());
  });
  return sum;
}

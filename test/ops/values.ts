// Deterministic inputs for the tests of operations, in the shapes and layouts that they must take.
import { select, slice, tensor, transpose, type DType, type Tensor } from 'ostinato';

/** `count` values spread over (low, high), none within `gap` of a kink (a point without a derivative). */
export function spread(
  count: number,
  [low, high]: readonly [number, number] = [-2, 2],
  seed = 0,
  kinks: readonly number[] = [0],
  gap = 0.02,
): number[] {
  return Array.from({ length: count }, (_, i) => {
    const unit = ((i + 1) * 0.6180339887 + seed * 0.3719) % 1;
    const value = low + (high - low) * unit;
    const near = kinks.find((kink) => Math.abs(value - kink) < gap);
    return near === undefined ? value : near + (value < near ? -2 * gap : 2 * gap);
  });
}

const countOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

export const made = (
  values: readonly number[],
  shape: readonly number[],
  dtype: DType = 'float64',
): Tensor => tensor(values, { dtype }).reshape(shape).detach();

/** A leaf for gradcheck. */
export const leaf = (values: readonly number[], shape: readonly number[]): Tensor =>
  made(values, shape).clone().detach().requiresGrad_();

/** Memory layouts of a tensor of a given shape: the shape of a contiguous leaf, and the view of it. */
export interface Layout {
  readonly name: string;
  readonly base: (shape: readonly number[]) => number[];
  readonly view: (base: Tensor) => Tensor;
}

export const layouts: readonly Layout[] = [
  { name: 'contiguous', base: (shape) => [...shape], view: (x) => x },
  {
    name: 'strided',
    base: (shape) => (shape.length === 0 ? [2] : [...shape.slice(0, -1), shape.at(-1)! * 2]),
    view: (x) =>
      x.ndim === 1 && x.shape[0] === 2 ? select(x, 0, 1) : slice(x, x.ndim - 1, 1, Infinity, 2),
  },
  {
    name: 'transposed',
    base: (shape) => [...shape].reverse(),
    view: (x) => (x.ndim < 2 ? x : transpose(x, 0, x.ndim - 1)),
  },
];

export { countOf };

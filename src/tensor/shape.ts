/** Arithmetic on shapes and strides, and the checks of sizes and dimensions that every operation shares. */
import { describe } from '../check';

export type Shape = readonly number[];

/** How many dimensions a tensor can have, as in PyTorch. */
export const largestRank = 64;

/** As PyTorch prints a shape: [2, 3]. */
export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`;

export function numelOf(shape: Shape): number {
  let n = 1;
  for (let i = 0; i < shape.length; i++) n *= shape[i];
  return n;
}

/** Row-major strides, in elements. A size of 0 or 1 does not change the outer strides. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= Math.max(shape[d], 1);
  }
  return strides;
}

export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    const size = shape[d];
    if (size === 0) return true;
    if (size !== 1) {
      if (strides[d] !== step) return false;
      step *= size;
    }
  }
  return true;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** @throws TypeError for a shape that is no array; RangeError for NaN, negative, fractional or > 2^53 sizes. */
export function checkShape(operation: string, shape: unknown): number[] {
  if (!Array.isArray(shape)) {
    throw new TypeError(
      `${operation}: the shape must be an array of sizes such as [2, 3] ([] for a single number), got ${typeof shape}`,
    );
  }
  let total = 1;
  for (const size of shape as unknown[]) {
    if (typeof size !== 'number') {
      throw new TypeError(
        `${operation}: every size must be a number, got ${typeof size} in the shape`,
      );
    }
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new RangeError(
        `${operation}: every size must be an integer from 0 to 2^53 - 1, got ${size} in ${showShape(shape as number[])}`,
      );
    }
    total *= size;
  }
  if (!Number.isSafeInteger(total)) {
    throw new RangeError(
      `${operation}: the shape ${showShape(shape as number[])} has more than 2^53 - 1 elements`,
    );
  }
  return shape.slice() as number[];
}

/** Wraps a dimension of -ndim … ndim-1 (for 0 dimensions: -1 … 0) to 0 … ndim-1. */
export function checkDim(operation: string, dim: unknown, ndim: number): number {
  const bound = Math.max(ndim, 1);
  if (typeof dim !== 'number')
    throw new TypeError(`${operation}: dim must be a number, got ${describe(dim)}`);
  if (!Number.isInteger(dim) || dim < -bound || dim >= bound) {
    throw new RangeError(
      `${operation}: dim must be an integer from ${-bound} to ${bound - 1} for a tensor of ${ndim} dimensions, got ${dim}`,
    );
  }
  return dim < 0 ? dim + bound : dim;
}

/** The shape that both broadcast to. @throws RangeError naming the first pair of sizes that do not agree. */
export function broadcastShapes(operation: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  const ndim = Math.max(a.length, b.length);
  const out = new Array<number>(ndim);
  for (let i = 1; i <= ndim; i++) {
    const x = i <= a.length ? a[a.length - i] : 1;
    const y = i <= b.length ? b[b.length - i] : 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new RangeError(
        `${operation}: shapes ${showShape(a)} and ${showShape(b)} do not broadcast: sizes ${x} and ${y} at dimension ${-i} must be equal, or one of them 1`,
      );
    }
    out[ndim - i] = x === 1 ? y : x;
  }
  return out;
}

/** Strides of a view that repeats `shape` over `target` (already known to broadcast): 0 where it repeats. */
export function broadcastStrides(
  shape: Shape,
  strides: readonly number[],
  target: Shape,
): number[] {
  const out: number[] = [];
  const lead = target.length - shape.length;
  for (let d = 0; d < target.length; d++) {
    out.push(d < lead || shape[d - lead] === 1 ? 0 : strides[d - lead]);
  }
  return out;
}

/**
 * Resolves a requested shape that may hold one -1 for `numel` elements.
 * @throws RangeError when the number of elements does not fit.
 */
export function inferShape(
  operation: string,
  requested: readonly number[],
  numel: number,
): number[] {
  const shape = requested.slice();
  let unknown = -1;
  let known = 1;
  for (let d = 0; d < shape.length; d++) {
    const size = shape[d];
    if (size === -1) {
      if (unknown >= 0) {
        throw new RangeError(`${operation}: only one size may be -1, got ${showShape(requested)}`);
      }
      unknown = d;
    } else if (!Number.isSafeInteger(size) || size < 0) {
      throw new RangeError(
        `${operation}: every size must be -1 or an integer of at least 0, got ${showShape(requested)}`,
      );
    } else known *= size;
  }
  if (unknown >= 0 && known > 0 && numel % known === 0) shape[unknown] = numel / known;
  else if (unknown >= 0 || known !== numel) {
    throw new RangeError(
      `${operation}: shape ${showShape(requested)} does not fit ${numel} elements`,
    );
  }
  return shape;
}

/**
 * Strides that let a tensor be seen in another shape without copying, or null when it must be copied.
 * Neighbouring old dimensions that lie in memory as one are matched against runs of new dimensions.
 */
export function viewStrides(
  shape: Shape,
  strides: readonly number[],
  target: Shape,
): number[] | null {
  const out = new Array<number>(target.length);
  if (numelOf(shape) === 0) return contiguousStrides(target);
  let t = target.length - 1;
  let chunk = 1; // elements in the current run of old dimensions
  let taken = 1; // of them, already covered by new dimensions
  let base = shape.length > 0 ? strides[shape.length - 1] : 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    chunk *= shape[d];
    const ends = d === 0 || (shape[d - 1] !== 1 && strides[d - 1] !== chunk * base);
    if (!ends) continue;
    while (t >= 0 && (taken < chunk || target[t] === 1)) {
      out[t] = taken * base;
      taken *= target[t];
      t--;
    }
    if (taken !== chunk) return null;
    if (d > 0) {
      base = strides[d - 1]!;
      chunk = 1;
      taken = 1;
    }
  }
  for (; t >= 0; t--) out[t] = taken * base;
  return out;
}

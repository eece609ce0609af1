/** Arithmetic on shapes and strides, and the checks of sizes and dimensions that every operation shares. */
import { isArray, refuse, surplus } from '../check';

export type Shape = readonly number[];

/** How many dimensions a tensor can have, as in PyTorch. */
export const largestRank = 64;

/** @throws RangeError always. */
export function refuseRank({ length }: Shape): never {
  throw new RangeError(
    `Tensor: a result of ${length} dimensions; a tensor has at most ${largestRank}`,
  );
}

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

/**
 * The numbers of an array argument, each read once: what a getter, a Proxy or another holder of the array makes of it
 * later changes nothing.
 * @param must what the argument must be, for the message
 * @throws TypeError for what is no array, a hole or another item that is no number; RangeError for more items than a
 * tensor can have dimensions.
 */
export function readNumbers(
  operation: string,
  name: string,
  must: string,
  list: unknown,
): number[] {
  if (!isArray(list)) refuse(operation, name, must, list);
  const { length } = list;
  if (length > largestRank) refuseLength(operation, name, length);
  // Literals: an array that grows by push reserves 17 elements.
  if (length === 1) return [checkNumber(operation, name, 0, list[0])];
  if (length === 2) {
    return [checkNumber(operation, name, 0, list[0]), checkNumber(operation, name, 1, list[1])];
  }
  if (length === 3) {
    return [
      checkNumber(operation, name, 0, list[0]),
      checkNumber(operation, name, 1, list[1]),
      checkNumber(operation, name, 2, list[2]),
    ];
  }
  const numbers: number[] = [];
  for (let i = 0; i < length; i++) numbers.push(checkNumber(operation, name, i, list[i]));
  return numbers;
}

function checkNumber(operation: string, name: string, i: number, item: unknown): number {
  if (typeof item !== 'number') refuse(operation, `${name}[${i}]`, 'a number', item);
  return item;
}

function refuseLength(operation: string, name: string, length: number): never {
  throw new RangeError(
    `${operation}: ${name} has ${length} items; a tensor has at most ${largestRank} dimensions`,
  );
}

const shapeMust = 'an array of sizes such as [2, 3] ([] for a single number)';

/**
 * `surplus` for what takes a shape, as argument `at`, and options at the end: several sizes in the place of an array are the
 * fault to speak of.
 * @throws TypeError
 */
export function surplusSizes(
  operation: string,
  given: ArrayLike<unknown>,
  most: number,
  at: number,
): void {
  if (typeof given[at] === 'number') refuseSizes(operation, Array.from(given).slice(at));
  surplus(operation, given, most, 'options');
}

/**
 * A copy of `shape`, each size read once.
 * @param second what was passed after it, in case both are sizes
 * @throws TypeError for a shape that is no array of numbers; RangeError for NaN, negative, fractional or > 2^53 sizes.
 */
export function checkShape(operation: string, shape: unknown, second?: unknown): number[] {
  if (typeof shape === 'number') refuseSizes(operation, [shape, second]);
  const sizes = readNumbers(operation, 'shape', shapeMust, shape);
  let total = 1;
  for (let d = 0; d < sizes.length; d++) {
    if (!isSize(sizes[d])) refuseSize(operation, sizes[d], sizes);
    total *= sizes[d];
  }
  if (!isSize(total)) refuseTotal(operation, sizes);
  return sizes;
}

const isSize = (n: number): boolean => n >= 0 && Number.isSafeInteger(n);

// Each refusal is a function of its own: V8 inlines checks that are short, and counts their sentences.
function refuseSizes(operation: string, given: readonly unknown[]): never {
  const end = given.findIndex((size) => typeof size !== 'number');
  const sizes = showShape((end < 0 ? given : given.slice(0, end)) as number[]);
  const call = besideShape[operation]?.(sizes) ?? sizes;
  throw new TypeError(
    `${operation}: shape must be ${shapeMust}, got ${String(given[0])}; write ${operation}(${call})`,
  );
}
// Of those that take more than a shape.
const besideShape: Readonly<Record<string, (sizes: string) => string>> = {
  full: (sizes) => `${sizes}, …`,
  newFull: (sizes) => `${sizes}, …`,
  randint: (sizes) => `…, ${sizes}`,
  normal: (sizes) => `…, ${sizes}`,
};
function refuseSize(operation: string, size: number, sizes: Shape): never {
  throw new RangeError(
    `${operation}: every size must be an integer from 0 to 2^53 - 1, got ${size} in ${showShape(sizes)}`,
  );
}
function refuseTotal(operation: string, sizes: Shape): never {
  throw new RangeError(
    `${operation}: the shape ${showShape(sizes)} has more than 2^53 - 1 elements`,
  );
}

/** Wraps a dimension of -ndim … ndim-1 (for 0 dimensions: -1 … 0) to 0 … ndim-1. */
export function checkDim(operation: string, dim: unknown, ndim: number): number {
  const bound = ndim > 1 ? ndim : 1;
  if (typeof dim !== 'number') refuse(operation, 'dim', 'a number', dim);
  if (!(dim >= -bound && dim < bound && Number.isInteger(dim))) refuseDim(operation, dim, ndim);
  return dim < 0 ? dim + bound : dim;
}

function refuseDim(operation: string, dim: number, ndim: number): never {
  const bound = Math.max(ndim, 1);
  throw new RangeError(
    `${operation}: dim must be an integer from ${-bound} to ${bound - 1} for a tensor of ${ndim} dimensions, got ${dim}`,
  );
}

const dimsMust = 'a number or an array of numbers';

/** One or several dimensions, each read once and wrapped to 0 … ndim-1; in the order given, repeated where they are. */
export function checkDims(operation: string, dims: unknown, ndim: number, name = 'dim'): number[] {
  if (typeof dims === 'number') return [checkDim(operation, dims, ndim)];
  const wrapped = readNumbers(operation, name, dimsMust, dims);
  for (let i = 0; i < wrapped.length; i++) wrapped[i] = checkDim(operation, wrapped[i], ndim);
  return wrapped;
}

/** The same. @throws RangeError when a dimension is named twice. */
export function checkDistinctDims(
  operation: string,
  dims: unknown,
  ndim: number,
  name = 'dim',
): number[] {
  const list = checkDims(operation, dims, ndim, name);
  for (let i = 1; i < list.length; i++) {
    if (list.indexOf(list[i]) < i) {
      throw new RangeError(`${operation}: dimension ${list[i]} is named twice in ${name}`);
    }
  }
  return list;
}

/** The shape that both broadcast to. @throws RangeError naming the first pair of sizes that do not agree. */
export function broadcastShapes(operation: string, a: Shape, b: Shape): Shape {
  return sameShape(a, b) ? a : stretchedShape(operation, a, b);
}

function stretchedShape(operation: string, a: Shape, b: Shape): Shape {
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

/** Whether `shape` broadcasts to `target` itself: sizes are target's or 1. */
export function expandsTo(shape: Shape, target: Shape): boolean {
  const lead = target.length - shape.length;
  return lead >= 0 && shape.every((size, d) => size === 1 || size === target[lead + d]);
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
 * Resolves a requested shape that may hold one -1 for `numel` elements; each size is read once.
 * @throws TypeError for what is no array of numbers; RangeError when the number of elements does not fit.
 */
export function inferShape(operation: string, requested: unknown, numel: number): number[] {
  const shape = readNumbers(operation, 'shape', 'an array of sizes such as [2, -1]', requested);
  let unknown = -1;
  let known = 1;
  for (let d = 0; d < shape.length; d++) {
    const size = shape[d];
    if (size === -1) {
      if (unknown >= 0) refuseInferred(operation, 'only one size may be -1, got', shape);
      unknown = d;
    } else if (isSize(size)) known *= size;
    else refuseInferred(operation, 'every size must be -1 or an integer of at least 0, got', shape);
  }
  if (unknown >= 0 && known > 0 && numel % known === 0) shape[unknown] = numel / known;
  else if (unknown >= 0 || known !== numel) {
    refuseInferred(operation, 'shape', shape, ` does not fit ${numel} elements`);
  }
  return shape;
}

function refuseInferred(operation: string, what: string, shape: Shape, why = ''): never {
  throw new RangeError(`${operation}: ${what} ${showShape(shape)}${why}`);
}

/**
 * Strides that let a tensor be seen in another shape without copying, or null when it must be copied.
 * Neighbouring old dimensions that can be merged are matched against runs of new dimensions.
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

/** Whether several elements may be in one place: a dimension's step is no longer than all that the shorter steps reach. */
export function overlaps(shape: Shape, strides: readonly number[]): boolean {
  return shape.some((size, d) => size > 1 && strides[d] <= reachBelow(shape, strides, d));
}

// How far from its first element a tensor reaches along the dimensions whose steps are shorter than that of dimension d.
function reachBelow(shape: Shape, strides: readonly number[], d: number): number {
  let reach = 0;
  for (let e = 0; e < shape.length; e++) {
    const isShorter = strides[e] < strides[d] || (strides[e] === strides[d] && e > d);
    if (isShorter) reach += Math.max(shape[e] - 1, 0) * strides[e];
  }
  return reach;
}

/**
 * The index language of `at` and `setAt`: what each index means for the dimensions of a tensor. Numbers, slices
 * and new axes become one part (a view); index tensors and masks are left beside the dimensions they index.
 * Everything is checked here, before any memory is touched, except the values inside index tensors.
 */
import { describe, isArray, isInstance } from '../../check';
import { contiguousStrides, showShape, type Shape } from '../../tensor/shape';
import { isTensor } from '../../tensor/rules';
import { sizesOf, elementStridesOf, elementsOf, empty, type Tensor } from '../../tensor/tensor';
import { readNested, type Nested } from '../arguments/nested';
import type { Part } from '../view/part';
import { nonzeroColumns, truth } from './mask';
import { parseSlice, rangeOf, Slice, wholeSlice, type SliceText } from '../arguments/slice';
import { watch } from '../declare/watch';

/** Indices, or booleans as a mask: `[1, 3]` picks rows 1 and 3, `[[0, 1], [2, 3]]` an array of rows. */
export type IndexList = readonly (number | boolean | IndexList)[];

/**
 * An index of `x.at(...)`, from the left one for each dimension:
 * a number selects (negative counts from the end), `'1:3'`, `'-1:'`, `'::2'`, `':'` or `slice(start, stop, step)`
 * slices, null inserts a dimension of size 1, '...' is as many ':' as are missing, a list of numbers or an
 * int32 tensor picks elements, a list of booleans or a bool tensor picks where it is true, true and false insert a
 * dimension of size 1 and 0.
 */
export type Index = number | SliceText | '...' | null | boolean | Slice | IndexList | Tensor;

/** An index as the planner takes it: text and lists are read. */
type Read = number | '...' | null | boolean | Slice | ListIndex | Tensor;

/** A list of indices, or a mask. */
class ListIndex {
  constructor(
    readonly nested: Nested,
    readonly isMask: boolean,
  ) {}
}

export interface IndexPlan {
  /** The basic indices: a view. */
  readonly part: Part;
  /** What PyTorch calls the last of the view operations; '' when they change nothing. */
  readonly name: string;
  /** Whether the part holds all elements, in their order. */
  readonly whole: boolean;
  /** For each dimension of the part: the int32 tensor that indexes it, or null. Empty without index tensors. */
  readonly tensors: readonly (Tensor | null)[];
  /** What was done to each dimension in turn, where there is an observer (declare/watch.ts). */
  readonly steps: readonly IndexStep[] | null;
}

/** A dimension that is kept, in part (`size` its whole), one that is selected from, or a new one. */
export type IndexStep =
  | {
      readonly kind: 'keep';
      readonly first: number;
      readonly count: number;
      readonly step: number;
      readonly size: number;
    }
  | { readonly kind: 'select'; readonly index: number; readonly size: number }
  | { readonly kind: 'insert' };

/** How many dimensions an index takes up. */
function consumes(index: Read): number {
  if (index === null || index === '...' || typeof index === 'boolean') return 0;
  if (index instanceof ListIndex) return index.isMask ? index.nested.shape.length : 1;
  return isTensor(index) && index.dtype === 'bool' ? index.ndim : 1;
}

// The slice that a list with nulls, or of two or three bounds, may have been meant as.
function meantSlice(list: readonly unknown[]): Slice | null {
  const bounds = list.length === 2 || list.length === 3 ? [...list] : [];
  const isBound = (bound: unknown): boolean => bound === null || Number.isInteger(bound);
  if (bounds.length === 0 || !bounds.every(isBound)) return null;
  const [start, stop, step = null] = bounds as (number | null)[];
  return new Slice(start, stop, step);
}

function readList(operation: string, list: readonly unknown[]): ListIndex {
  const nested = readNested(operation, list, (element) => {
    const meant = element === null ? meantSlice(list) : null;
    throw new TypeError(
      `${operation}: a list of indices holds integers or booleans, got ${describe(element)}; ${
        meant === null
          ? "a slice is text such as '1:3', and each dimension has an index of its own"
          : `for a slice write '${meant.toString()}'`
      }`,
    );
  });
  const { values, booleans } = nested;
  if (booleans === 0) {
    for (const index of values) checkWhole(operation, index);
  } else if (booleans !== values.length) {
    throw new TypeError(`${operation}: a list of indices holds integers or booleans, not both`);
  }
  return new ListIndex(nested, booleans > 0);
}

function readIndex(operation: string, index: unknown): Read {
  if (typeof index === 'number' || typeof index === 'boolean' || index === null) return index;
  if (index === '...') return index;
  if (isTensor(index)) {
    if (index.dtype === 'int32' || index.dtype === 'bool') return index;
    // PyTorch takes it for a mask, and warns that it will not.
    const meant = index.dtype === 'uint8' ? "a mask with to('bool'), indices with to('int32')" : "it with to('int32')"; // prettier-ignore
    throw new TypeError(
      `${operation}: an index tensor must be int32 or bool, got ${index.dtype}; convert ${meant}`,
    );
  }
  if (isInstance(index, Slice)) return index;
  if (isArray(index)) return readList(operation, index);
  const slice = typeof index === 'string' ? parseSlice(index) : null;
  if (slice !== null) return slice;
  throw new TypeError(
    `${operation}: an index must be a number, a slice such as '1:3' or slice(1, 3), '...', null, a boolean, a list or a tensor, got ${describe(index)}`,
  );
}

// PyTorch 2.13 reads x[[[0, 1], [2, 3]]] as x[[0, 1], [2, 3]] and warns that it will be one array of rows.
function refuseNestedAlone(operation: string, indices: readonly Read[]): void {
  const [only] = indices;
  if (indices.length !== 1 || !(only instanceof ListIndex) || only.nested.shape.length < 2) return;
  throw new TypeError(
    `${operation}: one nested list can mean an index for each dimension or an array of indices; write [0, 1], [2, 3] for the first, and add '...' after it for the second`,
  );
}

// '...' (or the end, where there is none) becomes the ':' that are missing.
function readIndices(
  operation: string,
  x: Tensor,
  indices: readonly unknown[],
): Exclude<Read, '...'>[] {
  let taken = 0;
  let ellipsis = -1;
  // Not map, which skips holes.
  const all: Read[] = [];
  for (let i = 0; i < indices.length; i++) all.push(readIndex(operation, indices[i]));
  refuseNestedAlone(operation, all);
  const read: Exclude<Read, '...'>[] = [];
  for (const [i, index] of all.entries()) {
    taken += consumes(index);
    if (index !== '...') {
      read.push(index);
      continue;
    }
    if (ellipsis >= 0) throw new RangeError(`${operation}: only one index may be '...'`);
    ellipsis = i;
  }
  if (taken > x.ndim) {
    throw new RangeError(
      `${operation}: ${taken} indices for a tensor of ${x.ndim} dimensions (shape ${showShape(sizesOf(x))})`,
    );
  }
  if (ellipsis < 0) return read;
  const missing = new Array<Slice>(x.ndim - taken).fill(wholeSlice);
  return [...read.slice(0, ellipsis), ...missing, ...read.slice(ellipsis)];
}

function checkWhole(operation: string, index: number): void {
  if (!Number.isInteger(index)) {
    throw new RangeError(`${operation}: an index must be an integer, got ${index}`);
  }
}

/** Wraps an index of -size … size-1. @throws RangeError for one outside, or no integer. */
export function wrapIndex(
  operation: string,
  index: number,
  size: number,
  dim: number,
  shape: Shape,
): number {
  checkWhole(operation, index);
  if (index < -size || index >= size) {
    throw outOfRange(operation, index, size, dim, shape);
  }
  return index < 0 ? index + size : index;
}

const outOfRange = (
  operation: string,
  index: number,
  size: number,
  dim: number,
  shape: Shape,
  hint = '',
): RangeError =>
  new RangeError(
    `${operation}: index ${index} is out of range for dimension ${dim} of size ${size} (shape ${showShape(shape)})${hint}`,
  );

// What to write if a list of two or three numbers was meant as the bounds of a slice.
function sliceHint({ shape, values }: Nested, dim: number): string {
  const slice = shape.length === 1 ? meantSlice(values) : null;
  if (slice === null) return '';
  const { start, stop, step } = slice;
  const what =
    step === null && start! >= 0 && stop! > start!
      ? `${dim === 0 ? 'rows' : 'indices'} ${start} to ${stop! - 1}`
      : 'a slice';
  return `; for ${what} write '${slice.toString()}'`;
}

// Builds the plan dimension by dimension, an index at a time.
class Planner {
  private readonly shape: number[] = [];
  private readonly strides: number[] = [];
  private readonly plainStrides: number[] = [];
  private readonly tensors: (Tensor | null)[] = [];
  private readonly plain: readonly number[];
  private offset = 0;
  private plainOffset = 0;
  private name = '';
  private whole = true;
  private advanced = false;
  private readonly steps: IndexStep[] | null = watch.watcher === null ? null : [];
  /** The next dimension of the tensor. */
  private from = 0;

  constructor(
    private readonly operation: string,
    private readonly x: Tensor,
  ) {
    this.plain = contiguousStrides(sizesOf(x));
  }

  // Keeps the next dimension, or `count` of its elements from `first` on.
  private keep(count: number, tensor: Tensor | null = null, first = 0, step = 1): void {
    const size = sizesOf(this.x)[this.from];
    this.steps?.push({ kind: 'keep', first, count, step, size });
    this.skip(first);
    this.shape.push(count);
    this.strides.push(elementStridesOf(this.x)[this.from] * step);
    this.plainStrides.push(this.plain[this.from] * step);
    this.tensors.push(tensor);
    this.from++;
  }

  private skip(elements: number): void {
    this.offset += elements * elementStridesOf(this.x)[this.from];
    this.plainOffset += elements * this.plain[this.from];
  }

  private insert(tensor: Tensor | null): void {
    this.steps?.push({ kind: 'insert' });
    this.shape.push(1);
    this.strides.push(1);
    this.plainStrides.push(1);
    this.tensors.push(tensor);
    this.name = 'UnsqueezeBackward0';
    this.advanced ||= tensor !== null;
  }

  private select(index: number): void {
    const { operation, x, from } = this;
    const at = wrapIndex(operation, index, sizesOf(x)[from], from, sizesOf(x));
    this.steps?.push({ kind: 'select', index: at, size: sizesOf(x)[from] });
    this.skip(at);
    if (sizesOf(x)[from] !== 1) this.whole = false;
    this.name = 'SelectBackward0';
    this.from++;
  }

  private slice(index: Slice): void {
    const size = sizesOf(this.x)[this.from];
    const { first, count, step } = rangeOf(this.operation, index, size);
    if (count !== size) [this.name, this.whole] = ['SliceBackward0', false];
    this.keep(count, null, first, step);
  }

  private tensor(index: Tensor): void {
    if (index.ndim === 0) {
      if (index.dtype === 'int32') this.select(index.item());
      else this.insert(truth(index.item() !== 0));
      return;
    }
    this.advanced = true;
    if (index.dtype === 'int32') this.keep(sizesOf(this.x)[this.from], index);
    else this.mask(index);
  }

  private list({ nested, isMask }: ListIndex): void {
    const { operation, x, from } = this;
    const index = empty(nested.shape, isMask ? 'bool' : 'int32');
    if (!isMask) {
      for (const value of nested.values) {
        const size = sizesOf(x)[from];
        if (value >= -size && value < size) continue;
        throw outOfRange(operation, value, size, from, sizesOf(x), sliceHint(nested, from));
      }
    }
    elementsOf(index, index.numel).set(nested.values);
    this.tensor(index);
  }

  private mask(index: Tensor): void {
    const { operation, x, from } = this;
    if (sizesOf(index).some((size, d) => size !== sizesOf(x)[from + d])) {
      throw new RangeError(
        `${operation}: a mask of shape ${showShape(sizesOf(index))} does not fit dimensions ${from} to ${from + index.ndim - 1} of shape ${showShape(sizesOf(x))}`,
      );
    }
    for (const column of nonzeroColumns(`${this.operation} with a mask`, index))
      this.keep(sizesOf(x)[this.from], column);
  }

  add(index: Exclude<Read, '...'>): void {
    if (index === null) this.insert(null);
    else if (index === wholeSlice) this.keep(sizesOf(this.x)[this.from]);
    else if (typeof index === 'number') this.select(index);
    else if (typeof index === 'boolean') this.insert(truth(index));
    else if (index instanceof Slice) this.slice(index);
    else if (index instanceof ListIndex) this.list(index);
    else this.tensor(index);
  }

  finish(): IndexPlan {
    while (this.from < this.x.ndim) this.keep(sizesOf(this.x)[this.from]);
    const { shape, strides, offset, plainStrides, plainOffset, name, whole } = this;
    return {
      part: { shape, strides, offset, plainStrides, plainOffset },
      name,
      whole,
      tensors: this.advanced ? this.tensors : [],
      steps: this.steps,
    };
  }
}

/**
 * What `indices` mean for `x`.
 * @throws TypeError for an index of no known kind; RangeError for too many, one out of range, or a mask that does
 * not fit.
 */
export function planOf(operation: string, x: Tensor, indices: readonly unknown[]): IndexPlan {
  const planner = new Planner(operation, x);
  for (const index of readIndices(operation, x, indices)) planner.add(index);
  return planner.finish();
}

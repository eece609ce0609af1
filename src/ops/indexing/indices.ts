/**
 * The index language of `at` and `setAt`: what each index means for the dimensions of a tensor. Numbers, slices
 * and new axes become one part (a view); index tensors and masks are left beside the dimensions they index.
 * Everything is checked here, before any memory is touched, except the values inside index tensors.
 */
import { contiguousStrides, showShape, type Shape } from '../../tensor/shape';
import { Tensor } from '../../tensor/tensor';
import type { Part } from '../view/part';
import { nonzeroColumns, truth } from './mask';

/** [start, end] or [start, end, step], as start:end:step in Python; null means from the first, to the last. */
export type SliceIndex =
  | readonly [start: number | null, end: number | null]
  | readonly [start: number | null, end: number | null, step: number | null];

/**
 * An index of `x.at(...)`, from the left one for each dimension:
 * a number selects (negative counts from the end), ':' keeps the dimension, [start, end] or [start, end, step]
 * slices it, null inserts a dimension of size 1, '...' stands for as many ':' as are missing, an int32 tensor picks
 * elements, a bool tensor picks where it is true, true and false insert a dimension of size 1 and 0.
 */
export type Index = number | ':' | '...' | null | boolean | SliceIndex | Tensor;

export interface IndexPlan {
  /** The basic indices: a view. */
  readonly part: Part;
  /** What PyTorch calls the last of the view operations; '' when they change nothing. */
  readonly name: string;
  /** Whether the part holds all elements, in their order. */
  readonly whole: boolean;
  /** For each dimension of the part: the int32 tensor that indexes it, or null. Empty without index tensors. */
  readonly tensors: readonly (Tensor | null)[];
}

/** How many dimensions an index takes up. */
function consumes(index: Index): number {
  if (index === null || index === '...' || typeof index === 'boolean') return 0;
  return index instanceof Tensor && index.dtype === 'bool' ? index.ndim : 1;
}

function checkKind(operation: string, index: unknown): asserts index is Index {
  const known =
    typeof index === 'number' ||
    typeof index === 'boolean' ||
    index === null ||
    index === ':' ||
    index === '...' ||
    Array.isArray(index) ||
    index instanceof Tensor;
  if (!known) {
    throw new TypeError(
      `${operation}: an index must be a number, ':', '...', null, a boolean, [start, end], [start, end, step] or a tensor, got ${typeof index === 'string' ? `'${index}'` : typeof index}`,
    );
  }
  if (index instanceof Tensor && index.dtype !== 'int32' && index.dtype !== 'bool') {
    throw new TypeError(
      `${operation}: an index tensor must be int32 or bool, got ${index.dtype}; convert it with to('int32')`,
    );
  }
}

// '...' (or the end, where there is none) becomes the ':' that are missing.
function expandEllipsis(
  operation: string,
  x: Tensor,
  indices: readonly Index[],
): readonly Exclude<Index, '...'>[] {
  let taken = 0;
  let ellipsis = -1;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    checkKind(operation, index);
    taken += consumes(index);
    if (index !== '...') continue;
    if (ellipsis >= 0) throw new RangeError(`${operation}: only one index may be '...'`);
    ellipsis = i;
  }
  if (taken > x.ndim) {
    throw new RangeError(
      `${operation}: ${taken} indices for a tensor of ${x.ndim} dimensions (shape ${showShape(x.shape)})`,
    );
  }
  return indices.flatMap((index) =>
    index === '...' ? new Array<':'>(x.ndim - taken).fill(':') : [index],
  );
}

/** Wraps an index of -size … size-1. @throws RangeError for one outside, or no integer. */
export function wrapIndex(
  operation: string,
  index: number,
  size: number,
  dim: number,
  shape: Shape,
): number {
  if (!Number.isInteger(index)) {
    throw new RangeError(`${operation}: an index must be an integer, got ${index}`);
  }
  if (index < -size || index >= size) {
    throw new RangeError(
      `${operation}: index ${index} is out of range for dimension ${dim} of size ${size} (shape ${showShape(shape)})`,
    );
  }
  return index < 0 ? index + size : index;
}

function sliceBounds(
  operation: string,
  slice: SliceIndex,
  size: number,
): { first: number; count: number; step: number } {
  if (slice.length !== 2 && slice.length !== 3) {
    throw new RangeError(
      `${operation}: a slice must be [start, end] or [start, end, step], got ${(slice as unknown[]).length} elements`,
    );
  }
  const bound = (value: unknown, absent: number): number => {
    if (value === null || value === undefined) return absent;
    if (typeof value !== 'number') {
      throw new TypeError(
        `${operation}: a slice holds numbers and nulls, got ${typeof value}; index with a tensor to pick single elements`,
      );
    }
    if (value === Infinity || value === -Infinity) return value > 0 ? size : 0;
    if (!Number.isInteger(value)) {
      throw new RangeError(`${operation}: a slice's bounds must be integers, got ${value}`);
    }
    return Math.min(Math.max(value < 0 ? value + size : value, 0), size);
  };
  const step = slice[2] ?? 1;
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(
      `${operation}: a slice's step must be an integer of at least 1, got ${step}; flip() reverses`,
    );
  }
  const first = bound(slice[0], 0);
  const end = Math.max(bound(slice[1], size), first);
  return { first, count: Math.ceil((end - first) / step), step };
}

// Walks over the dimensions of a tensor and puts the plan together, an index at a time.
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
  /** The next dimension of the tensor. */
  private from = 0;

  constructor(
    private readonly operation: string,
    private readonly x: Tensor,
  ) {
    this.plain = contiguousStrides(x.shape);
  }

  // Keeps the next dimension, or `count` of its elements from `first` on.
  private keep(count: number, tensor: Tensor | null = null, first = 0, step = 1): void {
    this.skip(first);
    this.shape.push(count);
    this.strides.push(this.x.strides[this.from] * step);
    this.plainStrides.push(this.plain[this.from] * step);
    this.tensors.push(tensor);
    this.from++;
  }

  private skip(elements: number): void {
    this.offset += elements * this.x.strides[this.from];
    this.plainOffset += elements * this.plain[this.from];
  }

  private insert(tensor: Tensor | null): void {
    this.shape.push(1);
    this.strides.push(1);
    this.plainStrides.push(1);
    this.tensors.push(tensor);
    this.name = 'UnsqueezeBackward0';
    this.advanced ||= tensor !== null;
  }

  private select(index: number): void {
    const { operation, x, from } = this;
    this.skip(wrapIndex(operation, index, x.shape[from], from, x.shape));
    if (x.shape[from] !== 1) this.whole = false;
    this.name = 'SelectBackward0';
    this.from++;
  }

  private slice(index: SliceIndex): void {
    const size = this.x.shape[this.from];
    const { first, count, step } = sliceBounds(this.operation, index, size);
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
    if (index.dtype === 'int32') this.keep(this.x.shape[this.from], index);
    else this.mask(index);
  }

  private mask(index: Tensor): void {
    const { operation, x, from } = this;
    if (index.shape.some((size, d) => size !== x.shape[from + d])) {
      throw new RangeError(
        `${operation}: a mask of shape ${showShape(index.shape)} does not fit dimensions ${from} to ${from + index.ndim - 1} of shape ${showShape(x.shape)}`,
      );
    }
    for (const column of nonzeroColumns(index)) this.keep(x.shape[this.from], column);
  }

  add(index: Exclude<Index, '...'>): void {
    if (index === null) this.insert(null);
    else if (index === ':') this.keep(this.x.shape[this.from]);
    else if (typeof index === 'number') this.select(index);
    else if (typeof index === 'boolean') this.insert(truth(index));
    else if (index instanceof Tensor) this.tensor(index);
    else this.slice(index);
  }

  finish(): IndexPlan {
    while (this.from < this.x.ndim) this.keep(this.x.shape[this.from]);
    const { shape, strides, offset, plainStrides, plainOffset, name, whole } = this;
    return {
      part: { shape, strides, offset, plainStrides, plainOffset },
      name,
      whole,
      tensors: this.advanced ? this.tensors : [],
    };
  }
}

/**
 * What `indices` mean for `x`.
 * @throws TypeError for an index of no known kind; RangeError for too many, one out of range, or a mask that does
 * not fit.
 */
export function planOf(operation: string, x: Tensor, indices: readonly Index[]): IndexPlan {
  const planner = new Planner(operation, x);
  for (const index of expandEllipsis(operation, x, indices)) planner.add(index);
  return planner.finish();
}

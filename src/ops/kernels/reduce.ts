/**
 * How reductions reach their kernels. A kernel reduces the middle of a contiguous [outer, n, inner] view; the
 * dimensions to reduce are brought together here.
 */
import { boolean, got, isArray, isPlain, oneOf, optionsTable, type Rule } from '../../check';
import { type KernelFamily } from '../../native/families';
import { runReduce } from '../../native/calls';
import type { DType } from '../../tensor/dtype';
import { checkDistinctDims, showShape, type Shape } from '../../tensor/shape';
import { sizesOf, elementStridesOf, Tensor } from '../../tensor/tensor';
import { pick } from './launch';
import { borrowDense, dense, giveBack } from './copy';

/** Options of reductions. */
export interface KeepdimOptions {
  /** Keep the reduced dimensions with size 1. Default: false. */
  keepdim?: boolean;
}
const keepdimOptions = optionsTable<KeepdimOptions>('sum', { keepdim: boolean.or(false) });
export const keepsDim = (operation: string, options: KeepdimOptions | undefined): boolean =>
  options !== undefined && keepdimOptions.read(options, operation).keepdim;

/** Options of reductions that add or multiply. */
export interface ReductionOptions extends KeepdimOptions {
  /** What `x` is converted to first, and what the result is then. Default: `x`'s element type, int32 for uint8 and bool. */
  dtype?: DType;
}
/** The element type alone, in the place of the dimensions: `x.sum({ dtype: 'float64' })`. */
export interface DTypeOption {
  /** What `x` is converted to first, and what the result is then. */
  dtype: DType;
}
/** Whether options are in the place of the dimensions, as they may be where they name the element type. */
export const isDTypeOption = (dim: unknown): dim is DTypeOption =>
  isPlain(dim) && 'dtype' in dim && !('dim' in dim);
/** The options of `operation`, whose dtype `rule` describes. */
export const reductionOptions = (operation: string, rule: Rule<DType>) =>
  optionsTable<ReductionOptions, 'dtype'>(operation, {
    keepdim: boolean.or(false),
    dtype: rule.optional,
  });

/** Options of running sums and products. */
export interface RunningOptions {
  /** What `x` is converted to first: any type but bool. Default: `x`'s element type, int32 for uint8 and bool. */
  dtype?: DType;
}
export const runningOptions = optionsTable<RunningOptions, 'dtype'>('cumsum', {
  dtype: oneOf('float32', 'float64', 'int32', 'uint8').optional,
});

/** One dimension, several, or (undefined) all. */
export type Dims = number | readonly number[] | undefined;

/** Sorted, distinct, non-negative dimensions. @throws RangeError for one out of range or named twice. */
export function normalizeDims(operation: string, dim: Dims, ndim: number): number[] {
  if (dim === undefined) return allDims(ndim);
  if (typeof dim !== 'number' && !isArray(dim)) {
    const shown = got(operation, 'dim', dim);
    const after = /options such as/.test(shown)
      ? ''
      : '; options such as { keepdim } come after it';
    throw new TypeError(
      `${operation}: dim must be a number or an array of numbers, got ${shown}${after}`,
    );
  }
  const dims = checkDistinctDims(operation, dim, ndim).sort((a, b) => a - b);
  if (ndim === 0) return [];
  return dims.length === 0 ? allDims(ndim) : dims;
}

const allDims = (ndim: number): number[] => Array.from({ length: ndim }, (_, d) => d);

/**
 * Whether options stand where the dimensions would: `x.var({ correction: 0 })`, as `x.var(correction=0)` in PyTorch, is over
 * all of them. Not with a dimension among them, which is given by position.
 */
export const isLeading = <O extends object>(dim: Dims | O): dim is O =>
  typeof dim === 'object' && !isArray(dim) && isPlain(dim) && !('dim' in dim);

/** Dimensions that no later change of the caller's array reaches. */
export const ownDims = (operation: string, dim: Dims, ndim: number): Dims =>
  typeof dim === 'object' ? normalizeDims(operation, dim, ndim) : dim;

/** A contiguous tensor seen as [outer, n, inner], n the elements that one result is made of. */
export interface ReductionView {
  source: Tensor;
  outer: number;
  n: number;
  inner: number;
  /**
   * Whether the last of the dimensions is reduced (or those reduced are brought to the end): floats are added up in another order
   * then. Never by sizes: inner is 1 too where a matrix has one column, whose bits are those of a column among others.
   */
  lines: boolean;
  /** The result's shape, and the same with reduced dimensions kept as 1. */
  outShape: Shape;
  keptShape: Shape;
}

function onesOf(ndim: number): number[] {
  const ones: number[] = [];
  for (let d = 0; d < ndim; d++) ones.push(1);
  return ones;
}

/** @param rowMajor makes what is not contiguous so */
export function reductionView(
  operation: string,
  x: Tensor,
  dim: Dims,
  keepdim: boolean,
  rowMajor: (x: Tensor) => Tensor = dense,
): ReductionView {
  if (dim === undefined && !keepdim) {
    return {
      source: rowMajor(x),
      outer: 1,
      n: x.numel,
      inner: 1,
      lines: true,
      outShape: [],
      keptShape: onesOf(x.ndim),
    };
  }
  const dims = normalizeDims(operation, dim, x.ndim);
  const reduced = new Set(dims);
  const keptShape = sizesOf(x).map((size, d) => (reduced.has(d) ? 1 : size));
  const outShape = keepdim ? keptShape : sizesOf(x).filter((_, d) => !reduced.has(d));
  const adjacent = dims.every((d, i) => i === 0 || d === dims[i - 1] + 1);
  const product = (from: number, to: number, shape: Shape): number => {
    let n = 1;
    for (let d = from; d < to; d++) n *= shape[d];
    return n;
  };
  if (adjacent) {
    const source = rowMajor(x);
    const first = dims[0] ?? 0;
    const end = dims.length === 0 ? 0 : dims[dims.length - 1] + 1;
    return {
      source,
      outer: product(0, first, sizesOf(x)),
      n: product(first, end, sizesOf(x)),
      inner: product(end, x.ndim, sizesOf(x)),
      lines: end === x.ndim,
      outShape,
      keptShape,
    };
  }
  const kept = sizesOf(x)
    .map((_, d) => d)
    .filter((d) => !reduced.has(d));
  const order = [...kept, ...dims];
  const shape = order.map((d) => sizesOf(x)[d]);
  const strides = order.map((d) => elementStridesOf(x)[d]);
  const source = rowMajor(new Tensor(x.storage, x.dtype, shape, strides, x.offset));
  return {
    source,
    outer: product(0, kept.length, sizesOf(source)),
    n: product(kept.length, x.ndim, sizesOf(source)),
    inner: 1,
    lines: true,
    outShape,
    keptShape,
  };
}

/** Runs a kernel (x, out, outer, n, inner, lines, Work&) over the view. */
export function reduceOver(
  operation: string,
  kernels: KernelFamily<'Reduce'>,
  x: Tensor,
  dim: Dims,
  keepdim: boolean,
  makeOut: (shape: Shape, n: number, x: Tensor) => Tensor,
): { out: Tensor; view: ReductionView } {
  const view = reductionView(operation, x, dim, keepdim, borrowDense);
  const run = pick(operation, kernels, x.dtype);
  const out = makeOut(view.outShape, view.n, x);
  runReduce(run, view.source, out, view.outer, view.n, view.inner, view.lines);
  if (view.source.storage !== x.storage) giveBack(view.source, x);
  return { out, view };
}

/**
 * @throws RangeError when nothing is left to choose from.
 */
export function checkNotEmpty(operation: string, n: number, x: Tensor): void {
  if (n > 0) return;
  throw new RangeError(
    `${operation}: is not defined for 0 elements (shape ${showShape(sizesOf(x))}); name a dim whose size is not 0`,
  );
}

/** cat, its other names, stack: tensors side by side. The gradient of each is its part of g. Saves nothing but the sizes. */
import { surplus } from '../../check';
import { resultType } from '../../tensor/dtype';
import { checkDim, contiguousStrides, sameShape, showShape, type Shape } from '../../tensor/shape';
import { sizesOf, empty, Tensor } from '../../tensor/tensor';
import { copyInto } from '../kernels/copy';
import { gradientOfList, type ContextOf } from '../declare/gradient';
import { operand } from '../kernels/operands';
import { checkTensors } from '../arguments/tensors';
import { dimOf, type DimOptions } from '../arguments/dim';

interface Joint {
  readonly dim: number;
  /** Of each tensor along `dim`; 0 for one of shape [0], which is skipped. */
  readonly sizes: readonly number[];
}
const recordedCat = gradientOfList<Joint>('cat', {
  rule: (g, { dim, sizes }, node) => {
    let start = 0;
    return sizes.map((size, i) => {
      const from = start;
      start += size;
      if (!node.needs(i)) return null;
      return size === 0 ? empty(node.next[i]!.shape, g.dtype) : g.narrow(dim, from, size);
    });
  },
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type CatContext = ContextOf<typeof recordedCat>;
const recordedStack = gradientOfList<number>('stack', {
  rule: (g, dim, node) => node.next.map((_, i) => (node.needs(i) ? g.select(dim, i) : null)),
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type StackContext = ContextOf<typeof recordedStack>;

// All in their promoted element type.
function alike(operation: string, tensors: readonly Tensor[]): readonly Tensor[] {
  let dtype = tensors[0].dtype;
  if (tensors.every((x) => x.dtype === dtype)) return tensors;
  for (const x of tensors) dtype = resultType({ dtype, ndim: 1 }, { dtype: x.dtype, ndim: 1 });
  return tensors.map((x) => operand(operation, x, dtype));
}

// Copies each tensor into the next piece of `out`: `steps[i]` indices along dim `d`, seen in `shape(i)`.
function fillAlong(
  out: Tensor,
  d: number,
  tensors: readonly Tensor[],
  steps: readonly number[],
): void {
  const strides = contiguousStrides(sizesOf(out));
  let at = 0;
  for (const [i, x] of tensors.entries()) {
    if (x.numel > 0) {
      const own = x.ndim === out.ndim ? strides : strides.toSpliced(d, 1);
      copyInto(
        x,
        new Tensor(out.storage, out.dtype, sizesOf(x), own, out.offset + at * strides[d]),
      );
    }
    at += steps[i];
  }
}

/**
 * Joins tensors along the existing dimension `dim`; the other sizes must agree (torch.cat). Element types are
 * promoted. As in PyTorch, tensors of shape [0] are skipped.
 * @throws TypeError for what is no array of tensors; RangeError for an empty array or sizes that differ.
 * @example cat([randn([2, 3]), randn([4, 3])]) // [6, 3]
 */
export function cat(list: readonly Tensor[], dim: number | DimOptions = 0): Tensor {
  if (arguments.length > 2) surplus('cat', arguments, 2, 'dim');
  return joined('cat', checkTensors('cat', list), dim);
}

/**
 * Joins along an existing dimension, as `cat` (torch.concat).
 * @throws TypeError for what is no array of tensors; RangeError for an empty array or sizes that differ.
 * @example concat([tensor([1, 2]), tensor([3])]) // [1, 2, 3]
 */
export function concat(list: readonly Tensor[], dim: number | DimOptions = 0): Tensor {
  if (arguments.length > 2) surplus('concat', arguments, 2, 'dim');
  return joined('concat', checkTensors('concat', list), dim);
}

/**
 * Joins along an existing dimension, as `cat` (torch.concatenate).
 * @throws TypeError for what is no array of tensors; RangeError for an empty array or sizes that differ.
 * @example concatenate([tensor([1, 2]), tensor([3])]) // [1, 2, 3]
 */
export function concatenate(list: readonly Tensor[], dim: number | DimOptions = 0): Tensor {
  if (arguments.length > 2) surplus('concatenate', arguments, 2, 'dim');
  return joined('concatenate', checkTensors('concatenate', list), dim);
}

/** The tensors joined along `dim`, for the operation that the sentences name. */
export function joined(
  operation: string,
  tensors: readonly Tensor[],
  dim: number | DimOptions,
): Tensor {
  const shaped = tensors.find((x) => x.ndim !== 1 || x.numel > 0) ?? tensors[0];
  if (shaped.ndim === 0) {
    throw new RangeError(`${operation}: 0-dimensional tensors cannot be joined; use stack`);
  }
  const d = checkDim(operation, dimOf(operation, dim), shaped.ndim);
  const skipped = (x: Tensor): boolean => x.ndim === 1 && x.numel === 0;
  for (const [i, x] of tensors.entries()) {
    const fits =
      skipped(x) ||
      (x.ndim === shaped.ndim &&
        sizesOf(x).every((size, k) => k === d || size === sizesOf(shaped)[k]));
    if (!fits) {
      throw new RangeError(
        `${operation}: all sizes but that of dimension ${d} must agree: tensors[${tensors.indexOf(shaped)}] is ${showShape(sizesOf(shaped))}, tensors[${i}] is ${showShape(sizesOf(x))}`,
      );
    }
  }
  const parts = alike(operation, tensors);
  const sizes = parts.map((x) => (skipped(x) ? 0 : sizesOf(x)[d]));
  const shape = sizesOf(shaped).slice();
  shape[d] = sizes.reduce((a, b) => a + b, 0);
  const out = empty(shape, parts[0].dtype);
  fillAlong(out, d, parts, sizes);
  return recordedCat(out, { dim: d, sizes }, parts);
}

/**
 * Joins tensors of one shape along a new dimension `dim` (torch.stack).
 * @throws TypeError for what is no array of tensors; RangeError for an empty array or shapes that differ.
 * @example stack([randn([3]), randn([3])]) // [2, 3]
 */
export function stack(list: readonly Tensor[], dim: number | DimOptions = 0): Tensor {
  if (arguments.length > 2) surplus('stack', arguments, 2, 'dim');
  const tensors = checkTensors('stack', list);
  const shape: Shape = sizesOf(tensors[0]);
  const d = checkDim('stack', dimOf('stack', dim), shape.length + 1);
  for (const [i, x] of tensors.entries()) {
    if (!sameShape(sizesOf(x), shape)) {
      throw new RangeError(
        `stack: all shapes must agree: tensors[0] is ${showShape(shape)}, tensors[${i}] is ${showShape(sizesOf(x))}`,
      );
    }
  }
  const parts = alike('stack', tensors);
  const out = empty(shape.toSpliced(d, 0, parts.length), parts[0].dtype);
  fillAlong(out, d, parts, new Array<number>(parts.length).fill(1));
  return recordedStack(out, d, parts);
}

/** How the heads of attention reach its kernels: matrices of two batch dimensions, read and written where they are. */
import { constants } from '../../native/instance';
import { isFloat, itemSize, type DType } from '../../tensor/dtype';
import { contiguousStrides, expandsTo, type Shape } from '../../tensor/shape';
import { allocate } from '../../tensor/storage';
import { sizesOf, elementStridesOf, Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { constant } from '../creation/factories';
import { logicalNot } from '../elementwise/logical';
import { maskedFill } from '../indexing/masked';
import { copyOf } from '../kernels/copy';
import { expand } from '../view/expand';

/** Queries, keys and values. */
export type Three = readonly [q: Tensor, k: Tensor, v: Tensor];

const view = (x: Tensor, shape: Shape, strides: Shape): Tensor =>
  new Tensor(x.storage, x.dtype, shape, strides, x.offset);

/** `x` with four dimensions: ones in front. */
export function asHeads(x: Tensor): Tensor {
  if (x.ndim === 4) return x;
  const ones = new Array<number>(4 - x.ndim).fill(1);
  const none = new Array<number>(4 - x.ndim).fill(0);
  return view(x, [...ones, ...sizesOf(x)], [...none, ...elementStridesOf(x)]);
}

/** A result [..., L, V], or [L, B, heads, V] with `queriesFirst`, as heads. */
export function headsOf(x: Tensor, queriesFirst: boolean): Tensor {
  if (!queriesFirst) return asHeads(x);
  const [a, b, c, d] = sizesOf(x);
  const [stepA, stepB, stepC, stepD] = elementStridesOf(x);
  return view(x, [b, c, a, d], [stepB, stepC, stepA, stepD]);
}

/** `x` as heads with elements side by side in the rows, copied where they are not. */
export function readableHeads(x: Tensor): Tensor {
  const last = x.ndim - 1;
  return asHeads(elementStridesOf(x)[last] === 1 || sizesOf(x)[last] === 1 ? x : copyOf(x));
}

/** Whether the kernels take them: floats of one type, one batch, and something of everything. */
export function fitsKernels([q, k, v]: Three): boolean {
  const { ndim, dtype } = q;
  if (!isFloat(dtype) || k.dtype !== dtype || v.dtype !== dtype) return false;
  if (ndim < 2 || ndim > 4 || k.ndim !== ndim || v.ndim !== ndim) return false;
  for (let d = 0; d < ndim - 2; d++) {
    if (sizesOf(k)[d] !== sizesOf(q)[d] || sizesOf(v)[d] !== sizesOf(q)[d]) return false;
  }
  const [S, E] = [sizesOf(k)[ndim - 2], sizesOf(k)[ndim - 1]];
  const { most } = constants.attention;
  return (
    q.numel > 0 &&
    k.numel > 0 &&
    v.numel > 0 &&
    sizesOf(q)[ndim - 1] === E &&
    sizesOf(v)[ndim - 2] === S &&
    S <= most &&
    E <= most
  );
}

/**
 * A mask that broadcasts to [..., L, S] as the kernels read it, floats whose rows have elements side by side. Null: it does not broadcast.
 */
export function maskRows(mask: Tensor, shape: Shape, dtype: DType): Tensor | null {
  if (!expandsTo(sizesOf(mask), shape)) return null;
  const last = mask.ndim - 1;
  const row = shape.slice(-1);
  const floats =
    mask.dtype === 'bool'
      ? maskedFill(constant(sizesOf(mask), 0, dtype), logicalNot(mask), -Infinity)
      : cast(mask, dtype);
  const wide = last < 0 || sizesOf(mask)[last] !== row[0];
  const whole = wide ? expand(floats, [...sizesOf(mask).slice(0, -1), ...row]) : floats;
  return asHeads(
    expand(elementStridesOf(whole)[whole.ndim - 1] === 1 ? whole : copyOf(whole), shape),
  );
}

/** Memory without gaps for a gradient of `x`: its rows, in the order in which those of `x` are. */
export function gradientAs(x: Tensor): Tensor {
  const last = x.ndim - 1;
  const order = sizesOf(x).map((_, d) => d);
  order.sort((a, b) => {
    if (a === last || b === last) return a - b;
    return elementStridesOf(x)[b] - elementStridesOf(x)[a] || a - b;
  });
  const dense = contiguousStrides(order.map((d) => sizesOf(x)[d]));
  const strides = new Array<number>(x.ndim);
  order.forEach((d, i) => (strides[d] = dense[i]));
  return new Tensor(allocate(x.numel * itemSize(x.dtype)), x.dtype, sizesOf(x), strides);
}

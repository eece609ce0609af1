/** How the heads of attention reach its kernels: matrices of two batch dimensions, read and written where they are. */
import { constants } from '../../native/instance';
import { isFloat, itemSize, type DType } from '../../tensor/dtype';
import { contiguousStrides, expandsTo, type Shape } from '../../tensor/shape';
import { allocate } from '../../tensor/storage';
import { Tensor } from '../../tensor/tensor';
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
  return view(x, [...ones, ...x.sizes], [...none, ...x.elementStrides]);
}

/** A result [..., L, V], or [L, B, heads, V] with `queriesFirst`, as heads. */
export function headsOf(x: Tensor, queriesFirst: boolean): Tensor {
  if (!queriesFirst) return asHeads(x);
  const [a, b, c, d] = x.sizes;
  const [stepA, stepB, stepC, stepD] = x.elementStrides;
  return view(x, [b, c, a, d], [stepB, stepC, stepA, stepD]);
}

/** `x` as heads with elements side by side in the rows, copied where they are not. */
export function readableHeads(x: Tensor): Tensor {
  const last = x.ndim - 1;
  return asHeads(x.elementStrides[last] === 1 || x.sizes[last] === 1 ? x : copyOf(x));
}

/** Whether the kernels take them: floats of one type, one batch, and something of everything. */
export function fitsKernels([q, k, v]: Three): boolean {
  const { ndim, dtype } = q;
  if (!isFloat(dtype) || k.dtype !== dtype || v.dtype !== dtype) return false;
  if (ndim < 2 || ndim > 4 || k.ndim !== ndim || v.ndim !== ndim) return false;
  for (let d = 0; d < ndim - 2; d++) {
    if (k.sizes[d] !== q.sizes[d] || v.sizes[d] !== q.sizes[d]) return false;
  }
  const [S, E] = [k.sizes[ndim - 2], k.sizes[ndim - 1]];
  const { most } = constants.attention;
  return (
    q.numel > 0 &&
    k.numel > 0 &&
    v.numel > 0 &&
    q.sizes[ndim - 1] === E &&
    v.sizes[ndim - 2] === S &&
    S <= most &&
    E <= most
  );
}

/**
 * A mask that broadcasts to [..., L, S] as the kernels read it, floats whose rows have elements side by side. Null: it does not broadcast.
 */
export function maskRows(mask: Tensor, shape: Shape, dtype: DType): Tensor | null {
  if (!expandsTo(mask.sizes, shape)) return null;
  const last = mask.ndim - 1;
  const row = shape.slice(-1);
  const floats =
    mask.dtype === 'bool'
      ? maskedFill(constant(mask.sizes, 0, dtype), logicalNot(mask), -Infinity)
      : cast(mask, dtype);
  const wide = last < 0 || mask.sizes[last] !== row[0];
  const whole = wide ? expand(floats, [...mask.sizes.slice(0, -1), ...row]) : floats;
  return asHeads(expand(whole.elementStrides[whole.ndim - 1] === 1 ? whole : copyOf(whole), shape));
}

/** Memory without gaps for a gradient of `x`: its rows, in the order in which those of `x` are. */
export function gradientAs(x: Tensor): Tensor {
  const last = x.ndim - 1;
  const order = x.sizes.map((_, d) => d);
  order.sort((a, b) => {
    if (a === last || b === last) return a - b;
    return x.elementStrides[b] - x.elementStrides[a] || a - b;
  });
  const dense = contiguousStrides(order.map((d) => x.sizes[d]));
  const strides = new Array<number>(x.ndim);
  order.forEach((d, i) => (strides[d] = dense[i]));
  return new Tensor(allocate(x.numel * itemSize(x.dtype)), x.dtype, x.sizes, strides);
}

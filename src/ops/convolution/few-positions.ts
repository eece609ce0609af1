/**
 * Convolutions of a few positions without gradients: a chunk of a stream. Their windows as rows and the weight as a matrix are one
 * product, whose cost is reading the weight; so the weight is kept as products read it fastest (matmul/packed-weight.ts), which the
 * kernel, which sees a weight once, cannot do. Sums are chains over (c, j) from the bias in both: the bits are the same.
 */
import { isGradEnabled } from '../../autograd/mode';
import { itemSize } from '../../tensor/dtype';
import { contiguousStrides } from '../../tensor/shape';
import { elementStridesOf, empty, sizesOf, Tensor } from '../../tensor/tensor';
import { constant } from '../creation/factories';
import { copyInto, copyOf, dense } from '../kernels/copy';
import { longChain, product } from '../matmul/layout';
import { mayKeep, preferredForm } from '../matmul/packed-weight';
import type { Geometry } from './geometry';

// Of so many taps, each is copied by itself, for all positions and channels; windows of more are runs that are copied as they are.
const mostTaps = 8;

/** Copies x at the positions that tap `j` reads to their places in the rows [N, outLength, C, taps]. */
function copyTap(x: Tensor, j: number, geometry: Geometry, rows: Tensor): void {
  const { length, outLength, taps, stride, padding, dilation } = geometry;
  const [batch, channels] = sizesOf(x);
  const [atN, atC, atL] = elementStridesOf(x);
  const at = j * dilation - padding;
  const first = Math.max(0, Math.ceil(-at / stride));
  const count = Math.min(outLength, Math.floor((length - 1 - at) / stride) + 1) - first;
  if (count <= 0) return;
  const shape = [batch, count, channels];
  const K = channels * taps;
  copyInto(
    new Tensor(
      x.storage,
      x.dtype,
      shape,
      [atN, stride * atL, atC],
      x.offset + (first * stride + at) * atL,
    ),
    new Tensor(rows.storage, x.dtype, shape, [outLength * K, K, taps], rows.offset + first * K + j),
  );
}

/** The windows of x [N, C, length], [N · outLength, C · taps]. */
function windowsOf(x: Tensor, geometry: Geometry): Tensor {
  const { outLength, taps, stride, padding, dilation, length } = geometry;
  const [batch, channels] = sizesOf(x);
  const [atN, atC, atL] = elementStridesOf(x);
  const shape = [batch * outLength, channels * taps];
  const span = (outLength - 1) * stride + dilation * (taps - 1) + 1;
  const isInside = padding === 0 && span <= length;
  if (isInside && taps > mostTaps) {
    const windows = [batch, outLength, channels, taps];
    const steps = [atN, stride * atL, atC, dilation * atL];
    const rows = copyOf(new Tensor(x.storage, x.dtype, windows, steps, x.offset));
    return new Tensor(rows.storage, x.dtype, shape, contiguousStrides(shape), rows.offset, true);
  }
  const rows = isInside ? empty(shape, x.dtype) : constant(shape, 0, x.dtype);
  for (let j = 0; j < taps; j++) copyTap(x, j, geometry, rows);
  return rows;
}

/** y of x [N, C, length] and w [O, C, taps], or null where the kernel is the better way. */
export function convolveFew(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  geometry: Geometry,
): Tensor | null {
  const { dtype } = x;
  const { groups, outLength, taps } = geometry;
  const [batch] = sizesOf(x);
  const [outChannels, channels] = sizesOf(weight);
  const rows = batch * outLength;
  const K = channels * taps;
  const recorded =
    isGradEnabled() && (x.requiresGrad || weight.requiresGrad || bias?.requiresGrad === true);
  const type = dtype === 'float32' ? 'f32' : 'f64';
  if (
    groups !== 1 ||
    rows === 0 ||
    (taps > mostTaps && geometry.padding > 0) ||
    K > longChain ||
    !weight.contiguousLayout
  )
    return null;
  if (!mayKeep(rows, weight.numel * itemSize(dtype)) || recorded) return null;
  if (preferredForm(rows, outChannels, K, true, type) === 'inPlace') return null;
  const matrix = new Tensor(weight.storage, dtype, [K, outChannels], [1, K], weight.offset);
  const ends = outLength === 1 ? [batch, outChannels, 1] : [rows, outChannels];
  const out = product('conv1d', windowsOf(x, geometry), matrix, bias && dense(bias), ends);
  if (outLength === 1) return out;
  const shape = [batch, outChannels, outLength];
  const strides = [outLength * outChannels, 1, outChannels];
  return copyInto(new Tensor(out.storage, dtype, shape, strides, out.offset), empty(shape, dtype));
}

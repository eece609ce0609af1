/** The shared backward of views that cover a part of their input: g put into zeros. */
import { record } from '../../autograd/node';
import { contiguousStrides, type Shape } from '../../tensor/shape';
import { empty, Tensor } from '../../tensor/tensor';
import { copyInto, contiguous } from '../clone';
import { zeros } from '../factories';
import { viewOf } from './view';

/**
 * The part of `x` that starts at index `at` of dimension `dim`, with the given shape and strides. `plain` are the
 * strides that the part has in a contiguous tensor of x's shape, which is what its gradient is.
 */
export function partOf(
  x: Tensor,
  name: string,
  shape: Shape,
  strides: readonly number[],
  plain: readonly number[],
  dim: number,
  at: number,
): Tensor {
  const full = x.shape;
  const offset = at * contiguousStrides(full)[dim];
  return viewOf(x, name, shape, strides, x.offset + at * x.strides[dim], (g) => [
    intoZeros(name, g, full, plain, offset),
  ]);
}

// zeros(full) with g in the part; its own gradient is the part of the incoming one.
function intoZeros(
  name: string,
  g: Tensor,
  full: Shape,
  strides: readonly number[],
  offset: number,
): Tensor {
  const out = zeros(full, { dtype: g.dtype });
  copyInto(g, new Tensor(out.storage, out.dtype, g.shape, strides, out.offset + offset));
  const { shape } = g;
  return record(name, [g], out, (gg) => {
    const source = contiguous(gg);
    const part = new Tensor(source.storage, source.dtype, shape, strides, source.offset + offset);
    const copy = copyInto(part, empty(shape, part.dtype));
    return [record(name, [gg], copy, (ggg) => [intoZeros(name, ggg, full, strides, offset)])];
  });
}

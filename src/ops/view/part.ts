/** The shared backward of views that cover a part of their input: g put into zeros. */
import { record } from '../../autograd/node';
import type { Shape } from '../../tensor/shape';
import { empty, Tensor } from '../../tensor/tensor';
import { copyInto, contiguous } from '../copying/clone';
import { constant } from '../creation/factories';
import { viewOf } from './view';

/** A part of a tensor: its strides in the tensor, and in a contiguous one of the same shape. */
export interface Part {
  readonly shape: Shape;
  readonly strides: readonly number[];
  /** First element, counted from the tensor's. */
  readonly offset: number;
  readonly plainStrides: readonly number[];
  readonly plainOffset: number;
}

/** The part of `x` as a view of it. No two elements of a part are the same element of `x`. */
export function partOf(x: Tensor, name: string, part: Part): Tensor {
  const full = x.sizes;
  return viewOf(x, name, part.shape, part.strides, x.offset + part.offset, (g) => [
    intoZeros(name, g, full, part),
  ]);
}

/** zeros(full) with g in the part; its own gradient is the part of the incoming one. */
export function intoZeros(name: string, g: Tensor, full: Shape, part: Part): Tensor {
  const out = constant(full, 0, g.dtype);
  const within = (x: Tensor): Tensor =>
    new Tensor(x.storage, x.dtype, part.shape, part.plainStrides, x.offset + part.plainOffset);
  copyInto(g, within(out));
  return record(name, [g], out, (gg) => {
    const copy = copyInto(within(contiguous(gg)), empty(part.shape, gg.dtype));
    return [record(name, [gg], copy, (ggg) => [intoZeros(name, ggg, full, part)])];
  });
}

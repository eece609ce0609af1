/** The shared backward of views that cover a part of their input: g put into zeros. */
import { contiguousStrides, type Shape } from '../../tensor/shape';
import { elementStridesOf, sizesOf, empty, Tensor } from '../../tensor/tensor';
import { copyInto, dense } from '../kernels/copy';
import { constant } from '../creation/factories';
import { gradient, nodeName, type Recorder } from '../declare/gradient';
import { viewOf } from './view';

/** A part of a tensor: its strides in the tensor, and in a contiguous one of the same shape. */
export interface Part {
  readonly shape: Shape;
  readonly strides: readonly number[];
  /** First element, counted from the tensor's. */
  readonly offset: number;
  readonly plainStrides: readonly number[];
  readonly plainOffset: number;
  /** Of `select` and `slice`: the dimension that they shorten, where they begin, and the step between elements. */
  readonly along?: readonly [dim: number, first: number, step: number];
}

/** Declares the gradient of `partOf`. */
export const partGradient = (
  operation: string,
  node = nodeName(operation),
): Recorder<[Tensor], Part> =>
  gradient<[Tensor], [], Part>(operation, {
    node,
    rule: (g, _, part, { next }) => [intoZeros(node, g, next[0]!.shape, part)],
  });

/** The part of `x` as a view of it. No two elements of a part are the same element of `x`. */
export const partOf = (recorded: Recorder<[Tensor], Part>, x: Tensor, part: Part): Tensor =>
  recorded(viewOf(x, part.shape, part.strides, x.offset + part.offset), part, x);

/** The strides that `x` would have if it were contiguous. */
export const plainStridesOf = (x: Tensor): readonly number[] =>
  x.contiguousLayout ? elementStridesOf(x) : contiguousStrides(sizesOf(x));

interface Placed {
  /** PyTorch's name of the backward node. */
  readonly name: string;
  readonly part: Part;
}
const recordedInto = gradient<[Tensor], [], Placed>('intoZeros', {
  node: (_, { name }) => name,
  rule: (gg, _, placed) => [copyOfPart(gg, placed)],
});
const recordedCopy = gradient<[Tensor], [], Placed>('copyOfPart', {
  node: (_, { name }) => name,
  rule: (g, _, { name, part }, { next }) => [intoZeros(name, g, next[0]!.shape, part)],
});

const within = (x: Tensor, part: Part): Tensor =>
  new Tensor(x.storage, x.dtype, part.shape, part.plainStrides, x.offset + part.plainOffset);

function copyOfPart(x: Tensor, placed: Placed): Tensor {
  const copy = empty(placed.part.shape, x.dtype);
  return recordedCopy(copyInto(within(dense(x), placed.part), copy), placed, x);
}

/** zeros(full) with g in the part; its own gradient is the part of the incoming one. */
export function intoZeros(name: string, g: Tensor, full: Shape, part: Part): Tensor {
  const out = constant(full, 0, g.dtype);
  copyInto(g, within(out, part));
  return recordedInto(out, { name, part }, g);
}

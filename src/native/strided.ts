/**
 * How an elementwise kernel walks its operands (native/kernels/strided.h): neighbouring dimensions are merged where every
 * operand steps through them as through one. The operands broadcast to the shape of the last, the output.
 */
import { constants } from './instance';
import type { Memory } from './memory';

/** What a kernel needs to know of a tensor to walk over it. */
export interface Elements extends Memory {
  readonly numel: number;
  /** Elements in row-major order without gaps. */
  readonly contiguousLayout: boolean;
}

let sizesOf: (x: Elements) => readonly number[];
let stridesOf: (x: Elements) => readonly number[];
/** tensor/ says how its tensors' sizes and strides are read: who has a tensor cannot read them, and so cannot write to them. */
export function readLayoutBy<T extends Elements>(
  sizes: (x: T) => readonly number[],
  strides: (x: T) => readonly number[],
): void {
  sizesOf = sizes as typeof sizesOf;
  stridesOf = strides as typeof stridesOf;
}

/** How many dimensions a kernel walks, after merging. */
export const { maxDims } = constants.strided;
/** The sizes that `mergeDims` found. */
export const mergedSizes: Float64Array = new Float64Array(maxDims);
/** From i * maxDims on, operand i's strides. */
export const mergedStrides: Float64Array = new Float64Array(
  constants.strided.maxOperands * maxDims,
);

/** The stride of `x` along dimension d of a shape that it broadcasts to: 0 where it repeats. */
function strideAlong(x: Elements, d: number, ndim: number): number {
  const sizes = sizesOf(x);
  const own = d - (ndim - sizes.length);
  return own < 0 || sizes[own] === 1 ? 0 : stridesOf(x)[own];
}

/** Fills `mergedSizes` and `mergedStrides` for the sizes of the last operand; returns the number of dimensions. */
export function mergeDims(operands: readonly Elements[]): number {
  const count = operands.length;
  const shape = sizesOf(operands[count - 1]);
  const ndim = shape.length;
  let dims = 0;
  for (let d = 0; d < ndim; d++) {
    const size = shape[d];
    if (size === 1) continue;
    let merges = dims > 0;
    for (let i = 0; i < count && merges; i++) {
      merges = mergedStrides[i * maxDims + dims - 1] === strideAlong(operands[i], d, ndim) * size;
    }
    if (merges) mergedSizes[dims - 1] *= size;
    else {
      if (dims === maxDims) {
        throw new RangeError(
          `a tensor of shape [${shape.join(', ')}] has more than ${maxDims} dimensions that cannot be merged; call contiguous() first`,
        );
      }
      mergedSizes[dims++] = size;
    }
    for (let i = 0; i < count; i++) {
      mergedStrides[i * maxDims + dims - 1] = strideAlong(operands[i], d, ndim);
    }
  }
  return dims;
}

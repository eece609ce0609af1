/**
 * How an elementwise kernel walks its operands (native/kernels/strided.h): number of dimensions, number of operands, the
 * merged shape, then each operand's strides. Neighbouring dimensions are merged where every operand steps through them
 * as through one. The operands broadcast to the shape of the last, the output.
 */
import { addon, args, type Memory } from './kernels';

/** What a kernel needs to know of a tensor to walk over it. */
export interface Elements extends Memory {
  readonly sizes: readonly number[];
  readonly elementStrides: readonly number[];
  readonly numel: number;
  /** Elements in row-major order without gaps. */
  readonly contiguousLayout: boolean;
}

/** A walk as it was recorded: args[at] and on. */
export interface Walk {
  readonly dims: number;
  readonly operands: number;
  /** `dims` sizes, outermost first. */
  readonly sizes: readonly number[];
  /** Of each operand, `dims` strides in elements. */
  readonly strides: readonly (readonly number[])[];
}

/** Where a recorded walk has its first size. */
export const firstSizeAt = (at: number): number => at + 2;

/** The walk in a recorded call's arguments, from args[at] on. */
export function readWalk(recorded: ArrayLike<number>, at: number): Walk {
  const dims = recorded[at];
  const operands = recorded[at + 1];
  const list = (from: number): number[] =>
    Array.from({ length: dims }, (_, d) => recorded[from + d]);
  const first = firstSizeAt(at);
  return {
    dims,
    operands,
    sizes: list(first),
    strides: Array.from({ length: operands }, (_, i) => list(first + dims * (1 + i))),
  };
}

/** The arguments of a walk. */
export const walkArguments = ({ dims, operands, sizes, strides }: Walk): number[] => [
  dims,
  operands,
  ...sizes,
  ...strides.flat(),
];

/** How many dimensions a kernel walks, after merging. */
export const { maxDims } = addon.constants.strided;
// The merged sizes, and from i * maxDims on operand i's strides.
const sizes = new Float64Array(maxDims);
const steps = new Float64Array(addon.constants.strided.maxOperands * maxDims);

/** The stride of `x` along dimension d of a shape that it broadcasts to: 0 where it repeats. */
function strideAlong(x: Elements, d: number, ndim: number): number {
  const own = d - (ndim - x.sizes.length);
  return own < 0 || x.sizes[own] === 1 ? 0 : x.elementStrides[own];
}

/** Fills `sizes` and `steps`; returns the number of dimensions. */
function mergeDims(shape: readonly number[], operands: readonly Elements[]): number {
  const count = operands.length;
  const ndim = shape.length;
  let dims = 0;
  for (let d = 0; d < ndim; d++) {
    const size = shape[d];
    if (size === 1) continue;
    let merges = dims > 0;
    for (let i = 0; i < count && merges; i++) {
      merges = steps[i * maxDims + dims - 1] === strideAlong(operands[i], d, ndim) * size;
    }
    if (merges) sizes[dims - 1] *= size;
    else {
      if (dims === maxDims) {
        throw new RangeError(
          `a tensor of shape [${shape.join(', ')}] has more than ${maxDims} dimensions that cannot be merged; call contiguous() first`,
        );
      }
      sizes[dims++] = size;
    }
    for (let i = 0; i < count; i++) {
      steps[i * maxDims + dims - 1] = strideAlong(operands[i], d, ndim);
    }
  }
  return dims;
}

/** The general case: `flat` when every operand is contiguous and has all elements or one. */
function writeStrided(at: number, operands: readonly Elements[]): void {
  const count = operands.length;
  const out = operands[count - 1];
  let flat = true;
  for (let i = 0; i < count && flat; i++) {
    const x = operands[i];
    flat = x.contiguousLayout && (x.numel === out.numel || x.numel === 1);
    args[at + 3 + i] = x.numel === out.numel ? 1 : 0;
  }
  if (flat) {
    args[at] = 1;
    args[at + 1] = count;
    args[at + 2] = out.numel;
    return;
  }
  const dims = mergeDims(out.sizes, operands);
  args[at] = dims;
  args[at + 1] = count;
  let next = at + 2;
  for (let d = 0; d < dims; d++) args[next++] = sizes[d];
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < dims; d++) args[next++] = steps[i * maxDims + d];
  }
}

/** Writes the walk over `out` alone, from args[at] on. */
export function writeStrided1(at: number, out: Elements): void {
  if (!out.contiguousLayout) return writeStrided(at, [out]);
  args[at] = 1;
  args[at + 1] = 1;
  args[at + 2] = out.numel;
  args[at + 3] = 1;
}

/** The same for one input. */
export function writeStrided2(at: number, x: Elements, out: Elements): void {
  if (!x.contiguousLayout || !out.contiguousLayout || x.numel !== out.numel) {
    return writeStrided(at, [x, out]);
  }
  args[at] = 1;
  args[at + 1] = 2;
  args[at + 2] = out.numel;
  args[at + 3] = 1;
  args[at + 4] = 1;
}

/** The same for two inputs. Contiguous ones with all elements or one are walked as one dimension. */
export function writeStrided3(at: number, a: Elements, b: Elements, out: Elements): void {
  const n = out.numel;
  if (
    !out.contiguousLayout ||
    !a.contiguousLayout ||
    !b.contiguousLayout ||
    (a.numel !== n && a.numel !== 1) ||
    (b.numel !== n && b.numel !== 1)
  ) {
    return writeStrided(at, [a, b, out]);
  }
  args[at] = 1;
  args[at + 1] = 3;
  args[at + 2] = n;
  args[at + 3] = a.numel === n ? 1 : 0;
  args[at + 4] = b.numel === n ? 1 : 0;
  args[at + 5] = 1;
}

/** The same for three inputs. */
export const writeStrided4 = (
  at: number,
  a: Elements,
  b: Elements,
  c: Elements,
  out: Elements,
): void => writeStrided(at, [a, b, c, out]);

/**
 * How elementwise operations reach their kernels: broadcast the shapes, bring operands to one element type,
 * merge dimensions, write the argument block. The operations themselves are in the files beside this one.
 */
import { args, type Kernel, type KernelFamily } from '../native/kernels';
import { resultType, suffixOf, type DType } from '../tensor/dtype';
import {
  broadcastShapes,
  broadcastStrides,
  sameShape,
  showShape,
  type Shape,
} from '../tensor/shape';
import { empty, Tensor } from '../tensor/tensor';
import { cast } from './cast';

/** A tensor, or a number that broadcasts to any shape. */
export type Operand = Tensor | number;

/** The kernel of `family` for an element type. @throws TypeError when the operation has none. */
export function pick(operation: string, family: KernelFamily, dtype: DType): Kernel {
  const found = family[suffixOf(dtype)];
  if (found === undefined) throw new TypeError(`${operation}: is not defined for ${dtype} tensors`);
  return found;
}

/** @throws TypeError when `x` is not a tensor. */
export function checkTensor(operation: string, name: string, x: unknown): asserts x is Tensor {
  if (!(x instanceof Tensor)) {
    throw new TypeError(
      `${operation}: ${name} must be a Tensor, got ${x === null ? 'null' : Array.isArray(x) ? 'an array; make it one with tensor(…)' : typeof x}`,
    );
  }
}

/** @throws TypeError when `x` is neither a tensor nor a number. */
export function checkOperand(operation: string, name: string, x: unknown): asserts x is Operand {
  if (typeof x !== 'number') checkTensor(operation, name, x);
}

/** A 0-dimensional tensor of a number. */
export function scalar(value: number, dtype: DType): Tensor {
  const out = empty([], dtype);
  out.memory(1)[0] = value;
  return out;
}

/** An operand as a tensor of the given element type; a tensor that has it already is returned itself. */
export const operand = (x: Operand, dtype: DType): Tensor =>
  typeof x === 'number' ? scalar(x, dtype) : x.dtype === dtype ? x : cast(x, dtype);

/**
 * Writes how the operands (inputs in order, then the output) are walked, from args[at] on: number of dimensions,
 * number of operands, the merged shape, then each operand's strides. Neighbouring dimensions are merged
 * where every operand steps through them as through one.
 */
export function writeStrided(at: number, shape: Shape, operands: readonly Tensor[]): void {
  const count = operands.length;
  let flat = true;
  for (let i = 0; i < count; i++) {
    const x = operands[i];
    if (!x.contiguousLayout || !sameShape(x.shape, shape)) {
      flat = false;
      break;
    }
  }
  if (flat) {
    args[at] = 1;
    args[at + 1] = count;
    args[at + 2] = operands[count - 1].numel;
    for (let i = 0; i < count; i++) args[at + 3 + i] = 1;
    return;
  }
  const strides = operands.map((x) => broadcastStrides(x.shape, x.strides, shape));
  const sizes: number[] = [];
  const merged: number[][] = operands.map(() => []);
  for (let d = 0; d < shape.length; d++) {
    const size = shape[d];
    if (size === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && strides.every((s, i) => merged[i][last] === s[d] * size)) {
      sizes[last] *= size;
      strides.forEach((s, i) => (merged[i][last] = s[d]!));
    } else {
      sizes.push(size);
      strides.forEach((s, i) => merged[i].push(s[d]));
    }
  }
  if (sizes.length > maxDims) {
    throw new RangeError(
      `a tensor of shape ${showShape(shape)} has more than ${maxDims} dimensions that do not lie in memory as one; call contiguous() first`,
    );
  }
  args[at] = sizes.length;
  args[at + 1] = count;
  let next = at + 2;
  for (const size of sizes) args[next++] = size;
  for (const row of merged) for (const step of row) args[next++] = step;
}
const maxDims = 8;

/** out = f(x). `out` may be x itself. */
export function applyUnary(
  operation: string,
  family: KernelFamily,
  x: Tensor,
  out: Tensor,
): Tensor {
  const run = pick(operation, family, x.dtype);
  if (x.contiguousLayout && out.contiguousLayout) {
    args[2] = 1;
    args[3] = 2;
    args[4] = x.numel;
    args[5] = 1;
    args[6] = 1;
  } else writeStrided(2, out.shape, [x, out]);
  args[0] = x.address;
  args[1] = out.address;
  run();
  return out;
}

/** out = f(a, b), a and b of one element type and broadcasting to out's shape. `out` may be a or b. */
export function applyBinary(
  operation: string,
  family: KernelFamily,
  a: Tensor,
  b: Tensor,
  out: Tensor,
): Tensor {
  const run = pick(operation, family, a.dtype);
  const n = out.numel;
  if (
    out.contiguousLayout &&
    a.contiguousLayout &&
    b.contiguousLayout &&
    (a.numel === n || a.numel === 1) &&
    (b.numel === n || b.numel === 1)
  ) {
    // Equal numbers of elements, all contiguous and broadcastable: the same elements in the same order.
    args[3] = 1;
    args[4] = 3;
    args[5] = n;
    args[6] = a.numel === n ? 1 : 0;
    args[7] = b.numel === n ? 1 : 0;
    args[8] = 1;
  } else writeStrided(3, out.shape, [a, b, out]);
  args[0] = a.address;
  args[1] = b.address;
  args[2] = out.address;
  run();
  return out;
}

/** out = f(a, b, c), all of one element type unless the kernel says otherwise. */
export function applyTernary(run: Kernel, a: Tensor, b: Tensor, c: Tensor, out: Tensor): Tensor {
  writeStrided(4, out.shape, [a, b, c, out]);
  args[0] = a.address;
  args[1] = b.address;
  args[2] = c.address;
  args[3] = out.address;
  run();
  return out;
}

/** The shape and element type that two operands meet in. */
export function meet(operation: string, a: Operand, b: Operand): { shape: Shape; dtype: DType } {
  const dtype = resultType(a, b);
  if (typeof a === 'number') return { shape: typeof b === 'number' ? [] : b.shape, dtype };
  if (typeof b === 'number') return { shape: a.shape, dtype };
  return { shape: broadcastShapes(operation, a.shape, b.shape), dtype };
}

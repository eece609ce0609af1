/**
 * How elementwise operations reach their kernels: broadcast the shapes, bring operands to one element type,
 * merge dimensions, write the argument block. The operations themselves are in the files beside this one.
 */
import { describe, isArray } from '../check';
import { args, type Kernel, type KernelFamily } from '../native/kernels';
import { isGradEnabled } from '../autograd/mode';
import { record, save } from '../autograd/node';
import { dtypes, resultType, type DType, type TypedArray } from '../tensor/dtype';
import { observer } from '../tensor/observer';
import { broadcastShapes, showShape, type Shape } from '../tensor/shape';
import { isTensor } from '../tensor/rules';
import { empty, type Tensor } from '../tensor/tensor';
import { cast } from './cast';
import { unbroadcast } from './unbroadcast';

/** A tensor, or a number that broadcasts to any shape. */
export type Operand = Tensor | number;

/** The kernel of `family` for an element type. @throws TypeError when the operation has none. */
export function pick(operation: string, family: KernelFamily, dtype: DType): Kernel {
  const found =
    dtype === 'float32'
      ? family.f32
      : dtype === 'float64'
        ? family.f64
        : dtype === 'int32'
          ? family.i32
          : family.u8;
  if (found === undefined) throw new TypeError(`${operation}: is not defined for ${dtype} tensors`);
  return found;
}

/** @throws TypeError when `x` is not a tensor. */
export function checkTensor(operation: string, name: string, x: unknown): asserts x is Tensor {
  if (!isTensor(x)) {
    throw new TypeError(
      `${operation}: ${name} must be a Tensor, got ${describe(x)}${isArray(x) ? '; make it one with tensor(…)' : ''}`,
    );
  }
  if (observer !== null) observer.uses(x);
}

/** @throws TypeError when `x` is neither a tensor nor a number. */
export function checkOperand(operation: string, name: string, x: unknown): asserts x is Operand {
  if (typeof x !== 'number' && (observer !== null || !isTensor(x))) checkTensor(operation, name, x);
}

/**
 * A 0-dimensional tensor of a number, its fraction dropped for int32.
 * @throws RangeError when int32 cannot hold it.
 */
export function scalar(value: number, dtype: DType): Tensor {
  const out = empty([], dtype);
  const whole = Math.trunc(value);
  if (dtype === 'int32' && (whole | 0) !== whole) {
    throw new RangeError(
      `the number ${value} does not fit an int32 tensor (-2147483648 to 2147483647); convert the tensor with to('float64')`,
    );
  }
  out.memory(1)[0] = dtype === 'bool' ? Number(value !== 0) : value;
  return out;
}

/** An operand as a tensor of the given element type; a tensor that has it already is returned itself. */
export const operand = (x: Operand, dtype: DType): Tensor =>
  typeof x === 'number' ? scalar(x, dtype) : x.dtype === dtype ? x : cast(x, dtype);

/** An operand with its elements in the given type; a number stays a number. */
export const converted = (x: Operand, dtype: DType): Operand =>
  typeof x === 'number' || x.dtype === dtype ? x : cast(x, dtype);

// Where a number waits for the kernel that reads it: one place for each argument position and element type,
// overwritten by the next call, so never saved or returned.
type Slots = readonly { readonly tensor: Tensor; readonly memory: TypedArray }[];
const slots = Object.fromEntries(
  dtypes.map((dtype) => [
    dtype,
    [0, 1, 2].map(() => {
      const tensor = empty([], dtype);
      return { tensor, memory: tensor.memory(1) };
    }),
  ]),
) as unknown as Record<DType, Slots>;

/** A number where a kernel finds it, as a tensor for this call's use only. */
export function place(operation: string, position: 0 | 1 | 2, value: number, dtype: DType): Tensor {
  const slot = slots[dtype][position];
  if (dtype === 'int32' && (value | 0) !== value) {
    throw new RangeError(
      `${operation}: ${value} does not fit int32 (integers from -2147483648 to 2147483647); convert the tensor with to('float64')`,
    );
  }
  // A recorded call is made later, when the slot holds another number.
  if (observer !== null) return scalar(value, dtype);
  slot.memory[0] = dtype === 'bool' ? Number(value !== 0) : value;
  return slot.tensor;
}

/**
 * Writes how the operands (inputs in order, then the output) are walked, from args[at] on: number of dimensions,
 * number of operands, the merged shape, then each operand's strides. Neighbouring dimensions are merged
 * where every operand steps through them as through one.
 */
export function writeStrided(at: number, shape: Shape, operands: readonly Tensor[]): void {
  const count = operands.length;
  const n = operands[count - 1].numel;
  // Equal numbers of elements, all contiguous and broadcastable, are the same elements in the same order.
  let flat = true;
  for (let i = 0; i < count; i++) {
    const x = operands[i];
    if (!x.contiguousLayout || (x.numel !== n && x.numel !== 1)) {
      flat = false;
      break;
    }
    args[at + 3 + i] = x.numel === n ? 1 : 0;
  }
  if (flat) {
    args[at] = 1;
    args[at + 1] = count;
    args[at + 2] = n;
    return;
  }
  const dims = mergeDims(shape, operands);
  args[at] = dims;
  args[at + 1] = count;
  let next = at + 2;
  for (let d = 0; d < dims; d++) args[next++] = sizes[d];
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < dims; d++) args[next++] = steps[i * maxDims + d];
  }
}

// The merged sizes, and from i * maxDims on operand i's strides: kept, since every broadcast needs them for a moment.
/** How many dimensions a kernel walks, after merging. */
export const maxDims = 8;
const sizes = new Float64Array(maxDims);
const steps = new Float64Array(4 * maxDims);

/** The stride of `x` along dimension d of a shape that it broadcasts to: 0 where it repeats. */
function strideAlong(x: Tensor, d: number, ndim: number): number {
  const own = d - (ndim - x.shape.length);
  return own < 0 || x.shape[own] === 1 ? 0 : x.strides[own];
}

/** Fills `sizes` and `steps`; returns the number of dimensions. */
function mergeDims(shape: Shape, operands: readonly Tensor[]): number {
  const count = operands.length;
  const ndim = shape.length;
  let dims = 0;
  for (let d = 0; d < ndim; d++) {
    const size = shape[d];
    if (size === 1) continue;
    let continues = dims > 0;
    for (let i = 0; i < count && continues; i++) {
      continues = steps[i * maxDims + dims - 1] === strideAlong(operands[i], d, ndim) * size;
    }
    if (continues) sizes[dims - 1] *= size;
    else {
      if (dims === maxDims) {
        throw new RangeError(
          `a tensor of shape ${showShape(shape)} has more than ${maxDims} dimensions that do not lie in memory as one; call contiguous() first`,
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

/** out = f(x; p, q) for a kernel with as many plain numbers. `out` may be x itself. */
export function applyUnary(
  operation: string,
  family: KernelFamily,
  x: Tensor,
  out: Tensor,
  p?: number,
  q?: number,
): Tensor {
  const run = pick(operation, family, x.dtype);
  let at = 2;
  if (p !== undefined) args[at++] = p;
  if (q !== undefined) args[at++] = q;
  if (x.contiguousLayout && out.contiguousLayout) {
    args[at] = 1;
    args[at + 1] = 2;
    args[at + 2] = x.numel;
    args[at + 3] = 1;
    args[at + 4] = 1;
  } else writeStrided(at, out.shape, [x, out]);
  args[0] = x.address;
  args[1] = out.address;
  run();
  return out;
}

/**
 * out = f(a, b; p, q), a and b of one element type and broadcasting to out's shape, for a kernel with as many
 * plain numbers. `out` may be a or b.
 */
export function applyBinary(
  operation: string,
  family: KernelFamily,
  a: Tensor,
  b: Tensor,
  out: Tensor,
  p?: number,
  q?: number,
): Tensor {
  const run = pick(operation, family, a.dtype);
  const n = out.numel;
  let at = 3;
  if (p !== undefined) args[at++] = p;
  if (q !== undefined) args[at++] = q;
  if (
    out.contiguousLayout &&
    a.contiguousLayout &&
    b.contiguousLayout &&
    (a.numel === n || a.numel === 1) &&
    (b.numel === n || b.numel === 1)
  ) {
    // Equal numbers of elements, all contiguous and broadcastable: the same elements in the same order.
    args[at] = 1;
    args[at + 1] = 3;
    args[at + 2] = n;
    args[at + 3] = a.numel === n ? 1 : 0;
    args[at + 4] = b.numel === n ? 1 : 0;
    args[at + 5] = 1;
  } else writeStrided(at, out.shape, [a, b, out]);
  args[0] = a.address;
  args[1] = b.address;
  args[2] = out.address;
  run();
  return out;
}

/** out = f(c, a, b), all but `c` of one element type, and all broadcasting to out's shape. */
export function applyTernary(run: Kernel, c: Tensor, a: Tensor, b: Tensor, out: Tensor): Tensor {
  writeStrided(4, out.shape, [c, a, b, out]);
  args[0] = c.address;
  args[1] = a.address;
  args[2] = b.address;
  args[3] = out.address;
  run();
  return out;
}

/** The element type that two operands meet in. @throws TypeError unless each is a tensor or a number. */
export function meetType(operation: string, a: Operand, b: Operand): DType {
  checkOperand(operation, 'a', a);
  checkOperand(operation, 'b', b);
  return resultType(a, b);
}

/** The shape that two operands broadcast to. */
export function meetShape(operation: string, a: Operand, b: Operand): Shape {
  if (typeof a === 'number') return typeof b === 'number' ? [] : b.shape;
  if (typeof b === 'number') return a.shape;
  return broadcastShapes(operation, a.shape, b.shape);
}

/** A fresh f(a, b) of element type `out`; tensors among a and b have `dtype` already (`converted`). */
export function binary(
  operation: string,
  kernels: KernelFamily,
  a: Operand,
  b: Operand,
  dtype: DType,
  out: DType = dtype,
): Tensor {
  const result = empty(meetShape(operation, a, b), out);
  const x = typeof a === 'number' ? place(operation, 0, a, dtype) : a;
  const y = typeof b === 'number' ? place(operation, 1, b, dtype) : b;
  return applyBinary(operation, kernels, x, y, result);
}

/** Whether an operation on these operands is to be recorded. */
export const recorded = (a: Operand, b: Operand): boolean =>
  isGradEnabled() &&
  ((typeof a !== 'number' && a.requiresGrad) || (typeof b !== 'number' && b.requiresGrad));

/** Records an operation of two operands; `da` and `db` give gradients of the broadcast result's shape. */
export function recordBinary(
  name: string,
  a: Operand,
  b: Operand,
  out: Tensor,
  da: (g: Tensor) => Tensor,
  db: (g: Tensor) => Tensor,
): Tensor {
  const x = typeof a === 'number' ? null : a;
  const y = typeof b === 'number' ? null : b;
  return record(name, [x, y], out, (g, node) => [
    node.needs(0) ? unbroadcast(da(g), x!.shape) : null,
    node.needs(1) ? unbroadcast(db(g), y!.shape) : null,
  ]);
}

/** A number, or a tensor with the version it has now. */
export interface SavedOperand {
  get(): Operand;
}

/** Marks `x` as needed for the gradient of `other`; null when `other` wants none. */
export function saveFor(operation: string, other: Operand, x: Operand): SavedOperand | null {
  if (typeof other === 'number' || !other.requiresGrad) return null;
  return typeof x === 'number' ? { get: () => x } : save(operation, x);
}

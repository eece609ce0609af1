/**
 * Operations of two operands, either of which may be a number: promotion to one element type, broadcasting of the shapes,
 * the kernel.
 */
import type { KernelFamily } from '../../native/families';
import { dtypes, type DType, type TypedArray } from '../../tensor/dtype';
import { executor } from '../../tensor/executor';
import { isTensor } from '../../tensor/rules';
import { broadcastShapes, type Shape } from '../../tensor/shape';
import { elementsOf, sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { byteOf } from '../arguments/byte';
import { checkOperand, type GivenOperand, type Operand } from '../arguments/check';
import { applyBinary } from './launch';
import { emptyOver } from './result';

/**
 * A 0-dimensional tensor of a number, its fraction dropped for integers.
 * @throws RangeError when the element type cannot hold it.
 */
export function scalar(operation: string, value: number, dtype: DType): Tensor {
  const out = empty([], dtype);
  const whole = Math.trunc(value);
  if (dtype === 'int32' && (whole | 0) !== whole) refuseInt32(operation, value);
  elementsOf(out, 1)[0] =
    dtype === 'bool' ? Number(value !== 0) : dtype === 'uint8' ? byteOf(operation, value) : value;
  return out;
}

/** An operand as a tensor of the given element type; a tensor that has it already is returned itself. */
export const operand = (operation: string, x: Operand, dtype: DType): Tensor =>
  typeof x === 'number' ? scalar(operation, x, dtype) : x.dtype === dtype ? x : x.to(dtype);

/** An operand as arithmetic of that type reads it: a number modulo 256 of uint8. */
export const wrapped = (x: Operand, dtype: DType): Operand =>
  typeof x === 'number' && dtype === 'uint8' ? x & 255 : x;

/** An operand with its elements in the given type; a number stays a number. */
export const promote = (x: Operand, dtype: DType): Operand =>
  typeof x === 'number' || x.dtype === dtype ? x : x.to(dtype);

// Where a number waits for the kernel that reads it: one place for each argument position and element type,
// overwritten by the next call, so never saved or returned.
type Slots = readonly { readonly tensor: Tensor; readonly memory: TypedArray }[];
const slots = Object.fromEntries(
  dtypes.map((dtype) => [
    dtype,
    [0, 1, 2].map(() => {
      const tensor = empty([], dtype);
      return { tensor, memory: elementsOf(tensor, 1) };
    }),
  ]),
) as unknown as Record<DType, Slots>;

/** A number where a kernel finds it, as a tensor for this call's use only; modulo 256 of uint8, as its arithmetic is. */
export function scalarSlot(
  operation: string,
  position: 0 | 1 | 2,
  value: number,
  dtype: DType,
): Tensor {
  if (dtype === 'int32' && (value | 0) !== value) refuseInt32(operation, value);
  const { tensor, memory } = executor.scratch(slots[dtype][position]);
  memory[0] = dtype === 'bool' ? Number(value !== 0) : value;
  return tensor;
}

function refuseInt32(operation: string, value: number): never {
  throw new RangeError(
    `${operation}: ${value} does not fit int32 (integers from -2147483648 to 2147483647); convert the tensor with to('float64')`,
  );
}

/**
 * An operand that users gave beside `other`. A truth value is 0 or 1 in every element type: a number, or a bool tensor
 * where the other operand is of type bool as well.
 * @throws TypeError unless it is a tensor, a number or a boolean.
 */
export function operandOf(
  operation: string,
  name: string,
  x: GivenOperand,
  other: GivenOperand,
): Operand {
  if (typeof x === 'number') return x;
  if (typeof x === 'boolean') return ofBoolean(operation, x, other);
  checkOperand(operation, name, x);
  return x;
}

function ofBoolean(operation: string, x: boolean, other: GivenOperand): Operand {
  const isBool = typeof other === 'boolean' || (isTensor(other) && other.dtype === 'bool');
  return isBool ? scalar(operation, Number(x), 'bool') : Number(x);
}

/** The shape that two operands broadcast to. */
export function broadcastOperands(operation: string, a: Operand, b: Operand): Shape {
  if (typeof a === 'number') return typeof b === 'number' ? [] : sizesOf(b);
  if (typeof b === 'number') return sizesOf(a);
  return broadcastShapes(operation, sizesOf(a), sizesOf(b));
}

/** A fresh f(a, b) of element type `out`; tensors among a and b have `dtype` already (`promote`). */
export function binary(
  operation: string,
  kernels: KernelFamily<'Binary'>,
  a: Operand,
  b: Operand,
  dtype: DType,
  out: DType = dtype,
): Tensor {
  const shape = broadcastOperands(operation, a, b);
  const isRowMajor =
    (typeof a === 'number' || a.contiguousLayout) && (typeof b === 'number' || b.contiguousLayout);
  const result = isRowMajor ? empty(shape, out) : emptyOver(shape, [a, b].filter(isTensor), out);
  const x = typeof a === 'number' ? scalarSlot(operation, 0, a, dtype) : a;
  const y = typeof b === 'number' ? scalarSlot(operation, 1, b, dtype) : b;
  return applyBinary(operation, kernels, x, y, result);
}

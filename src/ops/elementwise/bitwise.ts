/** Logic on the bits of integers and on bool: no gradients. */
import { surplus, withName } from '../../check';
import { kernel } from '../../native/families';
import { isInteger, resultType } from '../../tensor/dtype';
import { isTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor, type GivenOperand } from '../arguments/check';
import { inPlace } from '../inplace/inplace';
import { binary, operandOf, promote } from '../kernels/operands';
import { logicalNot } from './logical';

type OfTwo = (a: GivenOperand, b: GivenOperand) => Tensor;
type InPlace = (x: Tensor, other: GivenOperand) => Tensor;
interface Kernels {
  readonly i32: ReturnType<typeof kernel<'bitwise_and'>>;
  /** Of bool, and of uint8, byte by byte. */
  readonly u8?: ReturnType<typeof kernel<'logical_and'>>;
}

function compute(
  operation: string,
  kernels: Kernels,
  left: GivenOperand,
  right: GivenOperand,
): Tensor {
  const a = operandOf(operation, 'a', left, right);
  const b = operandOf(operation, 'b', right, left);
  const dtype = resultType(a, b);
  if (!isInteger(dtype) && !(dtype === 'bool' && kernels.u8 !== undefined)) {
    const types = kernels.u8 === undefined ? 'int32 or uint8' : 'int32, uint8 or bool';
    throw new TypeError(`${operation}: takes ${types}, got ${dtype}; convert with to('int32')`);
  }
  return binary(operation, kernels, promote(a, dtype), promote(b, dtype), dtype);
}

const bits = (name: string, kernels: Kernels): OfTwo =>
  withName(name, function (a, b) {
    if (arguments.length > 2) surplus(name, arguments, 2, 'b');
    return compute(name, kernels, a, b);
  });
const bitsInPlace = (name: string, kernels: Kernels): InPlace =>
  withName(name, function (x, other) {
    if (arguments.length > 2) surplus(name, arguments, 2, 'other');
    checkTensor(name, 'x', x);
    const inputs = isTensor(other) ? [other] : [];
    return inPlace(name, x, inputs, (before) => compute(name, kernels, before, other));
  });

const and: Kernels = { i32: kernel('bitwise_and'), u8: kernel('logical_and') };
const or: Kernels = { i32: kernel('bitwise_or'), u8: kernel('logical_or') };
const xor: Kernels = { i32: kernel('bitwise_xor'), u8: kernel('logical_xor') };
const left: Kernels = { i32: kernel('bitwise_left_shift') };
const right: Kernels = { i32: kernel('bitwise_right_shift') };

/**
 * Bits that are set in a and in b, with broadcasting (torch.bitwise_and).
 * @throws TypeError unless both are integers or bool; RangeError when the shapes do not broadcast.
 * @example bitwiseAnd(tensor([6, 5], { dtype: 'int32' }), 3) // [2, 1]
 */
export const bitwiseAnd = bits('bitwiseAnd', and);
/**
 * x = bitwiseAnd(x, other); returns x (torch.Tensor.bitwise_and_).
 * @throws TypeError unless both are integers or bool; RangeError when `other` does not broadcast to x's shape.
 * @example tensor([6, 5], { dtype: 'int32' }).bitwiseAnd_(3) // [2, 1]
 */
export const bitwiseAnd_ = bitsInPlace('bitwiseAnd_', and);

/**
 * Bits that are set in a or in b, with broadcasting (torch.bitwise_or).
 * @throws TypeError unless both are integers or bool; RangeError when the shapes do not broadcast.
 * @example bitwiseOr(tensor([6, 5], { dtype: 'int32' }), 3) // [7, 7]
 */
export const bitwiseOr = bits('bitwiseOr', or);
/**
 * x = bitwiseOr(x, other); returns x (torch.Tensor.bitwise_or_).
 * @throws TypeError unless both are integers or bool; RangeError when `other` does not broadcast to x's shape.
 * @example tensor([6, 5], { dtype: 'int32' }).bitwiseOr_(3) // [7, 7]
 */
export const bitwiseOr_ = bitsInPlace('bitwiseOr_', or);

/**
 * Bits that are set in exactly one of a and b, with broadcasting (torch.bitwise_xor).
 * @throws TypeError unless both are integers or bool; RangeError when the shapes do not broadcast.
 * @example bitwiseXor(tensor([6, 5], { dtype: 'int32' }), 3) // [5, 6]
 */
export const bitwiseXor = bits('bitwiseXor', xor);
/**
 * x = bitwiseXor(x, other); returns x (torch.Tensor.bitwise_xor_).
 * @throws TypeError unless both are integers or bool; RangeError when `other` does not broadcast to x's shape.
 * @example tensor([6, 5], { dtype: 'int32' }).bitwiseXor_(3) // [5, 6]
 */
export const bitwiseXor_ = bitsInPlace('bitwiseXor_', xor);

/**
 * a·2ᵇ modulo 2³², of uint8 modulo 256: the bits of a moved by b, 0 where b is not from 0 to 31, with broadcasting (torch.bitwise_left_shift).
 * @throws TypeError unless both are integers; RangeError when the shapes do not broadcast.
 * @example bitwiseLeftShift(tensor([1, -3], { dtype: 'int32' }), 2) // [4, -12]
 */
export const bitwiseLeftShift = bits('bitwiseLeftShift', left);
/**
 * x = bitwiseLeftShift(x, other); returns x (torch.Tensor.bitwise_left_shift_).
 * @throws TypeError unless both are integers; RangeError when `other` does not broadcast to x's shape.
 * @example tensor([1, -3], { dtype: 'int32' }).bitwiseLeftShift_(2) // [4, -12]
 */
export const bitwiseLeftShift_ = bitsInPlace('bitwiseLeftShift_', left);

/**
 * ⌊a / 2ᵇ⌋: the bits of a moved by b, only those of the sign where b is not from 0 to 31, with broadcasting (torch.bitwise_right_shift).
 * @throws TypeError unless both are integers; RangeError when the shapes do not broadcast.
 * @example bitwiseRightShift(tensor([5, -5], { dtype: 'int32' }), 1) // [2, -3]
 */
export const bitwiseRightShift = bits('bitwiseRightShift', right);
/**
 * x = bitwiseRightShift(x, other); returns x (torch.Tensor.bitwise_right_shift_).
 * @throws TypeError unless both are integers; RangeError when `other` does not broadcast to x's shape.
 * @example tensor([5, -5], { dtype: 'int32' }).bitwiseRightShift_(1) // [2, -3]
 */
export const bitwiseRightShift_ = bitsInPlace('bitwiseRightShift_', right);

const inverted = (operation: string, x: Tensor): Tensor =>
  x.dtype === 'bool' ? logicalNot(x) : compute(operation, xor, x, -1);

/**
 * The bits of x that are not set, −x − 1 of int32, 255 − x of uint8; ¬x of bool (torch.bitwise_not).
 * @throws TypeError unless `x` is of integers or bool.
 * @example bitwiseNot(tensor([0, 5], { dtype: 'int32' })) // [-1, -6]
 */
export function bitwiseNot(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('bitwiseNot', arguments, 1, 'x');
  checkTensor('bitwiseNot', 'x', x);
  return inverted('bitwiseNot', x);
}
/**
 * x = bitwiseNot(x); returns x (torch.Tensor.bitwise_not_).
 * @throws TypeError unless `x` is of integers or bool.
 * @example tensor([0, 5], { dtype: 'int32' }).bitwiseNot_() // [-1, -6]
 */
export function bitwiseNot_(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('bitwiseNot_', arguments, 1, 'x');
  checkTensor('bitwiseNot_', 'x', x);
  return inPlace('bitwiseNot_', x, [], (before) => inverted('bitwiseNot_', before));
}

/** Logic on truth values: every operand counts as true where it is not 0. Bool results, no gradients. */
import { surplus, withName } from '../../check';
import { kernel } from '../../native/families';
import { runUnary } from '../../native/calls';
import type { Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { noted } from '../declare/watch';
import { checkTensor, type GivenOperand, type Operand } from '../arguments/check';
import { binary, operandOf } from '../kernels/operands';
import { emptyAs } from '../kernels/result';

const truth = (x: Operand): Operand => (typeof x === 'number' ? Number(x !== 0) : cast(x, 'bool'));

function connective(
  name: string,
  kernelName: 'logical_and' | 'logical_or' | 'logical_xor',
): (a: GivenOperand, b: GivenOperand) => Tensor {
  const kernels = { u8: kernel(kernelName) };
  const watched = `binary:${kernelName}`;
  return withName(name, function (left, right) {
    if (arguments.length > 2) surplus(name, arguments, 2, 'b');
    const a = operandOf(name, 'a', left, right);
    const b = operandOf(name, 'b', right, left);
    const x = truth(a);
    const y = truth(b);
    return noted(watched, undefined, binary(name, kernels, x, y, 'bool'), x, y);
  });
}

/**
 * a ∧ b with broadcasting (torch.logical_and).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example logicalAnd(tensor([true, true, false]), tensor([true, false, false])) // [true, false, false]
 */
export const logicalAnd = connective('logicalAnd', 'logical_and');
/**
 * a ∨ b (torch.logical_or).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example logicalOr(tensor([true, true, false]), tensor([true, false, false])) // [true, true, false]
 */
export const logicalOr = connective('logicalOr', 'logical_or');
/**
 * Exactly one of a and b (torch.logical_xor).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example logicalXor(tensor([true, true, false]), tensor([true, false, false])) // [false, true, false]
 */
export const logicalXor = connective('logicalXor', 'logical_xor');

const not = kernel('logical_not');

/**
 * ¬x (torch.logical_not).
 * @throws TypeError unless `x` is a tensor.
 * @example logicalNot(tensor([true, false])) // [false, true]
 */
export function logicalNot(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('logicalNot', arguments, 1, 'x');
  checkTensor('logicalNot', 'x', x);
  const source = cast(x, 'bool');
  const out = emptyAs(x, 'bool');
  runUnary(not, source, out);
  return noted('unary:logical_not', undefined, out, source);
}

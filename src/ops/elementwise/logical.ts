/** Logic on truth values: every operand counts as true where it is not 0. Bool results, no gradients. */
import { kernel } from '../../native/families';
import { runUnary } from '../../native/generated';
import type { Tensor } from '../../tensor/tensor';
import { empty } from '../../tensor/tensor';
import { cast } from '../cast';
import { checkOperand, checkTensor, type Operand } from '../check';
import { binary } from '../operands';

const truth = (x: Operand): Operand => (typeof x === 'number' ? Number(x !== 0) : cast(x, 'bool'));

function connective(
  name: string,
  kernelName: 'logical_and' | 'logical_or' | 'logical_xor',
): (a: Operand, b: Operand) => Tensor {
  const kernels = { u8: kernel(kernelName) };
  return (a, b) => {
    checkOperand(name, 'a', a);
    checkOperand(name, 'b', b);
    return binary(name, kernels, truth(a), truth(b), 'bool');
  };
}

/** a ∧ b with broadcasting (torch.logical_and). */
export const logicalAnd = connective('logicalAnd', 'logical_and');
/** a ∨ b (torch.logical_or). */
export const logicalOr = connective('logicalOr', 'logical_or');
/** Exactly one of a and b (torch.logical_xor). */
export const logicalXor = connective('logicalXor', 'logical_xor');

const not = kernel('logical_not');

/** ¬x (torch.logical_not). */
export function logicalNot(x: Tensor): Tensor {
  checkTensor('logicalNot', 'x', x);
  const source = cast(x, 'bool');
  const out = empty(x.shape, 'bool');
  runUnary(not, source, out);
  return out;
}

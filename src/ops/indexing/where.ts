/** where: a choice between two tensors, or with the condition alone where it holds. */
import { calledAs, surplus } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import type { GivenOperand } from '../arguments/check';
import { where as choose } from '../elementwise/where';
import { nonzero } from './mask';

/**
 * Elements of a where `condition` holds, of b elsewhere, all three broadcast (torch.where). Of a condition alone, of any type,
 * the indices of its elements that are not zero: `nonzero(condition, { asTuple: true })`.
 * @throws TypeError unless the condition of a choice is a bool tensor.
 * @example where(tensor([true, false]), tensor([1, 2]), 0) // [1, 0]
 */
export function where(condition: Tensor): Tensor[];
export function where(condition: Tensor, a: GivenOperand, b: GivenOperand): Tensor;
export function where(condition: Tensor, a?: GivenOperand, b?: GivenOperand): Tensor | Tensor[] {
  if (arguments.length > 3) surplus('where', arguments, 3, 'b');
  if (arguments.length === 1) {
    return calledAs('where', () => nonzero(condition, { asTuple: true }));
  }
  return choose(condition, a!, b!);
}

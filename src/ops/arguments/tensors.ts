/** Arrays of tensors as arguments: read once, so that no later change of the array reaches a kernel. */
import { isArray, refuse } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from './check';

/** @throws TypeError for what is no array of tensors; RangeError for an empty one. */
export function checkTensors(operation: string, tensors: unknown): Tensor[] {
  if (!isArray(tensors)) refuse(operation, 'tensors', 'an array of tensors', tensors);
  const { length } = tensors;
  const list: Tensor[] = [];
  for (let i = 0; i < length; i++) {
    const x = tensors[i];
    checkTensor(operation, `tensors[${i}]`, x);
    list.push(x);
  }
  if (length === 0) throw new RangeError(`${operation}: the array of tensors is empty`);
  return list;
}

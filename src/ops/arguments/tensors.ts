/** Arrays of tensors as arguments: read once, so that no later change of the array reaches a kernel. */
import { isArray, refuse } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from './check';

/** @throws TypeError for what is no array of tensors; RangeError for an empty one. */
export function checkTensors(operation: string, tensors: unknown): Tensor[] {
  if (!isArray(tensors)) refuse(operation, 'tensors', 'an array of tensors', tensors);
  const list = readTensors(operation, 'tensors', tensors);
  if (list.length === 0) throw new RangeError(`${operation}: the array of tensors is empty`);
  return list;
}

function readTensors(operation: string, name: string, tensors: readonly unknown[]): Tensor[] {
  const { length } = tensors;
  const list: Tensor[] = [];
  for (let i = 0; i < length; i++) {
    const x = tensors[i];
    checkTensor(operation, `${name}[${i}]`, x);
    list.push(x);
  }
  return list;
}

/** Tensors one by one, or one array of them. */
export type Listed = readonly Tensor[] | readonly [readonly Tensor[]];

/** @throws TypeError for what is no tensor, nor one array of tensors. */
export function listedTensors(
  operation: string,
  given: readonly unknown[],
  name = 'tensors',
): Tensor[] {
  const [first] = given;
  return readTensors(operation, name, given.length === 1 && isArray(first) ? first : given);
}

/** Tensors by name, as those who write them to a file pass them. */
import { describe, isInstance, string } from '../check';
import { detach } from '../ops/copying/clone';
import { anyTensor } from '../tensor/rules';
import type { Tensor } from '../tensor/tensor';
import { quoted } from './malformed';

// Half of a surrogate pair, which UTF-8 does not have.
export const loneSurrogate = /[\ud800-\udfff]/u;

/**
 * The tensors of a Map, without their graphs.
 * @param isName whether the file can hold a name that is well-formed text
 * @throws TypeError for what is no Map from strings to tensors; RangeError for other names
 */
export function namedTensors(
  operation: string,
  tensors: ReadonlyMap<string, Tensor>,
  isName: (name: string) => boolean,
): [string, Tensor][] {
  if (!isInstance(tensors, Map)) {
    throw new TypeError(
      `${operation}: takes a Map from names to tensors, such as model.stateDict(), got ${describe(tensors)}`,
    );
  }
  return Array.from(tensors as ReadonlyMap<unknown, unknown>, ([name, x]) => {
    const key = string.check(operation, 'every name', name);
    if (loneSurrogate.test(key) || !isName(key)) {
      throw new RangeError(`${operation}: a tensor cannot be called ${quoted(key)}`);
    }
    return [key, detach(anyTensor.check(operation, quoted(key), x))];
  });
}

/** Tensors by name, as a state dict holds them. */
import type { Tensor } from './tensor';

/** A Map from names to tensors that does not let JSON make `{}` of it. */
export class StateDict extends Map<string, Tensor> {
  /** @throws TypeError always: JSON would keep nothing of a Map. */
  toJSON(): never {
    throw new TypeError(
      'JSON.stringify: a state dict is a Map of tensors, which JSON cannot hold; io.saveSafetensors(path, stateDict) writes it to a file',
    );
  }
}

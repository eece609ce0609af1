/** Initializations without randomness. */
import { showShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { fillBy } from './fill';

/** Fills `tensor` with `value` (torch.nn.init.constant_). */
export const constant_ = (tensor: Tensor, value: number): Tensor =>
  fillBy('constant_', tensor, (memory) => memory.fill(value));

/** Fills `tensor` with 1. */
export const ones_ = (tensor: Tensor): Tensor =>
  fillBy('ones_', tensor, (memory) => memory.fill(1));

/** Fills `tensor` with 0. */
export const zeros_ = (tensor: Tensor): Tensor =>
  fillBy('zeros_', tensor, (memory) => memory.fill(0));

/**
 * Makes the matrix `tensor` the identity, as far as its sizes go (torch.nn.init.eye_).
 * @throws RangeError unless `tensor` has 2 dimensions.
 */
export function eye_(tensor: Tensor): Tensor {
  return fillBy('eye_', tensor, (memory) => {
    if (tensor.ndim !== 2) {
      throw new RangeError(`eye_: takes a matrix, got shape ${showShape(tensor.shape)}`);
    }
    const [rows, columns] = tensor.shape as [number, number];
    memory.fill(0);
    for (let i = 0; i < Math.min(rows, columns); i++) memory[i * columns + i] = 1;
  });
}

/**
 * Makes a convolution's weight [out, in, …] pass its input channels through unchanged: ones in the middle of the
 * window (torch.nn.init.dirac_).
 * @param options.groups each group of output channels passes the same inputs
 * @throws RangeError unless `tensor` has 3 to 5 dimensions and its first size is a multiple of `groups`.
 */
export function dirac_(tensor: Tensor, { groups = 1 }: { groups?: number } = {}): Tensor {
  return fillBy('dirac_', tensor, (memory) => {
    if (tensor.ndim < 3 || tensor.ndim > 5) {
      throw new RangeError(
        `dirac_: takes a tensor of 3, 4 or 5 dimensions, got shape ${showShape(tensor.shape)}`,
      );
    }
    const [out, channels, ...window] = tensor.shape as [number, number, ...number[]];
    if (!Number.isInteger(groups) || groups < 1 || out % groups !== 0) {
      throw new RangeError(
        `dirac_: groups must divide the first size, got ${groups} groups of shape ${showShape(tensor.shape)}`,
      );
    }
    const field = window.reduce((n, size) => n * size, 1);
    const middle = window.reduce((at, size) => at * size + Math.floor(size / 2), 0);
    const perGroup = out / groups;
    memory.fill(0);
    for (let group = 0; group < groups; group++) {
      for (let d = 0; d < Math.min(perGroup, channels); d++) {
        memory[((group * perGroup + d) * channels + d) * field + middle] = 1;
      }
    }
  });
}

/** Initializations without randomness. */
import { numberOrBoolean, optionsTable, positiveInteger, refuse, surplus } from '../../check';
import { showShape } from '../../tensor/shape';
import type { DType } from '../../tensor/dtype';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { fillBy } from './fill';

// What each type that holds no fractions holds.
const range: Partial<Record<DType, readonly [number, number]>> = {
  bool: [0, 1],
  uint8: [0, 255],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};

/**
 * Fills `tensor` with `value` and returns it (torch.nn.init.constant_).
 * @throws TypeError for what is no tensor or no number; RangeError for a value that the tensor's type does not hold.
 * @example nn.init.constant_(zeros([2]), 0.5) // [0.5, 0.5]
 */
export function constant_(tensor: Tensor, value: number | boolean): Tensor {
  if (arguments.length > 2) surplus('constant_', arguments, 2, 'value');
  const filler = Number(numberOrBoolean.check('constant_', 'value', value));
  return fillBy('constant_', tensor, (memory) => {
    const { dtype } = tensor;
    const whole = range[dtype];
    if (whole !== undefined) {
      const [low, high] = whole;
      if (!Number.isInteger(filler) || filler < low || filler > high) {
        refuse(
          'constant_',
          'value',
          `an integer from ${low} to ${high} for ${dtype}`,
          value,
          RangeError,
        );
      }
    }
    memory.fill(filler);
  });
}

/**
 * Fills `tensor` with 1 and returns it (torch.nn.init.ones_).
 * @throws TypeError unless it is a tensor.
 * @example nn.init.ones_(zeros([2])) // [1, 1]
 */
export function ones_(tensor: Tensor): Tensor {
  if (arguments.length > 1) surplus('ones_', arguments, 1, 'tensor');
  return fillBy('ones_', tensor, (memory) => memory.fill(1));
}

/**
 * Fills `tensor` with 0 and returns it (torch.nn.init.zeros_).
 * @throws TypeError unless it is a tensor.
 * @example nn.init.zeros_(ones([2])) // [0, 0]
 */
export function zeros_(tensor: Tensor): Tensor {
  if (arguments.length > 1) surplus('zeros_', arguments, 1, 'tensor');
  return fillBy('zeros_', tensor, (memory) => memory.fill(0));
}

/**
 * Makes the matrix `tensor` the identity, as far as its sizes go (torch.nn.init.eye_).
 * @throws TypeError unless it is a tensor; RangeError unless it has 2 dimensions.
 * @example nn.init.eye_(zeros([2, 3])) // [[1, 0, 0], [0, 1, 0]]
 */
export function eye_(tensor: Tensor): Tensor {
  if (arguments.length > 1) surplus('eye_', arguments, 1, 'tensor');
  return fillBy('eye_', tensor, (memory) => {
    if (tensor.ndim !== 2) {
      throw new RangeError(`eye_: takes a matrix, got shape ${showShape(sizesOf(tensor))}`);
    }
    const [rows, columns] = sizesOf(tensor) as [number, number];
    memory.fill(0);
    for (let i = 0; i < Math.min(rows, columns); i++) memory[i * columns + i] = 1;
  });
}

/** Options of `dirac_`. */
export interface DiracOptions {
  /** Each group of output channels passes the same inputs. Default: 1. */
  groups?: number;
}

const diracOptions = optionsTable<DiracOptions>('dirac_', { groups: positiveInteger.or(1) });

/**
 * Makes a convolution's weight [out, in, …] pass its input channels through unchanged: ones in the middle of the
 * window (torch.nn.init.dirac_).
 * @throws TypeError for what is no tensor or no option; RangeError unless `tensor` has 3 to 5 dimensions and its first size is a multiple of `groups`.
 * @example nn.init.dirac_(zeros([1, 1, 3])) // [[[0, 1, 0]]]
 */
export function dirac_(tensor: Tensor, options?: DiracOptions): Tensor {
  if (arguments.length > 2) surplus('dirac_', arguments, 2, 'options');
  const { groups } = diracOptions.read(options);
  return fillBy('dirac_', tensor, (memory) => {
    if (tensor.ndim < 3 || tensor.ndim > 5) {
      throw new RangeError(
        `dirac_: takes a tensor of 3, 4 or 5 dimensions, got shape ${showShape(sizesOf(tensor))}`,
      );
    }
    const [out, channels, ...window] = sizesOf(tensor) as [number, number, ...number[]];
    if (out % groups !== 0) {
      throw new RangeError(
        `dirac_: groups must divide the first size, got ${groups} groups of shape ${showShape(sizesOf(tensor))}`,
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

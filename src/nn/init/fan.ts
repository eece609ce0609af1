/** What the variance of an initialization depends on: fan in, fan out, the gain of a nonlinearity. */
import { showShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';

/** By name in PyTorch's spelling or ours. */
export type FanMode = 'fan_in' | 'fan_out' | 'fanIn' | 'fanOut';

export type Nonlinearity =
  'linear' | 'identity' | 'sigmoid' | 'tanh' | 'relu' | 'leaky_relu' | 'leakyRelu' | 'selu';

/**
 * How many inputs an output of a weight [out, in, …] sums, and how many outputs an input reaches.
 * @throws RangeError for fewer than two dimensions.
 */
export function fans(operation: string, weight: Tensor): { fanIn: number; fanOut: number } {
  if (weight.ndim < 2) {
    throw new RangeError(
      `${operation}: fan in and fan out need at least 2 dimensions [out, in], got shape ${showShape(weight.shape)}`,
    );
  }
  const receptiveField = weight.shape.slice(2).reduce((n, size) => n * size, 1);
  return {
    fanIn: weight.shape[1] * receptiveField,
    fanOut: weight.shape[0] * receptiveField,
  };
}

/** The fan that `mode` names. @throws RangeError for another mode. */
export function fanOf(operation: string, weight: Tensor, mode: FanMode): number {
  const { fanIn, fanOut } = fans(operation, weight);
  if (mode === 'fan_in' || mode === 'fanIn') return fanIn;
  if (mode === 'fan_out' || mode === 'fanOut') return fanOut;
  throw new RangeError(`${operation}: mode must be 'fan_in' or 'fan_out', got '${String(mode)}'`);
}

/**
 * The factor that keeps the variance of a layer's outputs through a nonlinearity (torch.nn.init.calculate_gain):
 * 1 for linear and sigmoid, 5/3 for tanh, √2 for relu, √(2 / (1 + slope²)) for leaky relu, 3/4 for selu.
 * @param slope of the negative half of leaky relu; 0.01 unless given
 * @throws RangeError for an unknown name.
 * @example nn.init.calculateGain('tanh') // 1.6666666666666667
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  switch (nonlinearity) {
    case 'linear':
    case 'identity':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.sqrt(2);
    case 'leaky_relu':
    case 'leakyRelu':
      if (typeof slope !== 'number' || Number.isNaN(slope)) {
        throw new TypeError(`calculateGain: the slope must be a number, got ${String(slope)}`);
      }
      return Math.sqrt(2 / (1 + slope ** 2));
    case 'selu':
      return 0.75;
    default:
      throw new RangeError(
        `calculateGain: the nonlinearity must be linear, sigmoid, tanh, relu, leaky_relu or selu, got '${String(nonlinearity)}'`,
      );
  }
}

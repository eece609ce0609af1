/** What the variance of an initialization depends on: fan in, fan out, the gain of a nonlinearity. */
import { number, oneOf, surplus } from '../../check';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';

/** `fan_in`: inputs that an output sums; `fan_out`: outputs that an input reaches. Both spellings are accepted. */
export type FanMode = 'fan_in' | 'fan_out' | 'fanIn' | 'fanOut';

export const anyFanMode = oneOf('fan_in', 'fan_out', 'fanIn', 'fanOut');

/** Nonlinearities, by the names of torch.nn.init.calculate_gain. */
export type Nonlinearity =
  'linear' | 'identity' | 'sigmoid' | 'tanh' | 'relu' | 'leaky_relu' | 'leakyRelu' | 'selu';

/**
 * How many inputs an output of a weight [out, in, …] sums, and how many outputs an input reaches.
 * @throws RangeError for fewer than two dimensions.
 */
export function fans(operation: string, weight: Tensor): { fanIn: number; fanOut: number } {
  if (weight.ndim < 2) {
    throw new RangeError(
      `${operation}: fan in and fan out need at least 2 dimensions [out, in], got shape ${showShape(sizesOf(weight))}`,
    );
  }
  const receptiveField = sizesOf(weight)
    .slice(2)
    .reduce((n, size) => n * size, 1);
  return {
    fanIn: sizesOf(weight)[1] * receptiveField,
    fanOut: sizesOf(weight)[0] * receptiveField,
  };
}

/** The fan that `mode` names. */
export function fanOf(operation: string, weight: Tensor, mode: FanMode): number {
  const { fanIn, fanOut } = fans(operation, weight);
  return mode === 'fan_in' || mode === 'fanIn' ? fanIn : fanOut;
}

export const anyNonlinearity = oneOf(
  'linear',
  'identity',
  'sigmoid',
  'tanh',
  'relu',
  'leaky_relu',
  'leakyRelu',
  'selu',
);

/**
 * The factor that keeps the variance of a layer's outputs through a nonlinearity (torch.nn.init.calculate_gain):
 * 1 for linear and sigmoid, 5/3 for tanh, √2 for relu, √(2 / (1 + slope²)) for leaky relu, 3/4 for selu.
 * @param slope of the negative half of leaky relu; 0.01 unless given
 * @throws TypeError for another kind of argument; RangeError for an unknown name.
 * @example nn.init.calculateGain('tanh') // 1.6666666666666667
 */
export function calculateGain(nonlinearity: Nonlinearity, slope: number = 0.01): number {
  if (arguments.length > 2) surplus('calculateGain', arguments, 2, 'slope');
  number.check('calculateGain', 'slope', slope);
  switch (anyNonlinearity.check('calculateGain', 'nonlinearity', nonlinearity)) {
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
      return Math.sqrt(2 / (1 + slope * slope));
    case 'selu':
      return 0.75;
  }
}

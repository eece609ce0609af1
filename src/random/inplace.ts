/**
 * Distributions that fill a tensor: x.uniform_(), x.normal_(), x.exponential_(), x.random_(); Bernoulli draws are in
 * bernoulli.ts. They draw from the default generator unless options name another, and return x. No
 * gradient passes: what was in x before has no influence on what is in it now.
 */
import { finite, nonNegative, number, positive, refuse, surplus } from '../check';
import { family } from '../native/families';
import {
  runRandomExponential,
  runRandomIntegers,
  runRandomNormal,
  runRandomUniform,
} from '../native/calls';
import { pick } from '../ops/kernels/launch';
import { zerosLike } from '../ops/creation/factories';
import { gradient } from '../ops/declare/gradient';
import { inPlace } from '../ops/inplace/inplace';
import { isFloat, type DType } from '../tensor/dtype';
import { anyTensor } from '../tensor/rules';
import type { Tensor } from '../tensor/tensor';
import { emptyAs } from '../ops/kernels/result';
import { drawInto } from './draw';
import { generatorOf, type DrawOptions } from './generator';

const kernels = {
  uniform: family('random_uniform'),
  normal: family('random_normal'),
  normalSerial: family('random_normal_serial'),
  exponential: family('random_exponential'),
  integers: family('random_integers'),
};

/** @throws TypeError unless x is a tensor of floats. */
export function checkFloats(operation: string, x: unknown, name = 'x'): asserts x is Tensor {
  const tensor = anyTensor.check(operation, name, x);
  if (!isFloat(tensor.dtype)) {
    throw new TypeError(
      `${operation}: ${name} must be a float32 or float64 tensor, got ${tensor.dtype}`,
    );
  }
}

const recordedDraw = gradient<[Tensor], [], string>('draw', {
  node: (_, name) => name,
  rule: (g) => [zerosLike(g)],
});

/** Lets `fill` draw the elements of `target`, contiguous pieces at a time, and returns it; recorded as `node`. */
export function fillWith(
  operation: string,
  node: string,
  target: Tensor,
  fill: (rows: Tensor) => void,
): Tensor {
  return inPlace(
    operation,
    target,
    [],
    (before) => {
      const drawn = emptyAs(target);
      drawInto(operation, drawn, fill);
      return recordedDraw(drawn, node, before);
    },
    { direct: () => drawInto(operation, target, fill), saves: false },
  );
}

const largest: Record<DType, number> = {
  float32: 3.4028234663852886e38,
  float64: Number.MAX_VALUE,
  int32: 2147483647,
  uint8: 255,
  bool: 1,
};

/**
 * Fills `x` with numbers uniform in [from, to) (torch.Tensor.uniform_).
 * @param from default: 0
 * @param to default: 1
 * @throws TypeError when x is not of floats; RangeError unless from <= to and both are finite in x's type.
 * @example zeros([2, 3]).uniform_(-1, 1)
 */
export function uniform_(
  x: Tensor,
  from: number = 0,
  to: number = 1,
  options?: DrawOptions,
): Tensor {
  if (arguments.length > 4) surplus('uniform_', arguments, 4, 'options');
  checkFloats('uniform_', x);
  const limit = largest[x.dtype];
  for (const [name, bound] of [
    ['from', from],
    ['to', to],
  ] as const) {
    finite.check('uniform_', name, bound);
    if (Math.abs(bound) > limit)
      refuse('uniform_', name, `finite in ${x.dtype}`, bound, RangeError);
  }
  if (from > to || to - from > limit) {
    throw new RangeError(
      `uniform_: from must not be above to, nor their distance above the largest ${x.dtype}, got from ${from} and to ${to}`,
    );
  }
  const source = generatorOf('uniform_', options);
  const run = pick('uniform_', kernels.uniform, x.dtype);
  return fillWith('uniform_', 'UniformBackward0', x, (rows) => {
    runRandomUniform(run, source, rows, rows.numel, from, to);
  });
}

/**
 * Fills `x` with normal numbers (torch.Tensor.normal_). Contiguous tensors of 16 elements and more are drawn in
 * blocks, all others in pairs whose second number may wait for the next call; both as PyTorch does.
 * @param mean default: 0
 * @param std standard deviation; default: 1
 * @throws TypeError when x is not of floats; RangeError when std is negative.
 * @example zeros([2, 3]).normal_(0, 0.02)
 */
export function normal_(
  x: Tensor,
  mean: number = 0,
  std: number = 1,
  options?: DrawOptions,
): Tensor {
  if (arguments.length > 4) surplus('normal_', arguments, 4, 'options');
  checkFloats('normal_', x);
  number.check('normal_', 'mean', mean);
  nonNegative.check('normal_', 'std', std);
  const source = generatorOf('normal_', options);
  const inBlocks = x.numel >= 16 && x.contiguousLayout;
  const run = pick('normal_', inBlocks ? kernels.normal : kernels.normalSerial, x.dtype);
  return fillWith('normal_', 'NormalBackward0', x, (rows) => {
    runRandomNormal(run, source, rows, rows.numel, mean, std);
  });
}

/**
 * Fills `x` with exponential numbers of rate `lambda` (torch.Tensor.exponential_).
 * @param lambda default: 1
 * @throws TypeError when x is not of floats; RangeError unless lambda is above 0.
 * @example zeros([2, 3]).exponential_(0.5)
 */
export function exponential_(x: Tensor, lambda: number = 1, options?: DrawOptions): Tensor {
  if (arguments.length > 3) surplus('exponential_', arguments, 3, 'options');
  checkFloats('exponential_', x);
  positive.check('exponential_', 'lambda', lambda);
  const source = generatorOf('exponential_', options);
  const run = pick('exponential_', kernels.exponential, x.dtype);
  return fillWith('exponential_', 'ExponentialBackward0', x, (rows) => {
    runRandomExponential(run, source, rows, rows.numel, lambda);
  });
}

// The integers that each type holds without gaps: what random_ draws from by itself starts at 0.
const wholeRange: Record<DType, readonly [number, number]> = {
  float32: [-(2 ** 24), 2 ** 24],
  float64: [-(2 ** 53), 2 ** 53],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
  bool: [0, 1],
};
// From this many values on, PyTorch draws two words for each, so that the remainder is not skewed.
const twoWords = 2 ** 28;

/**
 * Fills `x` with integers from `low` to `high` - 1.
 * @throws TypeError for bounds that are not numbers; RangeError unless they are integers that x's type holds
 * exactly, low below high and at most 2^53 apart.
 */
export function fillIntegers(
  operation: string,
  x: Tensor,
  low: number,
  high: number,
  options: DrawOptions | undefined,
): Tensor {
  const [least, greatest] = wholeRange[x.dtype];
  // Not integerBetween: float64 holds 2^53 too.
  const check = (name: string, value: number, to: number): void => {
    number.check(operation, name, value);
    if (Number.isInteger(value) && value >= least && value <= to) return;
    refuse(operation, name, `an integer for ${x.dtype}, from ${least} to ${to}`, value, RangeError);
  };
  check('low', low, greatest);
  check('high', high, greatest + 1);
  const last = high - 1 - low;
  if (last < 0 || last > 2 ** 53) {
    throw new RangeError(
      `${operation}: low must be below high, by at most 2^53, got low ${low} and high ${high}`,
    );
  }
  return drawIntegers(operation, x, low, last, last + 1 >= twoWords ? 2 : 1, options);
}

function drawIntegers(
  operation: string,
  x: Tensor,
  base: number,
  last: number,
  words: number,
  options: DrawOptions | undefined,
): Tensor {
  const source = generatorOf(operation, options);
  const run = pick(operation, kernels.integers, x.dtype);
  return fillWith(operation, 'RandomBackward0', x, (rows) => {
    runRandomIntegers(run, source, rows, rows.numel, base, last, words);
  });
}

/**
 * Fills `x` with integers (torch.Tensor.random_): `random_(low, high)` from low to high - 1, `random_(high)` from 0,
 * `random_()` from 0 to the largest integer that x's type holds exactly.
 * @throws TypeError for bounds of another kind; RangeError unless they are integers in x's range, low below high.
 * @example zeros([5]).random_(1, 7)
 */
export function random_(x: Tensor, options?: DrawOptions): Tensor;
export function random_(x: Tensor, high: number, options?: DrawOptions): Tensor;
export function random_(x: Tensor, low: number, high: number, options?: DrawOptions): Tensor;
export function random_(
  x: Tensor,
  first?: number | DrawOptions,
  second?: number | DrawOptions,
  third?: DrawOptions,
): Tensor {
  if (arguments.length > 4) surplus('random_', arguments, 4, 'options');
  anyTensor.check('random_', 'x', x);
  if (typeof first !== 'number') {
    const words = x.dtype === 'float64' ? 2 : 1;
    return drawIntegers('random_', x, 0, wholeRange[x.dtype][1], words, first);
  }
  if (typeof second === 'number') return fillIntegers('random_', x, first, second, third);
  return fillIntegers('random_', x, 0, first, second);
}

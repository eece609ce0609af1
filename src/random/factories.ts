/** Random tensors: rand, randn, randint, randperm, normal, and those like another tensor. */
import { noGrad } from '../autograd/mode';
import { args, kernel } from '../native/kernels';
import { add } from '../ops/add';

import type { TensorOptions } from '../ops/factories';
import { checkTensor } from '../ops/elementwise';
import { mul } from '../ops/mul';
import { checkDType, isFloat, type DType } from '../tensor/dtype';
import { broadcastShapes, checkShape, type Shape } from '../tensor/shape';
import { empty, type Tensor } from '../tensor/tensor';
import { emptyAs } from './draw';
import { generatorOf } from './generator';
import {
  checkFloats,
  checkNumber,
  fillIntegers,
  normal_,
  uniform_,
  type DrawOptions,
} from './inplace';

/** Element type, gradients and the generator of a random tensor. */
export interface RandomOptions extends TensorOptions, DrawOptions {}

const permutation = kernel('random_permutation');

function floatType(operation: string, wanted: unknown): DType {
  const dtype = checkDType(operation, wanted);
  if (isFloat(dtype)) return dtype;
  throw new TypeError(
    `${operation}: dtype must be float32 or float64, got ${dtype}; use randint for integers`,
  );
}

function finish(x: Tensor, { requiresGrad }: TensorOptions): Tensor {
  if (requiresGrad !== undefined) x.requiresGrad = requiresGrad;
  return x;
}

/**
 * A tensor of numbers uniform in [0, 1) (torch.rand).
 * @param shape sizes of the dimensions; `[]` for a single number
 * @throws TypeError, RangeError for a bad shape; TypeError when dtype is not float32 or float64.
 * @example rand([2, 3], { dtype: 'float64' })
 */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  const sizes = checkShape('rand', shape);
  const dtype = floatType('rand', options.dtype ?? 'float32');
  return finish(uniform_(empty(sizes, dtype), 0, 1, options), options);
}

/**
 * A tensor of standard normal numbers (torch.randn).
 * @param shape sizes of the dimensions; `[]` for a single number
 * @throws TypeError, RangeError for a bad shape; TypeError when dtype is not float32 or float64.
 * @example randn([100, 1], { requiresGrad: true })
 */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  const sizes = checkShape('randn', shape);
  const dtype = floatType('randn', options.dtype ?? 'float32');
  return finish(normal_(empty(sizes, dtype), 0, 1, options), options);
}

/** Uniform numbers in x's shape, memory layout and, unless `dtype` says otherwise, type (torch.rand_like). */
export function randLike(x: Tensor, options: RandomOptions = {}): Tensor {
  checkTensor('randLike', 'x', x);
  const dtype = floatType('randLike', options.dtype ?? x.dtype);
  return finish(uniform_(emptyAs(x, dtype), 0, 1, options), options);
}

/** Normal numbers in x's shape, memory layout and, unless `dtype` says otherwise, type (torch.randn_like). */
export function randnLike(x: Tensor, options: RandomOptions = {}): Tensor {
  checkTensor('randnLike', 'x', x);
  const dtype = floatType('randnLike', options.dtype ?? x.dtype);
  return finish(normal_(emptyAs(x, dtype), 0, 1, options), options);
}

/**
 * A tensor of integers from `low` (0 unless given) to `high` - 1 (torch.randint), int32 unless `dtype` says otherwise.
 * @throws TypeError, RangeError for a bad shape; RangeError unless the bounds are integers that the type
 * holds exactly, low below high.
 * @example randint(0, 10, [2, 3])
 */
export function randint(high: number, size: Shape, options?: RandomOptions): Tensor;
export function randint(low: number, high: number, size: Shape, options?: RandomOptions): Tensor;
export function randint(
  first: number,
  second: number | Shape,
  third?: Shape | RandomOptions,
  fourth?: RandomOptions,
): Tensor {
  const short = typeof second !== 'number';
  const [low, high] = short ? [0, first] : [first, second];
  const size = (short ? second : third) as Shape;
  const options = ((short ? third : fourth) ?? {}) as RandomOptions;
  const sizes = checkShape('randint', size);
  const dtype = checkDType('randint', options.dtype ?? 'int32');
  return finish(fillIntegers('randint', empty(sizes, dtype), low, high, options), options);
}

/**
 * The integers 0 … n-1 in random order, int32 (torch.randperm).
 * @throws TypeError unless n is a number; RangeError unless it is an integer from 0 to 2^31 - 1.
 */
export function randperm(n: number, { generator }: DrawOptions = {}): Tensor {
  checkNumber(
    'randperm',
    'n',
    n,
    'an integer from 0 to 2^31 - 1',
    (v) => Number.isInteger(v) && v >= 0 && v < 2 ** 31,
  );
  const source = generatorOf('randperm', generator);
  const out = empty([n], 'int32');
  args[0] = source.address;
  args[1] = out.address;
  args[2] = n;
  permutation();
  return out;
}

/**
 * Normal numbers of the given means and standard deviations (torch.normal): two numbers and a size, or tensors of
 * floats, which broadcast. Not recorded.
 * @throws TypeError for a kind that is neither; RangeError when a deviation is negative or shapes do not
 * broadcast.
 * @example normal(0, 0.02, [256, 64])
 */
export function normal(
  mean: number | Tensor,
  std: number | Tensor,
  size?: Shape,
  options: RandomOptions = {},
): Tensor {
  if (typeof mean === 'number' && typeof std === 'number') {
    const sizes = checkShape('normal', size);
    const dtype = floatType('normal', options.dtype ?? 'float32');
    return finish(normal_(empty(sizes, dtype), mean, std, options), options);
  }
  return noGrad(() => normalAround(mean, std, options));
}

function normalAround(mean: number | Tensor, std: number | Tensor, options: RandomOptions): Tensor {
  if (typeof mean !== 'number') checkFloats('normal', mean, 'mean');
  if (typeof std !== 'number') checkFloats('normal', std, 'std');
  if (typeof std === 'number') {
    const around = mean as Tensor;
    return add(normal_(empty(around.shape, around.dtype), 0, std, options), around);
  }
  const deviations = std.toTypedArray();
  for (let i = 0; i < deviations.length; i++) {
    if (!(deviations[i] >= 0)) {
      throw new RangeError(
        `normal: every standard deviation must be at least 0, got ${deviations[i]}`,
      );
    }
  }
  const shape =
    typeof mean === 'number' ? std.shape : broadcastShapes('normal', mean.shape, std.shape);
  const dtype = typeof mean === 'number' ? std.dtype : mean.dtype;
  return add(mul(normal_(empty(shape, dtype), 0, 1, options), std), mean);
}

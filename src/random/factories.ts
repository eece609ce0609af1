/** Random tensors: rand, randn, randint, randperm, normal, and those like another tensor. */
import { calledAs, boolean, integerBetween, isArray, optionsTable, surplus } from '../check';
import { noGrad } from '../autograd/mode';
import { kernel } from '../native/families';
import { runMt19937Words } from '../native/calls';
import { add, mul } from '../ops/elementwise/arithmetic';
import { gradient } from '../ops/declare/gradient';
import { verify } from '../ops/kernels/bounds';
import { zerosLike, type TensorOptions } from '../ops/creation/factories';
import { isFloat, type DType } from '../tensor/dtype';
import { anyTensor, dtype as anyDType } from '../tensor/rules';
import { broadcastShapes, checkShape, surplusSizes, type Shape } from '../tensor/shape';
import { sizesOf, empty, type Tensor } from '../tensor/tensor';
import { emptyAs } from '../ops/kernels/result';
import { drawFields, generatorOf, type DrawOptions } from './generator';
import { checkFloats, fillIntegers, normal_, uniform_ } from './inplace';

/** Element type, gradients and the generator of a random tensor. */
export interface RandomOptions extends TensorOptions, DrawOptions {}

const randomOptions = optionsTable<RandomOptions, 'dtype' | 'requiresGrad' | 'generator'>(
  'random',
  {
    dtype: anyDType.optional,
    requiresGrad: boolean.optional,
    ...drawFields,
  },
);

const permutation = kernel('random_permutation');

/** What a random tensor is to be. */
interface Wanted {
  readonly dtype: DType;
  readonly requiresGrad: boolean | undefined;
  readonly draw: DrawOptions | undefined;
}

function wanted(operation: string, options: RandomOptions | undefined, fallback: DType): Wanted {
  const { dtype = fallback, requiresGrad, generator } = randomOptions.read(options, operation);
  return { dtype, requiresGrad, draw: generator && { generator } };
}

function wantedFloats(
  operation: string,
  options: RandomOptions | undefined,
  fallback: DType,
): Wanted {
  const read = wanted(operation, options, fallback);
  if (isFloat(read.dtype)) return read;
  throw new TypeError(
    `${operation}: dtype must be float32 or float64, got ${read.dtype}; use randint for integers`,
  );
}

function finish(x: Tensor, { requiresGrad }: Wanted): Tensor {
  if (requiresGrad !== undefined) x.requiresGrad = requiresGrad;
  return x;
}

/**
 * A tensor of numbers uniform in [0, 1) (torch.rand).
 * @param shape sizes of the dimensions; `[]` for a single number
 * @throws TypeError, RangeError for a bad shape; TypeError when dtype is not float32 or float64.
 * @example rand([2, 3], { dtype: 'float64' })
 */
export function rand(shape: Shape, options?: RandomOptions): Tensor {
  if (arguments.length > 2) surplusSizes('rand', arguments, 2, 0);
  const sizes = checkShape('rand', shape, options);
  const read = wantedFloats('rand', options, 'float32');
  return finish(uniform_(empty(sizes, read.dtype), 0, 1, read.draw), read);
}

/**
 * A tensor of standard normal numbers (torch.randn).
 * @param shape sizes of the dimensions; `[]` for a single number
 * @throws TypeError, RangeError for a bad shape; TypeError when dtype is not float32 or float64.
 * @example randn([100, 1], { requiresGrad: true })
 */
export function randn(shape: Shape, options?: RandomOptions): Tensor {
  if (arguments.length > 2) surplusSizes('randn', arguments, 2, 0);
  const sizes = checkShape('randn', shape, options);
  const read = wantedFloats('randn', options, 'float32');
  return finish(normal_(empty(sizes, read.dtype), 0, 1, read.draw), read);
}

/**
 * Numbers uniform in [0, 1) in x's shape, memory layout and, unless `dtype` says otherwise, type (torch.rand_like).
 * @throws TypeError when x is no tensor, or the type not float32 or float64.
 * @example randLike(zeros([2, 3])).shape // [2, 3]
 */
export function randLike(x: Tensor, options?: RandomOptions): Tensor {
  if (arguments.length > 2) surplus('randLike', arguments, 2, 'options');
  anyTensor.check('randLike', 'x', x);
  const read = wantedFloats('randLike', options, x.dtype);
  return finish(uniform_(emptyAs(x, read.dtype), 0, 1, read.draw), read);
}

/**
 * Standard normal numbers in x's shape, memory layout and, unless `dtype` says otherwise, type (torch.randn_like).
 * @throws TypeError when x is no tensor, or the type not float32 or float64.
 * @example randnLike(zeros([2, 3])).shape // [2, 3]
 */
export function randnLike(x: Tensor, options?: RandomOptions): Tensor {
  if (arguments.length > 2) surplus('randnLike', arguments, 2, 'options');
  anyTensor.check('randnLike', 'x', x);
  const read = wantedFloats('randnLike', options, x.dtype);
  return finish(normal_(emptyAs(x, read.dtype), 0, 1, read.draw), read);
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
  if (arguments.length > 4) surplusSizes('randint', arguments, 4, 2);
  const short = isArray(second);
  const [low, high] = short ? [0, first] : [first, second];
  const size = (short ? second : third) as Shape;
  const options = (short ? third : fourth) as RandomOptions | undefined;
  const sizes = checkShape('randint', size, options);
  const read = wanted('randint', options, 'int32');
  return finish(fillIntegers('randint', empty(sizes, read.dtype), low, high, read.draw), read);
}

/**
 * Integers from `low` (0 unless given) to `high` - 1 in x's shape, memory layout and, unless `dtype` says otherwise, type
 * (torch.randint_like).
 * @throws TypeError when x is no tensor; RangeError unless the bounds are integers that the type holds exactly, low below high.
 * @example randintLike(zeros([2, 3]), 10).shape // [2, 3]
 */
export function randintLike(x: Tensor, high: number, options?: RandomOptions): Tensor;
export function randintLike(x: Tensor, low: number, high: number, options?: RandomOptions): Tensor;
export function randintLike(
  x: Tensor,
  first: number,
  second?: number | RandomOptions,
  third?: RandomOptions,
): Tensor {
  if (arguments.length > 4) surplus('randintLike', arguments, 4, 'options');
  anyTensor.check('randintLike', 'x', x);
  const short = typeof second !== 'number';
  const [low, high] = short ? [0, first] : [first, second];
  const read = wanted('randintLike', short ? second : third, x.dtype);
  return finish(fillIntegers('randintLike', emptyAs(x, read.dtype), low, high, read.draw), read);
}

const permutable = integerBetween(0, 2 ** 31 - 1);

/**
 * The integers 0 … n-1 in random order, int32 (torch.randperm).
 * @throws TypeError unless n is a number; RangeError unless it is an integer from 0 to 2^31 - 1.
 * @example randperm(5).sort().values // [0, 1, 2, 3, 4]
 */
export function randperm(n: number, options?: DrawOptions): Tensor {
  if (arguments.length > 2) surplus('randperm', arguments, 2, 'options');
  permutable.check('randperm', 'n', n);
  const source = generatorOf('randperm', options);
  const out = empty([n], 'int32');
  runMt19937Words(permutation, source, out, n);
  return out;
}

/**
 * Normal numbers of the given means and standard deviations (torch.normal): two numbers and a size, or tensors of
 * floats, which broadcast. With tensors, the size and element type follow from them (the mean's type first), and the
 * gradients of both are 0.
 * @throws TypeError for a kind that is neither, and for a size, `dtype` or `requiresGrad` beside tensors; RangeError when a deviation is negative or shapes do not
 * broadcast.
 * @example normal(0, 0.02, [256, 64])
 */
export function normal(
  mean: number | Tensor,
  std: number | Tensor,
  size?: Shape,
  options?: RandomOptions,
): Tensor {
  if (arguments.length > 4) surplusSizes('normal', arguments, 4, 2);
  const read = wantedFloats('normal', options, 'float32');
  if (typeof mean === 'number' && typeof std === 'number') {
    const sizes = checkShape('normal', size, options);
    const out = empty(sizes, read.dtype);
    return finish(
      calledAs('normal', () => normal_(out, mean, std, read.draw)),
      read,
    );
  }
  if (size !== undefined) {
    throw new TypeError('normal: the size follows from the tensors; leave it out (pass undefined)');
  }
  for (const name of ['dtype', 'requiresGrad'] as const) {
    if (options?.[name] === undefined) continue;
    throw new TypeError(`normal: ${name} follows from the tensors; leave it out`);
  }
  const drawn = (): Tensor => normalAround(mean, std, read.draw);
  const out = calledAs('normal', () => noGrad(drawn));
  const [center, spread] = [mean, std].map((x) => (typeof x === 'number' ? null : x));
  return recordedNormal(out, [center, spread], center, spread);
}

type MeanAndStd = readonly [Tensor | null, Tensor | null];
// Gradients have the shapes of mean and std, whose values are not read.
const recordedNormal = gradient<MeanAndStd, readonly [], MeanAndStd>('normal', {
  node: ([mean, std]) => `NormalBackward${std === null ? 1 : mean === null ? 2 : 3}`,
  rule: (_g, _saved, [mean, std]) => [mean && zerosLike(mean), std && zerosLike(std)],
});

function normalAround(mean: number | Tensor, std: number | Tensor, options?: DrawOptions): Tensor {
  if (typeof mean !== 'number') checkFloats('normal', mean, 'mean');
  if (typeof std !== 'number') checkFloats('normal', std, 'std');
  if (typeof std === 'number') {
    const like = mean as Tensor;
    return add(normal_(empty(sizesOf(like), like.dtype), 0, std, options), mean);
  }
  const rule = 'normal: every standard deviation must be at least 0';
  verify(
    () => {
      for (const one of std.toTypedArray()) {
        if (!(one >= 0)) throw new RangeError(`${rule}, got ${one}`);
      }
    },
    () => [std.ge(0), rule],
  );
  return around(mean, std, options);
}

function around(mean: number | Tensor, std: Tensor, options?: DrawOptions): Tensor {
  const shape =
    typeof mean === 'number'
      ? sizesOf(std)
      : broadcastShapes('normal', sizesOf(mean), sizesOf(std));
  const dtype = typeof mean === 'number' ? std.dtype : mean.dtype;
  return add(mul(normal_(empty(shape, dtype), 0, 1, options), std), mean);
}

/** unique, bincount: which values there are, and how often. No gradients. */
import { count, optionsTable } from '../../check';
import { anyTensor } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';
import { contiguous, detach } from '../clone';
import { checkTensor } from '../check';
import { constant } from '../factories';
import { checkIndex } from '../indexing/rows';
import { named, type Named } from '../named';
import { reshape } from '../view/reshape';
import { sort } from './sort';

/** Options of `unique`. */
export interface UniqueOptions {
  /** Also where each element of x stands among the distinct ones, in x's shape. */
  returnInverse?: boolean;
  /** Also how often each distinct element occurs. */
  returnCounts?: boolean;
}

/** One tensor, or a tuple of as many as the options ask for. */
export type Uniques<O extends UniqueOptions> = O extends { returnInverse: true; returnCounts: true }
  ? Named<['values', 'inverse', 'counts']>
  : O extends { returnInverse: true }
    ? Named<['values', 'inverse']>
    : O extends { returnCounts: true }
      ? Named<['values', 'counts']>
      : Tensor;

/**
 * The distinct elements of `x`, in order (torch.unique). With `returnInverse` or `returnCounts`, a tuple of the
 * results asked for, in that order and as `values`, `inverse` and `counts`; indices and counts are int32. Every
 * NaN is distinct.
 * @example const [words, counts] = unique(tensor([3, 1, 3]), { returnCounts: true }); // [1, 3], [1, 2]
 * @throws TypeError unless `x` is a tensor.
 */
export function unique<const O extends UniqueOptions = Record<never, never>>(
  x: Tensor,
  options?: O,
): Uniques<O> {
  checkTensor('unique', 'x', x);
  const [sorted, order] = sort(reshape(detach(x), [-1]), 0);
  const [values, origin] = [sorted.memory(x.numel), order.memory(x.numel)];
  const inverse = empty(x.shape, 'int32');
  const places = inverse.memory(x.numel);
  const starts: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (i === 0 || values[i] !== values[i - 1]) starts.push(i);
    places[origin[i]] = starts.length - 1;
  }
  const distinct = empty([starts.length], x.dtype);
  const counts = empty([starts.length], 'int32');
  const [out, often] = [distinct.memory(starts.length), counts.memory(starts.length)];
  for (let i = 0; i < starts.length; i++) {
    out[i] = values[starts[i]];
    often[i] = (starts[i + 1] ?? values.length) - starts[i];
  }
  if (!options?.returnInverse && !options?.returnCounts) return distinct as Uniques<O>;
  return named({
    values: distinct,
    ...(options.returnInverse ? { inverse } : {}),
    ...(options.returnCounts ? { counts } : {}),
  }) as unknown as Uniques<O>;
}

/** Options of `bincount`. */
export interface BincountOptions {
  /** What each element counts, instead of 1. */
  weights?: Tensor;
  /** At least so many bins. */
  minlength?: number;
}
const bincountOptions = optionsTable<BincountOptions, 'weights'>('bincount', {
  weights: anyTensor.optional,
  minlength: count.or(0),
});

/**
 * How often each of 0, 1, 2, … occurs in an int32 vector: int32, or with weights their sums (torch.bincount).
 * @throws TypeError unless `x` is int32; RangeError for a negative element or weights of another shape.
 * @example bincount(tensor([0, 1, 1], { dtype: 'int32' })) // [1, 2]
 */
export function bincount(x: Tensor, options?: BincountOptions): Tensor {
  checkTensor('bincount', 'x', x);
  const { weights, minlength } = bincountOptions.read(options);
  if (x.ndim !== 1) {
    throw new RangeError(`bincount: takes a vector, got shape ${showShape(x.shape)}`);
  }
  const values = checkIndex('bincount', 'element', x, 2 ** 31, 'bins').memory(x.numel);
  let length = minlength;
  for (let i = 0; i < values.length; i++) length = Math.max(length, values[i] + 1);
  if (weights === undefined) {
    const out = constant([length], 0, 'int32');
    const memory = out.memory(length);
    for (let i = 0; i < values.length; i++) memory[values[i]]++;
    return out;
  }
  if (x.numel === 0) return constant([length], 0, 'int32');
  if (!sameShape(weights.shape, x.shape)) {
    throw new RangeError(
      `bincount: weights must have the shape of x: weights is ${showShape(weights.shape)}, x is ${showShape(x.shape)}`,
    );
  }
  const out = constant([length], 0, weights.dtype === 'float32' ? 'float32' : 'float64');
  const sums = out.memory(length);
  const own = contiguous(weights).memory(x.numel);
  for (let i = 0; i < values.length; i++) sums[values[i]] += own[i];
  return out;
}

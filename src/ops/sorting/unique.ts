/** unique, bincount: which values there are, and how often. No gradients. */
import { boolean, count, integer, optionsTable, surplus } from '../../check';
import { anyTensor } from '../../tensor/rules';
import { checkDim, sameShape, showShape } from '../../tensor/shape';
import { elementsOf, sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { detach } from '../copying/clone';
import { cast } from '../copying/cast';
import { checkTensor } from '../arguments/check';
import { arange, constant } from '../creation/factories';
import { indexSelect } from '../indexing/along';
import { checkIndex } from '../indexing/rows';
import { named, type Named } from '../declare/named';
import { reshape } from '../view/reshape';
import { sort } from './sort';
import { dense } from '../kernels/copy';

/** Options of `unique`. */
export interface UniqueOptions {
  /** Whether the results are in order, which they always are. Default: true. */
  sorted?: boolean;
  /** Compares the sub-tensors along this dimension, in place of the elements. Default: none. */
  dim?: number;
  /** Also the index of each element of x among the distinct ones, in x's shape. */
  returnInverse?: boolean;
  /** Also how often each distinct element occurs. */
  returnCounts?: boolean;
}

const uniqueOptions = optionsTable<UniqueOptions, 'dim'>('unique', {
  sorted: boolean.or(true),
  dim: integer.optional,
  returnInverse: boolean.or(false),
  returnCounts: boolean.or(false),
});

/** One tensor, or a tuple of as many as the options request. */
export type Uniques<O extends UniqueOptions> = O extends { returnInverse: true; returnCounts: true }
  ? Named<['values', 'inverse', 'counts']>
  : O extends { returnInverse: true }
    ? Named<['values', 'inverse']>
    : O extends { returnCounts: true }
      ? Named<['values', 'counts']>
      : Tensor;

/**
 * The distinct elements of `x`, in order (torch.unique). With `returnInverse` or `returnCounts`, a tuple of the
 * results requested, in that order and as `values`, `inverse` and `counts`; indices and counts are int32. Every
 * NaN is distinct. With `dim` the distinct sub-tensors along it, in the order of their elements, and a vector `inverse`.
 * @example const [words, counts] = unique(tensor([3, 1, 3]), { returnCounts: true }); // [1, 3], [1, 2]
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have, or another one without elements.
 */
export function unique<const O extends UniqueOptions = Record<never, never>>(
  x: Tensor,
  options?: O,
): Uniques<O> {
  if (arguments.length > 2) surplus('unique', arguments, 2, 'options');
  checkTensor('unique', 'x', x);
  const { dim, returnInverse, returnCounts } = uniqueOptions.read(options);
  const found = dim === undefined ? uniqueElements(x) : uniqueAlong(x, dim);
  const { values, inverse, counts } = found;
  if (!returnInverse && !returnCounts) return values as Uniques<O>;
  return named({
    values,
    ...(returnInverse ? { inverse } : {}),
    ...(returnCounts ? { counts } : {}),
  }) as unknown as Uniques<O>;
}

type Found = Record<'values' | 'inverse' | 'counts', Tensor>;

function uniqueElements(x: Tensor): Found {
  const [sorted, order] = sort(reshape(detach(x), [-1]), 0);
  const values = elementsOf(sorted, x.numel, 'unique');
  const origin = elementsOf(order, x.numel);
  const inverse = empty(sizesOf(x), 'int32');
  const places = elementsOf(inverse, x.numel);
  let groups = 0;
  for (let i = 0; i < values.length; i++) {
    if (i === 0 || values[i] !== values[i - 1]) groups++;
    places[origin[i]] = groups - 1;
  }
  const distinct = empty([groups], x.dtype);
  const counts = constant([groups], 0, 'int32');
  const [out, often] = [elementsOf(distinct, groups), elementsOf(counts, groups)];
  for (let i = 0, at = -1; i < values.length; i++) {
    if (i === 0 || values[i] !== values[i - 1]) out[++at] = values[i];
    often[at]++;
  }
  return { values: distinct, inverse, counts };
}

function uniqueAlong(x: Tensor, dim: number): Found {
  const d = checkDim('unique', dim, x.ndim);
  const n = x.ndim === 0 ? 1 : sizesOf(x)[d];
  if (sizesOf(x).some((size, k) => k !== d && size === 0)) {
    throw new RangeError(
      `unique: along dimension ${d} every other dimension must have elements, got shape ${showShape(sizesOf(x))}`,
    );
  }
  const rows = dense(x.ndim === 0 ? detach(x) : detach(x).movedim(d, 0));
  const memory = elementsOf(rows, x.numel, 'unique');
  const width = n === 0 ? 0 : x.numel / n;
  const compare = (a: number, b: number): number => {
    for (let k = 0; k < width; k++) {
      const [u, v] = [memory[a * width + k], memory[b * width + k]];
      if (u !== v) return u < v || Number.isNaN(v) ? -1 : 1;
    }
    return 0;
  };
  // Not arrays of JavaScript's, which hold no more than 2^27.
  const order = elementsOf(arange(n, { dtype: 'int32' }), n).sort((a, b) => compare(a, b) || a - b);
  const inverse = empty([n], 'int32');
  const places = elementsOf(inverse, n);
  let groups = 0;
  for (let i = 0; i < n; i++) {
    if (i === 0 || compare(order[i - 1], order[i]) !== 0) groups++;
    places[order[i]] = groups - 1;
  }
  const [chosen, counts] = [empty([groups], 'int32'), constant([groups], 0, 'int32')];
  const [first, often] = [elementsOf(chosen, groups), elementsOf(counts, groups)];
  for (let i = 0, at = -1; i < n; i++) {
    if (at < 0 || places[order[i]] !== at) first[++at] = order[i];
    often[at]++;
  }
  return { values: indexSelect(detach(x), d, chosen), inverse, counts };
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
 * How often each of 0, 1, 2, … occurs in a vector of integers: int32, or with weights their sums (torch.bincount).
 * @throws TypeError unless `x` is of integers; RangeError for a negative element or weights of another shape.
 * @example bincount(tensor([0, 1, 1], { dtype: 'int32' })) // [1, 2]
 */
export function bincount(x: Tensor, options?: BincountOptions): Tensor {
  if (arguments.length > 2) surplus('bincount', arguments, 2, 'options');
  checkTensor('bincount', 'x', x);
  const { weights, minlength } = bincountOptions.read(options);
  if (x.ndim !== 1) {
    throw new RangeError(`bincount: takes a vector, got shape ${showShape(sizesOf(x))}`);
  }
  const whole = x.dtype === 'uint8' ? cast(x, 'int32') : x;
  const values = elementsOf(
    checkIndex('bincount', 'element', whole, 2 ** 31, 'bins'),
    x.numel,
    'bincount',
  );
  let length = minlength;
  for (let i = 0; i < values.length; i++) length = Math.max(length, values[i] + 1);
  if (weights === undefined) {
    const out = constant([length], 0, 'int32');
    const memory = elementsOf(out, length);
    for (let i = 0; i < values.length; i++) memory[values[i]]++;
    return out;
  }
  if (x.numel === 0) return constant([length], 0, 'int32');
  if (!sameShape(sizesOf(weights), sizesOf(x))) {
    throw new RangeError(
      `bincount: weights must have the shape of x: weights is ${showShape(sizesOf(weights))}, x is ${showShape(sizesOf(x))}`,
    );
  }
  const out = constant([length], 0, weights.dtype === 'float32' ? 'float32' : 'float64');
  const sums = elementsOf(out, length);
  const own = elementsOf(dense(weights), x.numel);
  for (let i = 0; i < values.length; i++) sums[values[i]] += own[i];
  return out;
}

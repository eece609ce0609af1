/** searchsorted, bucketize, isin: where values are among others. They have no gradient. */
import { boolean, oneOf, optionsTable, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { runIsIn, runSearchSorted } from '../../native/calls';
import { family } from '../../native/families';
import { arithmeticType, resultType } from '../../tensor/dtype';
import { anyTensor } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { checkTensor, type GivenOperand, type Operand } from '../arguments/check';
import { cast } from '../copying/cast';
import { gather } from '../indexing/gather';
import { dense } from '../kernels/copy';
import { pick } from '../kernels/launch';
import { operand, operandOf, wrapped } from '../kernels/operands';
import { reshape } from '../view/reshape';
import { sort } from './sort';

/** Options of `bucketize`. */
export interface BucketizeOptions {
  /** Indices are int32 here, whatever is said. Default: false. */
  outInt32?: boolean;
  /** Whether a value that equals a boundary comes after it. Default: false. */
  right?: boolean;
}

/** Options of `searchsorted`. */
export interface SearchsortedOptions extends BucketizeOptions {
  /** `'right'` is the same as `right: true`. Default: as `right` says. */
  side?: 'left' | 'right' | null;
  /** The order of `sortedSequence`, int32 of its shape, where it is not sorted. Default: none. */
  sorter?: Tensor | null;
}
const searchOptions = optionsTable<SearchsortedOptions>('searchsorted', {
  outInt32: boolean.or(false),
  right: boolean.or(false),
  side: oneOf('left', 'right').orNull.or(null),
  sorter: anyTensor.orNull.or(null),
});
const bucketizeOptions = optionsTable<BucketizeOptions>('bucketize', {
  outInt32: boolean.or(false),
  right: boolean.or(false),
});

const searches = family('search_sorted');

function refuseBool(operation: string): never {
  throw new TypeError(`${operation}: is not defined for bool; convert with to('int32')`);
}
const isBool = (x: GivenOperand): boolean =>
  typeof x === 'boolean' || (typeof x === 'object' && x.dtype === 'bool');

/** The places of `values` in rows that are sorted, one row for all or one for each of theirs. */
function placesOf(operation: string, rows: Tensor, values: Tensor, right: boolean): Tensor {
  const n = sizesOf(rows)[rows.ndim - 1];
  const isShared = rows.ndim === 1;
  const dtype = resultType(rows, values);
  if (dtype === 'bool') refuseBool(operation);
  const numeric = arithmeticType(dtype);
  const out = empty(sizesOf(values), 'int32');
  const m = isShared ? out.numel : values.ndim === 0 ? 1 : sizesOf(values)[values.ndim - 1];
  runSearchSorted(pick(operation, searches, numeric), {
    sorted: dense(cast(rows, numeric)),
    x: dense(cast(values, numeric)),
    out,
    rows: m === 0 ? 0 : out.numel / m,
    n,
    m,
    right,
  });
  return out;
}

// A number in the type that it has among the rows.
function valuesOf(operation: string, given: Operand, rows: Tensor): Tensor {
  if (typeof given !== 'number') return given;
  const dtype = resultType(rows, given);
  return operand(operation, wrapped(given, dtype), dtype);
}

/**
 * Where each of `values` would be put into the last dimension of `sortedSequence` so that it stays in order (torch.searchsorted):
 * the index i with sorted[i − 1] < value ≤ sorted[i], with `right` sorted[i − 1] ≤ value < sorted[i]. int32.
 * @param sortedSequence one row, or a row for each of `values`
 * @param values a tensor, or a number
 * @throws TypeError when both are bool; RangeError when the shapes but the last dimension differ, for a `sorter` of another shape, and for `side: 'left'`
 * with `right`.
 * @example searchsorted(tensor([1, 3, 5]), tensor([0, 3, 6])) // [0, 1, 3]
 */
export function searchsorted(
  sortedSequence: Tensor,
  values: GivenOperand,
  options?: SearchsortedOptions,
): Tensor {
  if (arguments.length > 3) surplus('searchsorted', arguments, 3, 'options');
  checkTensor('searchsorted', 'sortedSequence', sortedSequence);
  const { right, side, sorter } = searchOptions.read(options);
  const given = operandOf('searchsorted', 'values', values, sortedSequence);
  if (side === 'left' && right) {
    throw new RangeError("searchsorted: side 'left' contradicts right: true; leave one out");
  }
  if (sortedSequence.ndim === 0) {
    throw new RangeError('searchsorted: sortedSequence must have at least one dimension');
  }
  const sizes = sizesOf(sortedSequence);
  if (sizes.length > 1) {
    const own = typeof given === 'number' ? [] : sizesOf(given);
    if (own.length !== sizes.length || !sameShape(own.slice(0, -1), sizes.slice(0, -1))) {
      throw new RangeError(
        `searchsorted: values must have the shape of sortedSequence but for the last dimension, or sortedSequence one dimension: sortedSequence is ${showShape(sizes)}, values is ${showShape(own)}`,
      );
    }
  }
  if (sorter !== null && (sorter.dtype !== 'int32' || !sameShape(sizesOf(sorter), sizes))) {
    throw new RangeError(
      `searchsorted: sorter must be int32 ${showShape(sizes)} as sortedSequence is, got ${sorter.dtype} ${showShape(sizesOf(sorter))}`,
    );
  }
  return noGrad(() => {
    const rows = sorter === null ? sortedSequence : gather(sortedSequence, -1, sorter);
    const x = valuesOf('searchsorted', given, sortedSequence);
    return placesOf('searchsorted', rows, x, right || side === 'right');
  });
}

/**
 * The bucket of each element of `x` between `boundaries`, a vector in order (torch.bucketize): the index i with
 * boundaries[i − 1] < x ≤ boundaries[i], with `right` boundaries[i − 1] ≤ x < boundaries[i]. int32.
 * @throws TypeError for what is no tensor or number, and when both are bool; RangeError unless boundaries is a vector.
 * @example bucketize(tensor([0, 3, 9]), tensor([1, 3, 5])) // [0, 1, 3]
 */
export function bucketize(x: GivenOperand, boundaries: Tensor, options?: BucketizeOptions): Tensor {
  if (arguments.length > 3) surplus('bucketize', arguments, 3, 'options');
  checkTensor('bucketize', 'boundaries', boundaries);
  const { right } = bucketizeOptions.read(options);
  const given = operandOf('bucketize', 'x', x, boundaries);
  if (boundaries.ndim !== 1) {
    throw new RangeError(
      `bucketize: boundaries must be a vector, got shape ${showShape(sizesOf(boundaries))}`,
    );
  }
  const values = valuesOf('bucketize', given, boundaries);
  return noGrad(() => placesOf('bucketize', boundaries, values, right));
}

const members = family('is_in');

// Up to so many are compared one by one, which is as fast as a search among 1,000 in order.
const fewOthers = 64;

/** Options of `isin`. */
export interface IsinOptions {
  /** Whether the elements of both are distinct, which changes nothing here. Default: false. */
  assumeUnique?: boolean;
  /** Whether an element is not among the others. Default: false. */
  invert?: boolean;
}
const isinOptions = optionsTable<IsinOptions>('isin', {
  assumeUnique: boolean.or(false),
  invert: boolean.or(false),
});

/**
 * Whether each element is one of `testElements`: bool, in the shape of `elements` (torch.isin). NaN is none.
 * @throws TypeError for what is no tensor or number, for bools, and for two numbers.
 * @example isin(tensor([1, 2, 3]), tensor([3, 1])) // [true, false, true]
 */
export function isin(
  elements: GivenOperand,
  testElements: GivenOperand,
  options?: IsinOptions,
): Tensor {
  if (arguments.length > 3) surplus('isin', arguments, 3, 'options');
  const a = operandOf('isin', 'elements', elements, testElements);
  const b = operandOf('isin', 'testElements', testElements, elements);
  const { invert } = isinOptions.read(options);
  if (typeof a === 'number' && typeof b === 'number') {
    throw new TypeError('isin: elements or testElements must be a Tensor, got two numbers');
  }
  if (isBool(elements) || isBool(testElements)) refuseBool('isin');
  const common = resultType(a, b);
  const dtype = arithmeticType(common);
  return noGrad(() => {
    const [x, others] = [a, b].map((one) => operand('isin', wrapped(one, common), dtype));
    const isSorted = others.numel > fewOthers;
    const all = isSorted ? sort(reshape(others, [-1]), 0).values : others;
    const out = empty(sizesOf(x), 'bool');
    runIsIn(pick('isin', members, dtype), {
      x: dense(x),
      others: dense(all),
      out,
      n: x.numel,
      m: all.numel,
      sorted: isSorted,
      invert,
    });
    return out;
  });
}

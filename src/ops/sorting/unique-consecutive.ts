/** uniqueConsecutive: runs of equal elements, each as one. No gradients. */
import { boolean, integer, optionsTable, surplus } from '../../check';
import { checkDim, showShape, type Shape } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { detach } from '../copying/clone';
import { named } from '../declare/named';
import { indexSelect } from '../indexing/along';
import { dense } from '../kernels/copy';
import { reshape } from '../view/reshape';
import type { Uniques } from './unique';

/** Options of `uniqueConsecutive`. */
export interface UniqueConsecutiveOptions {
  /** Compares the sub-tensors along this dimension, in place of the elements. Default: none. */
  dim?: number;
  /** Also the index of the run that each element of x is in, in x's shape. */
  returnInverse?: boolean;
  /** Also how long each run is. */
  returnCounts?: boolean;
}
const uniqueOptions = optionsTable<UniqueConsecutiveOptions, 'dim'>('uniqueConsecutive', {
  dim: integer.optional,
  returnInverse: boolean.or(false),
  returnCounts: boolean.or(false),
});

/**
 * The elements of `x` without those that equal the one before (torch.unique_consecutive). With `returnInverse` or
 * `returnCounts`, a tuple of the results requested, in that order and as `values`, `inverse` and `counts`; indices and counts
 * are int32. NaN equals nothing. With `dim`, sub-tensors along it are compared, and `inverse` is a vector.
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have, or another one without elements.
 * @example uniqueConsecutive(tensor([1, 1, 2, 1])) // [1, 2, 1]
 */
export function uniqueConsecutive<const O extends UniqueConsecutiveOptions = Record<never, never>>(
  x: Tensor,
  options?: O,
): Uniques<O> {
  if (arguments.length > 2) surplus('uniqueConsecutive', arguments, 2, 'options');
  checkTensor('uniqueConsecutive', 'x', x);
  const { dim, returnInverse, returnCounts } = uniqueOptions.read(options);
  const [rows, shape] = dim === undefined ? [reshape(detach(x), [-1]), x.sizes] : rowsAlong(x, dim);
  const { starts, inverse } = runsOf(rows, shape);
  const first = indices(starts);
  const values = indexSelect(
    dim === undefined ? rows : detach(x),
    dim === undefined ? 0 : checkDim('uniqueConsecutive', dim, x.ndim),
    first,
  );
  if (!returnInverse && !returnCounts) return values as Uniques<O>;
  const n = rows.sizes[0];
  const counts = indices(starts.map((at, i) => (starts[i + 1] ?? n) - at));
  return named({
    values,
    ...(returnInverse ? { inverse } : {}),
    ...(returnCounts ? { counts } : {}),
  }) as unknown as Uniques<O>;
}

function indices(values: readonly number[]): Tensor {
  const out = empty([values.length], 'int32');
  out.memory(values.length).set(values);
  return out;
}

// x with dimension `dim` first.
function rowsAlong(x: Tensor, dim: number): readonly [Tensor, Shape] {
  if (x.ndim === 0) {
    throw new RangeError(
      'uniqueConsecutive: a 0-dimensional tensor has no dimension; leave dim out',
    );
  }
  const d = checkDim('uniqueConsecutive', dim, x.ndim);
  if (x.sizes.some((size, k) => k !== d && size === 0)) {
    throw new RangeError(
      `uniqueConsecutive: along dimension ${d} every other dimension must have elements, got shape ${showShape(x.sizes)}`,
    );
  }
  return [detach(x).movedim(d, 0), [x.sizes[d]]];
}

// Where each run of equal rows starts, and which one each row is in.
function runsOf(x: Tensor, shape: Shape): { starts: number[]; inverse: Tensor } {
  const rows = dense(x);
  const memory = rows.memory(rows.numel, 'uniqueConsecutive');
  const n = rows.sizes[0];
  const width = n === 0 ? 0 : rows.numel / n;
  const equalsLast = (i: number): boolean => {
    for (let k = i * width; k < (i + 1) * width; k++) {
      if (memory[k] !== memory[k - width]) return false;
    }
    return true;
  };
  const inverse = empty(shape, 'int32');
  const places = inverse.memory(n);
  const starts: number[] = [];
  for (let i = 0; i < n; i++) {
    if (i === 0 || !equalsLast(i)) starts.push(i);
    places[i] = starts.length - 1;
  }
  return { starts, inverse };
}

/** uniqueConsecutive: runs of equal elements, each as one. No gradients. */
import { boolean, integer, optionsTable, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { checkDim, showShape, type Shape } from '../../tensor/shape';
import { sizesOf, elementsOf, empty, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { detach } from '../copying/clone';
import { named } from '../declare/named';
import { indexSelect } from '../indexing/along';
import { positions } from '../indexing/mask';
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
  const [rows, shape] =
    dim === undefined ? [reshape(detach(x), [-1]), sizesOf(x)] : rowsAlong(x, dim);
  const n = sizesOf(rows)[0];
  const starts = startsOf(rows);
  const values = indexSelect(
    dim === undefined ? rows : detach(x),
    dim === undefined ? 0 : checkDim('uniqueConsecutive', dim, x.ndim),
    starts,
  );
  if (!returnInverse && !returnCounts) return values as Uniques<O>;
  const [inverse, counts] = [empty(shape, 'int32'), empty(sizesOf(starts), 'int32')];
  const [places, lengths] = [elementsOf(inverse, n), elementsOf(counts, starts.numel)];
  forRuns(starts, n, (i, from, to) => {
    places.fill(i, from, to);
    lengths[i] = to - from;
  });
  return named({
    values,
    ...(returnInverse ? { inverse } : {}),
    ...(returnCounts ? { counts } : {}),
  }) as unknown as Uniques<O>;
}

// x with dimension `dim` first.
function rowsAlong(x: Tensor, dim: number): readonly [Tensor, Shape] {
  if (x.ndim === 0) {
    throw new RangeError(
      'uniqueConsecutive: a 0-dimensional tensor has no dimension; leave dim out',
    );
  }
  const d = checkDim('uniqueConsecutive', dim, x.ndim);
  if (sizesOf(x).some((size, k) => k !== d && size === 0)) {
    throw new RangeError(
      `uniqueConsecutive: along dimension ${d} every other dimension must have elements, got shape ${showShape(sizesOf(x))}`,
    );
  }
  return [detach(x).movedim(d, 0), [sizesOf(x)[d]]];
}

// Where each run of equal rows starts: int32.
function startsOf(rows: Tensor): Tensor {
  const n = sizesOf(rows)[0];
  const starts = noGrad(() => {
    if (n < 2) return null;
    const [later, earlier] = [rows.narrow(0, 1, n - 1), rows.narrow(0, 0, n - 1)];
    const differs = later.ne(earlier);
    return positions('uniqueConsecutive', rows.ndim === 1 ? differs : differs.flatten(1).any(1));
  });
  const count = n === 0 ? 0 : 1 + (starts?.numel ?? 0);
  const out = empty([count], 'int32');
  const memory = elementsOf(out, count, 'uniqueConsecutive');
  if (count > 0) memory[0] = 0;
  const found = starts === null ? [] : elementsOf(starts, starts.numel);
  for (let i = 0; i < found.length; i++) memory[i + 1] = found[i] + 1;
  return out;
}

/** What is made of each run: `each(i, from, to)`, from its first row to that of the next. */
function forRuns(
  starts: Tensor,
  n: number,
  each: (i: number, from: number, to: number) => void,
): void {
  const memory = elementsOf(starts, starts.numel);
  for (let i = 0; i < memory.length; i++) each(i, memory[i], memory[i + 1] ?? n);
}

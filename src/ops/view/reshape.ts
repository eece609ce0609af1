/** reshape, view, flatten, ravel: other sizes for the same elements in the same order. dx = g in x's shape. */
import { calledAs, surplus } from '../../check';
import { checkDim, inferShape, showShape, viewStrides } from '../../tensor/shape';
import { sizesOf, elementStridesOf, type Tensor } from '../../tensor/tensor';
import { contiguous } from '../copying/clone';
import { checkTensor } from '../arguments/check';
import { gradient } from '../declare/gradient';
import { viewOf } from './view';

const recorded = gradient<[Tensor], []>('reshape', {
  node: 'ViewBackward0',
  rule: (g, _, _of, { next }) => [g.reshape(next[0]!.shape)],
});

// Null where the memory layout does not allow it.
function seenAs(x: Tensor, shape: readonly number[]): Tensor | null {
  const strides = viewStrides(sizesOf(x), elementStridesOf(x), shape);
  if (strides === null) return null;
  return recorded(viewOf(x, shape, strides, x.offset), undefined, x);
}

/**
 * The elements in another shape; one size may be -1. Copies only where it must; else it is a view, also where the shape is the
 * same (torch.reshape).
 * @throws RangeError when the number of elements differs.
 * @example reshape(tensor([1, 2, 3, 4]), [2, -1]) // [[1, 2], [3, 4]]
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  if (arguments.length > 2) surplus('reshape', arguments, 2, 'shape');
  checkTensor('reshape', 'x', x);
  const sizes = inferShape('reshape', shape, x.numel);
  return seenAs(x, sizes) ?? seenAs(contiguous(x), sizes)!;
}

/**
 * As `reshape`, but never copies (torch.Tensor.view).
 * @throws RangeError when the memory layout does not allow it.
 */
export function view(x: Tensor, shape: readonly number[]): Tensor {
  if (arguments.length > 2) surplus('view', arguments, 2, 'shape');
  checkTensor('view', 'x', x);
  const sizes = inferShape('view', shape, x.numel);
  return seenAs(x, sizes) ?? refuseLayout(x, sizes);
}

function refuseLayout(x: Tensor, sizes: readonly number[]): never {
  throw new RangeError(
    `view: a tensor of shape ${showShape(sizesOf(x))} and strides ${showShape(elementStridesOf(x))} cannot be seen as ${showShape(sizes)} without copying; use reshape()`,
  );
}

/**
 * Merges dimensions startDim … endDim into one (torch.flatten).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example flatten(tensor([[1, 2], [3, 4]])) // [1, 2, 3, 4]
 */
export function flatten(x: Tensor, startDim = 0, endDim = -1): Tensor {
  if (arguments.length > 3) surplus('flatten', arguments, 3, 'endDim');
  checkTensor('flatten', 'x', x);
  const start = checkDim('flatten', startDim, x.ndim);
  const end = checkDim('flatten', endDim, x.ndim);
  if (start > end) {
    throw new RangeError(`flatten: startDim ${startDim} comes after endDim ${endDim}`);
  }
  if (x.ndim === 0) return reshape(x, [1]);
  // As in PyTorch: nothing to merge.
  if (start === end) return x;
  const merged = sizesOf(x)
    .slice(start, end + 1)
    .reduce((n, size) => n * size, 1);
  return reshape(x, [...sizesOf(x).slice(0, start), merged, ...sizesOf(x).slice(end + 1)]);
}

/**
 * All elements as a vector, in row-major order, a view where x is contiguous (torch.ravel).
 * @throws TypeError unless `x` is a tensor.
 * @example ravel(tensor([[1, 2], [3, 4]])) // [1, 2, 3, 4]
 */
export function ravel(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('ravel', arguments, 1, 'x');
  checkTensor('ravel', 'x', x);
  return calledAs('ravel', () => reshape(contiguous(x), [x.numel]));
}

/** clone, contiguous, detach. d clone = g. Saves nothing. */
import { surplus } from '../../check';
import { noteCut } from '../../autograd/cuts';
import { executor } from '../../tensor/executor';
import { sizesOf, elementStridesOf, viewOriginOf, setHistory, Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { copyInto } from '../kernels/copy';
import { emptyAs } from '../kernels/result';
import { recordedCopy, rowMajorCopy } from './row-major';

/**
 * A copy in memory of its own, in the order of x's (torch.clone).
 * @throws TypeError unless `x` is a tensor.
 * @example clone(tensor([1, 2])) // [1, 2]
 */
export function clone(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('clone', arguments, 1, 'x');
  checkTensor('clone', 'x', x);
  return recordedCopy(copyInto(x, emptyAs(x)), undefined, x);
}

/**
 * `x` itself when it is contiguous (row-major), else a contiguous copy (torch.Tensor.contiguous).
 * @throws TypeError unless `x` is a tensor.
 */
export function contiguous(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('contiguous', arguments, 1, 'x');
  checkTensor('contiguous', 'x', x);
  return x.contiguousLayout ? x : rowMajorCopy(x);
}

/**
 * A tensor over the same memory that is detached from the graph (torch.Tensor.detach). In-place changes of either are seen in both.
 * @throws TypeError unless `x` is a tensor.
 * @example detach(ones([2], { requiresGrad: true })).requiresGrad // false
 */
export function detach(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('detach', arguments, 1, 'x');
  checkTensor('detach', 'x', x);
  return new Tensor(
    x.storage,
    x.dtype,
    sizesOf(x),
    elementStridesOf(x),
    x.offset,
    x.contiguousLayout,
  );
}

/**
 * Detaches `x` itself from the graph, and returns it: it becomes a leaf (torch.Tensor.detach_). Where an operation has saved it
 * before, its gradient cannot be differentiated again: `createGraph` is refused there.
 * @throws Error on a view, whose base would keep the history.
 * @example ones([2], { requiresGrad: true }).mul(2).detach_().requiresGrad // false
 */
export function detach_(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('detach_', arguments, 1, 'x');
  checkTensor('detach_', 'x', x);
  if (viewOriginOf(x)?.recorded) {
    throw new Error('detach_: a view cannot be detached in place; use detach()');
  }
  executor.changes('detach_', x, 'tensor');
  if (x.gradFn !== null) noteCut(x);
  setHistory(x, null, false);
  return x;
}

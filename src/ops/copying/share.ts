/** Memory that threads share: a SharedArrayBuffer below a tensor. */
import { surplus } from '../../check';
import { newSharedStorage, sharedBufferOf } from '../../tensor/memory';
import { executor } from '../../tensor/executor';
import { itemSize } from '../../tensor/dtype';
import { sizesOf, viewOriginOf, historyOf, replaceData, Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { copyInto } from '../kernels/copy';
import { stridesAs } from '../kernels/result';

/** @internal A copy of the elements in memory that threads share, without history. */
export function sharedCopy(x: Tensor): Tensor {
  executor.refuse('shareMemory_', 'memory of a trace cannot be shared; do it outside');
  const storage = newSharedStorage(x.numel * itemSize(x.dtype));
  return copyInto(x, new Tensor(storage, x.dtype, sizesOf(x), stridesAs(x)));
}

/** @internal Moves the elements of `x` to memory that threads share, unless they are there. */
export function moveToShared(x: Tensor): void {
  if (!isShared(x)) replaceData(x, sharedCopy(x));
}

/**
 * Whether the elements are in memory that threads share (torch.Tensor.is_shared): they are after `shareMemory_`, and in what
 * `io.fromMessage` gives.
 * @throws TypeError unless `x` is a tensor.
 * @example ones([2]).isShared() // false
 */
export function isShared(x: Tensor): boolean {
  if (arguments.length > 1) surplus('isShared', arguments, 1, 'x');
  checkTensor('isShared', 'x', x);
  return sharedBufferOf(x.storage) !== null;
}

/**
 * Moves the elements to memory that threads share (torch.Tensor.share_memory_), so that `io.toMessage` sends them without a
 * copy and all threads see each other's changes. Nothing is done where they are there already. Tensors that
 * shared the memory before (views, `detach()`) keep the old memory.
 * @returns the same tensor
 * @throws TypeError unless `x` is a tensor; Error for a view, and for what an operation made.
 * @example zeros([2]).shareMemory_().isShared() // true
 */
export function shareMemory_(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('shareMemory_', arguments, 1, 'x');
  checkTensor('shareMemory_', 'x', x);
  executor.changes('shareMemory_', x, 'tensor');
  if (isShared(x)) return x;
  if (viewOriginOf(x) !== null) {
    throw new Error(
      'shareMemory_: this tensor is a view, whose memory is that of its base; share the base, or a clone() of the view',
    );
  }
  if (historyOf(x) !== null) {
    throw new Error(
      'shareMemory_: an operation made this tensor, and its history does not leave the thread; share its detach()',
    );
  }
  moveToShared(x);
  return x;
}

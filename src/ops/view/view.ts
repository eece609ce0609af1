/**
 * How operations that share memory with their input are made. A view remembers the tensor at the root of
 * its memory; when an in-place operation gives that root a new history, the view's own is renewed from it.
 */
import { takeHistory } from '../../autograd/hooks';
import { isGradEnabled } from '../../autograd/mode';
import type { Shape } from '../../tensor/shape';
import { viewOriginOf, setOrigin, setRenewView, Tensor } from '../../tensor/tensor';
import { fromRegion } from './region';

/** A view of `x` by shape, strides and offset (in elements of the storage), without a node yet. */
export function viewOf(
  x: Tensor,
  shape: Shape,
  strides: readonly number[],
  offset: number,
): Tensor {
  const out = new Tensor(x.storage, x.dtype, shape, strides, offset);
  const origin = viewOriginOf(x);
  const base = origin === null ? x : origin.base;
  const recorded = isGradEnabled() && (origin === null || origin.recorded);
  setOrigin(out, { base, seen: base.rebased, recorded });
  return out;
}

// A stale view is the region of its base that it covers, whatever chain of views once led there.
setRenewView((view) => {
  const origin = viewOriginOf(view)!;
  const { base } = origin;
  origin.seen = base.rebased;
  const fresh = fromRegion(base, view);
  takeHistory(view, fresh);
});

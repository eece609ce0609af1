/**
 * How operations that share memory with their input are made. A view remembers the tensor at the root of
 * its memory; when an in-place operation gives that root a new history, the view's own is renewed from it.
 */
import { isGradEnabled } from '../../autograd/mode';
import { record, type Gradients, type Node } from '../../autograd/node';
import type { Shape } from '../../tensor/shape';
import { setRenewView, Tensor } from '../../tensor/tensor';
import { fromRegion } from './region';

/** A view of `x` by shape, strides and offset (in elements of the storage), recorded under `name`. */
export function viewOf(
  x: Tensor,
  name: string,
  shape: Shape,
  strides: readonly number[],
  offset: number,
  backward: (grad: Tensor, node: Node) => Gradients,
): Tensor {
  const out = new Tensor(x.storage, x.dtype, shape, strides, offset);
  if (!isGradEnabled()) return out;
  const base = x.origin === null ? x : x.origin.base;
  out.origin = { base, seen: base.rebased };
  return record(name, [x], out, backward);
}

// A stale view is the region of its base that it covers, whatever chain of views once led there.
setRenewView((view) => {
  const { base } = view.origin!;
  view.origin!.seen = base.rebased;
  const fresh = fromRegion(base, view);
  view.node = fresh.node;
  view.outputIndex = fresh.outputIndex;
  view.wantsGrad = fresh.wantsGrad;
});

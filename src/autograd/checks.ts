/** What may be wrong with a gradient: where a walk begins, where one arrives, where nothing is left to compute it. */
import { describe } from '../check';
import type { DType } from '../tensor/dtype';
import { expandsTo, sameShape, showShape, type Shape } from '../tensor/shape';
import { escape } from '../tensor/pool';
import { isTensor } from '../tensor/rules';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { arithmetic } from './arithmetic';
import type { Node } from './node';

/**
 * The gradient that a walk starts with at `tensor`: `grad`, or 1 where there is a single element.
 * @param option where `grad` was given
 * @param which says in words which tensor it is
 */
export function rootGradient(
  operation: string,
  option: string,
  tensor: Tensor,
  grad: unknown,
  which: string,
): Tensor {
  if (!tensor.requiresGrad) {
    throw new Error(
      `${operation}: ${which} does not require gradients and was not made by an operation on one that does; set requiresGrad on a leaf before the forward pass`,
    );
  }
  if (grad === null || grad === undefined) {
    if (tensor.numel !== 1) {
      throw new RangeError(
        `${operation}: a tensor whose gradient is not given must have one element, got shape ${showShape(sizesOf(tensor))}; pass { ${option} } or reduce it, for example with sum()`,
      );
    }
    return arithmetic.onesLike(tensor);
  }
  if (!isTensor(grad)) {
    throw new TypeError(`${operation}: the gradient must be a Tensor, got ${describe(grad)}`);
  }
  if (!sameShape(sizesOf(grad), sizesOf(tensor))) {
    throw new RangeError(
      `${operation}: the gradient has shape ${showShape(sizesOf(grad))}, but ${which} has shape ${showShape(sizesOf(tensor))}`,
    );
  }
  if (grad.dtype !== tensor.dtype) {
    throw new TypeError(
      `${operation}: the gradient has dtype ${grad.dtype}, but ${which} has ${tensor.dtype}`,
    );
  }
  escape(grad.storage);
  return grad;
}

/** @throws Error unless `grad` has the shape and element type of the result whose gradient it is. */
export function checkGradient(node: Node, grad: Tensor): void {
  const { leaf } = node;
  if (leaf !== null) {
    // Its elements may be others than when the node was made (`replaceData`).
    if (grad.dtype === leaf.dtype && sameShape(sizesOf(grad), sizesOf(leaf))) return;
    throw new Error(
      `backward: the gradient is ${grad.dtype} ${showShape(sizesOf(grad))}, but the leaf is now ${leaf.dtype} ${showShape(sizesOf(leaf))}; run the forward pass again after converting it`,
    );
  }
  if (grad.dtype === node.dtype && sameShape(sizesOf(grad), node.shape)) return;
  throw new Error(
    `internal: a ${grad.dtype} gradient of shape ${showShape(sizesOf(grad))} reached ${node.name}, whose result is ${node.dtype} of shape ${showShape(node.shape)}`,
  );
}

/** What a gradient has in common with the tensor that it is of. */
export interface Kind {
  readonly sizes: Shape;
  readonly dtype: DType;
}

/**
 * A gradient that the user's own rule returned for input `i`, converted and summed to what the input is, as PyTorch's engine does.
 * @throws RangeError for a shape that the input does not broadcast to.
 */
export function fitGradient(operation: string, i: number, grad: Tensor, input: Kind): Tensor {
  const { sizes, dtype } = input;
  let fit = grad;
  if (!sameShape(sizesOf(fit), sizes)) {
    if (!expandsTo(sizes, sizesOf(fit))) {
      const shape = showShape(sizes);
      throw new RangeError(
        `${operation}: gradient ${i} must have its argument's shape ${shape}, or one that ${shape} broadcasts to, got ${showShape(sizesOf(fit))}`,
      );
    }
    fit = arithmetic.sumTo(fit, sizes);
  }
  return fit.dtype === dtype ? fit : arithmetic.convert(fit, dtype);
}

/** @throws Error saying why `node`, which the walk from `newest` reaches, has no backward any more. */
export function refuseConsumed(node: Node, newest: Node): never {
  if (newest.order >= node.consumedAt) {
    throw new Error(
      `backward: a part of this graph (${node.name}) was already consumed by an earlier backward; where a tensor from before it is used again, such as a recurrent state, detach() it first, else pass { retainGraph: true } to that backward`,
    );
  }
  throw new Error(
    'backward: this graph was already consumed; pass { retainGraph: true } to the first backward call to use it twice',
  );
}

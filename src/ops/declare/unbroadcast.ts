/** The one place where the gradient of a broadcast result is summed back to an operand's shape. */
import { sameShape, type Shape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';

/** Sums `grad` over the dimensions that broadcasting added or stretched from size 1. */
export function unbroadcast(grad: Tensor, shape: Shape): Tensor {
  if (sameShape(sizesOf(grad), shape)) return grad;
  const lead = grad.ndim - shape.length;
  const dims: number[] = [];
  for (let d = 0; d < grad.ndim; d++) {
    if (d < lead || (shape[d - lead] === 1 && sizesOf(grad)[d] !== 1)) dims.push(d);
  }
  const summed = dims.length > 0 ? grad.sum(dims, { keepdim: true }) : grad;
  return summed.reshape(shape);
}

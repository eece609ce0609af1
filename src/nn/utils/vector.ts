/** A model's parameters as one vector, and back. */
import { noGrad } from '../../autograd/mode';
import { cast } from '../../ops/cast';
import { copyInto } from '../../ops/clone';
import { checkTensor } from '../../ops/elementwise';
import { cat } from '../../ops/joining/cat';
import { reshape } from '../../ops/view/reshape';
import { narrow } from '../../ops/view/select';
import { showShape } from '../../tensor/shape';
import { bumpVersion, type Tensor } from '../../tensor/tensor';

/**
 * All parameters one after the other, a vector (torch.nn.utils.parameters_to_vector). Differentiable.
 * @example nn.utils.parametersToVector(model.parameters()).shape // [number of parameters' elements]
 */
export const parametersToVector = (parameters: Iterable<Tensor>): Tensor =>
  cat(
    [...parameters].map((parameter) => reshape(parameter, [-1])),
    0,
  );

/**
 * Copies the pieces of a vector into the parameters, in place (torch.nn.utils.vector_to_parameters).
 * @throws RangeError unless the vector has as many elements as the parameters together.
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  checkTensor('vectorToParameters', 'vector', vector);
  const list = [...parameters];
  const count = list.reduce((n, parameter) => n + parameter.numel, 0);
  if (vector.ndim !== 1 || vector.numel !== count) {
    throw new RangeError(
      `vectorToParameters: the parameters need a vector of ${count} elements, got shape ${showShape(vector.shape)}`,
    );
  }
  noGrad(() => {
    let at = 0;
    for (const parameter of list) {
      const piece = reshape(narrow(vector, 0, at, parameter.numel), parameter.shape);
      copyInto(cast(piece, parameter.dtype), parameter);
      bumpVersion(parameter);
      at += parameter.numel;
    }
  });
}

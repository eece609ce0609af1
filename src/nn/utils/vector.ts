/** A model's parameters as one vector, and back. */
import { iterableOf, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { cast } from '../../ops/copying/cast';
import { copyInto, copyOf } from '../../ops/kernels/copy';
import { cat } from '../../ops/joining/cat';
import { reshape } from '../../ops/view/reshape';
import { narrow } from '../../ops/view/select';
import { executor } from '../../tensor/executor';
import { anyTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, bumpVersion, type Tensor } from '../../tensor/tensor';

const anyTensors = iterableOf(anyTensor, 'tensors, such as model.parameters()');

/**
 * All parameters one after the other, a vector (torch.nn.utils.parameters_to_vector). Differentiable.
 * @throws TypeError for what are no tensors.
 * @example nn.utils.parametersToVector(new nn.Linear(3, 2).parameters()).shape // [8]
 */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  if (arguments.length > 1) surplus('parametersToVector', arguments, 1, 'parameters');
  return cat(
    anyTensors
      .check('parametersToVector', 'parameters', parameters)
      .map((parameter) => reshape(parameter, [-1])),
    0,
  );
}

/**
 * Copies the pieces of a vector into the parameters, in place (torch.nn.utils.vector_to_parameters).
 * @throws TypeError for what are no tensors; RangeError unless the vector has as many elements as the parameters together.
 * @example nn.utils.vectorToParameters(zeros([8]), new nn.Linear(3, 2).parameters())
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  if (arguments.length > 2) surplus('vectorToParameters', arguments, 2, 'parameters');
  executor.refuse('vectorToParameters', 'it changes parameters; call it outside');
  anyTensor.check('vectorToParameters', 'vector', vector);
  const list = anyTensors.check('vectorToParameters', 'parameters', parameters);
  const count = list.reduce((n, parameter) => n + parameter.numel, 0);
  if (vector.ndim !== 1 || vector.numel !== count) {
    throw new RangeError(
      `vectorToParameters: the parameters need a vector of ${count} elements, got shape ${showShape(sizesOf(vector))}`,
    );
  }
  noGrad(() => {
    let at = 0;
    // Of a vector in the parameters' memory, every element is read before any is written.
    const isOwn = list.some(({ storage }) => storage === vector.storage);
    const values = isOwn ? copyOf(vector) : vector;
    for (const parameter of list) {
      const piece = reshape(narrow(values, 0, at, parameter.numel), sizesOf(parameter));
      copyInto(cast(piece, parameter.dtype), parameter);
      bumpVersion(parameter);
      at += parameter.numel;
    }
  });
}

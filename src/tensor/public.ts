/** What users get as `Tensor`: a type, and a class to ask `instanceof` of. Tensors are made by functions. */
import { Tensor as Internal } from './tensor';

export type Tensor = Internal;

/** The class of all tensors, for `x instanceof Tensor`. */
export type TensorClass = abstract new (...given: never[]) => Tensor;

function refuse(): never {
  throw new TypeError(
    'Tensor: tensors are made by functions: tensor([1, 2]) of values, zeros([2, 3]) and the like of a shape, nn.Parameter of a tensor',
  );
}

/** The class of all tensors, for `x instanceof Tensor`; `tensor(…)`, `zeros(…)` and the like make them. */
export const Tensor: TensorClass = Object.defineProperties(refuse, {
  name: { value: 'Tensor' },
  prototype: { value: Internal.prototype, writable: false },
}) as unknown as TensorClass;

Object.defineProperty(Internal.prototype, 'constructor', { value: Tensor });

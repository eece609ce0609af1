/** Every operation as a function, and (by import) as a method of Tensor. */
import './arithmetic';
import './methods';

export { add } from './add';
export { clone, detach } from './clone';
export {
  arange,
  empty,
  eye,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  tensor,
  zeros,
  zerosLike,
  type TensorLike,
  type TensorOptions,
} from './factories';
export { addmm, baddbmm, type AddmmOptions } from './matmul/addmm';
export { bmm } from './matmul/bmm';
export { linear } from './matmul/linear';
export { matmul, outer } from './matmul/matmul';
export { dot, mm, mv } from './matmul/mm';
export { mul } from './mul';
export { neg } from './neg';
export { sub } from './sub';
export { sum } from './sum';
export { tanh } from './tanh';
export { expand } from './view/expand';
export { permute, t, transpose } from './view/permute';
export { flatten, reshape } from './view/reshape';
export { narrow, select, slice, squeeze, unsqueeze } from './view/select';

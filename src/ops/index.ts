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
export { at, setAt } from './indexing/at';
export type { Index, SliceIndex } from './indexing/indices';
export { nonzero } from './indexing/mask';
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
export { indexAdd, indexCopy, indexSelect } from './indexing/along';
export { gather, scatter, scatterAdd } from './indexing/gather';
export { maskedFill, maskedSelect } from './indexing/masked';
export { embedding, oneHot, type EmbeddingOptions } from './indexing/embedding';
export { cat, stack } from './joining/cat';
export { repeatInterleave, tile } from './joining/repeat';
export { roll } from './joining/roll';
export { chunk, split, unbind } from './joining/split';
export { tril, triu } from './joining/triangle';
export { broadcastTo, diagonal, meshgrid, movedim, swapaxes, unflatten } from './view/rearrange';

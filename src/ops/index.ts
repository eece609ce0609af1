/** Every operation as a function, and (by import) as a method of Tensor. */
import './autograd';
import './methods';

export * from './elementwise/activation';
export {
  add,
  div,
  floorDivide,
  mul,
  pow,
  remainder,
  rsub,
  sub,
  type AlphaOptions,
  type DivOptions,
} from './elementwise/arithmetic';
export * from './elementwise/clamp';
export * from './elementwise/close';
export * from './elementwise/compare';
export * from './elementwise/extremum';
export * from './elementwise/logaddexp';
export * from './elementwise/logical';
export * from './elementwise/unary';
export { where } from './elementwise/where';
export * from './reduce/extrema';
export * from './reduce/norm';
export * from './reduce/prod';
export * from './normalization/softmax';
export * from './reduce/sum';
export * from './reduce/truth';
export * from './reduce/variance';
export { variance as var } from './reduce/variance';
export type { KeepdimOptions, ReductionOptions } from './kernels/reduce';
export type { SoftmaxOptions } from './normalization/softmax';
export { clone, detach } from './copying/clone';
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
} from './creation/factories';
export { flip } from './rearranging/flip';
export { indexAdd, indexCopy, indexSelect, type IndexAddOptions } from './indexing/along';
export { at, setAt, take } from './indexing/at';
export { embedding, oneHot, type EmbeddingOptions } from './indexing/embedding';
export {
  gather,
  scatter,
  scatterAdd,
  takeAlongDim,
  type GatherOptions,
  type ScatterOptions,
} from './indexing/gather';
export type { Index, IndexList } from './indexing/indices';
export type { Slice, SliceText } from './arguments/slice';
export { nonzero, type NonzeroOptions } from './indexing/mask';
export { maskedFill, maskedSelect } from './indexing/masked';
export { cat, hstack, stack, vstack } from './joining/cat';
export type { DimOptions } from './joining/dim';
export { repeatInterleave, tile, type RepeatInterleaveOptions } from './joining/repeat';
export { roll } from './rearranging/roll';
export { chunk, split, unbind } from './joining/split';
export { tril, triu } from './rearranging/triangle';
export {
  bceLoss,
  bceWithLogits,
  type BceOptions,
  type BceWithLogitsOptions,
} from './loss/binary-cross-entropy';
export type { ClassLossOptions } from './loss/classes';
export { crossEntropy, type CrossEntropyOptions } from './loss/cross-entropy';
export { nllLoss } from './loss/nll';
export type { LossOptions, Reduction, WeightedLossOptions } from './loss/reduction';
export {
  huberLoss,
  l1Loss,
  mseLoss,
  smoothL1Loss,
  type HuberOptions,
  type SmoothL1Options,
} from './loss/regression';
export { addmm, baddbmm, type AddmmOptions } from './matmul/addmm';
export { bmm } from './matmul/bmm';
export { linear } from './matmul/linear';
export { matmul, outer } from './matmul/matmul';
export { dot, mm, mv } from './matmul/mm';
export type { Named } from './declare/named';
export { ValuesAndIndices } from './declare/named';
export {
  argsort,
  sort,
  topk,
  type Sorted,
  type SortOptions,
  type TopkOptions,
} from './sorting/sort';
export {
  bincount,
  unique,
  type BincountOptions,
  type UniqueOptions,
  type Uniques,
} from './sorting/unique';
export { expand } from './view/expand';
export { permute, t, transpose } from './view/permute';
export {
  broadcastTo,
  diag,
  diagonal,
  meshgrid,
  movedim,
  swapaxes,
  unflatten,
  type MeshgridOptions,
} from './view/rearrange';
export { flatten, reshape } from './view/reshape';
export { narrow, select, slice, squeeze, unsqueeze } from './view/select';

/** Every operation as a function, and (by import) as a method of Tensor. */
import './arithmetic';
import './methods';

export { add } from './add';
export type { AlphaOptions } from './binary/alpha';
export { div, type DivOptions } from './binary/div';
export { maximum, minimum } from './binary/extremum';
export { pow } from './binary/pow';
export { floorDivide, remainder } from './binary/remainder';
export { clone, detach } from './clone';
export { allclose, equal, isclose, type CloseOptions } from './compare/close';
export { eq, ge, gt, isfinite, isinf, isnan, le, lt, ne } from './compare/compare';
export { logicalAnd, logicalNot, logicalOr, logicalXor } from './compare/logical';
export { where } from './compare/where';
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
export { flip } from './flip';
export { indexAdd, indexCopy, indexSelect } from './indexing/along';
export { at, setAt, take } from './indexing/at';
export { embedding, oneHot, type EmbeddingOptions } from './indexing/embedding';
export { gather, scatter, scatterAdd, takeAlongDim } from './indexing/gather';
export type { Index, IndexList } from './indexing/indices';
export type { Slice, SliceText } from './indexing/slice';
export { nonzero } from './indexing/mask';
export { maskedFill, maskedSelect } from './indexing/masked';
export { cat, hstack, stack, vstack } from './joining/cat';
export { repeatInterleave, tile } from './joining/repeat';
export { roll } from './joining/roll';
export { chunk, split, unbind } from './joining/split';
export { tril, triu } from './joining/triangle';
export {
  bceLoss,
  bceWithLogits,
  type BceOptions,
  type BceWithLogitsOptions,
} from './loss/binary-cross-entropy';
export type { ClassLossOptions } from './loss/classes';
export { crossEntropy, type CrossEntropyOptions } from './loss/cross-entropy';
export { nllLoss } from './loss/nll';
export type { LossOptions, Reduction } from './loss/reduction';
export { huberLoss, l1Loss, mseLoss, smoothL1Loss } from './loss/regression';
export { addmm, baddbmm, type AddmmOptions } from './matmul/addmm';
export { bmm } from './matmul/bmm';
export { linear } from './matmul/linear';
export { matmul, outer } from './matmul/matmul';
export { dot, mm, mv } from './matmul/mm';
export { mul } from './mul';
export { cumsum } from './reduction/cumsum';
export { amax, amin, argmax, argmin, max, min } from './reduction/extrema';
export { logsumexp } from './reduction/logsumexp';
export { mean } from './reduction/mean';
export { norm } from './reduction/norm';
export { prod } from './reduction/prod';
export { all, any, type KeepdimOptions } from './reduction/truth';
export { std, variance, variance as var, type VarianceOptions } from './reduction/variance';
export { logSoftmax, softmax } from './softmax';
export { rsub, sub } from './sub';
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
export { sum } from './sum';
export { elu, gelu, leakyRelu, softplus, softsign } from './unary/activation';
export { clamp, type ClampOptions } from './unary/clamp';
export {
  abs,
  ceil,
  cos,
  erf,
  exp,
  expm1,
  floor,
  log,
  log10,
  log1p,
  log2,
  logSigmoid,
  neg,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  sqrt,
  square,
  tanh,
  trunc,
} from './unary/rules';
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
} from './view/rearrange';
export { flatten, reshape } from './view/reshape';
export { narrow, select, slice, squeeze, unsqueeze } from './view/select';

/** Every operation as a function, and (by import) as a method of Tensor. */
import './autograd';
import './methods';
import './properties';

export * from './elementwise/gated';
export * from './elementwise/rectifier';
export { pow } from './elementwise/power';
export * from './elementwise/shrink';
export * from './elementwise/sigmoid';
export type { InplaceOptions } from './elementwise/inplace-option';
export {
  add,
  div,
  floorDivide,
  fmod,
  mul,
  remainder,
  rsub,
  sub,
  type AlphaOptions,
  type DivOptions,
} from './elementwise/arithmetic';
export {
  absolute,
  absolute_,
  arccos,
  arccos_,
  arccosh,
  arccosh_,
  arcsin,
  arcsin_,
  arcsinh,
  arcsinh_,
  arctan,
  arctan_,
  arctan2,
  arctanh,
  arctanh_,
  divide,
  fix,
  fix_,
  multiply,
  negative,
  negative_,
  positive,
  subtract,
  trueDivide,
} from './elementwise/aliases';
export {
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
} from './elementwise/bitwise';
export * from './elementwise/clamp';
export * from './elementwise/close';
export * from './elementwise/compare';
export * from './elementwise/extremum';
export * from './elementwise/logaddexp';
export * from './elementwise/logical';
export {
  atan2,
  copysign,
  fmax,
  fmin,
  heaviside,
  hypot,
  logaddexp2,
  xlogy,
} from './elementwise/points';
export * from './elementwise/replace';
export {
  acos,
  acos_,
  acosh,
  acosh_,
  asin,
  asin_,
  asinh,
  asinh_,
  atan,
  atan_,
  atanh,
  atanh_,
  cosh,
  cosh_,
  digamma,
  digamma_,
  erfc,
  erfc_,
  erfinv,
  erfinv_,
  exp2,
  exp2_,
  frac,
  frac_,
  lgamma,
  lgamma_,
  polygamma,
  sinc,
  sinc_,
  sinh,
  sinh_,
} from './elementwise/special';
export * from './elementwise/unary';
export { addcdiv, addcmul, lerp, type ValueOptions } from './elementwise/weighted';
export { where } from './indexing/where';
export * from './reduce/distances';
export * from './reduce/extrema';
export * from './reduce/norm';
export * from './reduce/prod';
export * from './reduce/running';
export * from './reduce/summaries';
export * from './normalization/softmax';
export * from './reduce/sum';
export * from './reduce/truth';
export { std, variance, varOf as var, type VarianceOptions } from './reduce/variance';
export type { DTypeOption, KeepdimOptions, ReductionOptions } from './kernels/reduce';
export { clone, detach } from './copying/clone';
export { isFloatingPoint } from './copying/convert';
export {
  arange,
  empty,
  emptyLike,
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
export * from './rearranging/flip';
export * from './rearranging/sides';
export { indexAdd, indexCopy, indexSelect, type IndexAddOptions } from './indexing/along';
export * from './indexing/at';
export * from './indexing/embedding';
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
export { maskedFill, maskedScatter, maskedSelect } from './indexing/masked';
export {
  indexFill,
  scatterReduce,
  type ScatterReduceOptions,
  type ScatterReduction,
} from './indexing/scatter-reduce';
export { cat, concat, concatenate, stack } from './joining/cat';
export * from './joining/diff';
export type { DimOptions } from './arguments/dim';
export {
  repeatInterleave,
  tile,
  type RepeatInterleaveDimOptions,
  type RepeatInterleaveOptions,
} from './joining/repeat';
export * from './rearranging/roll';
export * from './joining/split';
export * from './joining/stacks';
export * from './joining/tensor-split';
export { tril, triu } from './rearranging/triangle';
export {
  bceLoss,
  bceWithLogits,
  type BceOptions,
  type BceWithLogitsOptions,
} from './loss/binary-cross-entropy';
export type { ClassLossOptions } from './loss/classes';
export * from './loss/cross-entropy';
export { ctcLoss, type CtcLossOptions } from './loss/ctc';
export * from './loss/nll';
export type { LossOptions, Reduction, WeightedLossOptions } from './loss/reduction';
export * from './loss/regression';
export { conv1d, convTranspose1d, type ConvTranspose1dOptions } from './convolution/conv1d';
export type { Conv1dOptions, Single } from './convolution/arguments';
export * from './matmul/addmm';
export { bmm } from './matmul/bmm';
export { einsum } from './matmul/einsum';
export * from './matmul/linear';
export * from './matmul/matmul';
export { dot, mm, mv } from './matmul/mm';
export * from './matmul/tensordot';
export type { Named } from './declare/named';
export { ValuesAndIndices } from './declare/named';
export * from './sorting/order';
export * from './sorting/quantile';
export * from './sorting/search';
export * from './sorting/sort';
export * from './sorting/unique';
export * from './sorting/unique-consecutive';
export { atleast1d, atleast2d, atleast3d, broadcastTensors } from './view/atleast';
export * from './view/expand';
export { permute, swapaxes, swapdims, t, transpose } from './view/permute';
export {
  broadcastTo,
  diag,
  diagonal,
  meshgrid,
  moveaxis,
  movedim,
  unflatten,
  type MeshgridOptions,
} from './view/rearrange';
export { flatten, ravel, reshape } from './view/reshape';
export { narrow, select, slice, squeeze, unsqueeze } from './view/select';

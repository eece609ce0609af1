/**
 * `nn.functional`: what layers compute, as functions. The operations that PyTorch has there come by the files that declare
 * them; what is made of several operations is in this folder.
 */
export * from '../../ops/normalization/layer-norm';
export { batchNorm, type BatchNormOptions } from '../../ops/normalization/batch-norm';
export * from '../../ops/matmul/linear';
export * from '../../ops/convolution/conv1d';
export type { Conv1dOptions } from '../../ops/convolution/arguments';
export * from '../../ops/loss/cross-entropy';
export { ctcLoss } from '../../ops/loss/ctc';
export * from '../../ops/loss/nll';
export * from '../../ops/loss/regression';
export * from '../../ops/loss/divergence';
export * from '../../ops/loss/likelihood';
export * from '../../ops/loss/margin';
export {
  multiMarginLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  type MultilabelSoftMarginOptions,
  type MultiMarginOptions,
} from '../../ops/loss/multi-margin';
export { pinballLoss } from '../../ops/loss/pinball';
export * from '../../ops/loss/triplet';
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from '../../ops/loss/binary-cross-entropy';
export { oneHot } from '../../ops/indexing/embedding';
export * from './activation';
export * from './attention';
export * from './bilinear';
export * from './dropout';
export * from './embedding';
export { embeddingBag, type BagMode, type EmbeddingBagOptions } from './embedding-bag';
export { gumbelSoftmax, type GumbelSoftmaxOptions } from './gumbel';
export * from './instance-norm';
export * from './norm';
export * from './pad';
export {
  adaptiveAvgPool1d,
  adaptiveMaxPool1d,
  avgPool1d,
  lpPool1d,
  maxPool1d,
  type AdaptiveMaxPool1dOptions,
  type AvgPool1dOptions,
  type LPPool1dOptions,
  type MaxPool1dOptions,
  type Pooled,
} from './pool';
export { paddingMask } from '../attention/mask';

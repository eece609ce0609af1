/**
 * `nn.functional`: what layers compute, as functions. The operations that PyTorch has there come by the files that declare
 * them; what is made of several operations is in this folder.
 */
export * from '../../ops/normalization/layer-norm';
export * from '../../ops/matmul/linear';
export * from '../../ops/loss/cross-entropy';
export * from '../../ops/loss/nll';
export * from '../../ops/loss/regression';
export {
  bceLoss as binaryCrossEntropy,
  bceWithLogits as binaryCrossEntropyWithLogits,
} from '../../ops/loss/binary-cross-entropy';
export { oneHot } from '../../ops/indexing/embedding';
export * from './activation';
export * from './attention';
export * from './dropout';
export * from './embedding';
export * from './norm';
export * from './pad';
export { paddingMask } from '../attention/mask';

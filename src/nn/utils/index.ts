/** `nn.utils`: clipping of gradients, parameters as a vector, tensors that are computed of others. */
export {
  clipGradNorm_,
  clipGradsWithNorm_,
  clipGradValue_,
  getTotalNorm,
  type NormOptions,
} from './clip';
export { parametersToVector, vectorToParameters } from './vector';
export * as parametrizations from './parametrizations';
export * as parametrize from './parametrize';
export * as rnn from './rnn';

/** `nn.utils`: clipping of gradients, parameters as a vector. */
export {
  clipGradNorm_,
  clipGradsWithNorm_,
  clipGradValue_,
  getTotalNorm,
  type NormOptions,
} from './clip';
export { parametersToVector, vectorToParameters } from './vector';
export * as rnn from './rnn';

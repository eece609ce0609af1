/** `nn.functional`: what layers compute, as functions. */
export { embedding, type EmbeddingOptions } from './embedding';
export * from './activation';
export { scaledDotProductAttention, type AttentionOptions } from './attention';
export { paddingMask } from '../attention/mask';
export { dropout, type DropoutOptions } from './dropout';
export * from './loss';
export {
  cosineSimilarity,
  layerNorm,
  normalize,
  type CosineSimilarityOptions,
  type LayerNormOptions,
  type NormalizeOptions,
} from './norm';
export { pad, type PadOptions } from './pad';
export { linear, oneHot } from '../../ops';

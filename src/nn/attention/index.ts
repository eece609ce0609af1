/** Attention with learned scores, for decoders; `functional.scaledDotProductAttention` is the plain function. */
export { AdditiveAttention, type AdditiveAttentionOptions } from './additive';
export {
  anyMemory,
  Attention,
  selectMemory,
  type AttendOptions,
  type AttentionMemory,
} from './attention';
export { paddingMask } from './mask';
export {
  MultiheadAttention,
  type MultiheadAttendOptions,
  type MultiheadAttentionOptions,
} from './multihead';
export {
  TransformerEncoder,
  TransformerEncoderLayer,
  type EncodeLayerOptions,
  type EncodeOptions,
  type EncoderLayer,
  type TransformerActivation,
  type TransformerEncoderLayerOptions,
  type TransformerEncoderOptions,
} from './transformer';
export {
  MultiplicativeAttention,
  type AttentionScore,
  type MultiplicativeAttentionOptions,
} from './multiplicative';

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
  MultiplicativeAttention,
  type AttentionScore,
  type MultiplicativeAttentionOptions,
} from './multiplicative';

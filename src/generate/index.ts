/**
 * `generate`: sequences out of trained models, tokens or tensors: greedy, drawn (temperature, top-k, top-p), by beam
 * search; for one prompt or a batch, at once or as a stream.
 */
export { beamSearch, type BeamOptions, type Hypothesis } from './beam';
export { decode, decoderOf, type DecodeOptions } from './decode';
export type { Model, StepFunction, StepModel } from './model';
export type { Prompt, Prompts } from './prompt';
export type { ChoiceOptions } from './scores';
export {
  sequence,
  streamSequence,
  type SequenceOptions,
  type SequenceStreamOptions,
} from './sequence';
export {
  stream,
  tokens,
  type LengthOptions,
  type StreamOptions,
  type TokenOptions,
} from './tokens';

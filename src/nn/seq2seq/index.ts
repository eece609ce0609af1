/** Sequence to sequence: encoder, decoder with attention, and the two as one model. */
export { Decoder, type DecoderOptions, type DecoderState, type Decoding } from './decoder';
export { Encoder, type EncoderOptions, type Encoding } from './encoder';
export type { Cell, RecurrentLayer, RecurrentState } from './recurrent';
export { Seq2Seq, type Seq2SeqOptions, type TeacherOptions } from './seq2seq';

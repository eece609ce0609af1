/** `nn.utils.rnn`: sequences of unequal length. */
export {
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
  unpackSequence,
  unpadSequence,
  type PackOptions,
  type PackSequenceOptions,
  type PadOptions,
  type PadSequenceOptions,
  type UnpadOptions,
} from './pack';
export { PackedSequence } from './packed-sequence';

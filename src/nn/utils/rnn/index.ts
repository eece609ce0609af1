/** `nn.utils.rnn`: sequences of unequal length. */
export {
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
  unpackSequence,
  unpadSequence,
  type PackOptions,
  type PadOptions,
} from './pack';
export { PackedSequence } from './packed-sequence';

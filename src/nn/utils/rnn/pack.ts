/** Packing and padding of sequences of unequal length (torch.nn.utils.rnn). */
import { full } from '../../../ops';
import {
  arrayOf,
  boolean,
  count,
  instanceOf,
  number,
  oneOf,
  optionsTable,
  surplus,
} from '../../../check';
import { anyTensor } from '../../../tensor/rules';
import { padRows } from '../../../ops/joining/packed';
import { padSequences } from '../../../ops/joining/pad-sequences';
import { showShape, type Shape } from '../../../tensor/shape';
import { sizesOf, elementsOf, empty, type Tensor } from '../../../tensor/tensor';
import { lengthsOf as readLengths, type Lengths } from '../../../ops/arguments/lengths';
import { endsOfFalling, makePacked, PackedSequence } from './packed-sequence';

/** Options of `packPaddedSequence`. */
export interface PackOptions {
  /** The batch comes first: [N, T, …] instead of [T, N, …]. Default: false. */
  batchFirst?: boolean;
  /** Whether sequences come sorted by decreasing length already. Default: true; false sorts them, equal lengths in their order. */
  enforceSorted?: boolean;
}

function lengthsOf(operation: string, lengths: Lengths, batch: number, steps: number): Int32Array {
  const list = readLengths(operation, lengths, steps);
  if (list.length !== batch) {
    throw new RangeError(
      `${operation}: there are ${batch} sequences but ${list.length} lengths; give one for each`,
    );
  }
  return list;
}

const packOptions = optionsTable<PackOptions>('packPaddedSequence', {
  batchFirst: boolean.or(false),
  enforceSorted: boolean.or(true),
});

/**
 * Packs a padded batch (torch.nn.utils.rnn.pack_padded_sequence). Sequences of length 0 are allowed. With
 * `enforceSorted: false` sequences of equal length keep their order, which PyTorch does not promise (from 17 sequences on it has
 * another one): what is unpacked is the same, `data` and `sortedIndices` may not be.
 * @param input [T, N, …], or [N, T, …] with `batchFirst`
 * @param lengths one for each sequence, 0 … T, as an array, Int32Array or tensor
 * @throws TypeError for what is no tensor, no lengths, no option; RangeError for lengths outside 0 … T, not as many as the batch, or (with `enforceSorted`) not falling.
 * @example
 * const { packPaddedSequence } = nn.utils.rnn;
 * packPaddedSequence(randn([3, 5, 4]), [3, 5, 2], { batchFirst: true, enforceSorted: false }).data.shape; // [10, 4]
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: Lengths,
  options?: PackOptions,
): PackedSequence {
  if (arguments.length > 3) surplus('packPaddedSequence', arguments, 3, 'options');

  const name = 'packPaddedSequence';
  const { batchFirst, enforceSorted } = packOptions.read(options);
  anyTensor.check(name, 'input', input);
  if (input.ndim < 2) {
    throw new RangeError(
      `${name}: input must have at least 2 dimensions, got ${showShape(sizesOf(input))}`,
    );
  }
  const [steps, batch] = batchFirst
    ? [sizesOf(input)[1], sizesOf(input)[0]]
    : [sizesOf(input)[0], sizesOf(input)[1]];
  const all = lengthsOf(name, lengths, batch, steps);
  const falling = endsOfFalling(all, steps);
  if (enforceSorted && falling === null) {
    throw new RangeError(
      `${name}: lengths must be sorted in decreasing order, got [${all.join(', ')}]; pass { enforceSorted: false } to have them sorted`,
    );
  }
  return makePacked(input, all, { steps, batchFirst }, { falling, indexed: !enforceSorted });
}

/** Options of `padPackedSequence`. */
export interface PadOptions {
  /** The result is [N, T, …] instead of [T, N, …]. Default: false. */
  batchFirst?: boolean;
  /** What fills the ends of shorter sequences. Default: 0. */
  paddingValue?: number;
  /** Steps of the result, at least the longest length. Default: null, the longest length. */
  totalLength?: number | null;
}

const padFields = { batchFirst: boolean.or(false), paddingValue: number.or(0) };

const padPackedOptions = optionsTable<PadOptions>('padPackedSequence', {
  ...padFields,
  totalLength: count.orNull.or(null),
});

const anyPacked = instanceOf(PackedSequence, 'a PackedSequence (see packPaddedSequence)');

/**
 * The padded batch of a packed one, and the lengths (torch.nn.utils.rnn.pad_packed_sequence).
 * @returns [padded, lengths]: [T, N, …] or [N, T, …], and int32 [N], both in the original order
 * @throws TypeError for what is no PackedSequence or no option; RangeError for a totalLength below the longest length.
 * @example
 * const packed = nn.utils.rnn.packSequence([ones([3]), ones([1])]);
 * const [padded, lengths] = nn.utils.rnn.padPackedSequence(packed, { batchFirst: true }); // [[1, 1, 1], [1, 0, 0]], [3, 1]
 */
export function padPackedSequence(
  sequence: PackedSequence,
  options?: PadOptions,
): [Tensor, Tensor] {
  if (arguments.length > 2) surplus('padPackedSequence', arguments, 2, 'options');

  const { batchFirst, paddingValue, totalLength } = padPackedOptions.read(options);
  const name = 'padPackedSequence';
  const packing = anyPacked.check(name, 'sequence', sequence).packing(name);
  const { data } = sequence;
  const longest = packing.sizes.numel;
  const steps = totalLength ?? longest;
  if (steps < longest) {
    throw new RangeError(
      `${name}: totalLength must be an integer of at least the longest length (${longest}), got ${steps}`,
    );
  }
  const padding = full([1], paddingValue, { dtype: data.dtype });
  const padded = padRows(data, packing, { steps, batchFirst }, padding);
  const lengths = empty([packing.batch], 'int32');
  sequence.putLengths(name, elementsOf(lengths, packing.batch));
  return [padded, lengths];
}

const anySequences = arrayOf(anyTensor, 'an array of tensors');

const differInLength = (a: Shape, b: Shape): boolean =>
  a.length > 0 && a.length === b.length && a.every((size, d) => d === 0 || size === b[d]);

function checkSequences(operation: string, given: readonly Tensor[]): readonly Tensor[] {
  const sequences = anySequences.check(operation, 'sequences', given);
  if (sequences.length === 0) {
    throw new RangeError(`${operation}: sequences must hold at least one tensor, got []`);
  }
  const [first] = sequences;
  for (const [n, x] of sequences.entries()) {
    if (!differInLength(sizesOf(x), sizesOf(first))) {
      throw new RangeError(
        `${operation}: sequences may differ in length only: sequence ${n} has shape ${showShape(sizesOf(x))}, sequence 0 ${showShape(sizesOf(first))}`,
      );
    }
    if (x.dtype !== first.dtype) {
      throw new TypeError(
        `${operation}: sequence ${n} is ${x.dtype}, sequence 0 ${first.dtype}; convert one`,
      );
    }
  }
  return sequences;
}

/** Options of `padSequence`. */
export interface PadSequenceOptions extends Omit<PadOptions, 'totalLength'> {
  /** Where a shorter sequence is filled up. Default: `'right'`, after its end. */
  paddingSide?: 'left' | 'right';
}

const padOptions = optionsTable<PadSequenceOptions>('padSequence', {
  ...padFields,
  paddingSide: oneOf('left', 'right').or('right'),
});

/**
 * Sequences [Lₙ, …] of unequal length as one batch (torch.nn.utils.rnn.pad_sequence).
 * @returns [T, N, …], or [N, T, …] with `batchFirst`, T the longest length
 * @throws TypeError for what are no tensors or no option; RangeError for sequences that differ in more than their length.
 * @example nn.utils.rnn.padSequence([ones([2]), ones([1])], { batchFirst: true }) // [[1, 1], [1, 0]]
 */
export function padSequence(tensors: readonly Tensor[], options?: PadSequenceOptions): Tensor {
  if (arguments.length > 2) surplus('padSequence', arguments, 2, 'options');

  const { batchFirst, paddingValue, paddingSide } = padOptions.read(options);
  const sequences = checkSequences('padSequence', tensors);
  return padSequences(sequences, { value: paddingValue, batchFirst, left: paddingSide === 'left' });
}

/** Options of `unpadSequence`. */
export interface UnpadOptions {
  /** The input is [N, T, …] instead of [T, N, …]. Default: false. */
  batchFirst?: boolean;
}

const unpadOptions = optionsTable<UnpadOptions>('unpadSequence', { batchFirst: boolean.or(false) });

/**
 * The sequences of a padded batch, each cut to its length (torch.nn.utils.rnn.unpad_sequence). They share
 * memory with the input.
 * @param lengths one for each sequence, 0 … T, as an array, Int32Array or tensor
 * @throws TypeError for what is no tensor, no lengths, no option; RangeError for lengths that do not fit.
 * @example nn.utils.rnn.unpadSequence(ones([3, 2]), [3, 1]).map((x) => x.shape) // [[3], [1]]
 */
export function unpadSequence(padded: Tensor, lengths: Lengths, options?: UnpadOptions): Tensor[] {
  if (arguments.length > 3) surplus('unpadSequence', arguments, 3, 'options');

  const { batchFirst } = unpadOptions.read(options);
  anyTensor.check('unpadSequence', 'padded', padded);
  if (padded.ndim < 2) {
    throw new RangeError(
      `unpadSequence: padded must have at least 2 dimensions, got ${showShape(sizesOf(padded))}`,
    );
  }
  const [steps, batch] = batchFirst
    ? [sizesOf(padded)[1], sizesOf(padded)[0]]
    : [sizesOf(padded)[0], sizesOf(padded)[1]];
  const all = lengthsOf('unpadSequence', lengths, batch, steps);
  return Array.from(all, (length, n) => padded.select(batchFirst ? 0 : 1, n).narrow(0, 0, length));
}

/** Options of `packSequence`. */
export interface PackSequenceOptions {
  /** Whether sequences come sorted by decreasing length already. Default: true; false sorts them. */
  enforceSorted?: boolean;
}

const packSequenceOptions = optionsTable<PackSequenceOptions>('packSequence', {
  enforceSorted: boolean.or(true),
});

/**
 * Packs sequences [Lₙ, …] (torch.nn.utils.rnn.pack_sequence).
 * @throws TypeError for what are no tensors or no option; RangeError when lengths do not fall and `enforceSorted` is not
 * false.
 * @example nn.utils.rnn.packSequence([ones([3]), ones([1])]).batchSizes // [2, 1, 1]
 */
export function packSequence(
  tensors: readonly Tensor[],
  options?: PackSequenceOptions,
): PackedSequence {
  if (arguments.length > 2) surplus('packSequence', arguments, 2, 'options');

  const { enforceSorted } = packSequenceOptions.read(options);
  const sequences = checkSequences('packSequence', tensors);
  const lengths = sequences.map((x) => sizesOf(x)[0]);
  const padded = padSequence(sequences, { batchFirst: true });
  return packPaddedSequence(padded, lengths, { batchFirst: true, enforceSorted });
}

/**
 * The sequences of a packed batch (torch.nn.utils.rnn.unpack_sequence), in the original order.
 * @throws TypeError for what is no PackedSequence.
 * @example
 * const packed = nn.utils.rnn.packSequence([ones([3]), ones([1])]);
 * nn.utils.rnn.unpackSequence(packed).map((x) => x.shape); // [[3], [1]]
 */
export function unpackSequence(packed: PackedSequence): Tensor[] {
  if (arguments.length > 1) surplus('unpackSequence', arguments, 1, 'packed');

  anyPacked.check('unpackSequence', 'packed', packed);
  const [padded, lengths] = padPackedSequence(packed);
  return unpadSequence(padded, lengths);
}

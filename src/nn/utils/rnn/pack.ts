/** Packing and padding of sequences of unequal length (torch.nn.utils.rnn). */
import { cat, full, reshape, tensor } from '../../../ops';
import { checkTensor } from '../../../ops/elementwise';
import { Tensor } from '../../../tensor/tensor';
import { showShape } from '../../../tensor/shape';
import { PackedSequence, takeRows } from './packed-sequence';

export interface PackOptions {
  /** The batch comes first: [N, T, …] instead of [T, N, …]. */
  batchFirst?: boolean;
  /** Whether sequences come in order of falling length already. Default true; false sorts them. */
  enforceSorted?: boolean;
}

function lengthsOf(
  operation: string,
  lengths: Tensor | readonly number[],
  batch: number,
  steps: number,
): number[] {
  const list: readonly unknown[] =
    lengths instanceof Tensor ? [...lengths.toTypedArray()] : lengths;
  if (!Array.isArray(list) || (lengths instanceof Tensor && lengths.ndim !== 1)) {
    throw new TypeError(
      `${operation}: lengths must be an array of numbers or a 1-dimensional tensor`,
    );
  }
  if (list.length !== batch) {
    throw new RangeError(
      `${operation}: there are ${batch} sequences but ${list.length} lengths; give one for each`,
    );
  }
  for (const [n, length] of list.entries()) {
    if (typeof length !== 'number' || !Number.isInteger(length) || length < 0 || length > steps) {
      throw new RangeError(
        `${operation}: length ${n} must be an integer from 0 to ${steps} (the steps of the batch), got ${String(length)}`,
      );
    }
  }
  return list.slice() as number[];
}

const int32 = (values: readonly number[]): Tensor => tensor(Int32Array.from(values));

/** Batch sizes of sorted lengths: how many reach each step. */
const batchSizesOf = (sorted: readonly number[]): number[] =>
  Array.from({ length: sorted[0] ?? 0 }, (_, t) => sorted.filter((length) => length > t).length);

/** Places in order of falling length; equal lengths keep their order. */
function sortedPlaces(lengths: readonly number[]): number[] {
  return lengths.map((_, n) => n).sort((a, b) => lengths[b] - lengths[a] || a - b);
}

/**
 * Packs a padded batch (torch.nn.utils.rnn.pack_padded_sequence). Sequences of length 0 are allowed.
 * @param input [T, N, …], or [N, T, …] with `batchFirst`
 * @param lengths one for each sequence, 0 … T
 * @throws RangeError for lengths outside 0 … T, not as many as the batch, or (with `enforceSorted`) not falling.
 * @example packPaddedSequence(x, [3, 5, 2], { batchFirst: true, enforceSorted: false })
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: Tensor | readonly number[],
  { batchFirst = false, enforceSorted = true }: PackOptions = {},
): PackedSequence {
  const name = 'packPaddedSequence';
  checkTensor(name, 'input', input);
  if (input.ndim < 2) {
    throw new RangeError(
      `${name}: input must have at least 2 dimensions, got ${showShape(input.shape)}`,
    );
  }
  const [steps, batch] = batchFirst
    ? [input.shape[1], input.shape[0]]
    : [input.shape[0], input.shape[1]];
  const all = lengthsOf(name, lengths, batch, steps);
  const falling = all.every((length, n) => n === 0 || length <= all[n - 1]);
  if (enforceSorted && !falling) {
    throw new RangeError(
      `${name}: lengths [${all.join(', ')}] do not fall; pass { enforceSorted: false } to have them sorted`,
    );
  }
  const order = enforceSorted ? all.map((_, n) => n) : sortedPlaces(all);
  const sizes = batchSizesOf(order.map((n) => all[n]));
  const rows: number[] = [];
  sizes.forEach((size, t) => {
    for (let place = 0; place < size; place++) {
      rows.push(batchFirst ? order[place] * steps + t : t * batch + order[place]);
    }
  });
  const flat = reshape(input, [steps * batch, ...input.shape.slice(2)]);
  const unsorted = new Array<number>(batch);
  order.forEach((n, place) => (unsorted[n] = place));
  return new PackedSequence(
    takeRows(flat, rows),
    int32(sizes),
    enforceSorted ? null : int32(order),
    enforceSorted ? null : int32(unsorted),
    batch,
  );
}

export interface PadOptions {
  /** The result is [N, T, …] instead of [T, N, …]. */
  batchFirst?: boolean;
  /** What stands behind the end of a sequence. Default 0. */
  paddingValue?: number;
  /** Steps of the result, at least the longest length. */
  totalLength?: number | null;
}

/**
 * The padded batch of a packed one, and the lengths (torch.nn.utils.rnn.pad_packed_sequence).
 * @returns [padded, lengths]: [T, N, …] or [N, T, …], and int32 [N], both in the original order
 */
export function padPackedSequence(
  sequence: PackedSequence,
  { batchFirst = false, paddingValue = 0, totalLength = null }: PadOptions = {},
): [Tensor, Tensor] {
  if (!(sequence instanceof PackedSequence)) {
    throw new TypeError('padPackedSequence: takes a PackedSequence; see packPaddedSequence');
  }
  const { data, batch, unsortedIndices } = sequence;
  const longest = sequence.batchSizes.numel;
  const steps = totalLength ?? longest;
  if (!Number.isInteger(steps) || steps < longest) {
    throw new RangeError(
      `padPackedSequence: totalLength must be an integer of at least the longest length (${longest}), got ${steps}`,
    );
  }
  const lengths = sequence.lengths();
  const places = unsortedIndices?.toTypedArray();
  const rowOf = sequence.rowOf();
  const padding = data.shape[0];
  const rows: number[] = [];
  const push = (t: number, n: number): void => {
    rows.push(t < lengths[n] ? rowOf(t, places === undefined ? n : places[n]) : padding);
  };
  if (batchFirst) for (let n = 0; n < batch; n++) for (let t = 0; t < steps; t++) push(t, n);
  else for (let t = 0; t < steps; t++) for (let n = 0; n < batch; n++) push(t, n);
  const rest = data.shape.slice(1);
  const withPadding = cat([data, full([1, ...rest], paddingValue, { dtype: data.dtype })], 0);
  const head = batchFirst ? [batch, steps] : [steps, batch];
  return [reshape(takeRows(withPadding, rows), [...head, ...rest]), int32(lengths)];
}

function checkSequences(operation: string, given: readonly Tensor[]): readonly Tensor[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw new RangeError(`${operation}: takes a non-empty array of tensors`);
  }
  const sequences = given as readonly Tensor[];
  const [first] = sequences;
  for (const [n, x] of sequences.entries()) {
    checkTensor(operation, `sequence ${n}`, x);
    if (x.ndim < 1 || showShape(x.shape.slice(1)) !== showShape(first.shape.slice(1))) {
      throw new RangeError(
        `${operation}: sequences may differ in length only: sequence ${n} has shape ${showShape(x.shape)}, sequence 0 ${showShape(first.shape)}`,
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

/**
 * Sequences [Lₙ, …] of unequal length as one batch (torch.nn.utils.rnn.pad_sequence).
 * @returns [T, N, …], or [N, T, …] with `batchFirst`, T the longest length
 */
export function padSequence(
  sequences: readonly Tensor[],
  {
    batchFirst = false,
    paddingValue = 0,
    paddingSide = 'right',
  }: Omit<PadOptions, 'totalLength'> & { paddingSide?: 'left' | 'right' } = {},
): Tensor {
  checkSequences('padSequence', sequences);
  const lengths = sequences.map((x) => x.shape[0]);
  const steps = Math.max(...lengths);
  const batch = sequences.length;
  const offsets = lengths.map((_, n) => lengths.slice(0, n).reduce((a, b) => a + b, 0));
  const padding = lengths.reduce((a, b) => a + b, 0);
  const rest = sequences[0].shape.slice(1);
  const all = cat(
    [...sequences, full([1, ...rest], paddingValue, { dtype: sequences[0].dtype })],
    0,
  );
  const rows: number[] = [];
  const push = (t: number, n: number): void => {
    const step = paddingSide === 'left' ? t - (steps - lengths[n]) : t;
    rows.push(step >= 0 && step < lengths[n] ? offsets[n] + step : padding);
  };
  if (batchFirst) for (let n = 0; n < batch; n++) for (let t = 0; t < steps; t++) push(t, n);
  else for (let t = 0; t < steps; t++) for (let n = 0; n < batch; n++) push(t, n);
  const head = batchFirst ? [batch, steps] : [steps, batch];
  return reshape(takeRows(all, rows), [...head, ...rest]);
}

/**
 * The sequences of a padded batch, each cut to its length (torch.nn.utils.rnn.unpad_sequence). The input is left
 * as it is.
 */
export function unpadSequence(
  padded: Tensor,
  lengths: Tensor | readonly number[],
  { batchFirst = false }: { batchFirst?: boolean } = {},
): Tensor[] {
  checkTensor('unpadSequence', 'padded', padded);
  if (padded.ndim < 2) {
    throw new RangeError(
      `unpadSequence: padded must have at least 2 dimensions, got ${showShape(padded.shape)}`,
    );
  }
  const [steps, batch] = batchFirst
    ? [padded.shape[1], padded.shape[0]]
    : [padded.shape[0], padded.shape[1]];
  const all = lengthsOf('unpadSequence', lengths, batch, steps);
  return all.map((length, n) => padded.select(batchFirst ? 0 : 1, n).narrow(0, 0, length));
}

/**
 * Packs sequences [Lₙ, …] (torch.nn.utils.rnn.pack_sequence).
 * @throws RangeError when lengths do not fall and `enforceSorted` is not false.
 */
export function packSequence(
  sequences: readonly Tensor[],
  { enforceSorted = true }: { enforceSorted?: boolean } = {},
): PackedSequence {
  checkSequences('packSequence', sequences);
  const lengths = sequences.map((x) => x.shape[0]);
  return packPaddedSequence(padSequence(sequences), lengths, { enforceSorted });
}

/** The sequences of a packed batch (torch.nn.utils.rnn.unpack_sequence), in the original order. */
export function unpackSequence(packed: PackedSequence): Tensor[] {
  const [padded, lengths] = padPackedSequence(packed);
  return unpadSequence(padded, lengths);
}

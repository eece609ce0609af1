/** PackedSequence: sequences of unequal length, step by step, without padding. */
import { indexSelect, tensor } from '../../../ops';
import { integerFrom, positiveInteger } from '../../../check';
import { anyTensor } from '../../../tensor/rules';
import { sameShape, showShape } from '../../../tensor/shape';
import type { Tensor } from '../../../tensor/tensor';

const maybeTensor = anyTensor.orNull;

/**
 * A batch of sequences of unequal length (torch.nn.utils.rnn.PackedSequence), in order of falling length: `data` holds the
 * first step of all of them, then the second step of those that have one, and so on. Made by `packPaddedSequence` or
 * `packSequence`, taken by RNN, LSTM and GRU.
 *
 * @throws TypeError for what are no tensors; RangeError for batch sizes that rise, or do not sum to the rows of `data`.
 * @example
 * const packed = nn.utils.rnn.packSequence([randn([3, 4]), randn([1, 4])]);
 * const [out, hN] = new nn.GRU(4, 8).forward(packed); // of 3 and 1 steps; [1, 2, 8]
 */
export class PackedSequence {
  /** The steps, [sum of lengths, …]. */
  readonly data: Tensor;
  /** int32 [longest length]: how many sequences have each step. */
  readonly batchSizes: Tensor;
  /** int32 [N]: which sequence of the original batch is at each place; null when they were sorted already. */
  readonly sortedIndices: Tensor | null;
  /** int32 [N], the inverse of `sortedIndices`; null when they were sorted already. */
  readonly unsortedIndices: Tensor | null;
  /** N, sequences of length 0 included. */
  readonly batch: number;

  /**
   * @param data the steps, [sum of lengths, …]
   * @param batchSizes int32 [longest length]: how many sequences have each step
   * @param sortedIndices int32 [N]; default null
   * @param unsortedIndices int32 [N]; default null
   * @param batch N, sequences of length 0 included; default the first of the batch sizes
   */
  constructor(
    data: Tensor,
    batchSizes: Tensor,
    sortedIndices: Tensor | null = null,
    unsortedIndices: Tensor | null = null,
    batch?: number,
  ) {
    const name = 'PackedSequence';
    anyTensor.check(name, 'data', data);
    anyTensor.check(name, 'batchSizes', batchSizes);
    maybeTensor.check(name, 'sortedIndices', sortedIndices);
    maybeTensor.check(name, 'unsortedIndices', unsortedIndices);
    if (batchSizes.dtype !== 'int32' || batchSizes.ndim !== 1) {
      throw new RangeError(
        `${name}: batchSizes must be int32 of one dimension, got ${batchSizes.dtype} ${showShape(batchSizes.shape)}`,
      );
    }
    const sizes = Array.from(batchSizes.toTypedArray());
    sizes.forEach((size, t) => {
      positiveInteger.check(name, `batchSizes[${t}]`, size);
      if (t > 0 && size > sizes[t - 1]) {
        throw new RangeError(`${name}: batchSizes must not rise, got [${sizes.join(', ')}]`);
      }
    });
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (data.ndim === 0 || data.shape[0] !== total) {
      throw new RangeError(
        `${name}: data must have ${total} rows, the sum of batchSizes, got shape ${showShape(data.shape)}`,
      );
    }
    const least = sizes.at(0) ?? 0;
    integerFrom(least).check(name, 'batch', batch ?? least);
    this.data = data;
    this.batchSizes = batchSizes;
    this.sortedIndices = sortedIndices;
    this.unsortedIndices = unsortedIndices;
    this.batch = batch ?? least;
    for (const [which, indices] of Object.entries({ sortedIndices, unsortedIndices })) {
      if (indices === null) continue;
      if (indices.dtype !== 'int32' || !sameShape(indices.shape, [this.batch])) {
        throw new RangeError(
          `${name}: ${which} must be int32 [${this.batch}], got ${indices.dtype} ${showShape(indices.shape)}`,
        );
      }
    }
  }

  /**
   * The same sequences with other features.
   * @param data of as many rows
   * @throws RangeError for another number of rows.
   */
  withData(data: Tensor): PackedSequence {
    anyTensor.check('PackedSequence.withData', 'data', data);
    if (data.shape[0] !== this.data.shape[0]) {
      throw new RangeError(
        `PackedSequence.withData: data must have ${this.data.shape[0]} rows, got shape ${showShape(data.shape)}`,
      );
    }
    const { batchSizes, sortedIndices, unsortedIndices, batch } = this;
    return makePacked(data, batchSizes, sortedIndices, unsortedIndices, batch);
  }

  /** The length of each sequence, in the original order. */
  lengths(): number[] {
    const sizes = this.batchSizes.toTypedArray();
    const sorted = new Array<number>(this.batch).fill(0);
    // Sizes fall: where they do, the sequences at these places have ended.
    for (let t = sizes.length - 1, n = 0; t >= 0; t--) while (n < sizes[t]) sorted[n++] = t + 1;
    if (this.sortedIndices === null) return sorted;
    const out = new Array<number>(this.batch);
    this.sortedIndices.toTypedArray().forEach((original, place) => (out[original] = sorted[place]));
    return out;
  }

  /** @internal The row of `data` that is step t of the first sequence; those of the others follow it. */
  firstRows(): Int32Array {
    const first = new Int32Array(this.batchSizes.numel);
    let total = 0;
    this.batchSizes.toTypedArray().forEach((size, t) => {
      first[t] = total;
      total += size;
    });
    return first;
  }
}

/** A packed sequence of parts that are known to fit: nothing is read, so that a traced function may make one. */
export function makePacked(
  data: Tensor,
  batchSizes: Tensor,
  sortedIndices: Tensor | null,
  unsortedIndices: Tensor | null,
  batch: number,
): PackedSequence {
  const made = Object.create(PackedSequence.prototype) as PackedSequence;
  return Object.assign(made, { data, batchSizes, sortedIndices, unsortedIndices, batch });
}

/** Rows of `x` (its first dimension) in the order of `rows`. */
export const takeRows = (x: Tensor, rows: Int32Array): Tensor => indexSelect(x, 0, tensor(rows));

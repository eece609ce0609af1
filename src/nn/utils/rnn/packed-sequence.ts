/** PackedSequence: sequences of unequal length, step by step, without padding. */
import { indexSelect, tensor } from '../../../ops';
import type { Tensor } from '../../../tensor/tensor';

/**
 * A batch of sequences of unequal length (torch.nn.utils.rnn.PackedSequence). Sequences lie in order of falling length;
 * `data` holds the first step of all of them, then the second step of those that have one, and so on.
 * Made by `packPaddedSequence` or `packSequence`, taken by RNN, LSTM and GRU.
 */
export class PackedSequence {
  /**
   * @param data [sum of lengths, …]
   * @param batchSizes int32 [longest length]: how many sequences have each step
   * @param sortedIndices int32 [N]: which sequence of the original batch stands at each place; null when
   *   they were sorted already
   * @param unsortedIndices its inverse
   * @param batch N, sequences of length 0 included
   */
  constructor(
    readonly data: Tensor,
    readonly batchSizes: Tensor,
    readonly sortedIndices: Tensor | null,
    readonly unsortedIndices: Tensor | null,
    readonly batch: number,
  ) {}

  /** The same sequences with other features. */
  withData(data: Tensor): PackedSequence {
    const { batchSizes, sortedIndices, unsortedIndices, batch } = this;
    return new PackedSequence(data, batchSizes, sortedIndices, unsortedIndices, batch);
  }

  /** The length of each sequence, in the original order. */
  lengths(): number[] {
    const sizes = this.batchSizes.toTypedArray();
    const sorted = new Array<number>(this.batch).fill(0);
    for (const size of sizes) for (let n = 0; n < size; n++) sorted[n]++;
    if (this.sortedIndices === null) return sorted;
    const out = new Array<number>(this.batch);
    this.sortedIndices.toTypedArray().forEach((original, place) => (out[original] = sorted[place]));
    return out;
  }

  /** Where step t of the sequence at place n stands in `data`. */
  rowOf(): (t: number, n: number) => number {
    const offsets: number[] = [];
    let total = 0;
    for (const size of this.batchSizes.toTypedArray()) {
      offsets.push(total);
      total += size;
    }
    return (t, n) => offsets[t] + n;
  }
}

/** Rows of `x` (its first dimension) in the order of `rows`. */
export const takeRows = (x: Tensor, rows: readonly number[]): Tensor =>
  indexSelect(x, 0, tensor(Int32Array.from(rows)));

/** PackedSequence: sequences of unequal length, step by step, without padding. */
import { indexSelect, tensor } from '../../../ops';
import { integerFrom, positiveInteger } from '../../../check';
import { anyTensor } from '../../../tensor/rules';
import { sameShape, showShape } from '../../../tensor/shape';
import type { Tensor } from '../../../tensor/tensor';

const maybeTensor = anyTensor.orNull;

/** What the elements of batch sizes were found to be at a version of their memory. */
interface Sizes {
  readonly version: number;
  readonly first: number;
  readonly total: number;
}

const known = new WeakMap<Tensor, Sizes>();

function readSizes(operation: string, batchSizes: Tensor): Sizes {
  if (batchSizes.dtype !== 'int32' || batchSizes.ndim !== 1) {
    throw new RangeError(
      `${operation}: batchSizes must be int32 of one dimension, got ${batchSizes.dtype} ${showShape(batchSizes.sizes)}`,
    );
  }
  const sizes = Array.from(batchSizes.toTypedArray());
  sizes.forEach((size, t) => {
    positiveInteger.check(operation, `batchSizes[${t}]`, size);
    if (t > 0 && size > sizes[t - 1]) {
      throw new RangeError(`${operation}: batchSizes must not rise, got [${sizes.join(', ')}]`);
    }
  });
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const found = { version: batchSizes.version, first: sizes.at(0) ?? 0, total };
  known.set(batchSizes, found);
  return found;
}

/**
 * The first batch size. The elements are read only if their memory has changed since: in a traced function they have no
 * values yet.
 * @throws RangeError for batch sizes that rise, or do not sum to the rows of `data`.
 */
function checkRows(operation: string, data: Tensor, batchSizes: Tensor): number {
  const before = known.get(batchSizes);
  const { first, total } =
    before?.version === batchSizes.version ? before : readSizes(operation, batchSizes);
  if (data.ndim === 0 || data.sizes[0] !== total) {
    throw new RangeError(
      `${operation}: data must have ${total} rows, the sum of batchSizes, got shape ${showShape(data.sizes)}`,
    );
  }
  return first;
}

function checkOrder(
  operation: string,
  { sortedIndices, unsortedIndices, batch }: PackedSequence,
): void {
  for (const [which, indices] of Object.entries({ sortedIndices, unsortedIndices })) {
    if (indices === null) continue;
    anyTensor.check(operation, which, indices);
    if (indices.dtype !== 'int32' || !sameShape(indices.sizes, [batch])) {
      throw new RangeError(
        `${operation}: ${which} must be int32 [${batch}], got ${indices.dtype} ${showShape(indices.sizes)}`,
      );
    }
  }
}

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
    const least = checkRows(name, data, batchSizes);
    integerFrom(least).check(name, 'batch', batch ?? least);
    this.data = data;
    this.batchSizes = batchSizes;
    this.sortedIndices = sortedIndices;
    this.unsortedIndices = unsortedIndices;
    this.batch = batch ?? least;
    checkOrder(name, this);
  }

  /**
   * @internal Checks the parts again, which a user may have changed since; the sizes are read again only if they were.
   * @throws TypeError, RangeError as the constructor.
   */
  check(operation: string): void {
    anyTensor.check(operation, 'data', this.data);
    anyTensor.check(operation, 'batchSizes', this.batchSizes);
    const least = checkRows(operation, this.data, this.batchSizes);
    integerFrom(least).check(operation, 'batch', this.batch);
    checkOrder(operation, this);
  }

  /**
   * The same sequences with other features.
   * @param data of as many rows
   * @throws RangeError for another number of rows.
   */
  withData(data: Tensor): PackedSequence {
    anyTensor.check('PackedSequence.withData', 'data', data);
    if (data.sizes[0] !== this.data.sizes[0]) {
      throw new RangeError(
        `PackedSequence.withData: data must have ${this.data.sizes[0]} rows, got shape ${showShape(data.sizes)}`,
      );
    }
    const { batchSizes, sortedIndices, unsortedIndices, batch } = this;
    return partsOf(data, batchSizes, sortedIndices, unsortedIndices, batch);
  }

  /** The length of each sequence, in the original order. */
  lengths(): number[] {
    this.check('PackedSequence.lengths');
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

function partsOf(
  data: Tensor,
  batchSizes: Tensor,
  sortedIndices: Tensor | null,
  unsortedIndices: Tensor | null,
  batch: number,
): PackedSequence {
  const made = Object.create(PackedSequence.prototype) as PackedSequence;
  return Object.assign(made, { data, batchSizes, sortedIndices, unsortedIndices, batch });
}

/**
 * A packed sequence of parts that are known to fit: no tensor is read, so that a traced function may make one.
 * @param sizes the batch sizes
 */
export function makePacked(
  data: Tensor,
  sizes: Int32Array,
  sortedIndices: Tensor | null,
  unsortedIndices: Tensor | null,
  batch: number,
): PackedSequence {
  const batchSizes = tensor(sizes);
  const first = sizes.length === 0 ? 0 : sizes[0];
  known.set(batchSizes, { version: batchSizes.version, first, total: data.sizes[0] });
  return partsOf(data, batchSizes, sortedIndices, unsortedIndices, batch);
}

/** Rows of `x` (its first dimension) in the order of `rows`. */
export const takeRows = (x: Tensor, rows: Int32Array): Tensor => indexSelect(x, 0, tensor(rows));

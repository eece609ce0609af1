/** PackedSequence: sequences of unequal length, step by step, without padding. */
import { tensor } from '../../../ops';
import { packRows, type PaddedLayout, type Packing } from '../../../ops/joining/packed';
import { integerFrom, positiveInteger } from '../../../check';
import { anyTensor } from '../../../tensor/rules';
import { sameShape, showShape } from '../../../tensor/shape';
import type { Tensor } from '../../../tensor/tensor';

const maybeTensor = anyTensor.orNull;

/**
 * What a tensor of batch sizes was found to be at a version of its memory. Of what users may change there are copies:
 * kernels read those alone.
 */
interface Sizes {
  readonly version: number;
  readonly values: Int32Array;
  readonly copy: Tensor;
  readonly first: number;
  readonly total: number;
}

const known = new WeakMap<Tensor, Sizes>();

function remember(batchSizes: Tensor, values: Int32Array, total: number): Sizes {
  const found = {
    version: batchSizes.version,
    values,
    copy: tensor(values),
    first: values.length === 0 ? 0 : values[0],
    total,
  };
  known.set(batchSizes, found);
  return found;
}

function readSizes(operation: string, batchSizes: Tensor): Sizes {
  if (batchSizes.dtype !== 'int32' || batchSizes.ndim !== 1) {
    throw new RangeError(
      `${operation}: batchSizes must be int32 of one dimension, got ${batchSizes.dtype} ${showShape(batchSizes.sizes)}`,
    );
  }
  const sizes = batchSizes.toTypedArray<Int32Array>();
  let total = 0;
  for (let t = 0; t < sizes.length; t++) {
    positiveInteger.check(operation, `batchSizes[${t}]`, sizes[t]);
    if (t > 0 && sizes[t] > sizes[t - 1]) {
      throw new RangeError(`${operation}: batchSizes must not increase, got [${sizes.join(', ')}]`);
    }
    total += sizes[t];
  }
  return remember(batchSizes, sizes, total);
}

/** Which sequence has each place, as a tensor of unsorted indices says at a version of its memory. */
interface Order {
  readonly version: number;
  /** Null where sequence n has place n. */
  readonly values: Int32Array | null;
  readonly copy: Tensor | null;
}

const orders = new WeakMap<Tensor, Order>();

function rememberOrder(unsortedIndices: Tensor, values: Int32Array | null): Order {
  const { version } = unsortedIndices;
  const found = { version, values, copy: values === null ? null : tensor(values) };
  orders.set(unsortedIndices, found);
  return found;
}

/** The inverse of a permutation. @throws RangeError for what is none. */
function inverse(operation: string, name: string, indices: Tensor): Int32Array {
  const given = indices.toTypedArray<Int32Array>();
  const out = new Int32Array(given.length).fill(-1);
  for (let i = 0; i < given.length; i++) {
    if (out[given[i]] !== -1) {
      throw new RangeError(
        `${operation}: ${name} must hold each of 0 to ${given.length - 1} once, got ${given[i]} at ${i}`,
      );
    }
    out[given[i]] = i;
  }
  return out;
}

const sameOrder: Order = { version: 0, values: null, copy: null };

function orderOf(operation: string, { unsortedIndices }: PackedSequence): Order {
  if (unsortedIndices === null) return sameOrder;
  const before = orders.get(unsortedIndices);
  if (before?.version === unsortedIndices.version) return before;
  return rememberOrder(unsortedIndices, inverse(operation, 'unsortedIndices', unsortedIndices));
}

/**
 * The batch sizes. The elements are read only if their memory has changed since: in a traced function they have no
 * values yet.
 * @throws RangeError for batch sizes that increase, or do not sum to the rows of `data`.
 */
function checkRows(operation: string, data: Tensor, batchSizes: Tensor): Sizes {
  const before = known.get(batchSizes);
  const sizes = before?.version === batchSizes.version ? before : readSizes(operation, batchSizes);
  const { total } = sizes;
  if (data.ndim === 0 || data.sizes[0] !== total) {
    throw new RangeError(
      `${operation}: data must have ${total} rows, the sum of batchSizes, got shape ${showShape(data.sizes)}`,
    );
  }
  return sizes;
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
 * A batch of sequences of unequal length (torch.nn.utils.rnn.PackedSequence), in order of decreasing length: `data` holds the
 * first step of all of them, then the second step of those that have one, and so on. Made by `packPaddedSequence` or
 * `packSequence`, taken by RNN, LSTM and GRU.
 *
 * @throws TypeError for what are no tensors; RangeError for batch sizes that increase, or do not sum to the rows of `data`.
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
   * @param unsortedIndices int32 [N]; default the inverse of `sortedIndices`, or null without
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
    const { first: least } = checkRows(name, data, batchSizes);
    integerFrom(least).check(name, 'batch', batch ?? least);
    this.data = data;
    this.batchSizes = batchSizes;
    this.sortedIndices = sortedIndices;
    this.unsortedIndices = unsortedIndices;
    this.batch = batch ?? least;
    checkOrder(name, this);
    if (sortedIndices !== null) {
      this.unsortedIndices ??= tensor(inverse(name, 'sortedIndices', sortedIndices));
    }
  }

  /**
   * @internal Checks the parts again, which a user may have changed since; the sizes are read again only if they were.
   * @throws TypeError, RangeError as the constructor.
   */
  check(operation: string): Sizes {
    anyTensor.check(operation, 'data', this.data);
    anyTensor.check(operation, 'batchSizes', this.batchSizes);
    const sizes = checkRows(operation, this.data, this.batchSizes);
    integerFrom(sizes.first).check(operation, 'batch', this.batch);
    checkOrder(operation, this);
    return sizes;
  }

  /**
   * @internal Where the rows of `data` belong.
   * @throws TypeError, RangeError as the constructor, and for indices that are no permutation.
   */
  packing(operation: string): Packing {
    const { copy, total } = this.check(operation);
    const order = orderOf(operation, this).copy;
    return { sizes: copy, order, rows: total, batch: this.batch };
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
    return Array.from(this.lengthsFor('PackedSequence.lengths'));
  }

  /** @internal The same in the name of another operation. */
  lengthsFor(operation: string): Int32Array {
    const { values: sizes } = this.check(operation);
    const sorted = new Int32Array(this.batch);
    // Sizes fall: where they do, the sequences at these places have ended.
    for (let t = sizes.length - 1, n = 0; t >= 0; t--) {
      sorted.fill(t + 1, n, sizes[t]);
      n = sizes[t];
    }
    const order = orderOf(operation, this).values;
    if (order === null) return sorted;
    const out = new Int32Array(this.batch);
    for (let place = 0; place < order.length; place++) out[order[place]] = sorted[place];
    return out;
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
 * The packed sequence of a padded batch: no tensor is read, so that a traced function may make one.
 * @param lengths of the sequences, in the original order
 * @param falling whether the lengths fall
 * @param indexed whether it has sorted and unsorted indices
 */
export function makePacked(
  input: Tensor,
  lengths: Int32Array,
  layout: PaddedLayout,
  { falling, indexed }: { falling: boolean; indexed: boolean },
): PackedSequence {
  const batch = lengths.length;
  const order = falling ? null : sortedPlaces(lengths, layout.steps);
  const sizes = batchSizesOf(lengths, order);
  let rows = 0;
  for (let t = 0; t < sizes.length; t++) rows += sizes[t];
  const batchSizes = tensor(sizes);
  const { copy } = remember(batchSizes, sizes, rows);
  let sorted: Tensor | null = null;
  let unsorted: Tensor | null = null;
  let copyOfOrder: Tensor | null = null;
  if (indexed) {
    const places = new Int32Array(batch);
    for (let place = 0; place < batch; place++) {
      places[order === null ? place : order[place]] = place;
    }
    sorted = tensor(order ?? places);
    unsorted = tensor(places);
    copyOfOrder = rememberOrder(unsorted, order).copy;
  }
  const packing = { sizes: copy, order: copyOfOrder, rows, batch };
  return partsOf(packRows(input, packing, layout), batchSizes, sorted, unsorted, batch);
}

/** Batch sizes: how many sequences, which `order` sorts by falling length, reach each step. */
function batchSizesOf(lengths: Int32Array, order: Int32Array | null): Int32Array {
  const count = lengths.length;
  const lengthAt = (place: number): number => lengths[order === null ? place : order[place]];
  const sizes = new Int32Array(count === 0 ? 0 : lengthAt(0));
  let size = count;
  for (let t = 0; t < sizes.length; t++) {
    while (lengthAt(size - 1) <= t) size--;
    sizes[t] = size;
  }
  return sizes;
}

/** The sequence at each place, in order of decreasing length; equal lengths keep their order. */
function sortedPlaces(lengths: Int32Array, steps: number): Int32Array {
  // next[l]: the place of the next sequence of length l.
  const next = new Int32Array(steps + 1);
  for (let n = 0; n < lengths.length; n++) next[lengths[n]]++;
  for (let length = steps, before = 0; length >= 0; length--) {
    const own = next[length];
    next[length] = before;
    before += own;
  }
  const order = new Int32Array(lengths.length);
  for (let n = 0; n < lengths.length; n++) order[next[lengths[n]]++] = n;
  return order;
}

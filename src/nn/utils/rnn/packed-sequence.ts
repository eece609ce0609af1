/** PackedSequence: sequences of unequal length, step by step, without padding. */
import { tensor } from '../../../ops';
import { packRows, type PaddedLayout, type Packing } from '../../../ops/joining/packed';
import { integerFrom, markCopy, positiveInteger, surplus } from '../../../check';
import type { TypedArray } from '../../../tensor/dtype';
import { anyTensor } from '../../../tensor/rules';
import { sameShape, showShape } from '../../../tensor/shape';
import { sizesOf, elementsOf, empty, type Tensor } from '../../../tensor/tensor';

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

function remember(batchSizes: Tensor, sizes: Int32Array, total: number): Sizes {
  const { copy, values } = copyOf(sizes);
  const found = {
    version: batchSizes.version,
    values,
    copy,
    first: values.length === 0 ? 0 : values[0],
    total,
  };
  known.set(batchSizes, found);
  return found;
}

function readSizes(operation: string, batchSizes: Tensor): Sizes {
  if (batchSizes.dtype !== 'int32' || batchSizes.ndim !== 1) {
    throw new RangeError(
      `${operation}: batchSizes must be int32 of one dimension, got ${batchSizes.dtype} ${showShape(sizesOf(batchSizes))}`,
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

/** A tensor that no user sees, and its elements. */
function copyOf(given: ArrayLike<number>): { copy: Tensor; values: Int32Array } {
  const copy = empty([given.length], 'int32');
  const values = elementsOf(copy, given.length) as Int32Array;
  values.set(given);
  return { copy, values };
}

/** Which sequence has each place, as a tensor of unsorted indices says at a version of its memory. */
interface Order {
  readonly version: number;
  /** Null where sequence n has place n. */
  readonly values: Int32Array | null;
  readonly copy: Tensor | null;
}

const orders = new WeakMap<Tensor, Order>();

const sameOrder: Order = { version: 0, values: null, copy: null };

function rememberOrder(unsortedIndices: Tensor, order: ArrayLike<number> | null): Order {
  const { version } = unsortedIndices;
  const found: Order = order === null ? { ...sameOrder, version } : { version, ...copyOf(order) };
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
  if (data.ndim === 0 || sizesOf(data)[0] !== total) {
    throw new RangeError(
      `${operation}: data must have ${total} rows, the sum of batchSizes, got shape ${showShape(sizesOf(data))}`,
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
    if (indices.dtype !== 'int32' || !sameShape(sizesOf(indices), [batch])) {
      throw new RangeError(
        `${operation}: ${which} must be int32 [${batch}], got ${indices.dtype} ${showShape(sizesOf(indices))}`,
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
    if (arguments.length > 5) surplus('PackedSequence', arguments, 5, 'batch');

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
    if (arguments.length > 1) surplus('PackedSequence.withData', arguments, 1, 'data');

    anyTensor.check('PackedSequence.withData', 'data', data);
    if (sizesOf(data)[0] !== sizesOf(this.data)[0]) {
      throw new RangeError(
        `PackedSequence.withData: data must have ${sizesOf(this.data)[0]} rows, got shape ${showShape(sizesOf(data))}`,
      );
    }
    const { batchSizes, sortedIndices, unsortedIndices, batch } = this;
    return partsOf(data, batchSizes, sortedIndices, unsortedIndices, batch);
  }

  /** The length of each sequence, in the original order. */
  lengths(): number[] {
    if (arguments.length > 0) surplus('PackedSequence.lengths', arguments, 0);

    const lengths = new Int32Array(this.batch);
    this.putLengths('PackedSequence.lengths', lengths);
    return Array.from(lengths);
  }

  /** @internal Puts them into `out`, in the name of another operation. */
  putLengths(operation: string, out: TypedArray): void {
    const { values: sizes } = this.check(operation);
    const order = orderOf(operation, this).values;
    const sorted = order === null ? out : new Int32Array(this.batch);
    // Sizes fall: where they do, the sequences at these places have ended.
    for (let t = sizes.length - 1, n = 0; t >= 0; t--) {
      sorted.fill(t + 1, n, sizes[t]);
      n = sizes[t];
    }
    sorted.fill(0, sizes.length === 0 ? 0 : sizes[0]);
    if (order === null) return;
    for (let place = 0; place < order.length; place++) out[order[place]] = sorted[place];
  }
}

markCopy(PackedSequence, 'PackedSequence');

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
 * @param falling `endsOfFalling` of the lengths
 * @param indexed whether it has sorted and unsorted indices
 */
export function makePacked(
  input: Tensor,
  lengths: Int32Array,
  layout: PaddedLayout,
  { falling, indexed }: { falling: Int32Array | null; indexed: boolean },
): PackedSequence {
  const batch = lengths.length;
  const ends = falling ?? endsOf(lengths, layout.steps);
  const sizes = batchSizesOf(ends);
  let rows = 0;
  for (let t = 0; t < sizes.length; t++) rows += sizes[t];
  const batchSizes = tensor(sizes);
  const { copy } = remember(batchSizes, sizes, rows);
  let sorted: Tensor | null = null;
  let unsorted: Tensor | null = null;
  let order: Tensor | null = null;
  if (indexed) {
    sorted = empty([batch], 'int32');
    unsorted = empty([batch], 'int32');
    sort(
      lengths,
      falling === null ? ends : null,
      elementsOf(sorted, batch),
      elementsOf(unsorted, batch),
    );
    order = rememberOrder(unsorted, falling === null ? elementsOf(sorted, batch) : null).copy;
  }
  const packing = { sizes: copy, order, rows, batch };
  return partsOf(packRows(input, packing, layout), batchSizes, sorted, unsorted, batch);
}

/**
 * ends[l]: how many sequences are longer than l, which is where those of length l begin once they are sorted; l = 0 … steps.
 * Null where lengths do not fall.
 */
export function endsOfFalling(lengths: Int32Array, steps: number): Int32Array | null {
  const ends = new Int32Array(steps + 1);
  let before = steps;
  for (let n = 0; n < lengths.length; n++) {
    const length = lengths[n];
    if (length === before) continue;
    if (length > before) return null;
    ends.fill(n, length, before);
    before = length;
  }
  ends.fill(lengths.length, 0, before);
  return ends;
}

// Not for lengths that fall: counting equal ones in a row waits for each count to be stored.
function endsOf(lengths: Int32Array, steps: number): Int32Array {
  const ends = new Int32Array(steps + 1);
  for (let n = 0; n < lengths.length; n++) ends[lengths[n]]++;
  for (let length = steps, longer = 0; length >= 0; length--) {
    const own = ends[length];
    ends[length] = longer;
    longer += own;
  }
  return ends;
}

/** How many sequences have each step. */
function batchSizesOf(ends: Int32Array): Int32Array {
  let longest = ends.length - 1;
  while (longest > 0 && ends[longest - 1] === 0) longest--;
  return ends.slice(0, longest);
}

/**
 * sorted[place] = n and unsorted[n] = place, in order of decreasing length; equal lengths keep their order.
 * @param next of each length the place of its first sequence, counted on here; null where lengths fall
 */
function sort(
  lengths: Int32Array,
  next: Int32Array | null,
  sorted: TypedArray,
  unsorted: TypedArray,
): void {
  for (let n = 0; n < lengths.length; n++) {
    const place = next === null ? n : next[lengths[n]]++;
    sorted[place] = n;
    unsorted[n] = place;
  }
}

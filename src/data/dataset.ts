/** Datasets: what a loader takes samples from (torch.utils.data). */
import {
  arrayOf,
  count,
  integer,
  isArray,
  isInstance,
  iterableOf,
  nonNegative,
  refuse,
  rule,
  type Rule,
  hideRefusal,
  uncloneable,
  surplus,
} from '../check';
import { generatorOf, type DrawOptions } from '../random/generator';
import { randperm } from '../random';
import { showShape } from '../tensor/shape';
import { anyTensor, isTensor } from '../tensor/rules';
import { sizesOf, type Tensor } from '../tensor/tensor';

const refusal = uncloneable(
  'a dataset: deepcopy(dataset) copies it; for another thread send what it is made of, tensors as io.toMessage(x)',
);

/**
 * Samples by index (torch.utils.data.Dataset). A subclass says how many there are and gives the i-th.
 * @example
 * class Squares extends data.Dataset<[number, number]> {
 *   length = 10;
 *   get(i: number): [number, number] { return [i, i * i]; }
 * }
 * for (const [x, y] of new Squares()) y === x * x; // true
 */
export abstract class Dataset<Sample = unknown> implements Iterable<Sample> {
  // Nominal: what merely has the same members is none.
  declare private readonly isDataset: true;
  /** @internal */
  readonly refusal = refusal;
  /** Number of samples. */
  abstract readonly length: number;

  constructor() {
    // A subclass without a constructor hands over its own arguments, which are the subclass's affair.
    if (arguments.length > 0 && new.target === Dataset) surplus('Dataset', arguments, 0);
  }

  /** Sample i, 0 ≤ i < length. */
  abstract get(i: number): Sample;

  /** The samples in their order. */
  *[Symbol.iterator](): Generator<Sample, void> {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }
}

/**
 * Samples one after another, of which the number need not be known (torch.utils.data.IterableDataset).
 * @example
 * class Countdown extends data.IterableDataset<number> {
 *   *[Symbol.iterator]() { for (let i = 3; i > 0; i--) yield i; }
 * }
 * for (const batch of new data.DataLoader(new Countdown(), { batchSize: 2 })) batch; // [3, 2], [1]
 */
export abstract class IterableDataset<Sample = unknown> implements Iterable<Sample> {
  // Not any iterable: a Map or a text has an order, but nobody says that its parts are samples.
  declare private readonly isIterableDataset: true;
  /** @internal */
  readonly refusal = refusal;
  constructor() {
    if (arguments.length > 0 && new.target === IterableDataset) {
      surplus('IterableDataset', arguments, 0);
    }
  }

  /** The samples. */
  abstract [Symbol.iterator](): Iterator<Sample>;
}

/** A dataset, or an array of samples (torch.utils.data takes lists too). */
export type Samples<Sample> = Dataset<Sample> | readonly Sample[];

/** An array as a dataset: what is put into it later counts. */
class ArrayDataset<Sample> extends Dataset<Sample> {
  constructor(private readonly samples: readonly Sample[]) {
    super();
  }
  get length(): number {
    return this.samples.length;
  }
  get(i: number): Sample {
    checkSample('Dataset.get', i, this.length);
    return this.samples[i];
  }
}

/** The numbers of a 1-dimensional tensor, where one is given in place of a list of them. */
export const numbersOf = (given: Iterable<number> | Tensor): unknown =>
  isTensor(given) && given.ndim === 1 ? given.toTypedArray() : given;

const samplesRule = (must: string): Rule<Samples<unknown>> =>
  rule(must, (value) => isInstance(value, Dataset) || isArray(value));
const anySamples = samplesRule('a Dataset or an array');
/** What a loader takes besides an IterableDataset. */
export const loadable = samplesRule('a Dataset, an IterableDataset or an array of samples');

/** The dataset that was given, or that of an array. @throws TypeError for anything else. */
export function datasetOf<Sample>(
  operation: string,
  samples: Samples<Sample>,
  accepted = anySamples,
): Dataset<Sample> {
  accepted.check(operation, 'dataset', samples);
  if (isArray(samples)) return new ArrayDataset(samples);
  const { get, length } = samples as { get: unknown; length: unknown };
  if (typeof get !== 'function') refuse(operation, "dataset's get", 'a method', get);
  count.check(operation, "dataset's length", length);
  return samples;
}

/** @throws RangeError unless i is an integer of 0 … length − 1. */
export function checkSample(operation: string, i: number, length: number): void {
  integer.check(operation, 'index', i);
  if (i < 0 || i >= length) {
    throw new RangeError(`${operation}: sample ${i} is out of range for ${length} samples`);
  }
}

/** As many tensors as there are items. */
type TensorsOf<Items extends readonly unknown[]> = { -readonly [K in keyof Items]: Tensor };

/**
 * Tensors cut along their first dimension (torch.utils.data.TensorDataset): sample i is the i-th row of each.
 * @throws TypeError for what is no tensor; RangeError when the tensors differ in their first size.
 * @example
 * const pairs = new data.TensorDataset(randn([10, 3]), arange(10));
 * const [x, y] = pairs.get(2); // [3], []
 */
export class TensorDataset<Tensors extends readonly Tensor[] = Tensor[]> extends Dataset<
  TensorsOf<Tensors>
> {
  /** Number of samples: the first size. */
  readonly length: number;
  /** What is cut. */
  readonly tensors: readonly Tensor[];

  /** @param tensors [length, …], each */
  constructor(...tensors: Tensors) {
    super();
    if (tensors.length === 0) throw new RangeError('TensorDataset: takes at least one tensor');
    for (const [i, x] of tensors.entries()) {
      anyTensor.check('TensorDataset', `tensor ${i}`, x);
      if (x.ndim === 0) {
        throw new RangeError(`TensorDataset: tensor ${i} has no dimension to cut along`);
      }
      if (sizesOf(x)[0] !== sizesOf(tensors[0])[0]) {
        throw new RangeError(
          `TensorDataset: tensors must have the same first size: tensor 0 is ${showShape(sizesOf(tensors[0]))}, tensor ${i} is ${showShape(sizesOf(x))}`,
        );
      }
    }
    this.tensors = tensors;
    this.length = sizesOf(tensors[0])[0];
  }

  /**
   * Row i of each tensor; they share memory.
   * @throws RangeError when there is none.
   */
  get(i: number): TensorsOf<Tensors> {
    if (arguments.length > 1) surplus('TensorDataset.get', arguments, 1, 'i');
    checkSample('TensorDataset.get', i, this.length);
    return this.tensors.map((x) => x.select(0, i)) as TensorsOf<Tensors>;
  }
}

const anyDatasets = iterableOf(anySamples, 'datasets');

/**
 * Datasets one after another (torch.utils.data.ConcatDataset).
 * @throws TypeError for what are no datasets; RangeError when there are none.
 * @example
 * const part = new data.TensorDataset(randn([10, 3]));
 * new data.ConcatDataset([part, part]).length; // 20
 */
export class ConcatDataset<Sample> extends Dataset<Sample> {
  /** Number of samples in all. */
  readonly length: number;
  /** The parts. */
  readonly datasets: readonly Dataset<Sample>[];

  constructor(datasets: Iterable<Samples<Sample>>) {
    if (arguments.length > 1) surplus('ConcatDataset', arguments, 1, 'datasets');
    super();
    if (isInstance(datasets, Dataset)) {
      refuse('ConcatDataset', 'datasets', 'several datasets in an array', datasets);
    }
    const given = anyDatasets.check('ConcatDataset', 'datasets', datasets) as Samples<Sample>[];
    this.datasets = given.map((part) => datasetOf('ConcatDataset', part));
    if (this.datasets.length === 0) {
      throw new RangeError('ConcatDataset: takes at least one dataset');
    }
    this.length = this.datasets.reduce((sum, dataset) => sum + dataset.length, 0);
  }

  /**
   * Sample i, counted through all parts.
   * @throws RangeError when there is none.
   */
  get(i: number): Sample {
    if (arguments.length > 1) surplus('ConcatDataset.get', arguments, 1, 'i');
    checkSample('ConcatDataset.get', i, this.length);
    let at = i;
    for (const dataset of this.datasets) {
      if (at < dataset.length) return dataset.get(at);
      at -= dataset.length;
    }
    throw new Error('ConcatDataset.get: the length of a dataset has changed');
  }
}

/** The samples of several datasets, side by side. */
type SideBySide<Parts extends readonly unknown[]> = {
  -readonly [K in keyof Parts]: Parts[K] extends Samples<infer Sample> ? Sample : never;
};

/**
 * Datasets side by side (torch.utils.data.StackDataset): sample i is the i-th of each.
 * @throws TypeError for what are no datasets; RangeError when there are none, or when they differ in length.
 * @example
 * const inputs = new data.WindowDataset(randn([10, 3]), 4);
 * new data.StackDataset(inputs, [0, 1, 0, 1, 0, 1]).get(0); // [[[4, 3], [1, 3]], 0]
 */
export class StackDataset<const Parts extends readonly Samples<unknown>[]> extends Dataset<
  SideBySide<Parts>
> {
  /** Number of samples: that of each dataset. */
  readonly length: number;
  /** The datasets. */
  readonly datasets: readonly Dataset<unknown>[];

  /** @param datasets of one length */
  constructor(...datasets: Parts) {
    super();
    if (datasets.length === 0) throw new RangeError('StackDataset: takes at least one dataset');
    this.datasets = datasets.map((part) => datasetOf('StackDataset', part));
    this.length = this.datasets[0].length;
    for (const [i, part] of this.datasets.entries()) {
      if (part.length !== this.length) {
        throw new RangeError(
          `StackDataset: datasets must have the same length: dataset 0 has ${this.length} samples, dataset ${i} has ${part.length}`,
        );
      }
    }
  }

  /**
   * Sample i of each dataset.
   * @throws RangeError when there is none.
   */
  get(i: number): SideBySide<Parts> {
    if (arguments.length > 1) surplus('StackDataset.get', arguments, 1, 'i');
    checkSample('StackDataset.get', i, this.length);
    return this.datasets.map((part) => part.get(i)) as SideBySide<Parts>;
  }
}

const anyStreams = iterableOf(
  rule<IterableDataset>('an IterableDataset', (value) => isInstance(value, IterableDataset)),
  'datasets',
);

/**
 * Iterable datasets one after another (torch.utils.data.ChainDataset).
 * @throws TypeError for what are no iterable datasets.
 * @example
 * class Countdown extends data.IterableDataset<number> {
 *   *[Symbol.iterator]() { for (let i = 3; i > 0; i--) yield i; }
 * }
 * [...new data.ChainDataset([new Countdown(), new Countdown()])]; // [3, 2, 1, 3, 2, 1]
 */
export class ChainDataset<Sample> extends IterableDataset<Sample> {
  /** The parts. */
  readonly datasets: readonly IterableDataset<Sample>[];

  /** @param datasets one after another */
  constructor(datasets: Iterable<IterableDataset<Sample>>) {
    if (arguments.length > 1) surplus('ChainDataset', arguments, 1, 'datasets');
    super();
    this.datasets = anyStreams.check(
      'ChainDataset',
      'datasets',
      datasets,
    ) as IterableDataset<Sample>[];
  }

  /** The samples. */
  *[Symbol.iterator](): Generator<Sample, void> {
    for (const part of this.datasets) yield* part;
  }
}

const anyIndices = iterableOf(integer, 'indices');

/**
 * Some samples of a dataset, by their indices (torch.utils.data.Subset).
 * @throws TypeError for what is no dataset or no indices; RangeError for an index that the dataset does not have.
 * @example
 * const whole = new data.TensorDataset(arange(10));
 * new data.Subset(whole, [3, 5]).get(1); // [5]
 */
export class Subset<Sample> extends Dataset<Sample> {
  /** Number of samples. */
  readonly length: number;
  /** Which samples of the dataset. */
  readonly indices: readonly number[];

  /** Whose samples. */
  readonly dataset: Dataset<Sample>;

  /**
   * @param dataset whose samples
   * @param indices which of them; a list or a tensor [n]
   */
  constructor(dataset: Samples<Sample>, indices: Iterable<number> | Tensor) {
    if (arguments.length > 2) surplus('Subset', arguments, 2, 'indices');
    super();
    this.dataset = datasetOf('Subset', dataset);
    this.indices = anyIndices.check('Subset', 'indices', numbersOf(indices));
    for (const i of this.indices) checkSample('Subset', i, dataset.length);
    this.length = this.indices.length;
  }

  /**
   * Sample `indices[i]` of the dataset.
   * @throws RangeError when there is none.
   */
  get(i: number): Sample {
    if (arguments.length > 1) surplus('Subset.get', arguments, 1, 'i');
    checkSample('Subset.get', i, this.length);
    return this.dataset.get(this.indices[i]);
  }
}

const anyLengths = arrayOf(nonNegative, 'an array of lengths or fractions');

/** Lengths out of fractions that sum to 1: rounded down, the remainder one by one from the first part on. */
function lengthsOfFractions(fractions: readonly number[], total: number): number[] {
  const lengths = fractions.map((share) => Math.floor(total * share));
  const left = total - lengths.reduce((a, b) => a + b, 0);
  for (let i = 0; i < left; i++) lengths[i % lengths.length]++;
  return lengths;
}

/**
 * Splits a dataset at random into parts (torch.utils.data.random_split): PyTorch's parts for the same seed.
 * @param parts sizes that sum to the dataset's length, or fractions that sum to 1
 * @throws TypeError for what is no dataset, no lengths, no option; RangeError when the lengths do not fit.
 * @example
 * const dataset = new data.TensorDataset(arange(10));
 * const [train, test] = data.randomSplit(dataset, [0.8, 0.2]);
 */
export function randomSplit<Sample, const Parts extends readonly number[] = readonly number[]>(
  dataset: Samples<Sample>,
  parts: Parts,
  options?: DrawOptions,
): { -readonly [K in keyof Parts]: Subset<Sample> } {
  if (arguments.length > 3) surplus('randomSplit', arguments, 3, 'options');
  const drawn = generatorOf('randomSplit', options);
  const whole = datasetOf('randomSplit', dataset);
  const lengths = anyLengths.check('randomSplit', 'lengths', parts);
  const sum = lengths.reduce((a, b) => a + b, 0);
  const fractions = Math.abs(sum - 1) < 1e-6 && sum <= 1 + 1e-9;
  if (fractions && lengths.some((share) => !(share >= 0 && share <= 1))) {
    throw new RangeError(`randomSplit: fractions must be from 0 to 1, got [${lengths.join(', ')}]`);
  }
  const sizes = fractions ? lengthsOfFractions(lengths, whole.length) : lengths;
  if (sizes.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new RangeError(
      `randomSplit: lengths must be integers of at least 0, or fractions that sum to 1, got [${lengths.join(', ')}]`,
    );
  }
  if (sizes.reduce((a, b) => a + b, 0) !== whole.length) {
    throw new RangeError(
      `randomSplit: lengths [${lengths.join(', ')}] sum to ${sum}, but the dataset has ${whole.length} samples`,
    );
  }
  const order = [...randperm(whole.length, { generator: drawn }).toTypedArray()];
  let at = 0;
  const subsets = sizes.map((size) => new Subset(whole, order.slice(at, (at += size))));
  return subsets as { -readonly [K in keyof Parts]: Subset<Sample> };
}

hideRefusal(Dataset, IterableDataset);

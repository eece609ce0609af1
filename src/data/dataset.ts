/** Datasets: what a loader takes samples from (torch.utils.data). */
import { generatorOf, type DrawOptions } from '../random/generator';
import { randperm } from '../random';
import { showShape } from '../tensor/shape';
import { Tensor } from '../tensor/tensor';

/**
 * Samples by index (torch.utils.data.Dataset). A subclass says how many there are and gives the i-th.
 * @example
 * class Squares extends data.Dataset<[number, number]> {
 *   length = 10;
 *   get(i: number): [number, number] { return [i, i * i]; }
 * }
 */
export abstract class Dataset<Sample = unknown> {
  /** Number of samples. */
  abstract readonly length: number;
  /** Sample i, 0 ≤ i < length. */
  abstract get(i: number): Sample;
}

/** Samples one after another, of which the number need not be known (torch.utils.data.IterableDataset). */
export abstract class IterableDataset<Sample = unknown> implements Iterable<Sample> {
  abstract [Symbol.iterator](): Iterator<Sample>;
}

/** @throws RangeError unless i is an integer of 0 … length − 1. */
export function checkSample(operation: string, i: number, length: number): void {
  if (!Number.isInteger(i) || i < 0 || i >= length) {
    throw new RangeError(`${operation}: sample ${i} is out of range for ${length} samples`);
  }
}

/** Tensors cut along their first dimension (torch.utils.data.TensorDataset): sample i is the i-th row of each. */
export class TensorDataset extends Dataset<Tensor[]> {
  readonly length: number;
  readonly tensors: readonly Tensor[];

  /** @throws RangeError when the tensors differ in their first size. */
  constructor(...tensors: Tensor[]) {
    super();
    if (tensors.length === 0) throw new RangeError('TensorDataset: takes at least one tensor');
    for (const [i, x] of tensors.entries()) {
      if (!(x instanceof Tensor)) {
        throw new TypeError(`TensorDataset: argument ${i} must be a Tensor, got ${typeof x}`);
      }
      if (x.ndim === 0) {
        throw new RangeError(`TensorDataset: tensor ${i} has no dimension to cut along`);
      }
      if (x.shape[0] !== tensors[0].shape[0]) {
        throw new RangeError(
          `TensorDataset: tensors must have the same first size: tensor 0 is ${showShape(tensors[0].shape)}, tensor ${i} is ${showShape(x.shape)}`,
        );
      }
    }
    this.tensors = tensors;
    this.length = tensors[0].shape[0];
  }

  get(i: number): Tensor[] {
    checkSample('TensorDataset.get', i, this.length);
    return this.tensors.map((x) => x.select(0, i));
  }
}

/** Datasets one after another (torch.utils.data.ConcatDataset). */
export class ConcatDataset<Sample> extends Dataset<Sample> {
  readonly length: number;
  readonly datasets: readonly Dataset<Sample>[];

  constructor(datasets: Iterable<Dataset<Sample>>) {
    super();
    this.datasets = [...datasets];
    if (this.datasets.length === 0) {
      throw new RangeError('ConcatDataset: takes at least one dataset');
    }
    this.length = this.datasets.reduce((sum, dataset) => sum + dataset.length, 0);
  }

  get(i: number): Sample {
    checkSample('ConcatDataset.get', i, this.length);
    let at = i;
    for (const dataset of this.datasets) {
      if (at < dataset.length) return dataset.get(at);
      at -= dataset.length;
    }
    throw new Error('internal: the lengths of the datasets changed');
  }
}

/** Some samples of a dataset, by their indices (torch.utils.data.Subset). */
export class Subset<Sample> extends Dataset<Sample> {
  readonly length: number;
  readonly indices: readonly number[];

  /** @throws RangeError for an index that the dataset does not have. */
  constructor(
    readonly dataset: Dataset<Sample>,
    indices: Iterable<number>,
  ) {
    super();
    this.indices = [...indices];
    for (const i of this.indices) checkSample('Subset', i, dataset.length);
    this.length = this.indices.length;
  }

  get(i: number): Sample {
    checkSample('Subset.get', i, this.length);
    return this.dataset.get(this.indices[i]);
  }
}

/** Lengths out of fractions that sum to 1: rounded down, what is left goes round from the first on. */
function lengthsOfFractions(fractions: readonly number[], total: number): number[] {
  const lengths = fractions.map((share) => Math.floor(total * share));
  const left = total - lengths.reduce((a, b) => a + b, 0);
  for (let i = 0; i < left; i++) lengths[i % lengths.length]++;
  return lengths;
}

/**
 * Splits a dataset at random into parts (torch.utils.data.random_split): PyTorch's parts for the same seed.
 * @param lengths sizes that sum to the dataset's length, or fractions that sum to 1
 * @throws RangeError when they do not.
 * @example const [train, test] = data.randomSplit(dataset, [0.8, 0.2]);
 */
export function randomSplit<Sample>(
  dataset: Dataset<Sample>,
  lengths: readonly number[],
  options?: DrawOptions,
): Subset<Sample>[] {
  const drawn = generatorOf('randomSplit', options);
  const sum = lengths.reduce((a, b) => a + b, 0);
  const fractions = Math.abs(sum - 1) < 1e-6 && sum <= 1 + 1e-9;
  if (fractions && lengths.some((share) => !(share >= 0 && share <= 1))) {
    throw new RangeError(`randomSplit: fractions must be from 0 to 1, got [${lengths.join(', ')}]`);
  }
  const sizes = fractions ? lengthsOfFractions(lengths, dataset.length) : lengths;
  if (sizes.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new RangeError(
      `randomSplit: lengths must be integers of at least 0, or fractions that sum to 1, got [${lengths.join(', ')}]`,
    );
  }
  if (sizes.reduce((a, b) => a + b, 0) !== dataset.length) {
    throw new RangeError(
      `randomSplit: lengths [${lengths.join(', ')}] sum to ${sum}, but the dataset has ${dataset.length} samples`,
    );
  }
  const order = [...randperm(dataset.length, { generator: drawn }).toTypedArray()];
  let at = 0;
  return sizes.map((size) => new Subset(dataset, order.slice(at, (at += size))));
}

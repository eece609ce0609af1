/** DataLoader: batches of a dataset, in order or shuffled as PyTorch shuffles (torch.utils.data.DataLoader). */
import { loaderSeed, type Generator } from '../random/generator';
import type { Tensor } from '../tensor/tensor';
import { defaultCollate } from './collate';
import { Dataset, IterableDataset } from './dataset';
import {
  BatchSampler,
  checkBatchSize,
  RandomSampler,
  SequentialSampler,
  type Sampler,
} from './sampler';

export interface DataLoaderOptions<Sample, Batch> {
  /** Samples in a batch. Default 1. */
  batchSize?: number;
  /** A new random order in each pass. Default false. */
  shuffle?: boolean;
  /** Leave out a last batch that is not full. Default false. */
  dropLast?: boolean;
  /** The order of samples; not together with `shuffle`. */
  sampler?: Sampler;
  /** The batches themselves; not together with batchSize, shuffle, dropLast or sampler. */
  batchSampler?: Sampler<readonly number[]>;
  /** Makes a batch of samples. Default: `defaultCollate`. */
  collateFn?: (samples: Sample[]) => Batch;
  /** Where the order of a shuffling loader comes from. */
  generator?: Generator;
}

/** What the default collating makes of a sample: tensors for tensors and numbers, part by part. */
export type Collated<Sample> = Sample extends readonly unknown[]
  ? { [K in keyof Sample]: Collated<Sample[K]> }
  : Sample extends number | boolean
    ? Tensor
    : Sample extends string
      ? string[]
      : Sample;

/**
 * Iterates over a dataset in batches.
 * @throws RangeError for an empty dataset or sizes out of range; TypeError for options that exclude each other.
 * @example
 * const loader = new data.DataLoader(new data.TensorDataset(x, y), { batchSize: 4, shuffle: true });
 * for (const [xs, ys] of loader) train(xs, ys);
 */
export class DataLoader<Sample, Batch = Collated<Sample>> implements Iterable<Batch> {
  readonly batchSize: number;
  readonly #dataset: Dataset<Sample> | IterableDataset<Sample>;
  readonly #batches: Sampler<readonly number[]> | null;
  readonly #dropLast: boolean;
  readonly #collate: (samples: Sample[]) => Batch;
  readonly #generator: Generator | undefined;

  constructor(
    dataset: Dataset<Sample> | IterableDataset<Sample>,
    options: DataLoaderOptions<Sample, Batch> = {},
  ) {
    const { batchSize = 1, shuffle = false, dropLast = false, sampler, batchSampler } = options;
    checkBatchSize('DataLoader', batchSize);
    this.#dataset = dataset;
    this.batchSize = batchSize;
    this.#dropLast = dropLast;
    this.#collate =
      options.collateFn ??
      (defaultCollate as (samples: readonly Sample[]) => unknown as (samples: Sample[]) => Batch);
    this.#generator = options.generator;
    if (dataset instanceof IterableDataset) {
      if (shuffle || sampler !== undefined || batchSampler !== undefined) {
        throw new TypeError(
          'DataLoader: an IterableDataset has an order of its own; leave out shuffle, sampler and batchSampler',
        );
      }
      this.#batches = null;
      return;
    }
    if (!(dataset instanceof Dataset)) {
      throw new TypeError(
        'DataLoader: the dataset must be a Dataset or an IterableDataset; extend one of them',
      );
    }
    if (dataset.length === 0) throw new RangeError('DataLoader: the dataset is empty');
    if (batchSampler !== undefined) {
      if (options.batchSize !== undefined || shuffle || dropLast || sampler !== undefined) {
        throw new TypeError(
          'DataLoader: batchSampler decides the batches; leave out batchSize, shuffle, sampler and dropLast',
        );
      }
      this.#batches = batchSampler;
      return;
    }
    if (shuffle && sampler !== undefined) {
      throw new TypeError('DataLoader: give either shuffle or a sampler, not both');
    }
    const order =
      sampler ??
      (shuffle
        ? new RandomSampler(dataset, { generator: options.generator })
        : new SequentialSampler(dataset));
    this.#batches = new BatchSampler(order, batchSize, dropLast);
  }

  /**
   * Batches in one pass.
   * @throws TypeError for an IterableDataset, whose length nobody knows.
   */
  get length(): number {
    if (this.#batches === null) {
      throw new TypeError('DataLoader.length: an IterableDataset does not say how long it is');
    }
    return this.#batches.length;
  }

  *[Symbol.iterator](): globalThis.Generator<Batch, void> {
    // PyTorch draws a seed for its worker processes here; the order that follows depends on it.
    loaderSeed(this.#generator);
    if (this.#batches !== null) {
      const dataset = this.#dataset as Dataset<Sample>;
      for (const batch of this.#batches) yield this.#collate(batch.map((i) => dataset.get(i)));
      return;
    }
    let samples: Sample[] = [];
    for (const sample of this.#dataset as IterableDataset<Sample>) {
      samples.push(sample);
      if (samples.length === this.batchSize) {
        yield this.#collate(samples);
        samples = [];
      }
    }
    if (samples.length > 0 && !this.#dropLast) yield this.#collate(samples);
  }
}

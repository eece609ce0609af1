/** DataLoader: batches of a dataset, in order or shuffled as PyTorch shuffles (torch.utils.data.DataLoader). */
import {
  boolean,
  functionOf,
  hideRefusal,
  isArray,
  isInstance,
  markCopy,
  optionsTable,
  positiveInteger,
  refuse,
  rule,
  surplus,
  uncloneable,
} from '../check';
import { drawFields, loaderSeed, Generator } from '../random/generator';
import type { Tensor } from '../tensor/tensor';
import { defaultCollate } from './collate';
import { datasetOf, IterableDataset, loadable, type Dataset, type Samples } from './dataset';
import {
  anySampler,
  BatchSampler,
  RandomSampler,
  SequentialSampler,
  type Sampler,
} from './sampler';
import { deepcopy, refuseCopy, type Copying } from '../tensor/deepcopy';

const refusal = uncloneable('a DataLoader: make one in the other thread');

/** Options of `DataLoader`. */
export interface DataLoaderOptions<Sample, Batch> {
  /** Samples in a batch. Default: 1. */
  batchSize?: number;
  /** A new random order in each pass. Default: false. */
  shuffle?: boolean;
  /** Leave out a last batch that is not full. Default: false. */
  dropLast?: boolean;
  /** The order of samples; not together with `shuffle`. Default: 0, 1, 2, … */
  sampler?: Sampler;
  /** The batches themselves; not together with batchSize, shuffle, dropLast or sampler. Default: none. */
  batchSampler?: Sampler<readonly number[]>;
  /** Makes a batch of samples. Default: `defaultCollate`. */
  collateFn?: (samples: Sample[]) => Batch;
  /** Where the order of a shuffling loader comes from. Default: the default generator. */
  generator?: Generator;
  /** Processes that make batches: none, for they are made in this thread. Default: 0. */
  numWorkers?: 0;
}

/** What the default collating makes of a sample: tensors for tensors and numbers, part by part of arrays and objects. */
export type Collated<Sample> = unknown extends Sample
  ? Sample
  : Sample extends Tensor | ArrayBufferView | number | boolean
    ? Tensor
    : Sample extends string
      ? string[]
      : Sample extends Whole
        ? Sample[]
        : { [K in keyof Sample]: Collated<Sample[K]> };

/** What is neither a number nor has parts: it stays as it is, in an array. */
export type Whole =
  | bigint
  | symbol
  | null
  | undefined
  | Date
  | RegExp
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | ((...args: never[]) => unknown);

const noWorkers = rule<0>('0: batches are made in this thread', (value) => value === 0);

const loaderOptions = optionsTable<
  DataLoaderOptions<unknown, unknown>,
  'batchSize' | 'sampler' | 'batchSampler' | 'collateFn' | 'generator'
>('DataLoader', {
  batchSize: positiveInteger.optional,
  shuffle: boolean.or(false),
  dropLast: boolean.or(false),
  sampler: anySampler.optional,
  batchSampler: anySampler.optional,
  collateFn: functionOf<(samples: unknown[]) => unknown>().optional,
  ...drawFields,
  numWorkers: noWorkers.or(0),
});

/**
 * Iterates over a dataset, or an array of samples, in batches.
 * @throws TypeError for what is no dataset or no option, and for options that exclude each other; RangeError for an empty
 * dataset or a size out of range.
 * @example
 * const pairs = new data.TensorDataset(randn([10, 3]), randn([10, 1]));
 * const loader = new data.DataLoader(pairs, { batchSize: 4, shuffle: true });
 * for (const [x, y] of loader) x.shape; // [4, 3], [4, 3], [2, 3]
 */
export class DataLoader<Sample, Batch = Collated<Sample>> implements Iterable<Batch> {
  /** @internal */
  readonly refusal = refusal;
  /** Samples in a batch. */
  readonly batchSize: number;
  readonly #dataset: Dataset<Sample> | IterableDataset<Sample>;
  readonly #given: Samples<Sample> | IterableDataset<Sample>;
  readonly #batches: Sampler<readonly number[]> | null;
  readonly #sampler: Sampler | null;
  readonly #dropLast: boolean;
  readonly #collate: (samples: Sample[]) => Batch;
  readonly #generator: Generator | undefined;

  constructor(
    dataset: Samples<Sample> | IterableDataset<Sample>,
    options?: DataLoaderOptions<Sample, Batch>,
  ) {
    if (arguments.length > 2) surplus('DataLoader', arguments, 2, 'options');
    const read = loaderOptions.read(options as DataLoaderOptions<unknown, unknown>);
    const { batchSize = 1, shuffle, dropLast, generator } = read;
    const { sampler, batchSampler } = read as DataLoaderOptions<Sample, Batch>;
    this.batchSize = batchSize;
    this.#dropLast = dropLast;
    this.#collate = (read.collateFn ?? defaultCollate) as (samples: Sample[]) => Batch;
    this.#generator = generator;
    this.#given = dataset;
    if (isInstance(dataset, IterableDataset)) {
      const { [Symbol.iterator]: iterator } = dataset as Partial<Iterable<Sample>>;
      if (typeof iterator !== 'function') {
        refuse('DataLoader', "dataset's [Symbol.iterator]", 'a method', iterator);
      }
      this.#dataset = dataset;
      if (shuffle || sampler !== undefined || batchSampler !== undefined) {
        throw new TypeError(
          'DataLoader: an IterableDataset has an order of its own; leave out shuffle, sampler and batchSampler',
        );
      }
      this.#batches = null;
      this.#sampler = null;
      return;
    }
    const source = datasetOf('DataLoader', dataset, loadable);
    this.#dataset = source;
    if (source.length === 0) throw new RangeError('DataLoader: the dataset is empty');
    if (batchSampler !== undefined) {
      if (read.batchSize !== undefined || shuffle || dropLast || sampler !== undefined) {
        throw new TypeError(
          'DataLoader: batchSampler decides the batches; leave out batchSize, shuffle, sampler and dropLast',
        );
      }
      this.#batches = batchSampler;
      this.#sampler = null;
      return;
    }
    if (shuffle && sampler !== undefined) {
      throw new TypeError('DataLoader: give either shuffle or a sampler, not both');
    }
    const order =
      sampler ??
      (shuffle ? new RandomSampler(source, { generator }) : new SequentialSampler(source));
    this.#sampler = order;
    this.#batches = new BatchSampler(order, batchSize, dropLast);
  }

  /** What samples are taken from, as it was given: a dataset or an array, or an IterableDataset, which has no length. */
  get dataset(): Samples<Sample> {
    return this.#given as Samples<Sample>;
  }

  /** Gives the indices of samples; null where a batchSampler or an IterableDataset decides. */
  get sampler(): Sampler | null {
    return this.#sampler;
  }

  /** Gives the indices of each batch; null for an IterableDataset. */
  get batchSampler(): Sampler<readonly number[]> | null {
    return this.#batches;
  }

  /** Whether a last batch that is not full is left out. */
  get dropLast(): boolean {
    return this.#dropLast;
  }

  /** Makes a batch of samples. */
  get collateFn(): (samples: Sample[]) => Batch {
    return this.#collate;
  }

  /** @internal @throws TypeError always. */
  [deepcopy.custom](copy: Copying, where: () => string): never {
    void copy;
    refuseCopy(this, where, 'whose options are private; make a new one of its dataset');
  }

  /**
   * Batches in one pass.
   * @throws TypeError for an IterableDataset, whose length is unknown.
   */
  get length(): number {
    if (this.#batches === null) {
      throw new TypeError('DataLoader.length: an IterableDataset does not say how long it is');
    }
    return this.#batches.length;
  }

  /** The batches of one pass. */
  [Symbol.iterator](): globalThis.Generator<Batch, void> {
    return this.#pass(0, null) as globalThis.Generator<Batch, void>;
  }

  /** @internal One pass, whose first `skipped` batches are drawn but not made; `note` is told the indices of each. */
  pass(
    skipped: number,
    note: (indices: readonly number[]) => void,
  ): globalThis.Generator<Batch | null, void> {
    return this.#pass(skipped, note);
  }

  /** @internal Where the orders of samples come from, besides the default generator. */
  get generators(): readonly Generator[] {
    const found = new Set<Generator>();
    if (this.#generator !== undefined) found.add(this.#generator);
    collectGenerators(this.#batches ?? this.#sampler, found);
    return [...found];
  }

  *#pass(
    skipped: number,
    note: ((indices: readonly number[]) => void) | null,
  ): globalThis.Generator<Batch | null, void> {
    // PyTorch draws a seed for its worker processes here; the order that follows depends on it.
    loaderSeed(this.#generator);
    if (this.#batches !== null) {
      const dataset = this.#dataset as Dataset<Sample>;
      for (const batch of this.#batches) {
        if (!isArray(batch)) refuse('DataLoader', 'a batch of batchSampler', 'an array', batch);
        note?.(batch);
        if (skipped-- > 0) yield null;
        else yield this.#collate(batch.map((i) => dataset.get(i)));
      }
      return;
    }
    const made = (samples: Sample[]): Batch | null =>
      skipped-- > 0 ? null : this.#collate(samples);
    let samples: Sample[] = [];
    for (const sample of this.#dataset as IterableDataset<Sample>) {
      samples.push(sample);
      if (samples.length === this.batchSize) {
        yield made(samples);
        samples = [];
      }
    }
    if (samples.length > 0 && !this.#dropLast) yield made(samples);
  }
}

markCopy(DataLoader, 'DataLoader');

// A sampler holds its generator in a field or in its options, or it is in that of the sampler below.
function collectGenerators(sampler: unknown, found: Set<Generator>, depth = 0): void {
  if (typeof sampler !== 'object' || sampler === null || depth > 8) return;
  for (const value of Object.values(sampler)) if (isInstance(value, Generator)) found.add(value);
  const { options, sampler: below } = sampler as { options?: unknown; sampler?: unknown };
  collectGenerators(options, found, depth + 1);
  collectGenerators(below, found, depth + 1);
}

hideRefusal(DataLoader);

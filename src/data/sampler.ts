/** Samplers: the order in which a loader takes samples (torch.utils.data.Sampler and its kin). */
import { loaderSeed, Generator } from '../random/generator';
import { multinomial, randint, randperm } from '../random';
import { tensor } from '../ops';

/** Indices of samples, and how many. */
export interface Sampler<Index = number> extends Iterable<Index> {
  readonly length: number;
}

/** 0, 1, 2, … */
export class SequentialSampler implements Sampler {
  constructor(private readonly source: { readonly length: number }) {}
  get length(): number {
    return this.source.length;
  }
  *[Symbol.iterator](): Generator_<number> {
    for (let i = 0; i < this.length; i++) yield i;
  }
}
type Generator_<T> = globalThis.Generator<T, void>;

export interface RandomSamplerOptions {
  /** Draw each index anew; the same may come again. Default false. */
  replacement?: boolean;
  /** Indices in one pass. Default: one for each sample. */
  numSamples?: number;
  /** Where the order comes from. Default: a generator of its own, seeded by the default one. */
  generator?: Generator;
}

/** Indices in random order: PyTorch's order for the same seed. */
export class RandomSampler implements Sampler {
  readonly length: number;
  private readonly total: number;

  constructor(
    source: { readonly length: number },
    private readonly options: RandomSamplerOptions = {},
  ) {
    this.total = source.length;
    this.length = options.numSamples ?? this.total;
    if (!Number.isInteger(this.length) || this.length < 0 || this.total === 0) {
      throw new RangeError(
        this.total === 0
          ? 'RandomSampler: the dataset is empty'
          : `RandomSampler: numSamples must be an integer of at least 0, got ${this.length}`,
      );
    }
  }

  *[Symbol.iterator](): Generator_<number> {
    const generator = this.options.generator ?? new Generator().manualSeed(loaderSeed());
    const { total, length } = this;
    if (this.options.replacement === true) {
      // PyTorch draws with replacement in blocks of 32.
      for (let left = length; left > 0; left -= 32) {
        yield* randint(0, total, [Math.min(left, 32)], { generator }).toTypedArray();
      }
      return;
    }
    for (let i = 0; i < Math.floor(length / total); i++) {
      yield* randperm(total, { generator }).toTypedArray();
    }
    // PyTorch draws this order also where nothing is left to take from it.
    yield* randperm(total, { generator })
      .toTypedArray()
      .subarray(0, length % total);
  }
}

/** A random order of given indices. */
export class SubsetRandomSampler implements Sampler {
  private readonly indices: readonly number[];
  constructor(
    indices: Iterable<number>,
    private readonly options: { generator?: Generator } = {},
  ) {
    this.indices = [...indices];
  }
  get length(): number {
    return this.indices.length;
  }
  *[Symbol.iterator](): Generator_<number> {
    const order = randperm(this.length, { generator: this.options.generator }).toTypedArray();
    for (const i of order) yield this.indices[i];
  }
}

/** Indices drawn in proportion to weights. */
export class WeightedRandomSampler implements Sampler {
  private readonly weights: readonly number[];

  /** @throws RangeError for weights that are negative, not finite or all 0, or too few without replacement. */
  constructor(
    weights: Iterable<number>,
    readonly length: number,
    private readonly options: { replacement?: boolean; generator?: Generator } = {},
  ) {
    this.weights = [...weights];
    if (!Number.isInteger(length) || length < 1) {
      throw new RangeError(
        `WeightedRandomSampler: numSamples must be an integer of at least 1, got ${length}`,
      );
    }
    if (this.weights.some((w) => !(w >= 0 && w < Infinity)) || !this.weights.some((w) => w > 0)) {
      throw new RangeError(
        'WeightedRandomSampler: weights must be finite, at least 0, and one of them above 0',
      );
    }
  }

  *[Symbol.iterator](): Generator_<number> {
    const { replacement = true, generator } = this.options;
    const weights = tensor(this.weights, { dtype: 'float64' });
    yield* multinomial(weights, this.length, { replacement, generator }).toTypedArray();
  }
}

/** Indices of another sampler in batches. */
export class BatchSampler implements Sampler<number[]> {
  constructor(
    private readonly sampler: Sampler,
    private readonly batchSize: number,
    private readonly dropLast = false,
  ) {
    checkBatchSize('BatchSampler', batchSize);
  }

  get length(): number {
    const batches = this.sampler.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  *[Symbol.iterator](): Generator_<number[]> {
    let batch: number[] = [];
    for (const i of this.sampler) {
      batch.push(i);
      if (batch.length === this.batchSize) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0 && !this.dropLast) yield batch;
  }
}

/** @throws RangeError unless `batchSize` is an integer of at least 1. */
export function checkBatchSize(operation: string, batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(
      `${operation}: batchSize must be an integer of at least 1, got ${String(batchSize)}`,
    );
  }
}

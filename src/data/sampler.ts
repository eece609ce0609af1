/** Samplers: the order in which a loader takes samples (torch.utils.data.Sampler and its kin). */
import {
  boolean,
  count,
  finiteFrom,
  integer,
  isInstance,
  isIterable,
  iterableOf,
  optionsTable,
  positiveInteger,
  rule,
  hideRefusal,
  uncloneable,
  surplus,
} from '../check';
import { drawFields, loaderSeed, Generator, type DrawOptions } from '../random/generator';
import { multinomial, randint, randperm } from '../random';
import { tensor } from '../ops';
import type { Tensor } from '../tensor/tensor';
import { Dataset, numbersOf } from './dataset';

const refusal = uncloneable('a sampler: deepcopy(sampler) copies it; make one in the other thread');

/** Indices of samples, and how many. */
export interface Sampler<Index = number> extends Iterable<Index> {
  /** How many indices one pass gives. */
  readonly length: number;
}

/** Something with a length: a dataset, an array. */
export interface Sized {
  /** Number of samples. */
  readonly length: number;
}

function lengthOf(value: unknown): unknown {
  try {
    return (value as Sized | null | undefined)?.length;
  } catch {
    return undefined;
  }
}

const anySized = rule<Sized>('a dataset, or anything with a length', (value) =>
  Number.isSafeInteger(lengthOf(value)),
);

/** A sampler of indices of any kind. */
export const anySampler = rule<Sampler<never>>(
  'a sampler: an iterable with a length',
  (value) =>
    isIterable(value) && Number.isSafeInteger(lengthOf(value)) && !isInstance(value, Dataset), // which gives samples, not their indices
);

/**
 * The indices 0, 1, 2, … of a dataset (torch.utils.data.SequentialSampler).
 * @throws TypeError for what has no length.
 * @example [...new data.SequentialSampler([7, 8, 9])] // [0, 1, 2]
 */
export class SequentialSampler implements Sampler {
  /** @internal */
  readonly refusal = refusal;
  /** @param dataSource whose length counts */
  constructor(
    /** Whose length counts. */
    readonly dataSource: Sized,
  ) {
    if (arguments.length > 1) surplus('SequentialSampler', arguments, 1, 'dataSource');
    anySized.check('SequentialSampler', 'dataSource', dataSource);
  }

  /** How many indices there are. */
  get length(): number {
    return this.dataSource.length;
  }

  /** The indices. */
  *[Symbol.iterator](): Generator_<number> {
    for (let i = 0; i < this.length; i++) yield i;
  }
}
type Generator_<T> = globalThis.Generator<T, void>;

/** Options of `RandomSampler`. */
export interface RandomSamplerOptions extends DrawOptions {
  /** Draw each index anew; the same may come again. Default: false. */
  replacement?: boolean;
  /** Indices in one pass. Default: one for each sample. */
  numSamples?: number;
  /** Where the order comes from. Default: a generator of its own, seeded by the default one. */
  generator?: Generator;
}

const randomOptions = optionsTable<RandomSamplerOptions, 'numSamples' | 'generator'>(
  'RandomSampler',
  { replacement: boolean.or(false), numSamples: count.optional, ...drawFields },
);

/**
 * Indices of a dataset in random order, anew in each pass (torch.utils.data.RandomSampler): PyTorch's order for the same
 * seed.
 * @throws TypeError for what has no length or is no option; RangeError for an empty dataset.
 * @example [...new data.RandomSampler([7, 8, 9])].sort() // [0, 1, 2]
 */
export class RandomSampler implements Sampler {
  /** @internal */
  readonly refusal = refusal;
  /** How many indices one pass gives. */
  readonly length: number;
  private readonly total: number;
  private readonly options: { readonly replacement: boolean; readonly generator?: Generator };

  /** @param dataSource whose length counts */
  constructor(
    /** Whose length counts. */
    readonly dataSource: Sized,
    options?: RandomSamplerOptions,
  ) {
    if (arguments.length > 2) surplus('RandomSampler', arguments, 2, 'options');
    const { numSamples, replacement, generator } = randomOptions.read(options);
    anySized.check('RandomSampler', 'dataSource', dataSource);
    this.options = { replacement, generator };
    this.total = dataSource.length;
    this.length = numSamples ?? this.total;
    if (this.total === 0) throw new RangeError('RandomSampler: the dataset is empty');
  }

  /** The indices. */
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

const subsetOptions = optionsTable<DrawOptions, 'generator'>('SubsetRandomSampler', drawFields);
const anyIndices = iterableOf(integer, 'indices');

/**
 * Given indices in random order, anew in each pass (torch.utils.data.SubsetRandomSampler).
 * @throws TypeError, RangeError for what are no indices or no option.
 * @example [...new data.SubsetRandomSampler([4, 2])].sort() // [2, 4]
 */
export class SubsetRandomSampler implements Sampler {
  /** @internal */
  readonly refusal = refusal;
  /** Which to give. */
  readonly indices: readonly number[];
  private readonly options: DrawOptions;

  /** @param indices which to give; a list or a tensor [n] */
  constructor(indices: Iterable<number> | Tensor, options?: DrawOptions) {
    if (arguments.length > 2) surplus('SubsetRandomSampler', arguments, 2, 'options');
    this.options = subsetOptions.read(options);
    this.indices = anyIndices.check('SubsetRandomSampler', 'indices', numbersOf(indices));
  }

  /** How many indices there are. */
  get length(): number {
    return this.indices.length;
  }

  /** The indices. */
  *[Symbol.iterator](): Generator_<number> {
    const order = randperm(this.length, { generator: this.options.generator }).toTypedArray();
    for (const i of order) yield this.indices[i];
  }
}

/** Options of `WeightedRandomSampler`. */
export interface WeightedSamplerOptions extends DrawOptions {
  /** Whether an index can be drawn again. Default: true. */
  replacement?: boolean;
}

const weightedOptions = optionsTable<WeightedSamplerOptions, 'generator'>('WeightedRandomSampler', {
  replacement: boolean.or(true),
  ...drawFields,
});
const anyWeights = iterableOf(finiteFrom(0), 'weights');

/**
 * Indices drawn in proportion to weights (torch.utils.data.WeightedRandomSampler).
 * @throws TypeError for what are no numbers or no option; RangeError for weights that are negative, not finite or all 0.
 * @example [...new data.WeightedRandomSampler([0, 1, 0], 2)] // [1, 1]
 */
export class WeightedRandomSampler implements Sampler {
  /** @internal */
  readonly refusal = refusal;
  /** One for each index. */
  readonly weights: readonly number[];
  private readonly options: Readonly<WeightedSamplerOptions>;

  /**
   * @param weights one for each index, a list or a tensor [n]; they need not sum to 1
   * @param length indices in one pass
   */
  constructor(
    weights: Iterable<number> | Tensor,
    /** How many indices one pass gives. */
    readonly length: number,
    options?: WeightedSamplerOptions,
  ) {
    if (arguments.length > 3) surplus('WeightedRandomSampler', arguments, 3, 'options');
    const name = 'WeightedRandomSampler';
    this.options = weightedOptions.read(options);
    this.weights = anyWeights.check(name, 'weights', numbersOf(weights));
    positiveInteger.check(name, 'numSamples', length);
    if (!this.weights.some((weight) => weight > 0)) {
      throw new RangeError(`${name}: one of the weights must be above 0`);
    }
  }

  /** The indices. */
  *[Symbol.iterator](): Generator_<number> {
    const { replacement = true, generator } = this.options;
    const weights = tensor(this.weights, { dtype: 'float64' });
    yield* multinomial(weights, this.length, { replacement, generator }).toTypedArray();
  }
}

/**
 * Indices of another sampler in batches (torch.utils.data.BatchSampler).
 * @throws TypeError for what is no sampler; RangeError for a batchSize below 1.
 * @example [...new data.BatchSampler(new data.SequentialSampler([7, 8, 9]), 2)] // [[0, 1], [2]]
 */
export class BatchSampler implements Sampler<number[]> {
  /** @internal */
  readonly refusal = refusal;
  /**
   * @param sampler gives the indices
   * @param batchSize indices in a batch
   * @param dropLast whether a last batch that is not full is left out; default false
   */
  constructor(
    /** Gives the indices. */
    readonly sampler: Sampler,
    /** Indices in a batch. */
    readonly batchSize: number,
    /** Whether a last batch that is not full is left out. */
    readonly dropLast: boolean = false,
  ) {
    if (arguments.length > 3) surplus('BatchSampler', arguments, 3, 'dropLast');
    anySampler.check('BatchSampler', 'sampler', sampler);
    positiveInteger.check('BatchSampler', 'batchSize', batchSize);
    boolean.check('BatchSampler', 'dropLast', dropLast);
  }

  /** How many batches there are. */
  get length(): number {
    const batches = this.sampler.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The batches. */
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

hideRefusal(
  SequentialSampler,
  RandomSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
  BatchSampler,
);

/** Batches of sequences of about one length, so that little of a padded batch is padding. */
import {
  boolean,
  count,
  iterableOf,
  optionsTable,
  positiveInteger,
  surplus,
  hideRefusal,
  uncloneable,
} from '../check';
import { randperm } from '../random';
import { drawFields, Generator, loaderSeed, type DrawOptions } from '../random/generator';
import type { Tensor } from '../tensor/tensor';
import { numbersOf } from './dataset';
import type { Sampler } from './sampler';

const refusal = uncloneable('a sampler: deepcopy(sampler) copies it; make one in the other thread');

/** Options of `BucketBatchSampler`. */
export interface BucketBatchSamplerOptions extends DrawOptions {
  /** Draw the samples of each bucket and the order of the batches anew in each pass. Default: false. */
  shuffle?: boolean;
  /** Leave out batches that are not full: one at most. Default: false. */
  dropLast?: boolean;
  /** Batches in a bucket, within which samples are sorted by length: 1 sorts nothing away, many leave little to chance. Default: 100. */
  batchesPerBucket?: number;
  /** Where the order comes from. Default: a generator of its own, seeded by the default one. */
  generator?: Generator;
}

const bucketOptions = optionsTable<BucketBatchSamplerOptions, 'generator'>('BucketBatchSampler', {
  shuffle: boolean.or(false),
  dropLast: boolean.or(false),
  batchesPerBucket: positiveInteger.or(100),
  ...drawFields,
});
const anyLengths = iterableOf(count, 'lengths');

/**
 * Batches of samples of about one length: the samples, in order or shuffled, are cut into buckets, each bucket is sorted by
 * length and cut into batches, and the batches come in order or shuffled.
 * @throws TypeError for what are no lengths or is no option; RangeError for a size out of range and without lengths.
 * @example
 * const texts = [[1, 2, 3], [4], [5, 6, 7], [8]];
 * const batchSampler = new data.BucketBatchSampler(texts.map((text) => text.length), 2);
 * [...batchSampler]; // [[1, 3], [0, 2]]
 * new data.DataLoader(texts, { batchSampler, collateFn: data.paddingCollate() });
 */
export class BucketBatchSampler implements Sampler<number[]> {
  /** @internal */
  readonly refusal = refusal;
  private readonly lengths: readonly number[];
  private readonly batchSize: number;
  private readonly options: { shuffle: boolean; dropLast: boolean; generator?: Generator };
  private readonly bucketSize: number;

  /**
   * @param lengths of the samples, in the order of their indices
   * @param batchSize samples in a batch
   */
  constructor(
    lengths: Iterable<number> | Tensor,
    batchSize: number,
    options?: BucketBatchSamplerOptions,
  ) {
    const operation = 'BucketBatchSampler';
    if (arguments.length > 3) surplus(operation, arguments, 3, 'options');
    const { batchesPerBucket, ...rest } = bucketOptions.read(options);
    this.options = rest;
    this.lengths = anyLengths.check(operation, 'lengths', numbersOf(lengths));
    this.batchSize = positiveInteger.check(operation, 'batchSize', batchSize);
    this.bucketSize = batchSize * batchesPerBucket;
    if (this.lengths.length === 0) throw new RangeError(`${operation}: there are no lengths`);
  }

  /** How many batches there are. */
  get length(): number {
    const batches = this.lengths.length / this.batchSize;
    return this.options.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The batches. */
  *[Symbol.iterator](): globalThis.Generator<number[], void> {
    const { shuffle, dropLast } = this.options;
    const generator = this.options.generator ?? new Generator().manualSeed(loaderSeed());
    const order = (n: number): number[] =>
      shuffle ? [...randperm(n, { generator }).toTypedArray()] : [...Array(n).keys()];
    const samples = order(this.lengths.length);
    const batches: number[][] = [];
    for (let start = 0; start < samples.length; start += this.bucketSize) {
      // Sorting keeps the order of those that have one length.
      const bucket = samples
        .slice(start, start + this.bucketSize)
        .sort((a, b) => this.lengths[a] - this.lengths[b]);
      for (let at = 0; at < bucket.length; at += this.batchSize) {
        batches.push(bucket.slice(at, at + this.batchSize));
      }
    }
    for (const i of order(batches.length)) {
      if (!dropLast || batches[i].length === this.batchSize) yield batches[i];
    }
  }
}

hideRefusal(BucketBatchSampler);

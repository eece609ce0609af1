/** Collating sequences of unequal lengths: padded batches, with the lengths beside them. */
import {
  boolean,
  checkDepth,
  isArray,
  isPlain,
  number,
  oneOf,
  optionsTable,
  positiveInteger,
  refuse,
  surplus,
} from '../check';
import { tensor } from '../ops';
import { padSequences } from '../ops/joining/pad-sequences';
import { isTensor } from '../tensor/rules';
import { sameShape, showShape } from '../tensor/shape';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { defaultCollate } from './collate';
import type { Collated, Whole } from './loader';

/** Options of `paddingCollate`. */
export interface PaddingOptions {
  /** What fills the ends of shorter sequences. Default: 0. */
  paddingValue?: number;
  /** Batches are [N, T, …] instead of [T, N, …]. Default: false, as everywhere. */
  batchFirst?: boolean;
  /** Which end of a shorter sequence is filled. Packing needs `'right'`. Default: `'right'`. */
  paddingSide?: 'left' | 'right';
  /** Longer sequences are cut to this many steps. Default: none. */
  maxLength?: number | null;
  /** Which end of a longer sequence is cut off. Default: `'right'`. */
  truncationSide?: 'left' | 'right';
}

/** A padded batch and, int32 [N], the length of each sequence. */
export type PaddedBatch = [padded: Tensor, lengths: Tensor];

/** What padding makes of a sample: a padded batch of each sequence, and of the rest what `defaultCollate` makes. */
export type Padded<Sample> = unknown extends Sample
  ? Sample
  : Sample extends Tensor | ArrayBufferView | readonly number[]
    ? PaddedBatch
    : Sample extends number | boolean | string | Whole
      ? Collated<Sample>
      : { [K in keyof Sample]: Padded<Sample[K]> };

const operation = 'paddingCollate';

const paddingOptions = optionsTable<PaddingOptions>(operation, {
  paddingValue: number.or(0),
  batchFirst: boolean.or(false),
  paddingSide: oneOf('left', 'right').or('right'),
  maxLength: positiveInteger.orNull.or(null),
  truncationSide: oneOf('left', 'right').or('right'),
});

/**
 * A collate function for samples that hold sequences of unequal lengths. A tensor [T, …], a typed array or an array of
 * numbers (tokens) is a sequence and becomes the pair [padded, lengths]; tuples and objects are collated part by
 * part; everything else (numbers, 0-dimensional tensors, strings) as by `defaultCollate`.
 *
 * Shapes: N sequences [Tₙ, …] become [max T, N, …], or [N, max T, …] with `batchFirst`, where T is at most `maxLength`.
 * @throws TypeError for what is no option; when a batch is made, RangeError for sequences that differ in more than their
 * length, TypeError for samples of different kinds or element types.
 * @example
 * const collate = data.paddingCollate({ batchFirst: true });
 * const [[x, lengths], y] = collate([[randn([5, 3]), 0], [randn([2, 3]), 1]]); // [2, 5, 3], [5, 2], [0, 1]
 * nn.utils.rnn.packPaddedSequence(x, lengths, { batchFirst: true });
 */
export function paddingCollate(
  options?: PaddingOptions,
): <Sample>(samples: readonly Sample[]) => Padded<Sample> {
  if (arguments.length > 1) surplus('paddingCollate', arguments, 1, 'options');
  const read = paddingOptions.read(options);
  return <Sample>(samples: readonly Sample[]): Padded<Sample> => {
    if (!isArray(samples)) refuse(operation, 'samples', 'an array', samples);
    if (samples.length === 0) {
      throw new RangeError(`${operation}: there are no samples`);
    }
    return collate(samples, 'sample', read) as Padded<Sample>;
  };
}

type Kind = 'tensor' | 'tokens' | 'tuple' | 'object' | 'other';

function kindOf(item: unknown): Kind {
  if (isTensor(item)) return item.ndim > 0 ? 'tensor' : 'other';
  if (ArrayBuffer.isView(item)) return 'tokens';
  if (isArray(item)) {
    return item.every((each) => typeof each === 'number') ? 'tokens' : 'tuple';
  }
  return isPlain(item) ? 'object' : 'other';
}

const named: Record<Kind, string> = {
  tensor: 'a sequence',
  tokens: 'an array of numbers',
  tuple: 'an array of parts',
  object: 'an object',
  other: 'a single value',
};

function collate(
  items: readonly unknown[],
  where: string,
  options: Required<PaddingOptions>,
  depth = 0,
): unknown {
  checkDepth(operation, 'a sample', depth);
  const kind = kindOf(items[0]);
  for (const [i, item] of items.entries()) {
    if (kindOf(item) !== kind) {
      throw new TypeError(
        `${operation}: ${where} 0 is ${named[kind]}, ${where} ${i} is ${named[kindOf(item)]}`,
      );
    }
  }
  if (kind === 'other') return defaultCollate(items);
  if (kind === 'tensor') return pad(items as readonly Tensor[], where, options);
  if (kind === 'tokens') return pad(tensorsOf(items as readonly number[][]), where, options);
  const parts = items as readonly Record<string, unknown>[];
  const keys = Object.keys(parts[0]);
  for (const [i, part] of parts.entries()) {
    const own = Object.keys(part);
    if (own.length !== keys.length || own.some((key) => !keys.includes(key))) {
      throw new RangeError(
        `${operation}: ${where} 0 has the parts ${keys.join(', ')}, ${where} ${i} has ${own.join(', ')}`,
      );
    }
  }
  const collated = keys.map((key) =>
    collate(
      parts.map((part) => part[key]),
      `part ${key} of ${where}`,
      options,
      depth + 1,
    ),
  );
  return kind === 'tuple' ? collated : Object.fromEntries(keys.map((key, i) => [key, collated[i]]));
}

// Tokens are int32 unless one of them, in any sample, is a fraction.
function tensorsOf(lists: readonly (number[] | ArrayBufferView)[]): Tensor[] {
  const whole = lists.every((list) => !Array.isArray(list) || list.every(Number.isInteger));
  return lists.map((list) =>
    ArrayBuffer.isView(list)
      ? tensor(list as Float32Array)
      : tensor(list, { dtype: whole ? 'int32' : 'float32' }),
  );
}

function pad(
  sequences: readonly Tensor[],
  where: string,
  { paddingValue, batchFirst, paddingSide, maxLength, truncationSide }: Required<PaddingOptions>,
): PaddedBatch {
  const [first] = sequences;
  const rest = sizesOf(first).slice(1);
  for (const [i, x] of sequences.entries()) {
    if (x.dtype !== first.dtype) {
      throw new TypeError(
        `${operation}: ${where} 0 holds ${first.dtype}, ${where} ${i} holds ${x.dtype}`,
      );
    }
    if (!sameShape(sizesOf(x).slice(1), rest)) {
      throw new RangeError(
        `${operation}: sequences may differ in their first size only: ${where} 0 is ${showShape(sizesOf(first))}, ${where} ${i} is ${showShape(sizesOf(x))}`,
      );
    }
  }
  const kept =
    maxLength === null ? sequences : sequences.map((x) => cut(x, maxLength, truncationSide));
  const lengths = kept.map((x) => sizesOf(x)[0]);
  return [
    padSequences(kept, { value: paddingValue, batchFirst, left: paddingSide === 'left' }),
    tensor(Int32Array.from(lengths)),
  ];
}

/** The first or last `most` steps of a sequence, the others cut off at `side`. */
function cut(x: Tensor, most: number, side: 'left' | 'right'): Tensor {
  const length = sizesOf(x)[0];
  return length <= most ? x : x.narrow(0, side === 'left' ? length - most : 0, most);
}

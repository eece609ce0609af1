/**
 * embeddingBag: rows of a table, reduced bag by bag. y[b] = Σ or mean or max of w[input[i]] over i in bag b. Bags of equal size are
 * rows of a matrix; of others, `offsets` says where each begins.
 */
import {
  boolean,
  integer,
  nonNegative,
  oneOf,
  optionsTable,
  positive,
  refuseSparse,
  surplus,
} from '../../check';
import { family } from '../../native/families';
import { runBagLargest } from '../../native/calls';
import {
  arange,
  cat,
  eq,
  gather,
  indexAdd,
  maskedFill,
  reshape,
  searchsorted,
  sum,
  unsqueeze,
  zeros,
} from '../../ops';
import { checkTensor } from '../../ops/arguments/check';
import { checkIndex } from '../../ops/indexing/rows';
import { verify } from '../../ops/kernels/bounds';
import { dense } from '../../ops/kernels/copy';
import { pick } from '../../ops/kernels/launch';
import { isFloat } from '../../tensor/dtype';
import { anyTensor } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, elementsOf, empty, type Tensor } from '../../tensor/tensor';
import { bagSum, equalBags, type Bags } from './bag-sum';
import { embedding } from './embedding';

const largest = family('bag_largest');

/** How `embeddingBag` reduces a bag. */
export type BagMode = 'sum' | 'mean' | 'max';

/** Options of `embeddingBag`. */
export interface EmbeddingBagOptions {
  /** Rows that are looked up are first renormalized to at most this norm, in place. Default: none. */
  maxNorm?: number | undefined;
  /** Order of the norm that `maxNorm` limits. Default: 2. */
  normType?: number | undefined;
  /** Divide a row's gradient by how often its index occurs in `input`; not with `'max'`. Default: false. */
  scaleGradByFreq?: boolean | undefined;
  /** How a bag is reduced. Default: `'mean'`. */
  mode?: BagMode | undefined;
  /** Only false: gradients are dense here. Default: false. */
  sparse?: boolean | undefined;
  /** Of `input`'s shape and the weight's type: what each row is multiplied by, with `'sum'`; null for 1. Default: null. */
  perSampleWeights?: Tensor | null | undefined;
  /** Whether `offsets` has, behind the beginnings of the bags, the end of the last one. Default: false. */
  includeLastOffset?: boolean | undefined;
  /** An index that no bag counts; negative counts from the end. Default: none. */
  paddingIdx?: number | undefined;
}

/** The options that a table of embeddings keeps. */
export const bagFields = {
  maxNorm: nonNegative.optional,
  normType: positive.or(2),
  scaleGradByFreq: boolean.or(false),
  mode: oneOf('sum', 'mean', 'max').or('mean'),
  sparse: boolean.or(false),
  includeLastOffset: boolean.or(false),
  paddingIdx: integer.optional,
} as const;

const bagOptions = optionsTable<EmbeddingBagOptions, 'maxNorm' | 'paddingIdx'>('embeddingBag', {
  ...bagFields,
  perSampleWeights: anyTensor.orNull.or(null),
});

/** @throws RangeError unless offsets begin with 0, ascend, and stay within the input. */
function bagsOf(offsets: Tensor, n: number, includeLast: boolean): Bags {
  if (offsets.ndim !== 1) {
    throw new RangeError(
      `embeddingBag: offsets must have one dimension, got shape ${showShape(sizesOf(offsets))}`,
    );
  }
  if (includeLast && offsets.numel === 0) {
    throw new RangeError('embeddingBag: offsets must have an element with includeLastOffset');
  }
  checkIndex('embeddingBag', 'offset', offsets, n + 1, 'the ends of an input');
  if (offsets.numel > 0) checkOrder(offsets);
  // What is behind the last end has the number of bags; without offsets that is 0.
  const of = (): Tensor =>
    searchsorted(offsets, arange(n, { dtype: 'int32' }), { right: true })
      .sub(1)
      .clampMin(0);
  return { count: offsets.numel - Number(includeLast), offsets: dense(offsets), size: 0, of };
}

function checkOrder(offsets: Tensor): void {
  verify(
    () => {
      const values = elementsOf(dense(offsets), offsets.numel);
      if (values[0] !== 0) {
        throw new RangeError(`embeddingBag: offsets must begin with 0, got ${values[0]}`);
      }
      const wrong = values.findIndex((value, i) => i > 0 && value < values[i - 1]);
      if (wrong < 0) return;
      throw new RangeError(
        `embeddingBag: offsets must not descend, got ${values[wrong - 1]} before ${values[wrong]}`,
      );
    },
    () => {
      const before = cat([zeros([1], { dtype: 'int32' }), offsets.narrow(0, 0, offsets.numel - 1)]);
      const isFirst = arange(offsets.numel, { dtype: 'int32' }).eq(0);
      return [
        offsets.ge(before).where(isFirst.logicalNot(), offsets.eq(0)),
        'embeddingBag: offsets must begin with 0 and not descend',
      ];
    },
  );
}

/** Σ of each bag's rows [n, features], or of other numbers by row. */
type SumOf = (x: Tensor) => Tensor;

/** @throws TypeError, RangeError for what does not go together. */
function check(input: Tensor, weight: Tensor, offsets: Tensor | null): void {
  checkTensor('embeddingBag', 'input', input);
  checkTensor('embeddingBag', 'weight', weight);
  if (offsets !== null) checkTensor('embeddingBag', 'offsets', offsets);
  if (weight.ndim !== 2) {
    throw new RangeError(
      `embeddingBag: weight must be a matrix [vocabulary, features], got shape ${showShape(sizesOf(weight))}`,
    );
  }
  if (!isFloat(weight.dtype)) {
    throw new TypeError(`embeddingBag: weight must be float32 or float64, got ${weight.dtype}`);
  }
  if (input.ndim !== 1 && input.ndim !== 2) {
    throw new RangeError(
      `embeddingBag: input must have one dimension, with offsets, or two, got shape ${showShape(sizesOf(input))}`,
    );
  }
  if ((input.ndim === 1) === (offsets === null)) {
    throw new RangeError(
      input.ndim === 1
        ? 'embeddingBag: offsets must say where the bags of an input of one dimension begin; make it [bags, size] where all have one size'
        : 'embeddingBag: offsets must be left out for an input of two dimensions, whose rows are the bags',
    );
  }
}

function checkWeights(weights: Tensor, input: Tensor, weight: Tensor, mode: BagMode): void {
  if (mode !== 'sum') {
    throw new RangeError(`embeddingBag: perSampleWeights go with mode 'sum' only, got '${mode}'`);
  }
  if (!sameShape(sizesOf(weights), sizesOf(input))) {
    throw new RangeError(
      `embeddingBag: perSampleWeights must have the input's shape ${showShape(sizesOf(input))}, got ${showShape(sizesOf(weights))}`,
    );
  }
  if (weights.dtype !== weight.dtype) {
    throw new TypeError(
      `embeddingBag: perSampleWeights must be ${weight.dtype}, as the weight is, got ${weights.dtype}`,
    );
  }
}

/**
 * Rows of `weight` [vocabulary, features] for the indices of each bag, added up, averaged or the largest of each feature
 * (torch.nn.functional.embedding_bag): [bags, features], zeros for a bag without indices.
 *
 * A row's gradient with `scaleGradByFreq` is divided by how often its own index occurs; PyTorch 2.13 looks up the count of another index.
 * @param input int32, [bags, size]; or all bags one after the other, [n]
 * @param offsets int32, where each bag of an input [n] begins; the first is 0
 * @throws TypeError unless `input` and `offsets` are int32; RangeError when an index is outside the vocabulary, for offsets that descend,
 * and for `sparse`, because there are no sparse tensors here.
 * @example
 * const words = tensor([0, 1, 3], { dtype: 'int32' });
 * const begin = tensor([0, 2], { dtype: 'int32' });
 * nn.functional.embeddingBag(words, randn([10, 4]), begin, { mode: 'sum' }).shape; // [2, 4]
 */
export function embeddingBag(
  input: Tensor,
  weight: Tensor,
  offsets: Tensor | null = null,
  options?: EmbeddingBagOptions,
): Tensor {
  if (arguments.length > 4) surplus('embeddingBag', arguments, 4, 'options');
  const { mode, sparse, perSampleWeights, includeLastOffset, paddingIdx, ...rest } =
    bagOptions.read(options);
  check(input, weight, offsets);
  if (sparse) refuseSparse('embeddingBag', 'sparse');
  if (mode === 'max' && rest.scaleGradByFreq) {
    throw new RangeError("embeddingBag: scaleGradByFreq does not go with mode 'max'");
  }
  if (perSampleWeights !== null) checkWeights(perSampleWeights, input, weight, mode);
  const vocabulary = sizesOf(weight)[0];
  if (paddingIdx !== undefined && (paddingIdx < -vocabulary || paddingIdx >= vocabulary)) {
    throw new RangeError(
      `embeddingBag: paddingIdx must be an integer from ${-vocabulary} to ${vocabulary - 1}, got ${paddingIdx}`,
    );
  }
  checkIndex('embeddingBag', 'index', input, vocabulary, 'a vocabulary');
  const [rowCount, size = 0] = sizesOf(input);
  const bags =
    offsets === null ? equalBags(rowCount, size) : bagsOf(offsets, input.numel, includeLastOffset);
  const flat = reshape(input, [-1]);
  const skip =
    paddingIdx === undefined ? -1 : paddingIdx < 0 ? paddingIdx + vocabulary : paddingIdx;
  const isPlain = perSampleWeights === null && !rest.scaleGradByFreq && rest.maxNorm === undefined;
  if (isPlain && mode !== 'max') {
    return bagSum(weight, { index: dense(flat), bags, skip, mean: mode === 'mean' });
  }
  const skipped = skip < 0 ? null : eq(flat, skip);
  const rows = embedding(flat, weight, rest);
  if (mode === 'max' && input.numel > 0) return maxOf(rows, bags, skipped);
  const sumOf: SumOf = (x) =>
    bags.offsets === null
      ? sum(reshape(x, [rowCount, size, sizesOf(x)[1]]), 1)
      : sumWithin(bags, x);
  const weighted =
    perSampleWeights === null ? rows : rows.mul(unsqueeze(reshape(perSampleWeights, [-1]), 1));
  const kept = skipped === null ? weighted : maskedFill(weighted, unsqueeze(skipped, 1), 0);
  const total = sumOf(kept);
  if (mode !== 'mean') return total;
  const counted = skipped === null ? zeros([input.numel], { dtype: 'bool' }) : skipped;
  const counts = sumOf(unsqueeze(counted.logicalNot().to(weight.dtype), 1));
  return total.div(counts.clamp(1));
}

function maxOf(rows: Tensor, bags: Bags, skipped: Tensor | null): Tensor {
  const [n, features] = sizesOf(rows);
  const best = empty([bags.count, features], 'int32');
  runBagLargest(pick('embeddingBag', largest, rows.dtype), {
    x: dense(rows),
    bag: bags.of(),
    skipped: skipped && dense(skipped),
    best,
    n,
    bags: bags.count,
    features,
  });
  return maskedFill(gather(rows, 0, best.clampMin(0)), best.lt(0), 0);
}

/** One more bag, which is dropped, for what is in none. */
const sumWithin = ({ count, of }: Bags, x: Tensor): Tensor =>
  indexAdd(zeros([count + 1, sizesOf(x)[1]], { dtype: x.dtype }), 0, of(), x).narrow(0, 0, count);

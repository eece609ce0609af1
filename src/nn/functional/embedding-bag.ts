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
import { eq, gather, indexAdd, maskedFill, reshape, sum, unsqueeze, zeros } from '../../ops';
import { checkIndex } from '../../ops/indexing/rows';
import { dense } from '../../ops/kernels/copy';
import { isFloat } from '../../tensor/dtype';
import { executor } from '../../tensor/executor';
import { anyTensor } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';
import { embedding } from './embedding';

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

/** Where bags begin and end among the indices: n + 1 positions, that of the end last. */
type Bounds = Int32Array | number[];

/** @throws RangeError unless offsets begin with 0, ascend, and stay within the input. */
function boundsOf(offsets: Tensor, count: number, includeLast: boolean): Bounds {
  if (offsets.ndim !== 1) {
    throw new RangeError(
      `embeddingBag: offsets must have one dimension, got shape ${showShape(offsets.sizes)}`,
    );
  }
  if (includeLast && offsets.numel === 0) {
    throw new RangeError('embeddingBag: offsets must have an element with includeLastOffset');
  }
  checkIndex('embeddingBag', 'offset', offsets, count + 1, 'the ends of an input');
  const values = [...dense(offsets).memory(offsets.numel)];
  if (values.length > 0 && values[0] !== 0) {
    throw new RangeError(`embeddingBag: offsets must begin with 0, got ${values[0]}`);
  }
  const wrong = values.findIndex((value, i) => i > 0 && value < values[i - 1]);
  if (wrong > 0) {
    throw new RangeError(
      `embeddingBag: offsets must not descend, got ${values[wrong - 1]} before ${values[wrong]}`,
    );
  }
  return includeLast ? values : [...values, count];
}

/** The position of the first largest element of each bag and feature; −1 where a bag has none. As in PyTorch, NaN is not above. */
function largest(rows: Tensor, bounds: Bounds, skipped: Tensor | null): Int32Array {
  const [n, features] = rows.sizes as [number, number];
  const values = dense(rows.detach()).memory(n * features);
  const skip = skipped === null ? null : dense(skipped).memory(n);
  const best = new Int32Array((bounds.length - 1) * features).fill(-1);
  for (let bag = 0; bag + 1 < bounds.length; bag++) {
    for (let i = bounds[bag]; i < bounds[bag + 1]; i++) {
      if (skip !== null && skip[i] !== 0) continue;
      for (let d = 0; d < features; d++) {
        const at = bag * features + d;
        if (best[at] < 0 || values[i * features + d] > values[best[at] * features + d])
          best[at] = i;
      }
    }
  }
  return best;
}

function integers(values: Int32Array, shape: readonly number[]): Tensor {
  const made = empty(shape, 'int32');
  made.memory(values.length).set(values);
  return made;
}

/** Σ of each bag's rows [n, features], or of other numbers by row. */
type SumOf = (x: Tensor) => Tensor;

/** @throws TypeError, RangeError for what does not go together. */
function check(input: Tensor, weight: Tensor, offsets: Tensor | null): void {
  anyTensor.check('embeddingBag', 'input', input);
  anyTensor.check('embeddingBag', 'weight', weight);
  anyTensor.orNull.check('embeddingBag', 'offsets', offsets);
  if (weight.ndim !== 2) {
    throw new RangeError(
      `embeddingBag: weight must be a matrix [vocabulary, features], got shape ${showShape(weight.sizes)}`,
    );
  }
  if (!isFloat(weight.dtype)) {
    throw new TypeError(`embeddingBag: weight must be float32 or float64, got ${weight.dtype}`);
  }
  if (input.ndim !== 1 && input.ndim !== 2) {
    throw new RangeError(
      `embeddingBag: input must have one dimension, with offsets, or two, got shape ${showShape(input.sizes)}`,
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
  if (!sameShape(weights.sizes, input.sizes)) {
    throw new RangeError(
      `embeddingBag: perSampleWeights must have the input's shape ${showShape(input.sizes)}, got ${showShape(weights.sizes)}`,
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
  const vocabulary = weight.sizes[0];
  if (paddingIdx !== undefined && (paddingIdx < -vocabulary || paddingIdx >= vocabulary)) {
    throw new RangeError(
      `embeddingBag: paddingIdx must be an integer from ${-vocabulary} to ${vocabulary - 1}, got ${paddingIdx}`,
    );
  }
  checkIndex('embeddingBag', 'index', input, vocabulary, 'a vocabulary');
  if (offsets !== null || mode === 'max') {
    executor.refuse('embeddingBag', 'it reads the values of tensors, and a trace has none; do it outside'); // prettier-ignore
  }
  const bags = { rows: input.sizes[0], size: input.sizes[1] ?? 0 };
  const bounds =
    offsets === null
      ? Array.from({ length: mode === 'max' ? bags.rows + 1 : 0 }, (_, bag) => bag * bags.size)
      : boundsOf(offsets, input.numel, includeLastOffset);
  const flat = reshape(input, [-1]);
  const padding = paddingIdx ?? -1;
  const skipped =
    paddingIdx === undefined ? null : eq(flat, padding < 0 ? padding + vocabulary : padding);
  const rows = embedding(flat, weight, rest);
  if (mode === 'max' && input.numel > 0) return maxOf(rows, bounds, skipped);
  const sumOf: SumOf =
    offsets === null
      ? (x) => sum(reshape(x, [bags.rows, bags.size, x.sizes[1]]), 1)
      : sumWithin(bounds, input.numel);
  const weighted =
    perSampleWeights === null ? rows : rows.mul(unsqueeze(reshape(perSampleWeights, [-1]), 1));
  const kept = skipped === null ? weighted : maskedFill(weighted, unsqueeze(skipped, 1), 0);
  const total = sumOf(kept);
  if (mode !== 'mean') return total;
  const counted = skipped === null ? zeros([input.numel], { dtype: 'bool' }) : skipped;
  const counts = sumOf(unsqueeze(counted.logicalNot().to(weight.dtype), 1));
  return total.div(counts.clamp(1));
}

function maxOf(rows: Tensor, bounds: Bounds, skipped: Tensor | null): Tensor {
  const shape = [bounds.length - 1, rows.sizes[1]];
  const best = largest(rows, bounds, skipped);
  const none = integers(best, shape).lt(0);
  const positions = best.map((at) => Math.max(at, 0));
  return maskedFill(gather(rows, 0, integers(positions, shape)), none, 0);
}

function sumWithin(bounds: Bounds, n: number): SumOf {
  const bags = bounds.length - 1;
  // One more bag, which is dropped, for what is behind the last end.
  const bagOf = new Int32Array(n).fill(bags);
  for (let bag = 0; bag < bags; bag++) bagOf.fill(bag, bounds[bag], bounds[bag + 1]);
  const index = integers(bagOf, [n]);
  return (x) =>
    indexAdd(zeros([bags + 1, x.sizes[1]], { dtype: x.dtype }), 0, index, x).narrow(0, 0, bags);
}

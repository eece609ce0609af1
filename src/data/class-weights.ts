/** Weights of classes that are not equally frequent. */
import { integer, isIterable, optionsTable, positiveInteger, refuse, surplus } from '../check';
import { tensor } from '../ops';
import { isTensor } from '../tensor/rules';
import type { Tensor } from '../tensor/tensor';

/** Options of `classWeights`. */
export interface ClassWeightsOptions {
  /** Number of classes: C. Default: one more than the largest class. */
  numClasses?: number;
  /** Targets of this class do not count, as in `nn.CrossEntropyLoss`. Default: −100. */
  ignoreIndex?: number;
}

const options = optionsTable<ClassWeightsOptions, 'numClasses'>('classWeights', {
  numClasses: positiveInteger.optional,
  ignoreIndex: integer.or(-100),
});

/**
 * A weight for each class, so that rare and frequent classes count alike in a loss: n / (C · n_c) for n targets of which n_c are of
 * class c, float32 [C] (what scikit-learn calls 'balanced'; King and Zeng 2001). 0 for a class without a target. For a binary loss,
 * `posWeight` is the quotient of the two, w[1] / w[0].
 * @param targets class indices: an int32 tensor of any shape, or an iterable of numbers
 * @throws TypeError for what is neither; RangeError for a class outside 0 … C − 1, and without any target.
 * @example
 * const weight = data.classWeights([0, 0, 0, 1]); // [0.6667, 2]
 * new nn.CrossEntropyLoss({ weight });
 */
export function classWeights(
  targets: Tensor | Iterable<number>,
  given?: ClassWeightsOptions,
): Tensor {
  if (arguments.length > 2) surplus('classWeights', arguments, 2, 'options');
  const { numClasses, ignoreIndex } = options.read(given);
  const classes = listOf(targets).filter((c) => c !== ignoreIndex);
  if (classes.length === 0) {
    throw new RangeError('classWeights: targets must hold at least one class that is not ignored');
  }
  const size = numClasses ?? classes.reduce((largest, c) => Math.max(largest, c), 0) + 1;
  if (size > largestCount) {
    throw new RangeError(`classWeights: there are at most ${largestCount} classes, got ${size}`);
  }
  const counts = new Float64Array(size);
  for (const c of classes) {
    if (c < 0 || c >= size) {
      throw new RangeError(`classWeights: class ${c} is not one of ${size} (0 to ${size - 1})`);
    }
    counts[c]++;
  }
  return tensor(Float32Array.from(counts, (n) => (n === 0 ? 0 : classes.length / (size * n))));
}

// More is a number that is no class.
const largestCount = 100_000_000;

function listOf(targets: unknown): number[] {
  if (isTensor(targets)) {
    if (targets.dtype === 'int32') return Array.from(targets.toTypedArray());
    throw new TypeError(
      `classWeights: targets must be int32 class indices, got ${targets.dtype}; convert them with to('int32')`,
    );
  }
  if (!isIterable(targets)) {
    refuse('classWeights', 'targets', 'an int32 Tensor or an iterable of class indices', targets);
  }
  return Array.from(targets, (c, i) => integer.check('classWeights', `targets[${i}]`, c));
}

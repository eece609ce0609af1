/** multinomial: categories drawn with given weights, in PyTorch's two ways. */
import { boolean, optionsTable, positiveInteger, refuse, surplus } from '../check';
import { family } from '../native/families';
import { runRandomMultinomial, runRandomRace } from '../native/calls';
import { verify } from '../ops/kernels/bounds';
import { dense } from '../ops/kernels/copy';
import { pick } from '../ops/kernels/launch';
import { showShape } from '../tensor/shape';
import { elementsOf, sizesOf, empty, type Tensor } from '../tensor/tensor';
import { emptyAs } from '../ops/kernels/result';
import { defaultGenerator, drawFields, type DrawOptions, type Generator } from './generator';
import { checkFloats, exponential_ } from './inplace';

/** Options of `multinomial`. */
export interface MultinomialOptions extends DrawOptions {
  /** Whether a category can be drawn again. Default: false. */
  replacement?: boolean;
}

const multinomialOptions = optionsTable<MultinomialOptions, 'generator'>('multinomial', {
  replacement: boolean.or(false),
  ...drawFields,
});

const kernels = { drawn: family('random_multinomial'), race: family('random_race') };
// PyTorch's limit: above it, float32 could not tell indices apart.
const mostCategories = 2 ** 24;

function checkWeights(weights: Tensor): void {
  verify(
    () => checkRows(weights),
    () => [
      weights.ge(0).logicalAnd(weights.lt(Infinity)).all(-1).logicalAnd(weights.amax(-1).gt(0)),
      'multinomial: weights must be finite, at least 0 and not all 0 in a row',
    ],
  );
}

function checkRows(weights: Tensor): void {
  const values = elementsOf(weights, weights.numel);
  const categories = sizesOf(weights)[weights.ndim - 1];
  for (let start = 0; start < values.length; start += categories) {
    let sum = 0;
    for (let i = start; i < start + categories; i++) {
      const weight = values[i];
      if (!(weight >= 0 && weight < Infinity)) {
        throw new RangeError(
          `multinomial: weights must be finite and at least 0, got ${weight} at ${i - start}`,
        );
      }
      sum += weight;
    }
    if (sum === 0) {
      throw new RangeError(
        `multinomial: the weights of a distribution must not all be 0, as in row ${start / categories}`,
      );
    }
  }
}

/**
 * Draws `numSamples` categories from each distribution (torch.multinomial).
 *
 * With replacement each sample looks up a uniform number in the cumulative weights. Without (and for a single
 * sample), category i gets the score pᵢ/qᵢ with qᵢ exponential, and the greatest scores win, in order: that
 * is drawing one after the other from what is left.
 *
 * @param probabilities [categories] or [rows, categories], floats of at least 0 that need not sum to 1
 * @returns int32 [numSamples] or [rows, numSamples]
 * @throws TypeError when they are not floats; RangeError for another rank, weights that are negative, not finite
 * or all 0 in a row, and more samples without replacement than there are categories.
 * @example multinomial(tensor([0, 1, 0]), 1) // [1]
 */
export function multinomial(
  probabilities: Tensor,
  numSamples: number,
  options?: MultinomialOptions,
): Tensor {
  if (arguments.length > 3) surplus('multinomial', arguments, 3, 'options');
  const { replacement, generator: source = defaultGenerator } = multinomialOptions.read(options);
  checkFloats('multinomial', probabilities, 'probabilities');
  const { ndim, dtype } = probabilities;
  const shape = sizesOf(probabilities);
  if (ndim !== 1 && ndim !== 2) {
    throw new RangeError(
      `multinomial: probabilities must be [categories] or [rows, categories], got shape ${showShape(shape)}`,
    );
  }
  const categories = shape[ndim - 1];
  const most = replacement ? 2 ** 31 - 1 : categories;
  positiveInteger.check('multinomial', 'numSamples', numSamples);
  if (numSamples > most) {
    const must = replacement
      ? 'below 2^31'
      : `an integer from 1 to the ${categories} categories (or pass { replacement: true })`;
    refuse('multinomial', 'numSamples', must, numSamples, RangeError);
  }
  if (categories === 0 || categories > mostCategories) {
    throw new RangeError(
      `multinomial: there must be from 1 to ${mostCategories} categories, got ${categories}`,
    );
  }
  const rows = ndim === 1 ? 1 : shape[0];
  const out = empty(ndim === 1 ? [numSamples] : [rows, numSamples], 'int32');
  const weights = dense(probabilities);
  checkWeights(weights);
  const draws = replacement && numSamples > 1;
  const scores = draws ? empty([categories], dtype) : exponentials(probabilities, source);
  if (draws) {
    const run = pick('multinomial', kernels.drawn, dtype);
    runRandomMultinomial(run, {
      state: source.drawing(),
      p: weights,
      cumulative: scores,
      out,
      rows,
      categories,
      samples: numSamples,
    });
  } else {
    const run = pick('multinomial', kernels.race, dtype);
    runRandomRace(run, weights, scores, out, rows, categories, numSamples);
  }
  return out;
}

/** Exponential numbers, row by row, but drawn in the order of p's memory. */
function exponentials(p: Tensor, generator: Generator): Tensor {
  const drawn = exponential_(emptyAs(p), 1, { generator });
  return dense(drawn);
}

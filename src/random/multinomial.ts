/** multinomial: categories drawn with given weights, in PyTorch's two ways. */
import { args, family } from '../native/kernels';
import { copyInto } from '../ops/clone';
import { pick } from '../ops/elementwise';
import { showShape } from '../tensor/shape';
import { empty, type Tensor } from '../tensor/tensor';
import { emptyAs } from './draw';
import { generatorOf, type Generator } from './generator';
import { checkFloats, checkNumber, exponential_, type DrawOptions } from './inplace';

export interface MultinomialOptions extends DrawOptions {
  /** Whether a category can be drawn again; false unless given. */
  replacement?: boolean;
}

const kernels = { drawn: family('random_multinomial'), race: family('random_race') };
// PyTorch's limit: above it, float32 could not tell indices apart.
const mostCategories = 2 ** 24;

function checkWeights(weights: Tensor): void {
  const values = weights.memory(weights.numel);
  const categories = weights.shape[weights.ndim - 1];
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
 * @example multinomial(softmax(logits, -1), 1)
 */
export function multinomial(
  probabilities: Tensor,
  numSamples: number,
  { replacement = false, generator }: MultinomialOptions = {},
): Tensor {
  checkFloats('multinomial', probabilities, 'probabilities');
  const { shape, ndim, dtype } = probabilities;
  if (ndim !== 1 && ndim !== 2) {
    throw new RangeError(
      `multinomial: probabilities must be [categories] or [rows, categories], got shape ${showShape(shape)}`,
    );
  }
  if (typeof replacement !== 'boolean') {
    throw new TypeError(
      `multinomial: replacement must be true or false, got ${typeof replacement}`,
    );
  }
  const source = generatorOf('multinomial', generator);
  const categories = shape[ndim - 1];
  const most = replacement ? 2 ** 31 - 1 : categories;
  const rule = replacement
    ? 'an integer of at least 1'
    : `an integer from 1 to the ${categories} categories (or pass { replacement: true })`;
  checkNumber(
    'multinomial',
    'numSamples',
    numSamples,
    rule,
    (v) => Number.isInteger(v) && v >= 1 && v <= most,
  );
  if (categories === 0 || categories > mostCategories) {
    throw new RangeError(
      `multinomial: there must be from 1 to ${mostCategories} categories, got ${categories}`,
    );
  }
  const rows = ndim === 1 ? 1 : shape[0];
  const out = empty(ndim === 1 ? [numSamples] : [rows, numSamples], 'int32');
  const weights = probabilities.contiguousLayout
    ? probabilities
    : copyInto(probabilities, empty(shape, dtype));
  checkWeights(weights);
  const draws = replacement && numSamples > 1;
  const scores = draws ? empty([categories], dtype) : exponentials(probabilities, source);
  const run = pick('multinomial', draws ? kernels.drawn : kernels.race, dtype);
  const first = draws ? 1 : 0;
  args[0] = source.address;
  args[first] = weights.address;
  args[first + 1] = scores.address;
  args[first + 2] = out.address;
  args[first + 3] = rows;
  args[first + 4] = categories;
  args[first + 5] = numSamples;
  run();
  return out;
}

/** Exponential numbers, row by row, but drawn in the order of p's memory. */
function exponentials(p: Tensor, generator: Generator): Tensor {
  const drawn = exponential_(emptyAs(p), 1, { generator });
  return drawn.contiguousLayout ? drawn : copyInto(drawn, empty(p.shape, p.dtype));
}

/** Scaled dot-product attention; ops/attention/ computes it. */
import { arange, ge, reshape } from '../../ops';
import { attention } from '../../ops/attention/attention';
import { boolean, finite, optionsTable, probability, surplus } from '../../check';
import { anyTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { dropoutNoise } from './dropout-noise';

/** Options of `scaledDotProductAttention`. */
export interface AttentionOptions {
  /** Broadcasts to [..., L, S]. bool: true where a key takes part; floats: added to the scores. Default: null. */
  attnMask?: Tensor | null;
  /** Probability of dropping a weight; applied whenever it is above 0. Default: 0. */
  dropoutP?: number;
  /** Each query sees the keys up to its own position only. Default: false. */
  isCausal?: boolean;
  /** Factor of the scores. Default: 1 / √E. */
  scale?: number;
}

const attentionOptions = optionsTable<AttentionOptions, 'scale'>('scaledDotProductAttention', {
  attnMask: anyTensor.orNull.or(null),
  dropoutP: probability.or(0),
  isCausal: boolean.or(false),
  scale: finite.optional,
});

/**
 * softmax(query·keyᵀ·scale + mask)·value: Vaswani et al. 2017 (torch.nn.functional.scaled_dot_product_attention).
 * A query whose keys are all masked gets zeros.
 *
 * Shapes: query [..., L, E], key [..., S, E], value [..., S, Ev]; result [..., L, Ev].
 * @throws TypeError for what is no tensor or no option; RangeError when sizes do not fit, or a mask is given beside
 * `isCausal`.
 * @example
 * const x = randn([2, 5, 8]);
 * nn.functional.scaledDotProductAttention(x, x, x, { isCausal: true }).shape; // [2, 5, 8]
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options?: AttentionOptions,
): Tensor {
  if (arguments.length > 4) surplus('scaledDotProductAttention', arguments, 4, 'options');
  const name = 'scaledDotProductAttention';
  const { attnMask, dropoutP, isCausal, scale } = attentionOptions.read(options);
  for (const [what, x] of Object.entries({ query, key, value })) {
    anyTensor.check(name, what, x);
    if (x.ndim < 2) {
      throw new RangeError(
        `${name}: ${what} must have at least 2 dimensions, got ${showShape(sizesOf(x))}`,
      );
    }
  }
  if (attnMask !== null && isCausal) {
    throw new RangeError(`${name}: give attnMask or isCausal, not both`);
  }
  const [L, E] = sizesOf(query).slice(-2);
  const S = sizesOf(key)[key.ndim - 2];
  if (sizesOf(key)[key.ndim - 1] !== E || sizesOf(value)[value.ndim - 2] !== S) {
    throw new RangeError(
      `${name}: query ${showShape(sizesOf(query))}, key ${showShape(sizesOf(key))} and value ${showShape(sizesOf(value))} do not fit: [..., L, E], [..., S, E], [..., S, Ev]`,
    );
  }
  const mask = isCausal ? ge(reshape(arange(L), [L, 1]), arange(S)) : attnMask;
  const [out] = attention(name, [query, key, value], asGiven, {
    scale: scale ?? 1 / Math.sqrt(E),
    mask,
    hides: true,
    noise: dropoutP > 0 ? dropoutNoise(dropoutP) : null,
    needWeights: false,
    queriesFirst: false,
  });
  return out;
}

const asGiven = ([query, key, value]: readonly Tensor[]) => [query, key, value] as const;

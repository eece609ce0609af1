/** Scaled dot-product attention out of primitive operations. */
import {
  add,
  all,
  arange,
  ge,
  isinf,
  logicalAnd,
  logicalNot,
  lt,
  maskedFill,
  matmul,
  mul,
  reshape,
  softmax,
  transpose,
} from '../../ops';
import { cast } from '../../ops/copying/cast';
import { boolean, finite, optionsTable, probability, surplus } from '../../check';
import { anyTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { dropout } from './dropout';

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
        `${name}: ${what} must have at least 2 dimensions, got ${showShape(x.sizes)}`,
      );
    }
  }
  if (attnMask !== null && isCausal) {
    throw new RangeError(`${name}: give attnMask or isCausal, not both`);
  }
  const [L, E] = query.sizes.slice(-2);
  const S = key.sizes[key.ndim - 2];
  if (key.sizes[key.ndim - 1] !== E || value.sizes[value.ndim - 2] !== S) {
    throw new RangeError(
      `${name}: query ${showShape(query.sizes)}, key ${showShape(key.sizes)} and value ${showShape(value.sizes)} do not fit: [..., L, E], [..., S, E], [..., S, Ev]`,
    );
  }
  const factor = scale ?? 1 / Math.sqrt(E);
  // [L, E] times a number, not [L, S].
  const scores = matmul(mul(query, factor), transpose(key, -2, -1));
  const visible = isCausal ? ge(reshape(arange(L), [L, 1]), arange(S)) : attnMask;
  const weights = visible === null ? softmax(scores, -1) : masked(scores, visible);
  return matmul(dropoutP > 0 ? dropout(weights, dropoutP) : weights, value);
}

// Rows without any visible key would be 0 / 0: they are scored as if all were seen, then set to 0.
function masked(scores: Tensor, mask: Tensor): Tensor {
  const hidden = mask.dtype === 'bool' ? logicalNot(mask) : logicalAnd(isinf(mask), lt(mask, 0));
  const blind = all(hidden, -1, { keepdim: true });
  const shown =
    mask.dtype === 'bool' ? scores : add(scores, cast(maskedFill(mask, hidden, 0), scores.dtype));
  const open = logicalAnd(hidden, logicalNot(blind));
  const weights = softmax(maskedFill(shown, open, -Infinity), -1);
  return maskedFill(weights, blind, 0);
}

/** What attention.ts computes, in primitive operations: what second derivatives are taken of, and whatever the kernels do not take. */
import type { DType } from '../../tensor/dtype';
import type { Shape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { add, mul } from '../elementwise/arithmetic';
import { isinf, lt } from '../elementwise/compare';
import { logicalAnd, logicalNot } from '../elementwise/logical';
import { maskedFill } from '../indexing/masked';
import { matmul } from '../matmul/matmul';
import { softmax } from '../normalization/softmax';
import { all } from '../reduce/truth';
import { permute, transpose } from '../view/permute';
import type { Three } from './heads';

/** What attention is asked for besides queries, keys and values. */
export interface AttentionCall {
  readonly scale: number;
  /** Broadcasts to the scores. bool: true where a key takes part; floats: added. */
  readonly mask: Tensor | null;
  /** A key whose mask is −∞ takes no part whatever its score, and a query without keys gets zeros in place of NaN. */
  readonly hides: boolean;
  /** Factors of the weights, of their shape, drawn when they are needed. */
  readonly noise: ((shape: Shape, dtype: DType) => Tensor) | null;
  /** Whether the weights are a result. */
  readonly needWeights: boolean;
  /** Whether the result is [L, B, heads, V] instead of [B, heads, L, V], of heads that have four dimensions. */
  readonly queriesFirst: boolean;
}

/** [..., L, V] and [..., L, S]. */
export type Attended = readonly [out: Tensor, weights: Tensor | null];

/** Views of the inputs as [..., L, E], [..., S, E] and [..., S, V]. */
export type Split = (inputs: readonly Tensor[]) => Three;

/** softmax(q·kᵀ·scale + mask) of heads [..., L, E] and [..., S, E]: [..., L, S]. */
function weightsOf(
  q: Tensor,
  k: Tensor,
  scale: number,
  mask: Tensor | null,
  hides: boolean,
): Tensor {
  // [L, E] times a number, not [L, S].
  const scores = matmul(mul(q, scale), transpose(k, -2, -1));
  if (mask === null) return softmax(scores, -1);
  return hides ? masked(scores, mask) : softmax(add(scores, mask), -1);
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

const inOrder = (out: Tensor, { queriesFirst }: AttentionCall): Tensor =>
  queriesFirst ? permute(out, [2, 0, 1, 3]) : out;

/** Attention in primitive operations. */
export function primitiveAttention(
  [q, k, v]: Three,
  call: AttentionCall,
  noise = call.noise,
): Attended {
  const soft = weightsOf(q, k, call.scale, call.mask, call.hides);
  const weights =
    noise === null || soft.numel === 0 ? soft : mul(soft, noise(sizesOf(soft), soft.dtype));
  return [inOrder(matmul(weights, v), call), call.needWeights ? weights : null];
}

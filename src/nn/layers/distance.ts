/** PairwiseDistance and CosineSimilarity as layers. Each is the function in nn.functional. */
import { integer, nonNegative, number, optionsTable, surplus } from '../../check';
import { pairwiseOptions } from '../../ops/loss/options';
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional';
import { Module } from '../module';

/**
 * ‖x1 − x2 + eps‖ₚ along the last dimension (torch.nn.PairwiseDistance).
 *
 * Shapes: both [N, D] or [D]; result [N] or [].
 * @param p order of the norm, 2 unless given
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.PairwiseDistance().forward(tensor([[0, 0]]), tensor([[3, 4]])) // [5]
 */
export class PairwiseDistance extends Module {
  /** Order of the norm. */
  readonly norm: number;
  /** Added to each difference. */
  readonly eps: number;
  /** Whether the last dimension stays, with size 1. */
  readonly keepdim: boolean;

  constructor(p: number = 2, options?: F.PairwiseDistanceOptions) {
    if (arguments.length > 2) surplus('PairwiseDistance', arguments, 2, 'options');
    super();
    this.norm = number.check('PairwiseDistance', 'p', p);
    const { eps, keepdim } = pairwiseOptions.read(options, 'PairwiseDistance');
    this.eps = eps;
    this.keepdim = keepdim;
  }

  /**
   * The distance of each row of `x1` from that of `x2`.
   * @throws RangeError when the shapes do not broadcast.
   */
  forward(x1: Tensor, x2: Tensor): Tensor {
    if (arguments.length > 2) surplus('PairwiseDistance.forward', arguments, 2, 'x2');
    const { norm, eps, keepdim } = this;
    return F.pairwiseDistance(x1, x2, norm, { eps, keepdim });
  }
}

const similarityOptions = optionsTable<F.CosineSimilarityOptions>('CosineSimilarity', {
  eps: nonNegative.or(1e-8),
});

/**
 * Σ x1·x2 / (max(‖x1‖, eps)·max(‖x2‖, eps)) along `dim` (torch.nn.CosineSimilarity).
 *
 * Shapes: both the same, or such that they broadcast; the result is without `dim`.
 * @param dim default: 1
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.CosineSimilarity().forward(tensor([[3, 4]]), tensor([[4, 3]])) // [0.96]
 */
export class CosineSimilarity extends Module {
  /** Dimension of the vectors. */
  readonly dim: number;
  /** Lower bound of each norm in the divisor. */
  readonly eps: number;

  constructor(dim: number = 1, options?: F.CosineSimilarityOptions) {
    if (arguments.length > 2) surplus('CosineSimilarity', arguments, 2, 'options');
    super();
    this.dim = integer.check('CosineSimilarity', 'dim', dim);
    this.eps = similarityOptions.read(options).eps;
  }

  /**
   * The cosine of the vectors of `x1` and `x2`.
   * @throws RangeError when shapes or dimension do not fit.
   */
  forward(x1: Tensor, x2: Tensor): Tensor {
    if (arguments.length > 2) surplus('CosineSimilarity.forward', arguments, 2, 'x2');
    return F.cosineSimilarity(x1, x2, this.dim, { eps: this.eps });
  }
}

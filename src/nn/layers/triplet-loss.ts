/** Losses of triplets as layers. Each is the function in nn.functional. */
import { surplus } from '../../check';
import { tripletDistanceOptions, tripletOptions } from '../../ops/loss/options';
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional';
import { Loss } from './loss';

/** Options of `TripletMarginLoss`. */
export type TripletMarginLossOptions = F.TripletMarginOptions;

/**
 * Triplet loss (torch.nn.TripletMarginLoss; Balntas et al. 2016): max(0, d(anchor, positive) − d(anchor, negative) + margin),
 * d the p-norm of the difference.
 *
 * Shapes: all [N, D] or [D].
 * @throws TypeError, RangeError for an option that is none.
 * @example
 * const [anchor, positive, negative] = [tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 5]])];
 * new nn.TripletMarginLoss().forward(anchor, positive, negative).item(); // 1
 */
export class TripletMarginLoss extends Loss {
  /** How much closer the positive has to be. */
  readonly margin: number;
  /** Order of the norm. */
  readonly p: number;
  /** Added to each difference. */
  readonly eps: number;
  /** Whether the negative's distance is that to the positive where this is smaller. */
  readonly swap: boolean;

  constructor(options?: TripletMarginLossOptions) {
    if (arguments.length > 1) surplus('TripletMarginLoss', arguments, 1, 'options');
    const read = tripletOptions.read(options, 'TripletMarginLoss');
    super(read);
    this.margin = read.margin;
    this.p = read.p;
    this.eps = read.eps;
    this.swap = read.swap;
  }

  /**
   * The loss of how much closer `positive` is to `anchor` than `negative`, reduced as `reduction` says.
   * @throws RangeError for shapes that do not fit.
   */
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    if (arguments.length > 3) surplus('TripletMarginLoss.forward', arguments, 3, 'negative');
    const { margin, p, eps, swap, reduction } = this;
    return F.tripletMarginLoss(anchor, positive, negative, { margin, p, eps, swap, reduction });
  }
}

/** Options of `TripletMarginWithDistanceLoss`. */
export type TripletMarginWithDistanceLossOptions = F.TripletDistanceOptions;

/**
 * Triplet loss of any distance d (torch.nn.TripletMarginWithDistanceLoss):
 * max(0, d(anchor, positive) − d(anchor, negative) + margin).
 *
 * Shapes: all the same, of at least one dimension.
 * @throws TypeError, RangeError for an option that is none.
 * @example
 * const distanceFunction = (a, b) => a.sub(b).abs().amax(-1);
 * const loss = new nn.TripletMarginWithDistanceLoss({ distanceFunction });
 * loss.forward(tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 5]])).item(); // 0
 */
export class TripletMarginWithDistanceLoss extends Loss {
  /** The distance; null for `nn.functional.pairwiseDistance`. */
  readonly distanceFunction: F.DistanceFunction | null;
  /** How much closer the positive has to be. */
  readonly margin: number;
  /** Whether the negative's distance is that to the positive where this is smaller. */
  readonly swap: boolean;

  constructor(options?: TripletMarginWithDistanceLossOptions) {
    if (arguments.length > 1) surplus('TripletMarginWithDistanceLoss', arguments, 1, 'options');
    const read = tripletDistanceOptions.read(options, 'TripletMarginWithDistanceLoss');
    super(read);
    this.distanceFunction = read.distanceFunction;
    this.margin = read.margin;
    this.swap = read.swap;
  }

  /**
   * The loss of how much closer `positive` is to `anchor` than `negative`, reduced as `reduction` says.
   * @throws RangeError for shapes that do not fit.
   */
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    if (arguments.length > 3) {
      surplus('TripletMarginWithDistanceLoss.forward', arguments, 3, 'negative');
    }
    const { distanceFunction, margin, swap, reduction } = this;
    const options = { distanceFunction, margin, swap, reduction };
    return F.tripletMarginWithDistanceLoss(anchor, positive, negative, options);
  }
}

/** The distance of vectors, and losses that want an anchor closer to a positive than to a negative. */
import { number, surplus } from '../../check';
import { anyTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { minimum } from '../elementwise/extremum';
import {
  pairwiseOptions,
  tripletDistanceOptions,
  tripletOptions,
  type DistanceFunction,
  type PairwiseDistanceOptions,
  type TripletDistanceOptions,
  type TripletMarginOptions,
} from './options';
import { checkBroadcast, checkLossInputs, floating, reduced } from './reduction';
import { composed } from '../declare/composed';

export type {
  DistanceFunction,
  PairwiseDistanceOptions,
  TripletDistanceOptions,
  TripletMarginOptions,
} from './options';

/**
 * ‖x1 − x2 + eps‖ₚ along the last dimension (torch.nn.functional.pairwise_distance). Shapes broadcast.
 * @param p order of the norm, 2 unless given
 * @throws TypeError for truth values without floats; RangeError when the shapes do not broadcast.
 * @example nn.functional.pairwiseDistance(tensor([[0, 0]]), tensor([[3, 4]])) // [5]
 */
export function pairwiseDistance(
  x1: Tensor,
  x2: Tensor,
  p: number = 2,
  options?: PairwiseDistanceOptions,
): Tensor {
  if (arguments.length > 4) surplus('pairwiseDistance', arguments, 4, 'options');
  const { eps, keepdim } = pairwiseOptions.read(options);
  number.check('pairwiseDistance', 'p', p);
  checkLossInputs('pairwiseDistance', { x1, x2 }, true);
  checkBroadcast('pairwiseDistance', [x1, x2]);
  if (x1.ndim === 0 && x2.ndim === 0) {
    throw new RangeError(
      'pairwiseDistance: x1 and x2 have no dimension that the distance is taken along',
    );
  }
  return composed([x1, x2], () => floating(x1.sub(x2)).add(eps).norm(p, -1, { keepdim }));
}

/**
 * max(0, d(anchor, positive) − d(anchor, negative) + margin), d the p-norm of the difference plus eps along the last
 * dimension (torch.nn.functional.triplet_margin_loss; Balntas et al. 2016). Shapes broadcast.
 * @throws RangeError unless all have the same number of dimensions, and for a margin of 0 or less; TypeError for
 * truth values without floats.
 * @example
 * const [anchor, positive, negative] = [tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 5]])];
 * nn.functional.tripletMarginLoss(anchor, positive, negative) // 1
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options?: TripletMarginOptions,
): Tensor {
  if (arguments.length > 4) surplus('tripletMarginLoss', arguments, 4, 'options');
  const { p, eps, ...rest } = tripletOptions.read(options);
  const distance: DistanceFunction = (a, b) =>
    composed([a, b], () => floating(a.sub(b)).add(eps).norm(p, -1));
  return triplet('tripletMarginLoss', { anchor, positive, negative }, distance, rest);
}

/**
 * max(0, d(anchor, positive) − d(anchor, negative) + margin) for any distance d
 * (torch.nn.functional.triplet_margin_with_distance_loss).
 * @param options.distanceFunction d, which gets two of the tensors; `pairwiseDistance` unless given
 * @throws RangeError unless all have the same number of dimensions, and for a margin of 0 or less; TypeError for
 * truth values without floats, and a distance that is no tensor.
 * @example
 * const [anchor, positive, negative] = [tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 5]])];
 * const distanceFunction = (a, b) => a.sub(b).abs().amax(-1);
 * nn.functional.tripletMarginWithDistanceLoss(anchor, positive, negative, { distanceFunction }) // 0
 */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options?: TripletDistanceOptions,
): Tensor {
  if (arguments.length > 4) surplus('tripletMarginWithDistanceLoss', arguments, 4, 'options');
  const operation = 'tripletMarginWithDistanceLoss';
  const { distanceFunction: given, ...rest } = tripletDistanceOptions.read(options);
  const distance: DistanceFunction = (a, b) => {
    if (given === null) return pairwiseDistance(a, b);
    return anyTensor.check(operation, 'the result of distanceFunction', given(a, b));
  };
  return triplet(operation, { anchor, positive, negative }, distance, rest);
}

interface Triplet {
  readonly anchor: Tensor;
  readonly positive: Tensor;
  readonly negative: Tensor;
}

function triplet(
  operation: string,
  given: Triplet,
  distance: DistanceFunction,
  {
    margin,
    swap,
    reduction,
  }: Required<Pick<TripletMarginOptions, 'margin' | 'swap' | 'reduction'>>,
): Tensor {
  const { anchor, positive, negative } = given;
  checkLossInputs(operation, { anchor, positive, negative }, true);
  if (anchor.ndim !== positive.ndim || anchor.ndim !== negative.ndim || anchor.ndim === 0) {
    throw new RangeError(
      `${operation}: anchor, positive and negative must have the same number of dimensions, at least 1, got ${showShape(sizesOf(anchor))}, ${showShape(sizesOf(positive))} and ${showShape(sizesOf(negative))}`,
    );
  }
  checkBroadcast(operation, [anchor, positive, negative]);
  const near = distance(anchor, positive);
  const far = distance(anchor, negative);
  const farthest = swap ? minimum(far, distance(positive, negative)) : far;
  return reduced(floating(near.sub(farthest)).add(margin).clamp({ min: 0 }), reduction);
}

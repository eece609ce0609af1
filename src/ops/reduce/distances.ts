/**
 * cdist: the distances between the rows of two matrices, each the p-norm of a difference. With d the distance of the difference
 * x, dx = g·sign(x)·(|x| / d)^(p−1), 0 where x = 0; for p = ∞ g·sign(x) for each that is largest. Saves x and d.
 */
import { calledAs, describe, oneOf, optionsTable, surplus } from '../../check';
import { broadcastShapes, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor, checkTypes } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import { noGrad } from '../../autograd/mode';
import { zerosLike } from '../creation/factories';
import { gradient } from '../declare/gradient';
import { norm } from './norm';
import { composed } from '../declare/composed';

const recorded = gradient<[Tensor], [Tensor, Tensor], number>('cdist', {
  node: 'CdistBackward0',
  saves: ([x], d) => [x, d],
  rule: (g, [x, d], p) => [slope(g.unsqueeze(-1), x, d.unsqueeze(-1), p)],
});

function slope(g: Tensor, x: Tensor, d: Tensor, p: number): Tensor {
  if (p === 0) return zerosLike(x);
  if (p === 1) return g.mul(x.sign());
  if (p === Infinity) return g.mul(x.sign().where(x.abs().eq(d), 0));
  // The divisor is 1 where the distance is 0, so that the second derivative is 0 there, not 0 / 0.
  const safe = d.maskedFill(d.eq(0), 1);
  if (p === 2) return g.mul(x.div(safe));
  // sign(0) is 0, but 0 to a power below 0 is not.
  const ratio = x
    .abs()
    .maskedFill(x.eq(0), 1)
    .div(safe)
    .pow(p - 1);
  return g.mul(x.sign().mul(ratio));
}

/** Options of `cdist`. */
export interface CdistOptions {
  /** Whether PyTorch may compute distances of p = 2 as ‖a‖² − 2a·b + ‖b‖², which loses digits where rows are near each other. Here none does. */
  computeMode?:
    | 'use_mm_for_euclid_dist_if_necessary'
    | 'use_mm_for_euclid_dist'
    | 'donot_use_mm_for_euclid_dist';
}
const cdistOptions = optionsTable<CdistOptions>('cdist', {
  computeMode: oneOf(
    'use_mm_for_euclid_dist_if_necessary',
    'use_mm_for_euclid_dist',
    'donot_use_mm_for_euclid_dist',
  ).or('use_mm_for_euclid_dist_if_necessary'),
});

/**
 * ‖x1ᵢ − x2ⱼ‖ₚ of every row of `x1` [..., P, M] and every row of `x2` [..., R, M]: [..., P, R] (torch.cdist); the dimensions
 * before them broadcast. The differences, [..., P, R, M], are computed, which are exact where rows are near each other.
 * @param p from 0, where it is how many elements differ, to Infinity. Default: 2.
 * @param options.computeMode PyTorch's name of how distances of p = 2 are computed; differences serve all three
 * @throws TypeError unless both are tensors of floats of one type; RangeError for fewer than two dimensions, another M, a
 *   p below 0, and shapes that do not broadcast.
 * @example cdist(tensor([[0, 0], [3, 4]]), tensor([[0, 0]])) // [[0], [5]]
 */
export function cdist(x1: Tensor, x2: Tensor, p = 2, options?: CdistOptions): Tensor {
  if (arguments.length > 4) surplus('cdist', arguments, 4, 'options');
  cdistOptions.read(options);
  for (const [name, x] of Object.entries({ x1, x2 })) {
    checkTensor('cdist', name, x);
    if (x.ndim < 2) {
      throw new RangeError(
        `cdist: ${name} must have at least 2 dimensions, got shape ${showShape(sizesOf(x))}`,
      );
    }
    checkFloat('cdist', x);
  }
  checkTypes('cdist', x1, x2, ['x1', 'x2']);
  const features = sizesOf(x1).at(-1)!;
  if (features !== sizesOf(x2).at(-1)) {
    throw new RangeError(
      `cdist: x1 and x2 must have rows of one length, got shapes ${showShape(sizesOf(x1))} and ${showShape(sizesOf(x2))}`,
    );
  }
  if (typeof p !== 'number' || Number.isNaN(p)) {
    throw new TypeError(`cdist: p must be a number of at least 0, got ${describe(p)}`);
  }
  if (p < 0) throw new RangeError(`cdist: p must be a number of at least 0, got ${p}`);
  return calledAs('cdist', () => {
    broadcastShapes('cdist', sizesOf(x1).slice(0, -2), sizesOf(x2).slice(0, -2));
    return composed([x1, x2], () => {
      const differences = x1.unsqueeze(-2).sub(x2.unsqueeze(-3));
      // An infinite norm of nothing is refused; here it is 0 as every other.
      if (features === 0) return differences.sum(-1);
      return recorded(
        noGrad(() => norm(differences, p, -1)),
        p,
        differences,
      );
    });
  });
}

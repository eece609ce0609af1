/** Losses that are 0 from a margin on: of a ranking, of a distance, of a score. Targets are 1 and −1. */
import { calledAs, optionsTable, surplus } from '../../check';
import { broadcastShapes, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { logsigmoid } from '../elementwise/sigmoid';
import { cosineOptions, hingeOptions, rankingOptions, type MarginOptions } from './options';
import {
  checkBroadcast,
  checkLossInputs,
  checkPair,
  floating,
  lossFields,
  reduced,
  type LossOptions,
} from './reduction';
import { composed } from '../declare/composed';

export type { MarginOptions } from './options';

/**
 * max(0, −target·(input1 − input2) + margin) (torch.nn.functional.margin_ranking_loss): with target 1, input1 should rank
 * higher, with −1 lower. Shapes broadcast.
 * @throws RangeError unless all have the same number of dimensions; TypeError for truth values without floats.
 * @example nn.functional.marginRankingLoss(tensor([1, 2]), tensor([2, 1]), tensor([1, 1])) // 0.5
 */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options?: MarginOptions,
): Tensor {
  if (arguments.length > 4) surplus('marginRankingLoss', arguments, 4, 'options');
  const { margin, reduction } = rankingOptions.read(options);
  checkLossInputs('marginRankingLoss', { input1, input2, target }, true);
  if (input1.ndim !== input2.ndim || input1.ndim !== target.ndim) {
    throw new RangeError(
      `marginRankingLoss: input1, input2 and target must have the same number of dimensions, got ${showShape(sizesOf(input1))}, ${showShape(sizesOf(input2))} and ${showShape(sizesOf(target))}`,
    );
  }
  checkBroadcast('marginRankingLoss', [input1, input2, target]);
  return composed([input1, input2, target], () => {
    const ahead = floating(input1.sub(input2).mul(target.neg()));
    return reduced(ahead.add(margin).clamp({ min: 0 }), reduction);
  });
}

/**
 * The distance `input` where the target is 1, max(0, margin − input) where it is −1
 * (torch.nn.functional.hinge_embedding_loss). Shapes broadcast.
 * @throws TypeError when neither holds floats; RangeError when the shapes do not broadcast.
 * @example nn.functional.hingeEmbeddingLoss(tensor([0.5, 0.75]), tensor([1, -1])) // 0.375
 */
export function hingeEmbeddingLoss(input: Tensor, target: Tensor, options?: MarginOptions): Tensor {
  if (arguments.length > 3) surplus('hingeEmbeddingLoss', arguments, 3, 'options');
  const { margin, reduction } = hingeOptions.read(options);
  checkLossInputs('hingeEmbeddingLoss', { input, target }, reduction !== 'mean');
  checkBroadcast('hingeEmbeddingLoss', [input, target]);
  return calledAs('hingeEmbeddingLoss', () =>
    composed([input, target], () => {
      const apart = input.rsub(margin).clamp({ min: 0 }).where(target.ne(1), 0);
      return reduced(input.where(target.ne(-1), 0).add(apart), reduction);
    }),
  );
}

const softOptions = optionsTable<LossOptions>('softMarginLoss', lossFields);

/**
 * ln(1 + e^(−target·input)) (torch.nn.functional.soft_margin_loss), computed so that nothing overflows. Shapes broadcast.
 * @throws TypeError when neither holds floats; RangeError when the shapes do not broadcast.
 * @example nn.functional.softMarginLoss(tensor([0, 2]), tensor([1, -1])) // 1.41
 */
export function softMarginLoss(input: Tensor, target: Tensor, options?: LossOptions): Tensor {
  if (arguments.length > 3) surplus('softMarginLoss', arguments, 3, 'options');
  const { reduction } = softOptions.read(options);
  checkPair('softMarginLoss', input, target);
  checkBroadcast('softMarginLoss', [input, target]);
  return composed([input, target], () => reduced(logsigmoid(input.mul(target)).neg(), reduction));
}

// Added to each sum of squares, so that a vector of zeros has a cosine.
const smallest = 1e-12;

/**
 * 1 − cos(input1, input2) where the target is 1, max(0, cos(input1, input2) − margin) where it is −1
 * (torch.nn.functional.cosine_embedding_loss), the cosine that of rows.
 * @param input1 [N, D] or [D], as `input2`
 * @param target [N], or [] for single vectors
 * @throws RangeError for other shapes; TypeError for what is no tensor.
 * @example
 * const [a, b] = [tensor([[1, 0]]), tensor([[0, 1]])];
 * nn.functional.cosineEmbeddingLoss(a, b, tensor([1])) // 1
 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options?: MarginOptions,
): Tensor {
  if (arguments.length > 4) surplus('cosineEmbeddingLoss', arguments, 4, 'options');
  const { margin, reduction } = cosineOptions.read(options);
  checkTensor('cosineEmbeddingLoss', 'input1', input1);
  checkTensor('cosineEmbeddingLoss', 'input2', input2);
  checkTensor('cosineEmbeddingLoss', 'target', target);
  const dim = target.ndim;
  if (dim > 1 || input1.ndim !== dim + 1 || input2.ndim !== dim + 1) {
    throw new RangeError(
      `cosineEmbeddingLoss: input1 and input2 must be [N, D] with target [N], or [D] with target [], got ${showShape(sizesOf(input1))}, ${showShape(sizesOf(input2))} and ${showShape(sizesOf(target))}`,
    );
  }
  const [n] = broadcastShapes('cosineEmbeddingLoss', sizesOf(input1), sizesOf(input2));
  if (dim === 1) broadcastShapes('cosineEmbeddingLoss', [n], sizesOf(target));
  return composed([input1, input2, target], () => {
    const [a, b] = [floating(input1), floating(input2)];
    const squares = (x: Tensor): Tensor => x.mul(x).sum(dim).add(smallest);
    const cosine = a
      .mul(b)
      .sum(dim)
      .div(squares(a).mul(squares(b)).sqrt());
    const alike = cosine.rsub(1).where(target.eq(1), 0);
    const apart = cosine.sub(margin).clamp({ min: 0 }).where(target.eq(-1), 0);
    return reduced(alike.add(apart), reduction);
  });
}

/**
 * nllLoss: −weight[t]·x[t] of each row x of logarithms of probabilities and its class t. The gradient is −weight[t]
 * at t and 0 elsewhere. Saves where the classes are, not x.
 */
import { isGradEnabled, noGrad } from '../../autograd/mode';
import { record } from '../../autograd/node';
import type { Tensor } from '../../tensor/tensor';
import { div } from '../binary/div';
import { eq, ne } from '../compare/compare';
import { logicalAnd } from '../compare/logical';
import { where } from '../compare/where';
import { arange } from '../factories';
import { mul } from '../mul';
import { sum } from '../sum';
import { neg } from '../unary/rules';
import { cast } from '../cast';
import { reshape } from '../view/reshape';
import {
  checkClasses,
  checkClassInput,
  fromRows,
  toRows,
  type ClassLossOptions,
  type Classes,
} from './classes';
import type { Reduction } from './reduction';

/** weight[t] at each row's class, 0 elsewhere and in rows that do not count: [rows, C]. */
export function classWeights(
  like: Tensor,
  { target, weight, ignoreIndex, classes }: Classes,
): Tensor {
  const index = reshape(target, [-1, 1]);
  const chosen = logicalAnd(eq(arange(classes, { dtype: 'int32' }), index), ne(index, ignoreIndex));
  return weight === null ? cast(chosen, like.dtype) : where(chosen, weight, 0);
}

/** The name of PyTorch's node: one for matrices, one for images, which other shapes are turned into. */
export function nllNode(input: Tensor, reduction: Reduction): string {
  if (input.ndim <= 2) return 'NllLossBackward0';
  return input.ndim === 4 || reduction !== 'none' ? 'NllLoss2DBackward0' : 'ViewBackward0';
}

/**
 * Negative log-likelihood of class indices, given logarithms of probabilities (torch.nn.functional.nll_loss).
 * @param input [C], [N, C] or [N, C, d1, …]
 * @param target int32 class indices: [], [N] or [N, d1, …]
 * @param options.weight factor of each class, [C]; the mean is over the weights of the classes that occurred
 * @param options.ignoreIndex a target that does not count
 * @throws RangeError for shapes that do not match, or a class out of range.
 */
export function nllLoss(input: Tensor, target: Tensor, options: ClassLossOptions = {}): Tensor {
  checkClassInput('nllLoss', input);
  const classes = checkClasses('nllLoss', input, target, options);
  const { reduction, positions } = classes;
  const weights = noGrad(() => classWeights(input, classes));
  const out = noGrad(() => {
    const x = toRows(input);
    // Not weights·x: a logarithm may be −Infinity where the weight is 0.
    const losses = neg(sum(where(ne(weights, 0), mul(x, weights), 0), 1));
    if (reduction === 'none') return reshape(losses, positions);
    return reduction === 'sum' ? sum(losses) : div(sum(losses), sum(weights));
  });
  if (!isGradEnabled() || !input.requiresGrad) return out;
  const { shape } = input;
  return record(nllNode(input, reduction), [input], out, (g) => {
    const each = reduction === 'none' ? reshape(g, [-1, 1]) : g;
    const scaled =
      reduction === 'mean'
        ? div(
            each,
            noGrad(() => sum(weights)),
          )
        : each;
    // Where nothing counts the mean is NaN, but there is still no slope.
    const dx = where(ne(weights, 0), neg(mul(scaled, weights)), 0);
    return [fromRows(dx, shape)];
  });
}

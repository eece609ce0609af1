/**
 * nllLoss: −weight[t]·x[t] of each row x of logarithms of probabilities and its class t. The gradient is −weight[t]
 * at t and 0 elsewhere. Saves where the classes are, not x.
 */
import { optionsTable, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import type { Tensor } from '../../tensor/tensor';
import { gradient } from '../declare/gradient';
import {
  checkClasses,
  checkClassInput,
  classLossFields,
  classWeights,
  fromRows,
  nllNode,
  toRows,
  type ClassLossOptions,
} from './classes';
import type { Reduction } from './reduction';

interface NllLoss {
  readonly weights: Tensor;
  readonly reduction: Reduction;
}
const recorded = gradient<[Tensor], [], NllLoss>('nllLoss', {
  node: ([input], { reduction }) => nllNode(input, reduction),
  rule: (g, _, { weights, reduction }, node) => {
    const each = reduction === 'none' ? g.reshape([-1, 1]) : g;
    const scaled = reduction === 'mean' ? each.div(noGrad(() => weights.sum())) : each;
    // Where every target is ignored the mean is NaN, but the gradient is 0.
    const rows = scaled.mul(weights).neg().where(weights.ne(0), 0);
    return [fromRows(rows, node.next[0]!.shape)];
  },
});

const nllOptions = optionsTable<ClassLossOptions>('nllLoss', classLossFields);

/**
 * Negative log-likelihood of class indices, given logarithms of probabilities (torch.nn.functional.nll_loss).
 * @param input [C], [N, C] or [N, C, d1, …]
 * @param target int32 class indices: [], [N] or [N, d1, …]
 * @param options.weight factor of each class, [C]; the mean is over the weights of the classes that occurred
 * @param options.ignoreIndex the target value that is ignored
 * @throws RangeError for shapes that do not match, or a class out of range.
 * @example nn.functional.nllLoss(tensor([[-0.1, -2.3]]), tensor([0], { dtype: 'int32' })) // 0.1
 */
export function nllLoss(input: Tensor, target: Tensor, options?: ClassLossOptions): Tensor {
  if (arguments.length > 3) surplus('nllLoss', arguments, 3, 'options');
  checkClassInput('nllLoss', input);
  const classes = checkClasses('nllLoss', input, target, nllOptions.read(options));
  const { reduction, positions } = classes;
  const weights = noGrad(() => classWeights(input, classes));
  const out = noGrad(() => {
    const x = toRows(input);
    // Not weights·x: a logarithm may be −Infinity where the weight is 0.
    const losses = x.mul(weights).where(weights.ne(0), 0).sum(1).neg();
    if (reduction === 'none') return losses.reshape(positions);
    return reduction === 'sum' ? losses.sum() : losses.sum().div(weights.sum());
  });
  return recorded(out, { weights, reduction }, input);
}

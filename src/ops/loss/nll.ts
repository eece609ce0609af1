/**
 * nllLoss: −weight[t]·x[t] of each row x of logarithms of probabilities and its class t. The gradient is −weight[t]
 * at t and 0 elsewhere. Saves the classes and their weights, not x.
 */
import { optionsTable, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import type { Tensor } from '../../tensor/tensor';
import { constant } from '../creation/factories';
import { unrecorded } from '../declare/composed';
import { gradient } from '../declare/gradient';
import {
  checkClasses,
  checkClassInput,
  classLossFields,
  chosenWeights,
  fromRows,
  nllNode,
  rowsShape,
  toRows,
  type ClassLossOptions,
} from './classes';
import type { Reduction } from './reduction';

interface NllLoss {
  /** The class of each row, int32 [rows, 1]; 0 where it is ignored. */
  readonly index: Tensor;
  /** Its weight, [rows, 1]; 0 where it is ignored. */
  readonly weights: Tensor;
  readonly reduction: Reduction;
}
const recorded = gradient<[Tensor], [], NllLoss>('nllLoss', {
  node: ([input], { reduction }) => nllNode(input, reduction),
  rule: (g, _, { index, weights, reduction }, node) => {
    const each = reduction === 'none' ? g.reshape([-1, 1]) : g;
    const scaled = reduction === 'mean' ? each.div(noGrad(() => weights.sum())) : each;
    // Where every target is ignored the mean is NaN, but the gradient is 0.
    const { shape } = node.next[0]!;
    const values = scaled.mul(weights).neg().where(weights.ne(0), 0);
    const zeros = constant(rowsShape(shape), 0, g.dtype);
    return [fromRows(zeros.scatter(1, index, values), shape)];
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
  const [index, weights] = noGrad(() => chosenWeights(input, classes));
  const out = unrecorded(() => {
    // Not weights·x alone: a logarithm may be −Infinity where the weight is 0.
    const chosen = toRows(input).gather(1, index).mul(weights).where(weights.ne(0), 0);
    if (reduction === 'none') return chosen.neg().reshape(positions);
    const total = chosen.sum().neg();
    return reduction === 'sum' ? total : total.div(weights.sum());
  });
  return recorded(out, { index, weights, reduction }, input);
}

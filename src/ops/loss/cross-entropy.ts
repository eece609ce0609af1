/**
 * crossEntropy of a row x of scores, p = softmax(x), and its class t, with smoothing e over C classes:
 * −(1 − e)·weight[t]·ln p[t] − e/C·Σ weight[c]·ln p[c]. With q[c] the factors of −ln p[c] and Q their sum,
 * dx = g·(Q·p − q), divided by Σ weight[t] for the mean. Saves x, the classes, and each row's ln Σ eˣ.
 * Targets may be probabilities instead: q is then weight·((1 − e)·target + e/C), and the mean is over rows.
 */
import { optionsTable, probability, type Resolved, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { family } from '../../native/families';
import { runCrossEntropy, runCrossEntropyBackward } from '../../native/calls';
import { isFloat } from '../../tensor/dtype';
import { sameShape, showShape } from '../../tensor/shape';
import { isTensor } from '../../tensor/rules';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { contiguous } from '../copying/clone';
import { gradient } from '../declare/gradient';
import { pick } from '../kernels/launch';
import {
  checkClassInput,
  checkClasses,
  checkWeight,
  classLossFields,
  classWeights,
  fromRows,
  nllNode,
  positionShape,
  toRows,
  type ClassLossOptions,
  type Classes,
} from './classes';
import { dense } from '../kernels/copy';

const kernels = family('cross_entropy');
const backwardKernels = family('cross_entropy_backward');
const reductionCode = { none: 0, mean: 1, sum: 2 } as const;

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends ClassLossOptions {
  /** How much of each target is spread evenly over all classes, 0 to 1. */
  labelSmoothing?: number;
}

const crossEntropyOptions = optionsTable<CrossEntropyOptions>('crossEntropy', {
  ...classLossFields,
  labelSmoothing: probability.or(0),
});

/**
 * Cross-entropy of scores and targets (torch.nn.functional.cross_entropy): softmax is part of it.
 * @param input [C], [N, C] or [N, C, d1, …]
 * @param target int32 class indices ([], [N] or [N, d1, …]), or probabilities of the input's shape
 * @param options.weight factor of each class, [C]; the mean is over the weights of the classes that occurred
 * @param options.ignoreIndex the class index that is ignored, −100 unless given
 * @param options.labelSmoothing how much of each target is spread over all classes
 * @throws RangeError for shapes that do not match, or a class out of range.
 * @example crossEntropy(randn([3, 5]), tensor([1, 0, 4], { dtype: 'int32' }))
 */
export function crossEntropy(input: Tensor, target: Tensor, given?: CrossEntropyOptions): Tensor {
  if (arguments.length > 3) surplus('crossEntropy', arguments, 3, 'options');
  checkClassInput('crossEntropy', input);
  const options = crossEntropyOptions.read(given);
  if (isProbabilities(input, target)) return ofProbabilities(input, target, options);
  const classes = checkClasses('crossEntropy', input, target, options);
  return ofClasses(input, classes, options.labelSmoothing);
}

const isProbabilities = (input: Tensor, target: unknown): target is Tensor =>
  isTensor(target) && isFloat(target.dtype) && sameShape(sizesOf(target), sizesOf(input));

interface ClassLoss {
  readonly classes: Classes;
  readonly smoothing: number;
  readonly logSumExp: Tensor;
  readonly divisor: Tensor;
}
const recorded = gradient<[Tensor], [Tensor, Tensor, Tensor | null], ClassLoss>('crossEntropy', {
  node: ([input], { classes, smoothing }) =>
    smoothing > 0 ? 'AddBackward0' : nllNode(input, classes.reduction),
  saves: ([input], _, { classes }) => [input, classes.target, classes.weight],
  rule: (g, [input], of) => [fromRows(differentiableGradient(g, input, of), sizesOf(input))],
  fused: (g, [input], of) => {
    const source = contiguous(toRows(input));
    return [fromRows(fusedGradient(g, source, of), sizesOf(input))];
  },
});

function ofClasses(input: Tensor, classes: Classes, smoothing: number): Tensor {
  const { reduction, rows, target, weight } = classes;
  const { dtype } = input;
  const x = noGrad(() => contiguous(toRows(input)));
  const losses = empty(reduction === 'none' ? classes.positions : [rows], dtype);
  const logSumExp = empty([rows], dtype);
  const divisor = empty([], dtype);
  const loss = empty([], dtype);
  const run = pick('crossEntropy', kernels, dtype);
  runCrossEntropy(run, {
    x,
    target,
    weight,
    losses,
    logSumExp,
    divisor,
    loss,
    smoothing,
    rows,
    classes: classes.classes,
    ignoreIndex: classes.ignoreIndex,
    reduction: reductionCode[reduction],
  });
  const out = reduction === 'none' ? losses : loss;
  return recorded(out, { classes, smoothing, logSumExp, divisor }, input);
}

function fusedGradient(
  g: Tensor,
  x: Tensor,
  { classes: of, smoothing, logSumExp, divisor }: ClassLoss,
): Tensor {
  const { target, weight, rows, classes, ignoreIndex, reduction } = of;
  const out = empty([rows, classes], x.dtype);
  const gradOutput = dense(g);
  const run = pick('crossEntropy', backwardKernels, x.dtype);
  runCrossEntropyBackward(run, {
    g: gradOutput,
    x,
    target,
    weight,
    logSumExp,
    divisor,
    out,
    smoothing,
    rows,
    classes,
    ignoreIndex,
    reduction: reductionCode[reduction],
  });
  return out;
}

// g·(Q·p − q), with q and Q constants.
function differentiableGradient(
  g: Tensor,
  input: Tensor,
  { classes, smoothing, divisor }: ClassLoss,
): Tensor {
  const { target, weight, ignoreIndex, reduction } = classes;
  const x = toRows(input);
  const each = reduction === 'none' ? g.reshape([-1, 1]) : g;
  const scaled = reduction === 'mean' ? each.div(divisor) : each;
  const q = noGrad(() => {
    const chosen = classWeights(x, classes).mul(1 - smoothing);
    if (smoothing === 0) return chosen;
    const counts = cast(target.reshape([-1, 1]).ne(ignoreIndex), x.dtype);
    const even = counts.mul(smoothing / classes.classes);
    return chosen.add(weight === null ? even : even.mul(weight));
  });
  const total = noGrad(() => q.sum(1, { keepdim: true }));
  // Where every target is ignored the mean is NaN, but the gradient is 0.
  return scaled.mul(x.softmax(1).mul(total).sub(q)).maskedFill(total.eq(0), 0);
}

function ofProbabilities(
  input: Tensor,
  target: Tensor,
  { labelSmoothing, reduction, ignoreIndex, weight: classWeight }: Resolved<CrossEntropyOptions>,
): Tensor {
  if (ignoreIndex >= 0) {
    throw new RangeError(
      `crossEntropy: ignoreIndex has no meaning for targets that are probabilities (target ${showShape(sizesOf(target))} ${target.dtype})`,
    );
  }
  const x = toRows(input);
  const classes = sizesOf(x)[1];
  const weight = checkWeight('crossEntropy', input, classes, classWeight);
  const t = toRows(cast(target, input.dtype));
  const smooth = labelSmoothing === 0 ? t : t.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  const q = weight === null ? smooth : smooth.mul(weight);
  const weighted = x.logSoftmax(1).mul(q);
  if (reduction === 'none') return weighted.sum(1).reshape(positionShape(input)).neg();
  const total = weighted.sum().neg();
  return reduction === 'sum' ? total : total.div(sizesOf(x)[0]);
}

/**
 * crossEntropy of a row x of scores, p = softmax(x), and its class t, with smoothing e over C classes:
 * −(1 − e)·weight[t]·ln p[t] − e/C·Σ weight[c]·ln p[c]. With q[c] the factors of −ln p[c] and Q their sum,
 * dx = g·(Q·p − q), divided by Σ weight[t] for the mean. Saves x, the classes, and each row's ln Σ eˣ.
 * Targets may be probabilities instead: q is then weight·((1 − e)·target + e/C), and the mean is over rows.
 */
import { isGradEnabled, noGrad } from '../../autograd/mode';
import { record, save } from '../../autograd/node';
import { args, family } from '../../native/kernels';
import { isFloat } from '../../tensor/dtype';
import { sameShape, showShape } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';
import { add } from '../add';
import { div } from '../binary/div';
import { cast } from '../cast';
import { eq, ne } from '../compare/compare';
import { where } from '../compare/where';
import { contiguous } from '../clone';
import { pick } from '../elementwise';
import { mul } from '../mul';
import { logSoftmax, softmax } from '../softmax';
import { sub } from '../sub';
import { sum } from '../sum';
import { neg } from '../unary/rules';
import { reshape } from '../view/reshape';
import {
  checkClasses,
  checkClassInput,
  checkWeight,
  fromRows,
  positionShape,
  toRows,
  type ClassLossOptions,
  type Classes,
} from './classes';
import { classWeights, nllNode } from './nll';
import { checkReduction } from './reduction';

const kernels = family('cross_entropy');
const backwardKernels = family('cross_entropy_backward');
const reductionCode = { none: 0, mean: 1, sum: 2 } as const;

export interface CrossEntropyOptions extends ClassLossOptions {
  /** How much of each target is spread evenly over all classes, 0 to 1. */
  labelSmoothing?: number;
}

/**
 * Cross-entropy of scores and targets (torch.nn.functional.cross_entropy): softmax is part of it.
 * @param input [C], [N, C] or [N, C, d1, …]
 * @param target int32 class indices ([], [N] or [N, d1, …]), or probabilities of the input's shape
 * @param options.weight factor of each class, [C]; the mean is over the weights of the classes that occurred
 * @param options.ignoreIndex a class index that does not count, −100 unless given
 * @param options.labelSmoothing how much of each target is spread over all classes
 * @throws RangeError for shapes that do not match, or a class out of range.
 * @example crossEntropy(randn([3, 5]), tensor([1, 0, 4], { dtype: 'int32' }))
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  checkClassInput('crossEntropy', input);
  const { labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new RangeError(`crossEntropy: labelSmoothing must be from 0 to 1, got ${labelSmoothing}`);
  }
  if (isProbabilities(input, target)) return ofProbabilities(input, target, options);
  return ofClasses(input, checkClasses('crossEntropy', input, target, options), labelSmoothing);
}

const isProbabilities = (input: Tensor, target: unknown): target is Tensor =>
  isTensorLike(target) && isFloat(target.dtype) && sameShape(target.shape, input.shape);
const isTensorLike = (x: unknown): x is Tensor =>
  typeof x === 'object' && x !== null && 'dtype' in x && 'shape' in x;

function ofClasses(input: Tensor, classes: Classes, smoothing: number): Tensor {
  const { reduction, rows, target, weight } = classes;
  const { dtype, shape } = input;
  const x = noGrad(() => contiguous(toRows(input)));
  const losses = empty(reduction === 'none' ? classes.positions : [rows], dtype);
  const logSumExp = empty([rows], dtype);
  const divisor = empty([], dtype);
  const loss = empty([], dtype);
  const run = pick('crossEntropy', kernels, dtype);
  args[0] = x.address;
  args[1] = target.address;
  args[2] = weight === null ? 0 : weight.address;
  args[3] = losses.address;
  args[4] = logSumExp.address;
  args[5] = divisor.address;
  args[6] = loss.address;
  args[7] = smoothing;
  args[8] = rows;
  args[9] = classes.classes;
  args[10] = classes.ignoreIndex;
  args[11] = reductionCode[reduction];
  run();
  const out = reduction === 'none' ? losses : loss;
  if (!isGradEnabled() || !input.requiresGrad) return out;
  const saved = save('crossEntropy', input);
  const savedTarget = save('crossEntropy', target);
  const node = smoothing > 0 ? 'AddBackward0' : nllNode(input, reduction);
  return record(node, [input], out, (g) => {
    const source = saved.get();
    savedTarget.get();
    const dx = isGradEnabled()
      ? differentiableGradient(g, source, classes, divisor, smoothing)
      : fusedGradient(g, contiguous(toRows(source)), classes, logSumExp, divisor, smoothing);
    return [fromRows(dx, shape)];
  });
}

function fusedGradient(
  g: Tensor,
  x: Tensor,
  { target, weight, rows, classes, ignoreIndex, reduction }: Classes,
  logSumExp: Tensor,
  divisor: Tensor,
  smoothing: number,
): Tensor {
  const out = empty([rows, classes], x.dtype);
  const gradOutput = contiguous(g);
  const run = pick('crossEntropy', backwardKernels, x.dtype);
  args[0] = gradOutput.address;
  args[1] = x.address;
  args[2] = target.address;
  args[3] = weight === null ? 0 : weight.address;
  args[4] = logSumExp.address;
  args[5] = divisor.address;
  args[6] = out.address;
  args[7] = smoothing;
  args[8] = rows;
  args[9] = classes;
  args[10] = ignoreIndex;
  args[11] = reductionCode[reduction];
  run();
  return out;
}

// g·(Q·p − q), with q and Q constants.
function differentiableGradient(
  g: Tensor,
  input: Tensor,
  classes: Classes,
  divisor: Tensor,
  smoothing: number,
): Tensor {
  const { target, weight, ignoreIndex, reduction } = classes;
  const x = toRows(input);
  const each = reduction === 'none' ? reshape(g, [-1, 1]) : g;
  const scaled = reduction === 'mean' ? div(each, divisor) : each;
  const q = noGrad(() => {
    const chosen = mul(classWeights(x, classes), 1 - smoothing);
    if (smoothing === 0) return chosen;
    const counts = cast(ne(reshape(target, [-1, 1]), ignoreIndex), x.dtype);
    const even = mul(counts, smoothing / classes.classes);
    return add(chosen, weight === null ? even : mul(even, weight));
  });
  const total = noGrad(() => sum(q, 1, { keepdim: true }));
  // Where nothing counts the mean is NaN, but there is still no slope.
  return where(eq(total, 0), 0, mul(scaled, sub(mul(softmax(x, 1), total), q)));
}

function ofProbabilities(input: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  const { labelSmoothing = 0 } = options;
  const reduction = checkReduction('crossEntropy', options.reduction);
  if (options.ignoreIndex !== undefined && options.ignoreIndex >= 0) {
    throw new RangeError(
      `crossEntropy: ignoreIndex has no meaning for targets that are probabilities (target ${showShape(target.shape)} ${target.dtype})`,
    );
  }
  const x = toRows(input);
  const classes = x.shape[1];
  const weight = checkWeight('crossEntropy', input, classes, options.weight ?? null);
  const t = toRows(cast(target, input.dtype));
  const smooth =
    labelSmoothing === 0 ? t : add(mul(t, 1 - labelSmoothing), labelSmoothing / classes);
  const q = weight === null ? smooth : mul(smooth, weight);
  const weighted = mul(logSoftmax(x, 1), q);
  if (reduction === 'none') return neg(reshape(sum(weighted, 1), positionShape(input)));
  const total = neg(sum(weighted));
  return reduction === 'sum' ? total : div(total, x.shape[0]);
}

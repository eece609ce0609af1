/**
 * ctcLoss: connectionist temporal classification (Graves et al. 2006), −log of the probability of all paths through
 * the steps that spell the labels, blanks and repetitions left out. Forward and backward recursion are one kernel call each.
 * Saves logProbs and alpha, the logarithms of the probabilities of all beginnings.
 */
import {
  boolean,
  integer,
  integerBetween,
  optionsTable,
  surplus,
  type Resolved,
} from '../../check';
import { isGradEnabled, noGrad } from '../../autograd/mode';
import { family } from '../../native/families';
import { runCtcLoss, runCtcLossBackward } from '../../native/calls';
import type { Memory } from '../../native/memory';
import { itemSize } from '../../tensor/dtype';
import { executor } from '../../tensor/executor';
import { showShape } from '../../tensor/shape';
import { isTensor } from '../../tensor/rules';
import { allocate } from '../../tensor/storage';
import { sizesOf, elementsOf, empty, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import { lengthsOf, type Lengths } from '../arguments/lengths';
import { arange, tensor } from '../creation/factories';
import { gradient } from '../declare/gradient';
import { where } from '../elementwise/where';
import { dense } from '../kernels/copy';
import { pick } from '../kernels/launch';
import { verify, verifyRuns } from '../kernels/bounds';
import { lossFields, type LossOptions, type Reduction } from './reduction';

const kernels = family('ctc_loss');
const backwardKernels = family('ctc_loss_backward');

/** Options of `ctcLoss`. */
export interface CtcLossOptions extends LossOptions {
  /** The class that stands for no label. Default: 0. */
  blank?: number;
  /** Whether infinite losses, of labels that no path of the steps spells, and their gradients are 0. Default: false. */
  zeroInfinity?: boolean;
}

/** The rows of the options of CTC. */
export const ctcFields = {
  ...lossFields,
  blank: integer.or(0),
  zeroInfinity: boolean.or(false),
};
const ctcOptions = optionsTable<CtcLossOptions>('ctcLoss', ctcFields);

/** What the kernels are told of a batch of labels; all int32. */
interface Labels {
  /** One sequence after the other, or row by row. */
  readonly target: Tensor;
  /** [N]: where each sequence's labels begin. */
  readonly first: Tensor;
  /** [N]: how many steps each sequence has, and how many labels. */
  readonly steps: Tensor;
  readonly lengths: Tensor;
  /** The most labels of a sequence and two, for the states at their ends. */
  readonly width: number;
}

interface CtcLoss {
  readonly labels: Labels;
  readonly blank: number;
  readonly zeroInfinity: boolean;
  readonly losses: Tensor;
  readonly alpha: Memory;
  readonly offsets: Memory;
}

// The gradient is recorded so that differentiating it says that it cannot be, where PyTorch does.
const recordedGradient = gradient<[Tensor, Tensor]>('ctcLossBackward', {
  node: 'NotImplemented',
  rule: () => {
    throw new Error(
      'ctcLoss: has no second derivatives; differentiate it once, without createGraph',
    );
  },
});

function gradientOf(g: Tensor, x: Tensor, target: Tensor, saved: CtcLoss): Tensor {
  const { labels, blank, zeroInfinity, losses, alpha, offsets } = saved;
  const [most, batch, classes] = sizesOf(x);
  const out = empty(sizesOf(x), x.dtype);
  runCtcLossBackward(pick('ctcLoss', backwardKernels, x.dtype), {
    g: dense(g),
    x: dense(x),
    target,
    first: labels.first,
    steps: labels.steps,
    lengths: labels.lengths,
    losses,
    alpha,
    offsets,
    out,
    spare: allocate(7 * batch * labels.width * itemSize(x.dtype)),
    most,
    batch,
    classes,
    width: labels.width,
    blank,
    zeroInfinity,
  });
  return recordedGradient(out, undefined, g, x);
}

const recorded = gradient<[Tensor], [Tensor, Tensor], CtcLoss>('ctcLoss', {
  saves: ([x], _, { labels }) => [x, labels.target],
  rule: (g, [x, target], saved) => [gradientOf(g, x, target, saved)],
});

/**
 * Connectionist temporal classification (torch.nn.functional.ctc_loss; Graves et al. 2006): −log of the probability that a
 * path of one class a step spells the labels, once repetitions and then blanks are left out. `'mean'` divides each loss by
 * the number of its labels, 1 at least, before the mean over the batch. Where a log-probability is −∞, the gradient is that of the
 * limit, where PyTorch has NaN. It cannot be differentiated twice.
 * @param logProbs logarithms of probabilities, as of `logSoftmax`: [T, N, C], or [T, C] of one sequence
 * @param targets int32 labels: [N, S], of which each row's first `targetLengths[n]` count, or one sequence after the
 * other, [Σ targetLengths]
 * @param inputLengths steps of each sequence, 0 … T: N integers, as an array or int32 tensor
 * @param targetLengths labels of each sequence
 * @returns a number, or [N] with the reduction `'none'`
 * @throws TypeError for other kinds and element types; RangeError for shapes that do not match, and for lengths and labels out
 * of range or blank.
 * @example
 * const logProbs = randn([50, 2, 20]).logSoftmax(2);
 * const labels = tensor([[3, 7, 7], [5, 1, 0]], { dtype: 'int32' });
 * nn.functional.ctcLoss(logProbs, labels, [50, 40], [3, 2]).shape; // []
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  options?: CtcLossOptions,
): Tensor {
  if (arguments.length > 5) surplus('ctcLoss', arguments, 5, 'options');
  const read = ctcOptions.read(options);
  checkTensor('ctcLoss', 'logProbs', logProbs);
  checkFloat('ctcLoss', logProbs);
  const { ndim } = logProbs;
  const sizes = sizesOf(logProbs);
  if ((ndim !== 2 && ndim !== 3) || logProbs.numel === 0) {
    throw new RangeError(
      `ctcLoss: logProbs must be [T, N, C] or [T, C] and not empty, got ${showShape(sizes)}`,
    );
  }
  const isBatch = ndim === 3;
  const x = isBatch ? logProbs : logProbs.unsqueeze(1);
  const [most, batch, classes] = sizesOf(x);
  integerBetween(0, classes - 1).check('ctcLoss', 'blank', read.blank);
  const limit = { limit: most, is: 'the steps of logProbs' };
  const steps = checkLengths('inputLengths', inputLengths, batch, isBatch, limit);
  const labels = checkLabels(targets, targetLengths, batch, isBatch, classes, read.blank, steps);
  const losses = ofBatch(x, labels, read);
  const each = read.zeroInfinity ? where(losses.eq(Infinity), 0, losses) : losses;
  return reduce(isBatch ? each : each.squeeze(0), labels.lengths, read.reduction);
}

function ofBatch(x: Tensor, labels: Labels, options: Resolved<CtcLossOptions>): Tensor {
  const { blank, zeroInfinity } = options;
  const [most, batch, classes] = sizesOf(x);
  const { target, first, steps, lengths, width } = labels;
  const keeps = isGradEnabled() && x.requiresGrad;
  const row = 2 * width * itemSize(x.dtype);
  const losses = empty([batch], x.dtype);
  const alpha = allocate(batch * (keeps ? most : 2) * row);
  const offsets = keeps ? allocate(batch * most * itemSize('float64')) : null;
  runCtcLoss(pick('ctcLoss', kernels, x.dtype), {
    x: dense(x),
    target,
    first,
    steps,
    lengths,
    losses,
    alpha,
    offsets,
    spare: allocate(batch * row),
    most,
    batch,
    classes,
    width,
    blank,
  });
  if (offsets === null) return losses;
  return recorded(losses, { labels, blank, zeroInfinity, losses, alpha, offsets }, x);
}

function reduce(losses: Tensor, lengths: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return losses;
  if (reduction === 'sum') return losses.sum();
  return losses.div(noGrad(() => lengths.clamp(1).to(losses.dtype))).mean();
}

/** Lengths [N], int32, and what they are; a trace has no values of a tensor. */
interface Counts {
  readonly tensor: Tensor;
  readonly values: Int32Array | null;
}

function checkLengths(
  name: string,
  lengths: Lengths,
  batch: number,
  isBatch: boolean,
  most: { limit: number | undefined; is: string },
): Counts {
  const given =
    isTensor(lengths) && lengths.ndim === 0 && !isBatch ? lengths.reshape([1]) : lengths;
  if (isTensor(given) && given.dtype !== 'int32') {
    throw new TypeError(
      `ctcLoss: ${name} must be int32, got ${given.dtype}; convert it with to('int32')`,
    );
  }
  if (executor.isTrace && isTensor(given) && given.ndim === 1) {
    checkCount(name, given.numel, batch);
    const { limit = 2 ** 31 - 1, is } = most;
    verifyRuns(() => [
      given.ge(0).logicalAnd(given.le(limit)),
      `ctcLoss: every length of ${name} must be an integer from 0 to ${limit}${most.limit === undefined ? '' : ` (${is})`}`,
    ]);
    return { tensor: dense(given), values: null };
  }
  const values = lengthsOf('ctcLoss', given, most.limit, { name, most: most.is });
  checkCount(name, values.length, batch);
  return { tensor: tensor(values), values };
}

function checkCount(name: string, count: number, batch: number): void {
  if (count === batch) return;
  throw new RangeError(
    `ctcLoss: ${name} must have one length for each of the ${batch} sequences, got ${count}`,
  );
}

function checkLabels(
  targets: Tensor,
  targetLengths: Lengths,
  batch: number,
  isBatch: boolean,
  classes: number,
  blank: number,
  steps: Counts,
): Labels {
  checkTensor('ctcLoss', 'targets', targets);
  if (targets.dtype !== 'int32') {
    throw new TypeError(
      `ctcLoss: targets must be int32 labels, got ${targets.dtype}; convert them with to('int32')`,
    );
  }
  const { ndim } = targets;
  const sizes = sizesOf(targets);
  if (ndim < 1 || ndim > 2 || (ndim === 2 && sizes[0] !== batch)) {
    throw new RangeError(
      `ctcLoss: targets must be [${batch}, S] or 1-dimensional with one sequence after the other, got ${showShape(sizes)}`,
    );
  }
  const columns = ndim === 2 ? sizes[1] : undefined;
  const most = { limit: columns, is: 'the columns of targets' };
  const lengths = checkLengths('targetLengths', targetLengths, batch, isBatch, most);
  const { first, longest } = placesOf(lengths, columns, targets.numel);
  const labels = { target: dense(targets), first, lengths: lengths.tensor };
  checkClasses(labels, classes, blank);
  return { ...labels, steps: steps.tensor, width: longest + 2 };
}

/**
 * Where each sequence's labels begin, and the most of one, which is an upper bound in a trace: it is how wide rows of states are, and the
 * bits do not depend on it.
 * @throws RangeError when there are not as many labels as the lengths sum to.
 */
function placesOf(
  { tensor: lengths, values }: Counts,
  columns: number | undefined,
  count: number,
): { first: Tensor; longest: number } {
  const wrong = (total: string): string =>
    `ctcLoss: targetLengths sum to ${total}, so targets must have as many labels, got ${count}`;
  if (values === null) {
    const isOneRow = columns === undefined;
    if (isOneRow) verifyRuns(() => [lengths.sum().eq(count), wrong('another number')]);
    const first = isOneRow
      ? lengths.cumsum(0).sub(lengths)
      : arange(lengths.numel, { dtype: 'int32' }).mul(columns);
    return { first, longest: columns ?? count };
  }
  const first = new Int32Array(values.length);
  let [total, longest] = [0, 0];
  for (const [n, length] of values.entries()) {
    first[n] = columns === undefined ? total : n * columns;
    total += length;
    longest = Math.max(longest, length);
  }
  if (columns === undefined && total !== count) throw new RangeError(wrong(`${total}`));
  return { first: tensor(first), longest };
}

/** What follows a sequence's labels in its row may be anything. */
function checkClasses(
  labels: Omit<Labels, 'steps' | 'width'>,
  classes: number,
  blank: number,
): void {
  const { target } = labels;
  verify(
    () => {
      const [all, first, lengths] = [target, labels.first, labels.lengths].map((x) => elementsOf(x, x.numel)); // prettier-ignore
      for (let n = 0; n < lengths.length; n++) {
        for (let i = 0; i < lengths[n]; i++) {
          const label = all[first[n] + i];
          // A negative one is above every class without its sign.
          if (label >>> 0 < classes && label !== blank) continue;
          refuseLabel(`label ${label} at position ${i} of sequence ${n}`, label === blank, classes);
        }
      }
    },
    () => {
      const isLabel = target.ge(0).logicalAnd(target.lt(classes)).logicalAnd(target.ne(blank));
      const refusal = `ctcLoss: a label is the blank or no class: logProbs has ${classes} (0 to ${classes - 1}), the blank is ${blank}`;
      if (target.ndim === 1) return [isLabel, refusal];
      const ends = labels.lengths.reshape([-1, 1]);
      const isPadding = arange(sizesOf(target)[1], { dtype: 'int32' }).ge(ends);
      return [isLabel.logicalOr(isPadding), refusal];
    },
  );
}

function refuseLabel(what: string, isBlank: boolean, classes: number): never {
  const why = isBlank
    ? 'is the blank; labels are the other classes'
    : `is not a class: logProbs has ${classes} (0 to ${classes - 1})`;
  throw new RangeError(`ctcLoss: ${what} ${why}`);
}

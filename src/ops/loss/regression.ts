/**
 * Losses of a prediction a and a target b of real numbers, with d = a − b: mseLoss d², l1Loss |d|, huberLoss and
 * smoothL1Loss between the two. da is the slope in d, db its negative. Save a and b.
 */
import { nonNegative, optionsTable, positive, surplus } from '../../check';
import type { Gradients, Node } from '../../autograd/node';
import { family } from '../../native/families';
import { runSquaredDifferenceBackward, runSquaredError } from '../../native/calls';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { gradient } from '../declare/gradient';
import { applyBinary, pick } from '../kernels/launch';
import { borrowDense, giveBack } from '../kernels/copy';
import { emptyAs, emptyOver } from '../kernels/result';
import {
  aligned,
  lossFields,
  lossGradient,
  reduced,
  weighted,
  weightedLossFields,
  type LossOptions,
  type Reduction,
  type WeightedLossOptions,
} from './reduction';
import { composed, unrecorded } from '../declare/composed';

const squares = family('squared_difference');
const squareSums = family('squared_error');
const squareGradients = family('squared_difference_backward');

type Pair = readonly [input: Tensor, target: Tensor];

const both = (da: Tensor, node: Node): Gradients => [
  node.needs(0) ? da : null,
  node.needs(1) ? da.neg() : null,
];
const slopeOfSquares = (n: number, reduction: Reduction): number =>
  reduction === 'mean' ? 2 / Math.max(n, 1) : 2;
const recordedSquares = gradient<Pair, Pair, Reduction>('mseLoss', {
  node: 'MseLossBackward0',
  saves: (pair) => pair,
  rule: (g, [a, b], reduction, node) =>
    both(g.mul(slopeOfSquares(a.numel, reduction)).mul(a.sub(b)), node),
  fused: (g, [a, b], reduction, node) =>
    both(squaredErrorGradient(g, a, b, slopeOfSquares(a.numel, reduction)), node),
});

const weightedOptions = optionsTable<WeightedLossOptions>('mseLoss', weightedLossFields);

/**
 * The mean of (input − target)² (torch.nn.functional.mse_loss). Warns when the shapes differ.
 * @param options.reduction `'mean'`, `'sum'` or `'none'`
 * @param options.weight factor w of each square, of the shape of `input`; the mean is then Σ w·d² / Σ w
 * @throws RangeError when the shapes do not broadcast; TypeError when neither holds floats.
 * @example nn.functional.mseLoss(tensor([1, 2]), tensor([1, 4])) // 2
 */
export function mseLoss(input: Tensor, target: Tensor, options?: WeightedLossOptions): Tensor {
  if (arguments.length > 3) surplus('mseLoss', arguments, 3, 'options');
  const { reduction, weight } = weightedOptions.read(options);
  const [a, b] = aligned('mseLoss', input, target);
  if (weight !== null) return weighted('mseLoss', a.sub(b).square(), input, weight, reduction);
  return recordedSquares(squaredError(a, b, reduction), reduction, a, b);
}

function squaredError(a: Tensor, b: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none')
    return applyBinary('mseLoss', squares, a, b, emptyOver(sizesOf(a), [a, b], a.dtype));
  const out = empty([], a.dtype);
  const run = pick('mseLoss', squareSums, a.dtype);
  const x = borrowDense(a);
  const y = borrowDense(b);
  runSquaredError(run, x, y, out, reduction === 'mean' ? a.numel : 1, a.numel);
  giveBack(x, a);
  giveBack(y, b);
  return out;
}

// factor·g·(a − b)
function squaredErrorGradient(g: Tensor, a: Tensor, b: Tensor, factor: number): Tensor {
  const out = emptyAs(a);
  const run = pick('mseLoss', squareGradients, a.dtype);
  runSquaredDifferenceBackward(run, g, a, b, out, factor);
  return out;
}

/**
 * The mean of |input − target| (torch.nn.functional.l1_loss). Warns when the shapes differ.
 * @param options.reduction `'mean'`, `'sum'` or `'none'`
 * @param options.weight factor w of each difference, of the shape of `input`; the mean is then Σ w·|d| / Σ w
 * @throws TypeError unless both are tensors, for bool, and for the mean of integers; RangeError when the shapes do not
 * broadcast, or for another reduction.
 * @example nn.functional.l1Loss(tensor([1, 2]), tensor([1, 4])) // 1
 */
export function l1Loss(input: Tensor, target: Tensor, options?: WeightedLossOptions): Tensor {
  if (arguments.length > 3) surplus('l1Loss', arguments, 3, 'options');
  const { reduction, weight } = weightedOptions.read(options, 'l1Loss');
  const [a, b] = aligned('l1Loss', input, target, reduction !== 'mean');
  return composed([a, b, weight], () => {
    const losses = a.sub(b).abs();
    if (weight !== null) return weighted('l1Loss', losses, input, weight, reduction);
    return reduced(losses, reduction);
  });
}

// With c = clamp(d, −delta, delta): c·(d − c/2), which is d²/2 within delta and linear outside; its slope is c.
interface Huber {
  readonly delta: number;
  readonly scale: number;
  readonly reduction: Reduction;
}
function huber(operation: string, node: string) {
  const recorded = gradient<Pair, Pair, Huber>(operation, {
    node,
    saves: (pair) => pair,
    rule: (g, [a, b], { delta, scale, reduction }, self) => {
      const slope = a.sub(b).clamp(-delta, delta);
      return both(lossGradient(g, reduction, a.numel).mul(scale).mul(slope), self);
    },
  });
  return ([a, b]: Pair, of: Huber): Tensor => {
    const { delta, scale, reduction } = of;
    const out = unrecorded(() => {
      const d = a.sub(b);
      const c = d.clamp(-delta, delta);
      return reduced(c.mul(scale).mul(d.sub(c.mul(0.5))), reduction);
    });
    return recorded(out, of, a, b);
  };
}
const huberOf = huber('huberLoss', 'HuberLossBackward0');
const smoothL1Of = huber('smoothL1Loss', 'SmoothL1LossBackward0');

/** Options of `huberLoss`. */
export interface HuberOptions extends WeightedLossOptions {
  /** The |error| at which the loss turns from quadratic to linear. Default: 1. */
  delta?: number;
}
const huberOptions = optionsTable<HuberOptions>('huberLoss', {
  ...weightedLossFields,
  delta: positive.or(1),
});

/** Options of `smoothL1Loss`. */
export interface SmoothL1Options extends LossOptions {
  /** The |error| at which the loss turns from quadratic to linear. Default: 1. */
  beta?: number;
}
const smoothL1Options = optionsTable<SmoothL1Options>('smoothL1Loss', {
  ...lossFields,
  beta: nonNegative.or(1),
});

/**
 * Quadratic below `delta`, linear above: d²/2, then delta·(|d| − delta/2) (torch.nn.functional.huber_loss).
 * @param options.delta the |error| at which the loss turns linear, 1 unless given
 * @param options.weight factor of each loss, of the shape of `input`; the mean still divides by the number of elements
 * @throws RangeError unless delta is above 0, or for a weight of another shape.
 * @example nn.functional.huberLoss(tensor([1, 2]), tensor([1, 4])) // 0.75
 */
export function huberLoss(input: Tensor, target: Tensor, options?: HuberOptions): Tensor {
  if (arguments.length > 3) surplus('huberLoss', arguments, 3, 'options');
  const { reduction, delta, weight } = huberOptions.read(options);
  const pair = aligned('huberLoss', input, target);
  if (weight !== null) {
    const each = huberOf(pair, { delta, scale: 1, reduction: 'none' });
    return weighted('huberLoss', each, input, weight, reduction, true);
  }
  return huberOf(pair, { delta, scale: 1, reduction });
}

/**
 * d²/(2·beta) below `beta`, |d| − beta/2 above (torch.nn.functional.smooth_l1_loss); `l1Loss` for beta 0.
 * @param options.beta the |error| at which the loss turns linear, 1 unless given
 * @throws RangeError for a negative beta.
 * @example nn.functional.smoothL1Loss(tensor([1, 2]), tensor([1, 4])) // 0.75
 */
export function smoothL1Loss(input: Tensor, target: Tensor, options?: SmoothL1Options): Tensor {
  if (arguments.length > 3) surplus('smoothL1Loss', arguments, 3, 'options');
  const { reduction, beta } = smoothL1Options.read(options);
  const pair = aligned('smoothL1Loss', input, target);
  if (beta === 0) return reduced(pair[0].sub(pair[1]).abs(), reduction);
  return smoothL1Of(pair, { delta: beta, scale: 1 / beta, reduction });
}

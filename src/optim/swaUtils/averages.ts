/** How an average of weights takes in new ones: equal weights (SWA) or exponentially falling ones (EMA), for one tensor and for lists. */
import { arrayOf, nonNegative, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { isFloat } from '../../tensor/dtype';
import { anyTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import { fraction } from '../rate';

/**
 * The new average of a tensor, from the average so far, the present value, and how many values are in the average.
 * @example const last: optim.swaUtils.AvgFn = (averaged, current) => current;
 */
export type AvgFn = (averaged: Tensor, current: Tensor, numAveraged: number) => Tensor;

/**
 * Changes averages of one element type in place, from the present values in the same order, and how many values are in each average.
 * @example
 * const last: optim.swaUtils.MultiAvgFn = (averaged, current) => {
 *   averaged.forEach((x, i) => x.copy_(current[i]));
 * };
 */
export type MultiAvgFn = (
  averaged: readonly Tensor[],
  current: readonly Tensor[],
  numAveraged: number,
) => void;

const anyTensors = arrayOf(anyTensor, 'an array of tensors');

/** A function that checks what it is given, and records nothing. */
const single = (
  name: string,
  average: (averaged: Tensor, current: Tensor, numAveraged: number) => Tensor,
): AvgFn =>
  function (averaged, current, numAveraged) {
    if (arguments.length > 3) surplus(name, arguments, 3, 'numAveraged');
    anyTensor.check(name, 'averaged', averaged);
    anyTensor.check(name, 'current', current);
    nonNegative.check(name, 'numAveraged', numAveraged);
    return noGrad(() => average(averaged, current, numAveraged));
  };

/** The same for lists: floats by `lerp_` with `weightOf`, all else by `average`, whose result is truncated to integers. */
const multiple = (
  name: string,
  weightOf: (numAveraged: number) => number,
  average: (averaged: Tensor, current: Tensor, numAveraged: number) => Tensor,
): MultiAvgFn =>
  function (averaged, current, numAveraged) {
    if (arguments.length > 3) surplus(name, arguments, 3, 'numAveraged');
    const to = anyTensors.check(name, 'averaged', averaged);
    const from = anyTensors.check(name, 'current', current);
    nonNegative.check(name, 'numAveraged', numAveraged);
    if (to.length !== from.length) {
      throw new RangeError(
        `${name}: averaged and current must have as many tensors, got ${to.length} and ${from.length}`,
      );
    }
    noGrad(() => {
      for (const [i, x] of to.entries()) {
        if (isFloat(x.dtype)) x.lerp_(from[i], weightOf(numAveraged));
        else x.copy_(average(x, from[i], numAveraged));
      }
    });
  };

const exponential =
  (decay: number) =>
  (averaged: Tensor, current: Tensor): Tensor =>
    averaged.mul(decay).add(current.mul(1 - decay));

const equal = (averaged: Tensor, current: Tensor, numAveraged: number): Tensor =>
  averaged.add(current.sub(averaged).div(numAveraged + 1));

/**
 * The function for an exponential moving average of one tensor (torch.optim.swa_utils.get_ema_avg_fn):
 * averaged·decay + current·(1 − decay).
 * @param decay from 0 to 1. Default: 0.999
 * @throws TypeError for what is no number; RangeError unless it is from 0 to 1.
 * @example optim.swaUtils.getEmaAvgFn(0.9)(tensor([1]), tensor([2]), 1) // [1.1]
 */
export function getEmaAvgFn(decay: number = 0.999): AvgFn {
  if (arguments.length > 1) surplus('getEmaAvgFn', arguments, 1, 'decay');
  fraction.check('getEmaAvgFn', 'decay', decay);
  return single('getEmaAvgFn', exponential(decay));
}

/**
 * The function for exponential moving averages of lists of tensors, in place (torch.optim.swa_utils.get_ema_multi_avg_fn):
 * averaged·decay + current·(1 − decay).
 * @param decay from 0 to 1. Default: 0.999
 * @throws TypeError for what is no number; RangeError unless it is from 0 to 1.
 * @example
 * const averaged = [tensor([1])];
 * optim.swaUtils.getEmaMultiAvgFn(0.9)(averaged, [tensor([2])], 1);
 * averaged[0]; // [1.1]
 */
export function getEmaMultiAvgFn(decay: number = 0.999): MultiAvgFn {
  if (arguments.length > 1) surplus('getEmaMultiAvgFn', arguments, 1, 'decay');
  fraction.check('getEmaMultiAvgFn', 'decay', decay);
  return multiple('getEmaMultiAvgFn', () => 1 - decay, exponential(decay));
}

/**
 * The function for the mean of all values of one tensor (torch.optim.swa_utils.get_swa_avg_fn):
 * averaged + (current − averaged) / (numAveraged + 1).
 * @example optim.swaUtils.getSwaAvgFn()(tensor([1]), tensor([2]), 1) // [1.5]
 */
export function getSwaAvgFn(): AvgFn {
  if (arguments.length > 0) surplus('getSwaAvgFn', arguments, 0);
  return single('getSwaAvgFn', equal);
}

/**
 * The function for the means of all values of lists of tensors, in place (torch.optim.swa_utils.get_swa_multi_avg_fn):
 * averaged + (current − averaged) / (numAveraged + 1).
 * @example
 * const averaged = [tensor([1])];
 * optim.swaUtils.getSwaMultiAvgFn()(averaged, [tensor([2])], 1);
 * averaged[0]; // [1.5]
 */
export function getSwaMultiAvgFn(): MultiAvgFn {
  if (arguments.length > 0) surplus('getSwaMultiAvgFn', arguments, 0);
  // In PyTorch the weight is an element of a float32 tensor.
  return multiple('getSwaMultiAvgFn', (n) => Math.fround(1 / (n + 1)), equal);
}

/** The Kullback-Leibler divergence of a prediction, given as log-probabilities, from a target distribution. */
import { surplus } from '../../check';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { klDivOptions, type KLDivOptions } from './options';
import { checkBroadcast, checkPair, reduced } from './reduction';
import { composed } from '../declare/composed';

export type { KLDivOptions, KLDivReduction } from './options';

/**
 * Kullback-Leibler divergence of elements: t·(ln t − x), 0 where t is 0 (torch.nn.functional.kl_div). `input` x holds
 * log-probabilities, `target` t probabilities, or their logarithms with `logTarget`: eᵗ·(t − x). Shapes broadcast.
 * @param options.reduction `'batchmean'` divides the sum by the size of dimension 0, which is the divergence of
 * rows; `'mean'` divides by the number of elements
 * @throws TypeError when neither holds floats; RangeError when the shapes do not broadcast.
 * @example
 * const target = tensor([[0.5, 0.5]]);
 * nn.functional.klDiv(target.log(), target, { reduction: 'batchmean' }) // 0
 */
export function klDiv(input: Tensor, target: Tensor, given?: KLDivOptions): Tensor {
  if (arguments.length > 3) surplus('klDiv', arguments, 3, 'options');
  const { reduction, logTarget } = klDivOptions.read(given);
  checkPair('klDiv', input, target);
  checkBroadcast('klDiv', [input, target]);
  return composed([input, target], () => {
    const losses = logTarget ? target.exp().mul(target.sub(input)) : entropy(target, input);
    if (reduction !== 'batchmean') return reduced(losses, reduction);
    return input.ndim === 0 ? losses.sum() : losses.sum().div(sizesOf(input)[0]);
  });
}

const entropy = (t: Tensor, x: Tensor): Tensor =>
  t.mul(t.log()).maskedFill(t.eq(0), 0).sub(t.mul(x));

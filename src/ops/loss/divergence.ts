/** The Kullback-Leibler divergence of a prediction, given as log-probabilities, from a target distribution. */
import { boolean, oneOf, optionsTable, surplus } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import { checkBroadcast, checkPair, reduced } from './reduction';

/** What `klDiv` returns: as other losses, or the sum divided by the size of dimension 0. */
export type KLDivReduction = 'mean' | 'batchmean' | 'sum' | 'none';

/** Options of `klDiv`. */
export interface KLDivOptions {
  /** `'mean'` unless given; the divergence itself, averaged over the batch, is `'batchmean'`. */
  reduction?: KLDivReduction;
  /** Whether `target` holds logarithms of probabilities. Default: false. */
  logTarget?: boolean;
}

const options = optionsTable<KLDivOptions>('klDiv', {
  reduction: oneOf('mean', 'batchmean', 'sum', 'none').or('mean'),
  logTarget: boolean.or(false),
});

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
  const { reduction, logTarget } = options.read(given);
  checkPair('klDiv', input, target);
  checkBroadcast('klDiv', [input, target]);
  const losses = logTarget ? target.exp().mul(target.sub(input)) : entropy(target, input);
  if (reduction !== 'batchmean') return reduced(losses, reduction);
  return input.ndim === 0 ? losses.sum() : losses.sum().div(input.sizes[0]);
}

const entropy = (t: Tensor, x: Tensor): Tensor =>
  t.mul(t.log()).maskedFill(t.eq(0), 0).sub(t.mul(x));

/** dropout: x·mask / (1 − p). dx = g·mask / (1 − p). Saves the scaled mask. */
import { checkTensor } from '../../ops/elementwise';
import { fullLike } from '../../ops/factories';
import { div_ } from '../../ops/inplace/pointwise';
import { mul } from '../../ops/mul';
import { bernoulli_ } from '../../random/bernoulli';
import { emptyAs } from '../../random/draw';
import type { DrawOptions } from '../../random/inplace';
import { isFloat } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { checkProbability } from '../check';

export interface DropoutOptions extends DrawOptions {
  /** Whether to drop at all. Default: true. */
  training?: boolean;
}

/**
 * Sets elements to 0 with probability `p` and multiplies the others by 1 / (1 − p), while `training`
 * (torch.nn.functional.dropout). The mask is what PyTorch draws on a CPU.
 * @throws RangeError unless p lies in 0 … 1; TypeError when the input is not of floats.
 * @example nn.functional.dropout(x, 0.2, { training: model.training })
 */
export function dropout(
  input: Tensor,
  p = 0.5,
  { training = true, generator }: DropoutOptions = {},
): Tensor {
  checkTensor('dropout', 'input', input);
  checkProbability('dropout', 'p', p);
  if (!isFloat(input.dtype)) {
    throw new TypeError(`dropout: takes float tensors, got ${input.dtype}`);
  }
  if (!training || p === 0 || input.numel === 0) return input;
  if (p === 1) return mul(input, fullLike(input, 0));
  const mask = bernoulli_(emptyAs(input), 1 - p, { generator });
  return mul(input, div_(mask, 1 - p));
}

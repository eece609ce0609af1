/** dropout: x·mask / (1 − p). dx = g·mask / (1 − p). Saves the scaled mask. */
import { boolean, optionsTable, probability, surplus } from '../../check';
import { fullLike } from '../../ops/creation/factories';
import { div_, mul, mul_ } from '../../ops/elementwise/arithmetic';
import { inplaceFields, type InplaceOptions } from '../../ops/elementwise/inplace-option';
import { bernoulli_ } from '../../random/bernoulli';
import { emptyAs } from '../../random/draw';
import { drawFields, type DrawOptions } from '../../random/generator';
import { isFloat } from '../../tensor/dtype';
import { anyTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';

/** Options of `dropout`. */
export interface DropoutOptions extends DrawOptions, InplaceOptions {
  /** Whether to drop at all. Default: true. */
  training?: boolean;
}

const dropoutOptions = optionsTable<DropoutOptions, 'generator'>('dropout', {
  training: boolean.or(true),
  ...inplaceFields,
  ...drawFields,
});

/**
 * Sets elements to 0 with probability `p` and multiplies the others by 1 / (1 − p), while `training`
 * (torch.nn.functional.dropout). The mask is what PyTorch draws on a CPU.
 * @param p default: 0.5
 * @throws RangeError unless 0 ≤ p ≤ 1; TypeError when elements are drawn for an input that is not of floats; Error with
 * `inplace` on a leaf that requires gradients.
 * @example nn.functional.dropout(ones([4]), 0.2, { training: false }) // [1, 1, 1, 1]
 */
export function dropout(input: Tensor, p: number = 0.5, options?: DropoutOptions): Tensor {
  if (arguments.length > 3) surplus('dropout', arguments, 3, 'options');
  const { training, inplace, generator } = dropoutOptions.read(options);
  anyTensor.check('dropout', 'input', input);
  probability.check('dropout', 'p', p);
  if (!training || p === 0 || input.numel === 0) return input;
  const times = inplace ? mul_ : mul;
  if (p === 1) return times(input, fullLike(input, 0));
  if (!isFloat(input.dtype)) {
    throw new TypeError(`dropout: takes float tensors, got ${input.dtype}`);
  }
  const mask = bernoulli_(emptyAs(input), 1 - p, { generator });
  return times(input, div_(mask, 1 - p));
}

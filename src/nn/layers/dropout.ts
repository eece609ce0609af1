/** Dropout: noise against overfitting. */
import type { Tensor } from '../../tensor/tensor';
import { checkProbability, showBoolean } from '../check';
import { dropout } from '../functional/dropout';
import { Module } from '../module';

/**
 * While training, sets elements to 0 with probability `p` and multiplies the others by 1 / (1 − p); in evaluation
 * it changes nothing: Hinton et al. 2012 (torch.nn.Dropout). Any shape.
 * @throws RangeError unless p lies in 0 … 1.
 * @example
 * const dropout = new nn.Dropout(0.2);
 * dropout.eval().forward(x); // x
 */
export class Dropout extends Module {
  constructor(readonly p = 0.5) {
    super();
    checkProbability('Dropout', 'p', p);
  }

  forward(input: Tensor): Tensor {
    return dropout(input, this.p, { training: this.training });
  }

  override extraRepr(): string {
    return `p=${this.p}, inplace=${showBoolean(false)}`;
  }
}

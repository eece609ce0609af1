/** Dropout: noise against overfitting. */
import { probability } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import { dropout } from '../functional/dropout';
import { Module } from '../module';
import { showBoolean } from '../print';

/**
 * While training, sets elements to 0 with probability `p` and multiplies the others by 1 / (1 − p); in evaluation
 * it changes nothing (torch.nn.Dropout; Hinton et al. 2012). Any shape to the same shape.
 * @throws TypeError, RangeError unless `p` is a probability.
 * @example
 * const dropout = new nn.Dropout(0.2);
 * const x = ones([4]);
 * dropout.eval().forward(x); // x
 */
export class Dropout extends Module {
  /** @param p probability of setting an element to 0; default 0.5 */
  constructor(
    /** Probability of setting an element to 0. */
    readonly p: number = 0.5,
  ) {
    super();
    probability.check('Dropout', 'p', p);
  }

  /**
   * `input` with elements dropped while training, else `input` itself.
   * @throws TypeError unless `input` is a tensor of floats.
   */
  forward(input: Tensor): Tensor {
    return dropout(input, this.p, { training: this.training });
  }

  /** @internal */
  override extraRepr(): string {
    return `p=${this.p}, inplace=${showBoolean(false)}`;
  }
}

/** Dropout: noise against overfitting. */
import { probability, surplus } from '../../check';
import { inplaceOptions, type InplaceOptions } from '../../ops/elementwise/inplace-option';
import type { Tensor } from '../../tensor/tensor';
import { dropout } from '../functional/dropout';
import { Module } from '../module';
import { showBoolean } from '../print';

/** Options of `Dropout`. */
export type DropoutLayerOptions = InplaceOptions;

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
  /** Whether forward writes its result into its input. */
  readonly inplace: boolean;

  /** @param p probability of setting an element to 0; default 0.5 */
  constructor(
    /** Probability of setting an element to 0. */
    readonly p: number = 0.5,
    options?: DropoutLayerOptions,
  ) {
    if (arguments.length > 2) surplus('Dropout', arguments, 2, 'options');
    super();
    probability.check('Dropout', 'p', p);
    this.inplace = inplaceOptions.read(options, 'Dropout').inplace;
  }

  /**
   * `input` with elements dropped while training, else `input` itself.
   * @throws TypeError unless `input` is a tensor of floats.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Dropout.forward', arguments, 1, 'input');
    return dropout(input, this.p, { training: this.training, inplace: this.inplace });
  }

  /** @internal */
  override extraRepr(): string {
    return `p=${this.p}, inplace=${showBoolean(this.inplace)}`;
  }
}

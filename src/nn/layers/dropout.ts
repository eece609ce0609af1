/** Dropout, Dropout1d, AlphaDropout: noise against overfitting, drawn for each element or channel. */
import { probability, surplus } from '../../check';
import { inplaceOptions, type InplaceOptions } from '../../ops/elementwise/inplace-option';
import type { Tensor } from '../../tensor/tensor';
import { alphaDropout, dropout, dropout1d } from '../functional/dropout';
import { Module } from '../module';
import { showBoolean } from '../print';

/** Options of `Dropout`, `Dropout1d` and `AlphaDropout`. */
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

/**
 * While training, sets whole channels, the rows of [C, L] or [N, C, L], to 0 with probability `p` and multiplies the others by
 * 1 / (1 − p); in evaluation it changes nothing (torch.nn.Dropout1d; Tompson et al. 2015, arXiv:1411.4280).
 * @throws TypeError, RangeError unless `p` is a probability.
 * @example
 * const dropout = new nn.Dropout1d(0.2);
 * dropout.forward(ones([2, 3, 4])); // of each row of 4 all elements, or none
 */
export class Dropout1d extends Module {
  /** Whether forward writes its result into its input. */
  readonly inplace: boolean;

  /** @param p probability of setting a channel to 0; default 0.5 */
  constructor(
    /** Probability of setting a channel to 0. */
    readonly p: number = 0.5,
    options?: DropoutLayerOptions,
  ) {
    if (arguments.length > 2) surplus('Dropout1d', arguments, 2, 'options');
    super();
    probability.check('Dropout1d', 'p', p);
    this.inplace = inplaceOptions.read(options, 'Dropout1d').inplace;
  }

  /**
   * `input` with channels dropped while training, else `input` itself.
   * @throws TypeError unless `input` is a tensor of floats; RangeError unless it has two or three dimensions.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Dropout1d.forward', arguments, 1, 'input');
    return dropout1d(input, this.p, { training: this.training, inplace: this.inplace });
  }

  /** @internal */
  override extraRepr(): string {
    return `p=${this.p}, inplace=${showBoolean(this.inplace)}`;
  }
}

/**
 * Dropout that goes with `SELU`: while training it keeps mean 0 and variance 1 (torch.nn.AlphaDropout; Klambauer et al. 2017,
 * arXiv:1706.02515), by the equation of `functional.alphaDropout`; in evaluation it changes nothing. Any shape to the same shape.
 * @throws TypeError, RangeError unless `p` is a probability.
 * @example
 * const net = new nn.Sequential(new nn.Linear(4, 8), new nn.SELU(), new nn.AlphaDropout(0.1), new nn.Linear(8, 1));
 * net.forward(randn([2, 4])).shape; // [2, 1]
 */
export class AlphaDropout extends Module {
  /** Whether forward writes its result into its input. */
  readonly inplace: boolean;

  /** @param p probability of dropping an element; default 0.5 */
  constructor(
    /** Probability of dropping an element. */
    readonly p: number = 0.5,
    options?: DropoutLayerOptions,
  ) {
    if (arguments.length > 2) surplus('AlphaDropout', arguments, 2, 'options');
    super();
    probability.check('AlphaDropout', 'p', p);
    this.inplace = inplaceOptions.read(options, 'AlphaDropout').inplace;
  }

  /**
   * `input` with elements dropped while training, else `input` itself.
   * @throws TypeError unless `input` is a tensor of floats.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('AlphaDropout.forward', arguments, 1, 'input');
    return alphaDropout(input, this.p, { training: this.training, inplace: this.inplace });
  }

  /** @internal */
  override extraRepr(): string {
    return `p=${this.p}, inplace=${showBoolean(this.inplace)}`;
  }
}

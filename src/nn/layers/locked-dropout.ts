/** LockedDropout: one mask for all steps of a sequence. */
import { boolean, isInstance, optionsTable, probability, surplus } from '../../check';
import { anyTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { lockedDropout } from '../functional/locked-dropout';
import { Module } from '../module';
import { showBoolean } from '../print';
import { PackedSequence } from '../utils/rnn/packed-sequence';

/** Options of `LockedDropout`. */
export interface LockedDropoutOptions {
  /** Inputs are [N, T, F] instead of [T, N, F]. Default: false. */
  batchFirst?: boolean;
}

const lockedDropoutOptions = optionsTable<LockedDropoutOptions>('LockedDropout', {
  batchFirst: boolean.or(false),
});

/**
 * Dropout with one mask for all steps of a sequence, also called variational dropout (Gal and Ghahramani 2016,
 * arXiv:1512.05287; `LockedDropout` of the AWD-LSTM, Merity et al. 2018; PyTorch has no such module). While training, with m
 * drawn for each sequence and feature, 0 with probability `p` and else 1:
 *
 *     y_t = x_t ⊙ m / (1 − p)
 *
 * Input [T, N, F], [N, T, F] with `batchFirst`, or a `PackedSequence`; the output has the same form. `RNN`, `LSTM`, `GRU` and
 * `JANET` have it inside, as `inputDropout`, `outputDropout` and, between layers, `lockedDropout`.
 * @throws TypeError, RangeError unless `p` is a probability.
 * @example
 * const locked = new nn.LockedDropout(0.4);
 * const out = locked.forward(ones([10, 2, 3])); // the same zeros at all 10 steps
 */
export class LockedDropout extends Module {
  /** Whether inputs are [N, T, F] instead of [T, N, F]. */
  readonly batchFirst: boolean;

  /** @param p probability of setting a feature to 0; default 0.5 */
  constructor(
    /** Probability of setting a feature to 0. */
    readonly p: number = 0.5,
    options?: LockedDropoutOptions,
  ) {
    if (arguments.length > 2) surplus('LockedDropout', arguments, 2, 'options');
    super();
    probability.check('LockedDropout', 'p', p);
    this.batchFirst = lockedDropoutOptions.read(options).batchFirst;
  }

  /**
   * `input` with features dropped while training, else `input` itself.
   * @throws TypeError unless `input` is a tensor of floats or packed; RangeError unless it has three dimensions.
   */
  forward(input: Tensor): Tensor;
  forward(input: PackedSequence): PackedSequence;
  forward(input: Tensor | PackedSequence): Tensor | PackedSequence;
  forward(input: Tensor | PackedSequence): Tensor | PackedSequence {
    const name = 'LockedDropout.forward';
    if (arguments.length > 1) surplus(name, arguments, 1, 'input');
    const { p, batchFirst } = this;
    if (isInstance(input, PackedSequence)) {
      if (!this.training) return input;
      const { sizes: batchSizes, batch } = input.packing(name);
      const layout = { batchFirst: false, batchSizes, batch };
      return input.withData(lockedDropout(input.data, p, layout));
    }
    anyTensor.check(name, 'input', input);
    if (input.ndim !== 3) {
      throw new RangeError(
        `${name}: input must have 3 dimensions, ${batchFirst ? '[N, T, F]' : '[T, N, F]'}, got ${showShape(sizesOf(input))}`,
      );
    }
    if (!this.training) return input;
    const batch = sizesOf(input)[batchFirst ? 0 : 1];
    return lockedDropout(input, p, { batchFirst, batchSizes: null, batch });
  }

  /** @internal */
  override extraRepr(): string {
    return `p=${this.p}${this.batchFirst ? `, batchFirst=${showBoolean(true)}` : ''}`;
  }
}

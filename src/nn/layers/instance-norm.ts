/** InstanceNorm1d: channels of each sample brought to mean 0 and variance 1. */
import { boolean, finite, number, optionsTable, surplus } from '../../check';
import type { DType } from '../../tensor/dtype';
import { anyTensor, floatDType } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { instanceNorm } from '../functional/instance-norm';
import { ChannelNorm } from './channel-norm';

/** Options of `InstanceNorm1d`. */
export interface InstanceNorm1dOptions<
  Affine extends boolean = boolean,
  Bias extends boolean = boolean,
> {
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
  /** Part of an input's statistics in the running ones. Default: 0.1. */
  momentum?: number;
  /** Whether a weight (and a bias) is learned. Default: false. */
  affine?: Affine;
  /** Whether a bias is learned beside the weight. Default: true. */
  bias?: Bias;
  /** Whether running statistics are kept, which evaluation uses. Default: false. */
  trackRunningStats?: boolean;
  /** Of the parameters: float32 (default) or float64. */
  dtype?: DType;
}

const instanceNormOptions = optionsTable<InstanceNorm1dOptions>('InstanceNorm1d', {
  eps: finite.or(1e-5),
  momentum: number.or(0.1),
  affine: boolean.or(false),
  bias: boolean.or(true),
  trackRunningStats: boolean.or(false),
  dtype: floatDType.or('float32'),
});

/**
 * (x − mean) / √(variance + eps) · weight + bias for each channel of each sample, over its positions
 * (torch.nn.InstanceNorm1d; Ulyanov et al. 2016). With `trackRunningStats`, evaluation uses running statistics as `BatchNorm1d` does.
 *
 * Shapes: [N, C, L] or [C, L] to the same.
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example new nn.InstanceNorm1d(100).forward(randn([20, 100, 40])).shape // [20, 100, 40]
 */
export class InstanceNorm1d<
  Affine extends boolean = false,
  Bias extends boolean = true,
> extends ChannelNorm<Affine, Bias> {
  /** @param numFeatures channels of an input */
  constructor(numFeatures: number, options?: InstanceNorm1dOptions<Affine, Bias>) {
    if (arguments.length > 2) surplus('InstanceNorm1d', arguments, 2, 'options');
    super('InstanceNorm1d', numFeatures, instanceNormOptions.read(options));
  }

  /**
   * `input` normalized, of the same shape.
   * @throws TypeError, RangeError for another number of dimensions, channels or element type, and for samples of one position while
   * their own statistics are used.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('InstanceNorm1d.forward', arguments, 1, 'input');
    anyTensor.check('InstanceNorm1d.forward', 'input', input);
    if (input.ndim !== 2 && input.ndim !== 3) {
      throw new RangeError(
        `InstanceNorm1d.forward: input must be [N, C, L] or [C, L], got shape ${showShape(sizesOf(input))}`,
      );
    }
    const x = input.ndim === 2 ? input.unsqueeze(0) : input;
    if (sizesOf(x)[1] !== this.numFeatures) {
      throw new RangeError(
        `InstanceNorm1d.forward: input must have ${this.numFeatures} channels, got shape ${showShape(sizesOf(input))}`,
      );
    }
    const y = instanceNorm(x, this.running_mean, this.running_var, {
      weight: this.weight,
      bias: this.bias,
      useInputStats: this.training || !this.trackRunningStats,
      momentum: this.momentum ?? 0,
      eps: this.eps,
    });
    return input.ndim === 2 ? y.squeeze(0) : y;
  }
}

/** BatchNorm1d: channels brought to mean 0 and variance 1 over the batch. */
import { boolean, finite, number, optionsTable, surplus } from '../../check';
import { batchNorm } from '../../ops/normalization/batch-norm';
import type { DType } from '../../tensor/dtype';
import { anyTensor, floatDType } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { ChannelNorm } from './channel-norm';

/** Options of `BatchNorm1d`. */
export interface BatchNorm1dOptions<
  Affine extends boolean = boolean,
  Bias extends boolean = boolean,
> {
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
  /** Part of a batch's statistics in the running ones; null for their plain average so far. Default: 0.1. */
  momentum?: number | null;
  /** Whether a weight (and a bias) is learned. Default: true. */
  affine?: Affine;
  /** Whether a bias is learned beside the weight. Default: true. */
  bias?: Bias;
  /** Whether running statistics are kept, which evaluation uses. Default: true. */
  trackRunningStats?: boolean;
  /** Of the parameters: float32 (default) or float64. */
  dtype?: DType;
}

const batchNormOptions = optionsTable<BatchNorm1dOptions>('BatchNorm1d', {
  eps: finite.or(1e-5),
  momentum: number.orNull.or(0.1),
  affine: boolean.or(true),
  bias: boolean.or(true),
  trackRunningStats: boolean.or(true),
  dtype: floatDType.or('float32'),
});

/**
 * (x − mean) / √(variance + eps) · weight + bias for each channel, over the batch and the positions
 * (torch.nn.BatchNorm1d; Ioffe & Szegedy 2015). While training, mean and (biased) variance are the batch's, and the running ones
 * become (1 − momentum)·running + momentum·batch; in evaluation they are the running ones. `weight` and `bias` start as ones and
 * zeros; `running_mean`, `running_var` and `num_batches_tracked` are buffers, with PyTorch's names.
 *
 * Shapes: [N, C] or [N, C, L] to the same.
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example new nn.BatchNorm1d(100).forward(randn([20, 100])).shape // [20, 100]
 */
export class BatchNorm1d<
  Affine extends boolean = true,
  Bias extends boolean = true,
> extends ChannelNorm<Affine, Bias> {
  /** @param numFeatures channels of an input */
  constructor(numFeatures: number, options?: BatchNorm1dOptions<Affine, Bias>) {
    if (arguments.length > 2) surplus('BatchNorm1d', arguments, 2, 'options');
    super('BatchNorm1d', numFeatures, batchNormOptions.read(options));
  }

  /**
   * `input` normalized, of the same shape.
   * @throws TypeError, RangeError for another number of dimensions, channels or element type, and while training for a channel of
   * one value.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('BatchNorm1d.forward', arguments, 1, 'input');
    anyTensor.check('BatchNorm1d.forward', 'input', input);
    if (input.ndim !== 2 && input.ndim !== 3) {
      throw new RangeError(
        `BatchNorm1d.forward: input must be [N, C] or [N, C, L], got shape ${showShape(sizesOf(input))}`,
      );
    }
    const { running_mean: mean, running_var: variance, weight, bias, eps } = this;
    const updates = this.training && this.trackRunningStats;
    const batches = this.tracked('forward');
    if (updates) batches?.add_(1);
    const momentum = this.momentum ?? (updates && batches !== null ? 1 / batches.item() : 0);
    const training = this.training || (mean === null && variance === null);
    const kept = !this.training || this.trackRunningStats;
    return batchNorm(input, kept ? mean : null, kept ? variance : null, {
      weight,
      bias,
      training,
      momentum,
      eps,
    });
  }
}

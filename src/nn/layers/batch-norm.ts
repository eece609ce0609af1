/** BatchNorm1d and InstanceNorm1d: channels brought to mean 0 and variance 1, over the batch or in each sample. */
import { boolean, count, finite, number, optionsTable, surplus } from '../../check';
import { ones, tensor, zeros } from '../../ops/creation/factories';
import { batchNorm } from '../../ops/normalization/batch-norm';
import type { DType } from '../../tensor/dtype';
import { anyTensor, floatDType } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { instanceNorm } from '../functional/instance-norm';
import { ones_, zeros_ } from '../init';
import { Module } from '../module';
import { Parameter, type Learned } from '../parameter';
import { showBoolean, showNumber } from '../print';

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

interface Read {
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly bias: boolean;
  readonly trackRunningStats: boolean;
  readonly dtype: DType;
}

/** Parameters and running statistics of a number of channels. */
abstract class ChannelNorm<Affine extends boolean, Bias extends boolean> extends Module {
  /** Added to the variance. */
  readonly eps: number;
  /** Part of new statistics in the running ones; null for their plain average. */
  readonly momentum: number | null;
  /** Whether a weight (and a bias) is learned. */
  readonly affine: boolean;
  /** Whether running statistics are kept. */
  readonly trackRunningStats: boolean;
  /** [numFeatures]; null with `affine: false`. */
  weight: Learned<Affine>;
  /** [numFeatures]; null with `affine: false` or `bias: false`. */
  bias: Affine extends false ? null : Learned<Bias>;
  /** Running means, [numFeatures]; null with `trackRunningStats: false`. */
  declare running_mean: Tensor | null;
  /** Running unbiased variances, [numFeatures]; null with `trackRunningStats: false`. */
  declare running_var: Tensor | null;
  /** Batches seen, int32 of 0 dimensions; null with `trackRunningStats: false`. */
  declare num_batches_tracked: Tensor | null;

  constructor(
    name: string,
    /** Channels of an input. */
    readonly numFeatures: number,
    { eps, momentum, affine, bias, trackRunningStats, dtype }: Read,
  ) {
    super();
    count.check(name, 'numFeatures', numFeatures);
    this.eps = eps;
    this.momentum = momentum;
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    const weight = affine ? new Parameter(ones([numFeatures], { dtype })) : null;
    this.weight = weight as typeof this.weight;
    const shift = affine && bias ? new Parameter(zeros([numFeatures], { dtype })) : null;
    this.bias = shift as typeof this.bias;
    const kept = (x: Tensor): Tensor | null => (trackRunningStats ? x : null);
    this.registerBuffer('running_mean', kept(zeros([numFeatures], { dtype })));
    this.registerBuffer('running_var', kept(ones([numFeatures], { dtype })));
    this.registerBuffer('num_batches_tracked', kept(tensor(0, { dtype: 'int32' })));
  }

  /** @internal Batches seen, whatever a user has put there. */
  protected tracked(method: string): Tensor | null {
    const name = `${this.constructor.name}.${method}`;
    return anyTensor.orNull.check(name, 'num_batches_tracked', this.num_batches_tracked);
  }

  /** Running statistics back to mean 0, variance 1 and no batch. */
  resetRunningStats(): void {
    if (arguments.length > 0) surplus(`${this.constructor.name}.resetRunningStats`, arguments, 0);
    const { running_mean: mean, running_var: variance } = this;
    const batches = this.tracked('resetRunningStats');
    if (mean !== null) zeros_(mean);
    if (variance !== null) ones_(variance);
    batches?.zero_();
  }

  /** Running statistics as `resetRunningStats`, weight back to 1, bias to 0. */
  resetParameters(): void {
    if (arguments.length > 0) surplus(`${this.constructor.name}.resetParameters`, arguments, 0);
    this.resetRunningStats();
    const [weight, bias]: (Parameter | null)[] = [this.weight, this.bias];
    if (weight !== null) ones_(weight);
    if (bias !== null) zeros_(bias);
  }

  /** @internal */
  override extraRepr(): string {
    const { numFeatures, eps, momentum, affine, bias, trackRunningStats } = this;
    const part = momentum === null ? 'None' : showNumber(momentum);
    return [
      numFeatures,
      `eps=${showNumber(eps)}`,
      `momentum=${part}`,
      `affine=${showBoolean(affine)}`,
      `bias=${showBoolean(bias !== null)}`,
      `trackRunningStats=${showBoolean(trackRunningStats)}`,
    ].join(', ');
  }
}

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
        `BatchNorm1d.forward: input must be [N, C] or [N, C, L], got shape ${showShape(input.sizes)}`,
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
        `InstanceNorm1d.forward: input must be [N, C, L] or [C, L], got shape ${showShape(input.sizes)}`,
      );
    }
    const x = input.ndim === 2 ? input.unsqueeze(0) : input;
    if (x.sizes[1] !== this.numFeatures) {
      throw new RangeError(
        `InstanceNorm1d.forward: input must have ${this.numFeatures} channels, got shape ${showShape(input.sizes)}`,
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

/** GroupNorm: groups of channels of each sample brought to mean 0 and variance 1. */
import { boolean, count, finite, optionsTable, positiveInteger, surplus } from '../../check';
import { ones, zeros } from '../../ops/creation/factories';
import type { DType } from '../../tensor/dtype';
import { floatDType } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import { groupNorm } from '../functional/instance-norm';
import { ones_, zeros_ } from '../init';
import { Module } from '../module';
import { Parameter, type Learned } from '../parameter';
import { showBoolean, showNumber } from '../print';

/** Options of `GroupNorm`. */
export interface GroupNormOptions<
  Affine extends boolean = boolean,
  Bias extends boolean = boolean,
> {
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
  /** Whether a weight (and a bias) is learned. Default: true. */
  affine?: Affine;
  /** Whether a bias is learned beside the weight. Default: true. */
  bias?: Bias;
  /** Of the parameters: float32 (default) or float64. */
  dtype?: DType;
}

const groupNormOptions = optionsTable<GroupNormOptions>('GroupNorm', {
  eps: finite.or(1e-5),
  affine: boolean.or(true),
  bias: boolean.or(true),
  dtype: floatDType.or('float32'),
});

/**
 * (x − mean) / √(variance + eps) · weight + bias, mean and variance of each sample over groups of neighbouring channels and all
 * positions (torch.nn.GroupNorm; Wu & He 2018). `weight` and `bias` [numChannels] start as ones and zeros.
 *
 * Shapes: [N, numChannels, ...] to the same.
 * @throws TypeError, RangeError for sizes or options that are none, and groups that do not divide the channels.
 * @example new nn.GroupNorm(3, 6).forward(randn([20, 6, 10])).shape // [20, 6, 10]
 */
export class GroupNorm<Affine extends boolean = true, Bias extends boolean = true> extends Module {
  /** Added to the variance. */
  readonly eps: number;
  /** Whether a weight (and a bias) is learned. */
  readonly affine: boolean;
  /** [numChannels]; null with `affine: false`. */
  weight: Learned<Affine>;
  /** [numChannels]; null with `affine: false` or `bias: false`. */
  bias: Affine extends false ? null : Learned<Bias>;

  /**
   * @param numGroups groups of channels
   * @param numChannels channels of an input
   */
  constructor(
    /** Groups of channels. */
    readonly numGroups: number,
    /** Channels of an input. */
    readonly numChannels: number,
    options?: GroupNormOptions<Affine, Bias>,
  ) {
    if (arguments.length > 3) surplus('GroupNorm', arguments, 3, 'options');
    super();
    const { eps, affine, bias, dtype } = groupNormOptions.read(options);
    positiveInteger.check('GroupNorm', 'numGroups', numGroups);
    count.check('GroupNorm', 'numChannels', numChannels);
    if (numChannels % numGroups !== 0) {
      throw new RangeError(
        `GroupNorm: numGroups must divide numChannels, got ${numGroups} groups for ${numChannels} channels`,
      );
    }
    this.eps = eps;
    this.affine = affine;
    const weight = affine ? new Parameter(ones([numChannels], { dtype })) : null;
    this.weight = weight as typeof this.weight;
    const shift = affine && bias ? new Parameter(zeros([numChannels], { dtype })) : null;
    this.bias = shift as typeof this.bias;
  }

  /** Weight back to 1, bias to 0. */
  resetParameters(): void {
    if (arguments.length > 0) surplus('GroupNorm.resetParameters', arguments, 0);
    const [weight, bias]: (Parameter | null)[] = [this.weight, this.bias];
    if (weight !== null) ones_(weight);
    if (bias !== null) zeros_(bias);
  }

  /**
   * `input` normalized, of the same shape.
   * @throws TypeError, RangeError for other channels or another element type.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('GroupNorm.forward', arguments, 1, 'input');
    const { numGroups, weight, bias, eps } = this;
    return groupNorm(input, numGroups, { weight, bias, eps });
  }

  /** @internal */
  override extraRepr(): string {
    const { numGroups, numChannels, eps, affine, bias } = this;
    return `${numGroups}, ${numChannels}, eps=${showNumber(eps)}, affine=${showBoolean(affine)}, bias=${showBoolean(bias !== null)}`;
  }
}

/** LayerNorm: the last dimensions of each sample brought to mean 0 and variance 1. */
import { arrayOf, boolean, count, finite, optionsTable, surplus } from '../../check';
import { ones, zeros } from '../../ops/creation/factories';
import type { DType } from '../../tensor/dtype';
import { floatDType } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import { layerNorm } from '../functional';
import { ones_, zeros_ } from '../init';
import { Module } from '../module';
import { Parameter, type Learned } from '../parameter';
import { showBoolean, showNumber, showTuple } from '../print';

/** Options of `LayerNorm`. */
export interface LayerNormOptions<
  Affine extends boolean = boolean,
  Bias extends boolean = boolean,
> {
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
  /** Whether a weight (and a bias) is learned. Default: true. */
  elementwiseAffine?: Affine;
  /** Whether a bias is learned beside the weight. Default: true. */
  bias?: Bias;
  /** Of the parameters: float32 (default) or float64. */
  dtype?: DType;
}

const layerNormOptions = optionsTable<LayerNormOptions>('LayerNorm', {
  eps: finite.or(1e-5),
  elementwiseAffine: boolean.or(true),
  bias: boolean.or(true),
  dtype: floatDType.or('float32'),
});

const sizes = arrayOf(count, 'a size or an array of sizes');

/**
 * (x − mean) / √(variance + eps) · weight + bias over the last dimensions (torch.nn.LayerNorm; Ba et al. 2016),
 * with the biased variance. `weight` and `bias`, of shape `normalizedShape`, start as ones and zeros.
 *
 * Shapes: [..., *normalizedShape] to the same.
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example new nn.LayerNorm(10).forward(randn([20, 5, 10])).shape // [20, 5, 10]
 */
export class LayerNorm<Affine extends boolean = true, Bias extends boolean = true> extends Module {
  /** The last sizes of an input, which are normalized together. */
  readonly normalizedShape: readonly number[];
  /** Added to the variance. */
  readonly eps: number;
  /** Whether a weight (and a bias) is learned. */
  readonly elementwiseAffine: boolean;
  /** Of shape `normalizedShape`; null with `elementwiseAffine: false`. */
  weight: Learned<Affine>;
  /** Of shape `normalizedShape`; null with `elementwiseAffine: false` or `bias: false`. */
  bias: Affine extends false ? null : Learned<Bias>;

  /** @param normalizedShape the last sizes of an input; a number for the last one alone */
  constructor(
    normalizedShape: number | readonly number[],
    options?: LayerNormOptions<Affine, Bias>,
  ) {
    if (arguments.length > 2) surplus('LayerNorm', arguments, 2, 'options');
    super();
    const { eps, elementwiseAffine, bias, dtype } = layerNormOptions.read(options);
    const given = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
    this.normalizedShape = sizes.check('LayerNorm', 'normalizedShape', given);
    if (this.normalizedShape.length === 0) {
      throw new RangeError('LayerNorm: normalizedShape must have at least one size, got []');
    }
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    const shape = this.normalizedShape;
    const weight = elementwiseAffine ? new Parameter(ones(shape, { dtype })) : null;
    this.weight = weight as typeof this.weight;
    const shift = elementwiseAffine && bias ? new Parameter(zeros(shape, { dtype })) : null;
    this.bias = shift as typeof this.bias;
  }

  /** Weight back to 1, bias to 0. */
  resetParameters(): void {
    if (arguments.length > 0) surplus('LayerNorm.resetParameters', arguments, 0);
    const [weight, bias]: (Parameter | null)[] = [this.weight, this.bias];
    if (weight !== null) ones_(weight);
    if (bias !== null) zeros_(bias);
  }

  /**
   * `input` normalized over its last dimensions, of the same shape.
   * @throws RangeError when the input's last sizes are others.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('LayerNorm.forward', arguments, 1, 'input');
    return layerNorm(input, this.normalizedShape, {
      weight: this.weight,
      bias: this.bias,
      eps: this.eps,
    });
  }

  /** @internal */
  override extraRepr(): string {
    const shape = showTuple(this.normalizedShape);
    const eps = showNumber(this.eps);
    return `${shape}, eps=${eps}, elementwiseAffine=${showBoolean(this.elementwiseAffine)}, bias=${showBoolean(this.bias !== null)}`;
  }
}

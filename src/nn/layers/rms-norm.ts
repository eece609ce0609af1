/** RMSNorm: the last dimensions of each sample divided by the root of their mean square. */
import { arrayOf, boolean, count, finite, optionsTable, surplus } from '../../check';
import { ones } from '../../ops/creation/factories';
import type { DType } from '../../tensor/dtype';
import { floatDType } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import { rmsNorm } from '../functional/instance-norm';
import { ones_ } from '../init';
import { Module } from '../module';
import { Parameter, type Learned } from '../parameter';
import { showBoolean, showNumber, showTuple } from '../print';

/** Options of `RMSNorm`. */
export interface RMSNormOptions<Affine extends boolean = boolean> {
  /** Added to the mean of the squares; null for the spacing of 1 in the input's element type. Default: null. */
  eps?: number | null;
  /** Whether a weight is learned. Default: true. */
  elementwiseAffine?: Affine;
  /** Of the parameter: float32 (default) or float64. */
  dtype?: DType;
}

const rmsNormOptions = optionsTable<RMSNormOptions>('RMSNorm', {
  eps: finite.orNull.or(null),
  elementwiseAffine: boolean.or(true),
  dtype: floatDType.or('float32'),
});

const sizes = arrayOf(count, 'a size or an array of sizes');

/**
 * x / √(mean(x²) + eps) · weight over the last dimensions (torch.nn.RMSNorm; Zhang & Sennrich 2019). `weight`, of shape
 * `normalizedShape`, starts as ones.
 *
 * Shapes: [..., *normalizedShape] to the same.
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example new nn.RMSNorm(10).forward(randn([20, 5, 10])).shape // [20, 5, 10]
 */
export class RMSNorm<Affine extends boolean = true> extends Module {
  /** The last sizes of an input, which are normalized together. */
  readonly normalizedShape: readonly number[];
  /** Added to the mean of the squares; null for the spacing of 1. */
  readonly eps: number | null;
  /** Whether a weight is learned. */
  readonly elementwiseAffine: boolean;
  /** Of shape `normalizedShape`; null with `elementwiseAffine: false`. */
  weight: Learned<Affine>;

  /** @param normalizedShape the last sizes of an input; a number for the last one alone */
  constructor(normalizedShape: number | readonly number[], options?: RMSNormOptions<Affine>) {
    if (arguments.length > 2) surplus('RMSNorm', arguments, 2, 'options');
    super();
    const { eps, elementwiseAffine, dtype } = rmsNormOptions.read(options);
    const given = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
    this.normalizedShape = sizes.check('RMSNorm', 'normalizedShape', given);
    if (this.normalizedShape.length === 0) {
      throw new RangeError('RMSNorm: normalizedShape must have at least one size, got []');
    }
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    const weight = elementwiseAffine ? new Parameter(ones(this.normalizedShape, { dtype })) : null;
    this.weight = weight as typeof this.weight;
  }

  /** Weight back to 1. */
  resetParameters(): void {
    if (arguments.length > 0) surplus('RMSNorm.resetParameters', arguments, 0);
    const weight: Parameter | null = this.weight;
    if (weight !== null) ones_(weight);
  }

  /**
   * `input` normalized over its last dimensions, of the same shape.
   * @throws RangeError when the input's last sizes are others.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('RMSNorm.forward', arguments, 1, 'input');
    return rmsNorm(input, this.normalizedShape, { weight: this.weight, eps: this.eps });
  }

  /** @internal */
  override extraRepr(): string {
    const shape = showTuple(this.normalizedShape);
    const eps = this.eps === null ? 'None' : showNumber(this.eps);
    return `${shape}, eps=${eps}, elementwiseAffine=${showBoolean(this.elementwiseAffine)}`;
  }
}

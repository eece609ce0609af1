/** LayerNorm: the last dimensions of each sample brought to mean 0 and variance 1. */
import { ones, zeros } from '../../ops/factories';
import type { DType } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { checkCount, showBoolean } from '../check';
import { layerNorm } from '../functional/norm';
import { ones_, zeros_ } from '../init';
import { Module } from '../module';
import { Parameter } from '../parameter';

export interface LayerNormOptions {
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
  /** Whether a weight (and a bias) is learned. Default: true. */
  elementwiseAffine?: boolean;
  /** Whether a bias is learned beside the weight. Default: true. */
  bias?: boolean;
  /** Of the parameters: float32 (default) or float64. */
  dtype?: DType;
}

/**
 * (x − mean) / √(variance + eps) · weight + bias over the last dimensions: Ba et al. 2016 (torch.nn.LayerNorm).
 * The variance is the biased one.
 *
 * Shapes: [..., *normalizedShape] to the same.
 * @throws RangeError when the input's last sizes are others.
 * @example new nn.LayerNorm(10).forward(randn([20, 5, 10]))
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(normalizedShape: number | readonly number[], options: LayerNormOptions = {}) {
    super();
    const { eps = 1e-5, elementwiseAffine = true, bias = true, dtype = 'float32' } = options;
    this.normalizedShape =
      typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
    if (!Array.isArray(this.normalizedShape) || this.normalizedShape.length === 0) {
      throw new TypeError('LayerNorm: normalizedShape must be a size or an array of sizes');
    }
    for (const size of this.normalizedShape) checkCount('LayerNorm', 'normalizedShape', size);
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    const shape = this.normalizedShape;
    this.weight = elementwiseAffine ? new Parameter(ones(shape, { dtype })) : null;
    this.bias = elementwiseAffine && bias ? new Parameter(zeros(shape, { dtype })) : null;
  }

  /** Weight back to 1, bias to 0. */
  resetParameters(): void {
    if (this.weight !== null) ones_(this.weight);
    if (this.bias !== null) zeros_(this.bias);
  }

  forward(input: Tensor): Tensor {
    return layerNorm(input, this.normalizedShape, {
      weight: this.weight,
      bias: this.bias,
      eps: this.eps,
    });
  }

  override extraRepr(): string {
    const shape = this.normalizedShape.join(', ') + (this.normalizedShape.length === 1 ? ',' : '');
    const eps = this.eps.toExponential().replace(/e-(\d)$/, 'e-0$1');
    return `(${shape}), eps=${eps}, elementwiseAffine=${showBoolean(this.elementwiseAffine)}, bias=${showBoolean(this.bias !== null)}`;
  }
}

/** Linear: an affine map of the last dimension. */
import { linear } from '../../ops/matmul/linear';
import type { DType } from '../../tensor/dtype';
import { empty, type Tensor } from '../../tensor/tensor';
import { checkCount, showBoolean } from '../check';
import { kaimingUniform_, uniform_ } from '../init';
import { Module } from '../module';
import { Parameter } from '../parameter';

export interface LinearOptions {
  /** Whether a bias is learned. Default: true. */
  bias?: boolean;
  /** Of the parameters: float32 (default) or float64. */
  dtype?: DType;
}

/**
 * y = x·Wᵀ + b over the last dimension (torch.nn.Linear). `weight` [outFeatures, inFeatures] and `bias`
 * [outFeatures] start uniform in ±1/√inFeatures.
 *
 * Shapes: [..., inFeatures] to [..., outFeatures].
 * @throws RangeError when the input has another number of features.
 * @example
 * const layer = new nn.Linear(20, 30);
 * layer.forward(randn([128, 20])).shape; // [128, 30]
 */
export class Linear extends Module {
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    { bias = true, dtype = 'float32' }: LinearOptions = {},
  ) {
    super();
    checkCount('Linear', 'inFeatures', inFeatures);
    checkCount('Linear', 'outFeatures', outFeatures);
    this.weight = new Parameter(empty([outFeatures, inFeatures], dtype));
    this.bias = bias ? new Parameter(empty([outFeatures], dtype)) : null;
    this.resetParameters();
  }

  /** Draws weight, then bias, as a new layer does. */
  resetParameters(): void {
    // A slope of √5 makes the bound of Kaiming's formula 1/√inFeatures.
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    if (this.bias === null) return;
    const bound = this.inFeatures > 0 ? 1 / Math.sqrt(this.inFeatures) : 0;
    uniform_(this.bias, -bound, bound);
  }

  forward(input: Tensor): Tensor {
    return linear(input, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `inFeatures=${this.inFeatures}, outFeatures=${this.outFeatures}, bias=${showBoolean(this.bias !== null)}`;
  }
}

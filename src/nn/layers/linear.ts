/** Linear: an affine map of the last dimension. */
import { boolean, count, optionsTable, surplus } from '../../check';
import { linear } from '../../ops/matmul/linear';
import type { DType } from '../../tensor/dtype';
import { floatDType } from '../../tensor/rules';
import { empty, type Tensor } from '../../tensor/tensor';
import { kaimingUniform_, uniform_ } from '../init';
import { Module } from '../module';
import { Parameter, type Learned } from '../parameter';
import { showBoolean } from '../print';

/** Options of `Linear`. */
export interface LinearOptions<Bias extends boolean = boolean> {
  /** Whether a bias is learned. Default: true. */
  bias?: Bias;
  /** Of the parameters: float32 (default) or float64. */
  dtype?: DType;
}

export const linearOptions = optionsTable<LinearOptions>('Linear', {
  bias: boolean.or(true),
  dtype: floatDType.or('float32'),
});

/**
 * y = x·Wᵀ + b over the last dimension (torch.nn.Linear). `weight` [outFeatures, inFeatures] and `bias`
 * [outFeatures] start uniform in ±1/√inFeatures.
 *
 * As a type, `nn.Linear` has a bias, `nn.Linear<false>` has none, and of `nn.Linear<boolean>` it is not known.
 *
 * Shapes: [..., inFeatures] to [..., outFeatures].
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const layer = new nn.Linear(20, 30);
 * layer.forward(randn([128, 20])).shape; // [128, 30]
 */
export class Linear<Bias extends boolean = true> extends Module {
  /** [outFeatures, inFeatures]. */
  weight: Parameter;
  /** [outFeatures]; null with `bias: false`. */
  bias: Learned<Bias>;

  /**
   * @param inFeatures features of an input
   * @param outFeatures features of an output
   */
  constructor(
    /** Features of an input. */
    readonly inFeatures: number,
    /** Features of an output. */
    readonly outFeatures: number,
    options?: LinearOptions<Bias>,
  ) {
    if (arguments.length > 3) surplus('Linear', arguments, 3, 'options');
    super();
    const { bias, dtype } = linearOptions.read(options);
    count.check('Linear', 'inFeatures', inFeatures);
    count.check('Linear', 'outFeatures', outFeatures);
    this.weight = new Parameter(empty([outFeatures, inFeatures], dtype));
    this.bias = (bias ? new Parameter(empty([outFeatures], dtype)) : null) as Learned<Bias>;
    this.resetParameters();
  }

  /** Draws weight, then bias, as a new layer does. */
  resetParameters(): void {
    if (arguments.length > 0) surplus('Linear.resetParameters', arguments, 0);
    // A slope of √5 makes the bound of Kaiming's formula 1/√inFeatures.
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    const bias: Parameter | null = this.bias;
    if (bias === null) return;
    const bound = this.inFeatures > 0 ? 1 / Math.sqrt(this.inFeatures) : 0;
    uniform_(bias, -bound, bound);
  }

  /**
   * x·Wᵀ + b: [..., inFeatures] to [..., outFeatures].
   * @throws RangeError, TypeError when the input has other features or another type than the weight.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Linear.forward', arguments, 1, 'input');
    return linear(input, this.weight, this.bias);
  }

  /** @internal */
  override extraRepr(): string {
    return `inFeatures=${this.inFeatures}, outFeatures=${this.outFeatures}, bias=${showBoolean(this.bias !== null)}`;
  }
}

/** Bilinear: a map of two inputs, linear in each. */
import { count, positiveInteger, surplus } from '../../check';
import { empty, type Tensor } from '../../tensor/tensor';
import { bilinear } from '../functional/bilinear';
import { uniform_ } from '../init';
import { Module } from '../module';
import { Parameter, type Learned } from '../parameter';
import { showBoolean } from '../print';
import { linearOptions, type LinearOptions } from './linear';

/**
 * y_o = x1ᵀ·W_o·x2 + b_o over last dimensions (torch.nn.Bilinear). `weight` [outFeatures, in1Features, in2Features] and `bias`
 * [outFeatures] start uniform in ±1/√in1Features.
 *
 * As a type, `nn.Bilinear` has a bias, `nn.Bilinear<false>` has none, and of `nn.Bilinear<boolean>` it is not known.
 *
 * Shapes: [..., in1Features] and [..., in2Features] to [..., outFeatures].
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const layer = new nn.Bilinear(20, 30, 40);
 * layer.forward(randn([128, 20]), randn([128, 30])).shape; // [128, 40]
 */
export class Bilinear<Bias extends boolean = true> extends Module {
  /** [outFeatures, in1Features, in2Features]. */
  weight: Parameter;
  /** [outFeatures]; null with `bias: false`. */
  bias: Learned<Bias>;

  /**
   * @param in1Features features of the first input
   * @param in2Features features of the second input
   * @param outFeatures features of an output
   */
  constructor(
    /** Features of the first input. */
    readonly in1Features: number,
    /** Features of the second input. */
    readonly in2Features: number,
    /** Features of an output. */
    readonly outFeatures: number,
    options?: LinearOptions<Bias>,
  ) {
    if (arguments.length > 4) surplus('Bilinear', arguments, 4, 'options');
    super();
    const { bias, dtype } = linearOptions.read(options, 'Bilinear');
    positiveInteger.check('Bilinear', 'in1Features', in1Features);
    count.check('Bilinear', 'in2Features', in2Features);
    count.check('Bilinear', 'outFeatures', outFeatures);
    this.weight = new Parameter(empty([outFeatures, in1Features, in2Features], dtype));
    this.bias = (bias ? new Parameter(empty([outFeatures], dtype)) : null) as Learned<Bias>;
    this.resetParameters();
  }

  /** Draws weight, then bias, as a new layer does. */
  resetParameters(): void {
    if (arguments.length > 0) surplus('Bilinear.resetParameters', arguments, 0);
    const bound = 1 / Math.sqrt(this.in1Features);
    uniform_(this.weight, -bound, bound);
    const bias: Parameter | null = this.bias;
    if (bias !== null) uniform_(bias, -bound, bound);
  }

  /**
   * x1ᵀ·W_o·x2 + b_o: [..., in1Features] and [..., in2Features] to [..., outFeatures].
   * @throws RangeError, TypeError when shapes or element types do not go together.
   */
  forward(input1: Tensor, input2: Tensor): Tensor {
    if (arguments.length > 2) surplus('Bilinear.forward', arguments, 2, 'input2');
    return bilinear(input1, input2, this.weight, this.bias);
  }

  /** @internal */
  override extraRepr(): string {
    const { in1Features, in2Features, outFeatures, bias } = this;
    return `in1Features=${in1Features}, in2Features=${in2Features}, outFeatures=${outFeatures}, bias=${showBoolean(bias !== null)}`;
  }
}

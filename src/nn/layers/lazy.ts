/** LazyLinear: a Linear whose number of input features is that of its first input. */
import { count, surplus } from '../../check';
import { checkFloat } from '../../ops/arguments/floating';
import { executor } from '../../tensor/executor';
import { anyTensor, isTensor } from '../../tensor/rules';
import { sizesOf, empty, replaceData, type Tensor } from '../../tensor/tensor';
import { Linear, linearOptions, type LinearOptions } from './linear';

/**
 * A `Linear` whose number of input features the first input says (torch.nn.LazyLinear). Until then `weight` is
 * [outFeatures, 0] and `bias` 0; the first forward gives both the values that a new `Linear` draws. They stay the same parameters, so
 * that an optimizer may be made before. Loading the state dict of a layer that knows its features says them too. From then on
 * the layer is a `Linear`, as in PyTorch.
 *
 * Shapes: [..., inFeatures] to [..., outFeatures].
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const layer = new nn.LazyLinear(30);
 * layer.forward(randn([128, 20])).shape; // [128, 30]
 * layer.inFeatures; // 20
 */
export class LazyLinear<Bias extends boolean = true> extends Linear<Bias> {
  /** @param outFeatures features of an output */
  constructor(outFeatures: number, options?: LinearOptions<Bias>) {
    if (arguments.length > 2) surplus('LazyLinear', arguments, 2, 'options');
    const read = linearOptions.read(options, 'LazyLinear');
    count.check('LazyLinear', 'outFeatures', outFeatures);
    super(0, outFeatures, read as LinearOptions<Bias>);
  }

  /** Draws weight, then bias, once the number of features is known; nothing before. */
  override resetParameters(): void {
    if (arguments.length > 0) surplus('LazyLinear.resetParameters', arguments, 0);
    if (this.inFeatures > 0) super.resetParameters();
  }

  /**
   * x·Wᵀ + b: [..., inFeatures] to [..., outFeatures]. The first call makes the parameters.
   * @throws RangeError, TypeError when the input has other features or another type than the weight; Error for a first call in a
   * compiled function.
   */
  override forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('LazyLinear.forward', arguments, 1, 'input');
    if (this.inFeatures === 0) {
      anyTensor.check('LazyLinear.forward', 'input', input);
      checkFloat('LazyLinear.forward', input);
      executor.refuse(
        'the first LazyLinear.forward',
        'it makes the parameters; call the layer once outside',
      );
      if (input.ndim === 0 || sizesOf(input)[input.ndim - 1] === 0) {
        throw new RangeError('LazyLinear.forward: the first input must have at least one feature');
      }
      materialize(this, sizesOf(input)[input.ndim - 1]);
      Linear.prototype.resetParameters.call(this);
    }
    return super.forward(input);
  }

  /** @internal Takes the number of features from the weight that is to be loaded. */
  beforeLoad(valueOf: (name: string) => unknown): void {
    const weight = valueOf('weight');
    if (this.inFeatures > 0 || !isTensor(weight)) return;
    const [rows, features] = sizesOf(weight);
    if (weight.ndim === 2 && rows === this.outFeatures && features > 0) materialize(this, features);
  }
}

function materialize(layer: LazyLinear<boolean>, inFeatures: number): void {
  anyTensor.check('LazyLinear.forward', 'weight', layer.weight);
  count.check('LazyLinear.forward', 'outFeatures', layer.outFeatures);
  Object.assign(layer, { inFeatures });
  replaceData(layer.weight, empty([layer.outFeatures, inFeatures], layer.weight.dtype));
  // A subclass stays what it is.
  if (Object.getPrototypeOf(layer) === LazyLinear.prototype) {
    Object.setPrototypeOf(layer, Linear.prototype as object);
  }
}

/** What layers of activations have in common. Each is the function of the same name in nn.functional; any shape to the same shape, but GLU's. */
import { integer, surplus } from '../../check';
import type { InplaceOptions } from '../../ops/elementwise/inplace-option';
import type { Tensor } from '../../tensor/tensor';
import { Module } from '../module';
import { showInplace } from '../print';

/** A function of its input. */
export abstract class Activation extends Module {
  /** @internal */
  protected abstract compute(input: Tensor): Tensor;

  /**
   * The function of `input`.
   * @throws TypeError, RangeError unless `input` is a tensor that the function takes.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus(`${this.constructor.name}.forward`, arguments, 1, 'input');
    return this.compute(input);
  }
}

/** One that may write its result into its input. */
export abstract class InplaceActivation extends Activation {
  constructor(
    /** Whether forward writes its result into its input. */
    readonly inplace: boolean,
  ) {
    super();
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(this.inplace);
  }
}

const inPlace: InplaceOptions = { inplace: true };

/** What a function is given in order to write into its input, or not: without options it reads none. */
export const inPlaceIf = (inplace: boolean): InplaceOptions | undefined =>
  inplace ? inPlace : undefined;

/** One along a dimension. */
export abstract class DimensionActivation extends Activation {
  constructor(
    name: string,
    /** The dimension. */
    readonly dim: number,
  ) {
    super();
    integer.check(name, 'dim', dim);
  }

  /** @internal */
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** Activations that make a range of values 0, or another constant. */
import { nonNegative, number, surplus } from '../../check';
import { inplaceOptions, type InplaceOptions } from '../../ops/elementwise/inplace-option';
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional';
import { showInplace } from '../print';
import { Activation, inPlaceIf, InplaceActivation } from './activation';

/**
 * 0 where −lambd ≤ x ≤ lambd, x elsewhere (torch.nn.Hardshrink).
 * @throws TypeError unless lambd is a number.
 * @example new nn.Hardshrink().forward(tensor([-1, 0.3, 2])) // [-1, 0, 2]
 */
export class Hardshrink extends Activation {
  /** @param lambd half of the width of the interval that becomes 0 */
  constructor(
    /** Half of the width of the interval that becomes 0. */
    readonly lambd = 0.5,
  ) {
    if (arguments.length > 1) surplus('Hardshrink', arguments, 1, 'lambd');
    super();
    number.check('Hardshrink', 'lambd', lambd);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.hardshrink(input, { lambd: this.lambd });
  }

  /** @internal */
  override extraRepr(): string {
    return String(this.lambd);
  }
}

/**
 * x moved towards 0 by lambd, 0 where −lambd ≤ x ≤ lambd (torch.nn.Softshrink).
 * @throws TypeError unless lambd is a number; RangeError when it is negative.
 * @example new nn.Softshrink().forward(tensor([-1, 0.3, 2])) // [-0.5, 0, 1.5]
 */
export class Softshrink extends Activation {
  /** @param lambd how far x is moved */
  constructor(
    /** How far x is moved. */
    readonly lambd = 0.5,
  ) {
    if (arguments.length > 1) surplus('Softshrink', arguments, 1, 'lambd');
    super();
    nonNegative.check('Softshrink', 'lambd', lambd);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.softshrink(input, { lambd: this.lambd });
  }

  /** @internal */
  override extraRepr(): string {
    return String(this.lambd);
  }
}

/**
 * x − tanh(x) of each element (torch.nn.Tanhshrink).
 * @example new nn.Tanhshrink().forward(tensor([0, 1])) // [0, 0.2384]
 */
export class Tanhshrink extends Activation {
  constructor() {
    if (arguments.length > 0) surplus('Tanhshrink', arguments, 0);
    super();
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.tanhshrink(input);
  }
}

/**
 * x where x > threshold, `value` elsewhere (torch.nn.Threshold).
 * @throws TypeError unless both are numbers, or for options that it does not have.
 * @example new nn.Threshold(0.5, 20).forward(tensor([-1, 0.5, 2])) // [20, 20, 2]
 */
export class Threshold extends InplaceActivation {
  /**
   * @param threshold what x must be above of
   * @param value what takes the place of the rest
   */
  constructor(
    /** What x must be above of. */
    readonly threshold: number,
    /** What takes the place of the rest. */
    readonly value: number,
    options?: InplaceOptions,
  ) {
    if (arguments.length > 3) surplus('Threshold', arguments, 3, 'options');
    number.check('Threshold', 'threshold', threshold);
    number.check('Threshold', 'value', value);
    super(inplaceOptions.read(options, 'Threshold').inplace);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.threshold(input, this.threshold, this.value, inPlaceIf(this.inplace));
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(this.inplace, `threshold=${this.threshold}, value=${this.value}`);
  }
}

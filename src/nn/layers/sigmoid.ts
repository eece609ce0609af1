/** Sigmoids: activations that rise from one limit to another, and the logarithm of one. */
import { number, optionsTable, surplus } from '../../check';
import {
  inplaceFields,
  inplaceOptions,
  type InplaceOptions,
} from '../../ops/elementwise/inplace-option';
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional';
import { showInplace, showNumber } from '../print';
import { Activation, inPlaceIf, InplaceActivation } from './activation';

/**
 * Hyperbolic tangent of each element (torch.nn.Tanh): (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), from −1 to 1.
 * @example new nn.Tanh().forward(tensor([0, 1])) // [0, 0.7616]
 */
export class Tanh extends Activation {
  constructor() {
    if (arguments.length > 0) surplus('Tanh', arguments, 0);
    super();
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.tanh(input);
  }
}

/**
 * Logistic function of each element (torch.nn.Sigmoid): 1 / (1 + e⁻ˣ), from 0 to 1.
 * @example new nn.Sigmoid().forward(tensor([0, 1])) // [0.5, 0.7311]
 */
export class Sigmoid extends Activation {
  constructor() {
    if (arguments.length > 0) surplus('Sigmoid', arguments, 0);
    super();
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.sigmoid(input);
  }
}

/**
 * x / (1 + |x|) of each element (torch.nn.Softsign), from −1 to 1.
 * @example new nn.Softsign().forward(tensor([-1, 3])) // [-0.5, 0.75]
 */
export class Softsign extends Activation {
  constructor() {
    if (arguments.length > 0) surplus('Softsign', arguments, 0);
    super();
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.softsign(input);
  }
}

/**
 * ln(sigmoid(x)) of each element (torch.nn.LogSigmoid).
 * @example new nn.LogSigmoid().forward(tensor([0, 1])) // [-0.6931, -0.3133]
 */
export class LogSigmoid extends Activation {
  constructor() {
    if (arguments.length > 0) surplus('LogSigmoid', arguments, 0);
    super();
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.logsigmoid(input);
  }
}

/**
 * (x + 3) / 6, limited to 0 and 1, of each element (torch.nn.Hardsigmoid).
 * @throws TypeError for options that it does not have.
 * @example new nn.Hardsigmoid().forward(tensor([-4, 0, 1.5])) // [0, 0.5, 0.75]
 */
export class Hardsigmoid extends InplaceActivation {
  constructor(options?: InplaceOptions) {
    if (arguments.length > 1) surplus('Hardsigmoid', arguments, 1, 'options');
    super(inplaceOptions.read(options, 'Hardsigmoid').inplace);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.hardsigmoid(input, inPlaceIf(this.inplace));
  }
}

/** Options of `Hardtanh`. */
export interface HardtanhOptions extends InplaceOptions {
  /** The lower limit. Default: −1. */
  minVal?: number;
  /** The upper limit. Default: 1. */
  maxVal?: number;
}

const hardtanhOptions = optionsTable<HardtanhOptions>('Hardtanh', {
  minVal: number.or(-1),
  maxVal: number.or(1),
  ...inplaceFields,
});

/**
 * x limited to `minVal` and `maxVal` (torch.nn.Hardtanh).
 * @throws TypeError for an option that is none; RangeError unless minVal is below maxVal.
 * @example new nn.Hardtanh().forward(tensor([-2, 0.5, 2])) // [-1, 0.5, 1]
 */
export class Hardtanh extends InplaceActivation {
  /** The lower limit. */
  readonly minVal: number;
  /** The upper limit. */
  readonly maxVal: number;

  constructor(options?: HardtanhOptions) {
    if (arguments.length > 1) surplus('Hardtanh', arguments, 1, 'options');
    const { minVal, maxVal, inplace } = hardtanhOptions.read(options);
    super(inplace);
    if (!(minVal < maxVal)) {
      throw new RangeError(`Hardtanh: minVal must be below maxVal, got ${minVal} and ${maxVal}`);
    }
    this.minVal = minVal;
    this.maxVal = maxVal;
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.hardtanh(input, { minVal: this.minVal, maxVal: this.maxVal, inplace: this.inplace });
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(
      this.inplace,
      `minVal=${showNumber(this.minVal)}, maxVal=${showNumber(this.maxVal)}`,
    );
  }
}

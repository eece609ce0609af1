/** Rectifiers: activations that are x, or nearly so, above 0 and something small below. */
import { count, finite, number, optionsTable, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { full } from '../../ops';
import {
  inplaceFields,
  inplaceOptions,
  type InplaceOptions,
} from '../../ops/elementwise/inplace-option';
import type { DType } from '../../tensor/dtype';
import { anyTensor, floatDType } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional';
import { Parameter } from '../parameter';
import { showInplace, showNumber } from '../print';
import { Activation, inPlaceIf, InplaceActivation } from './activation';

/**
 * max(x, 0) of each element (torch.nn.ReLU).
 * @throws TypeError for options that it does not have.
 * @example new nn.ReLU().forward(tensor([-1, 2])) // [0, 2]
 */
export class ReLU extends InplaceActivation {
  constructor(options?: InplaceOptions) {
    if (arguments.length > 1) surplus('ReLU', arguments, 1, 'options');
    super(inplaceOptions.read(options, 'ReLU').inplace);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.relu(input, inPlaceIf(this.inplace));
  }
}

/**
 * x limited to 0 and 6 (torch.nn.ReLU6).
 * @throws TypeError for options that it does not have.
 * @example new nn.ReLU6().forward(tensor([-1, 2, 7])) // [0, 2, 6]
 */
export class ReLU6 extends InplaceActivation {
  constructor(options?: InplaceOptions) {
    if (arguments.length > 1) surplus('ReLU6', arguments, 1, 'options');
    super(inplaceOptions.read(options, 'ReLU6').inplace);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.relu6(input, inPlaceIf(this.inplace));
  }
}

/** Options of `LeakyReLU`. */
export interface LeakyReLUOptions extends InplaceOptions {
  /** Slope below 0. Default: 0.01. */
  negativeSlope?: number;
}

const leakyReluOptions = optionsTable<LeakyReLUOptions>('LeakyReLU', {
  negativeSlope: number.or(0.01),
  ...inplaceFields,
});

/**
 * x, or negativeSlope·x below 0, of each element (torch.nn.LeakyReLU; Maas et al. 2013).
 * @throws TypeError for an option that is none.
 * @example new nn.LeakyReLU({ negativeSlope: 0.2 }).forward(tensor([-1, 2])) // [-0.2, 2]
 */
export class LeakyReLU extends InplaceActivation {
  /** Slope below 0. */
  readonly negativeSlope: number;

  constructor(options?: LeakyReLUOptions) {
    if (arguments.length > 1) surplus('LeakyReLU', arguments, 1, 'options');
    const { negativeSlope, inplace } = leakyReluOptions.read(options);
    super(inplace);
    this.negativeSlope = negativeSlope;
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.leakyRelu(input, { negativeSlope: this.negativeSlope, inplace: this.inplace });
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(this.inplace, `negativeSlope=${this.negativeSlope}`);
  }
}

/** Options of `PReLU`. */
export interface PReLUOptions {
  /** What every slope is at first. Default: 0.25. */
  init?: number;
  /** Element type of the slopes. Default: float32. */
  dtype?: DType;
}

const preluOptions = optionsTable<PReLUOptions>('PReLU', {
  init: number.or(0.25),
  dtype: floatDType.or('float32'),
});

/**
 * x, or weight·x below 0, with learned slopes: one for all, or one for each channel (dimension 1) (torch.nn.PReLU; He et al. 2015).
 * @throws TypeError, RangeError unless `numParameters` is an integer of at least 0, or for an option that is none.
 * @example new nn.PReLU().forward(tensor([-2, 3])) // [-0.5, 3]
 */
export class PReLU extends Activation {
  /** The slopes [numParameters]. */
  weight: Parameter;
  /** What every slope is at first. */
  readonly init: number;

  /** @param numParameters how many slopes: 1, or the number of channels */
  constructor(
    /** How many slopes: 1, or the number of channels. */
    readonly numParameters = 1,
    options?: PReLUOptions,
  ) {
    if (arguments.length > 2) surplus('PReLU', arguments, 2, 'options');
    super();
    count.check('PReLU', 'numParameters', numParameters);
    const { init, dtype } = preluOptions.read(options);
    this.init = init;
    this.weight = new Parameter(full([numParameters], init, { dtype }));
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.prelu(input, this.weight);
  }

  /** Makes every slope `init` again. */
  resetParameters(): void {
    if (arguments.length > 0) surplus('PReLU.resetParameters', arguments, 0);
    const weight = anyTensor.check('PReLU.resetParameters', 'weight', this.weight);
    number.check('PReLU.resetParameters', 'init', this.init);
    noGrad(() => weight.fill_(this.init));
  }

  /** @internal */
  override extraRepr(): string {
    return `numParameters=${this.numParameters}`;
  }
}

/** Options of `ELU`. */
export interface ELUOptions extends InplaceOptions {
  /** Minus the limit for x to −∞. Default: 1. */
  alpha?: number;
}

const eluOptions = optionsTable<ELUOptions>('ELU', { alpha: number.or(1), ...inplaceFields });

/**
 * x, or alpha·(eˣ − 1) below 0, of each element (torch.nn.ELU; Clevert et al. 2015).
 * @throws TypeError for an option that is none.
 * @example new nn.ELU().forward(tensor([-1, 2])) // [-0.6321, 2]
 */
export class ELU extends InplaceActivation {
  /** Minus the limit for x to −∞. */
  readonly alpha: number;

  constructor(options?: ELUOptions) {
    if (arguments.length > 1) surplus('ELU', arguments, 1, 'options');
    const { alpha, inplace } = eluOptions.read(options);
    super(inplace);
    this.alpha = alpha;
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.elu(input, { alpha: this.alpha, inplace: this.inplace });
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(this.inplace, `alpha=${showNumber(this.alpha)}`);
  }
}

/** Options of `CELU`. */
export interface CELUOptions extends InplaceOptions {
  /** Minus the limit for x to −∞; not 0. Default: 1. */
  alpha?: number;
}

const celuOptions = optionsTable<CELUOptions>('CELU', { alpha: number.or(1), ...inplaceFields });

/**
 * x, or alpha·(e^(x/alpha) − 1) below 0, of each element (torch.nn.CELU; Barron 2017).
 * @throws TypeError for an option that is none.
 * @example new nn.CELU({ alpha: 2 }).forward(tensor([-1, 2])) // [-0.7869, 2]
 */
export class CELU extends InplaceActivation {
  /** Minus the limit for x to −∞. */
  readonly alpha: number;

  constructor(options?: CELUOptions) {
    if (arguments.length > 1) surplus('CELU', arguments, 1, 'options');
    const { alpha, inplace } = celuOptions.read(options);
    super(inplace);
    this.alpha = alpha;
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.celu(input, { alpha: this.alpha, inplace: this.inplace });
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(this.inplace, `alpha=${showNumber(this.alpha)}`);
  }
}

/**
 * scale·x, or scale·alpha·(eˣ − 1) below 0, of each element, with alpha = 1.6733 and scale = 1.0507 (torch.nn.SELU; Klambauer et al. 2017).
 * @throws TypeError for options that it does not have.
 * @example new nn.SELU().forward(tensor([-1, 2])) // [-1.1113, 2.1014]
 */
export class SELU extends InplaceActivation {
  constructor(options?: InplaceOptions) {
    if (arguments.length > 1) surplus('SELU', arguments, 1, 'options');
    super(inplaceOptions.read(options, 'SELU').inplace);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.selu(input, inPlaceIf(this.inplace));
  }
}

/** Options of `Softplus`. */
export interface SoftplusOptions {
  /** Sharpness. Default: 1. */
  beta?: number;
  /** Where beta·x is above it the result is x itself. Default: 20. */
  threshold?: number;
}

const softplusOptions = optionsTable<SoftplusOptions>('Softplus', {
  beta: finite.or(1),
  threshold: number.or(20),
});

/**
 * log(1 + e^(beta·x)) / beta of each element; x itself where beta·x is above the threshold (torch.nn.Softplus).
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.Softplus().forward(tensor([0, 30])) // [0.6931, 30]
 */
export class Softplus extends Activation {
  /** Sharpness. */
  readonly beta: number;
  /** Where beta·x is above it the result is x itself. */
  readonly threshold: number;

  constructor(options?: SoftplusOptions) {
    if (arguments.length > 1) surplus('Softplus', arguments, 1, 'options');
    super();
    const { beta, threshold } = softplusOptions.read(options);
    this.beta = beta;
    this.threshold = threshold;
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.softplus(input, { beta: this.beta, threshold: this.threshold });
  }

  /** @internal */
  override extraRepr(): string {
    return `beta=${showNumber(this.beta)}, threshold=${showNumber(this.threshold)}`;
  }
}

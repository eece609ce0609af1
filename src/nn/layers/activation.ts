/** Activations as layers. Each is the function of the same name in nn.functional; any shape to the same shape. */
import { finite, integer, number, oneOf, optionsTable, surplus } from '../../check';
import {
  inplaceFields,
  inplaceOptions,
  type InplaceOptions,
} from '../../ops/elementwise/inplace-option';
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional';
import { Module } from '../module';
import { showInplace, showNumber } from '../print';

export type { InplaceOptions };

const inPlace: InplaceOptions = { inplace: true };
/**
 * Hyperbolic tangent of each element (torch.nn.Tanh): (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), from −1 to 1.
 * @example new nn.Tanh().forward(tensor([0, 1])) // [0, 0.7616]
 */
export class Tanh extends Module {
  constructor() {
    if (arguments.length > 0) surplus('Tanh', arguments, 0);
    super();
  }

  /**
   * The function of `input`, of the same shape.
   * @throws TypeError unless `input` is a tensor.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Tanh.forward', arguments, 1, 'input');
    return F.tanh(input);
  }
}

/**
 * Logistic function of each element (torch.nn.Sigmoid): 1 / (1 + e⁻ˣ), from 0 to 1.
 * @example new nn.Sigmoid().forward(tensor([0, 1])) // [0.5, 0.7311]
 */
export class Sigmoid extends Module {
  constructor() {
    if (arguments.length > 0) surplus('Sigmoid', arguments, 0);
    super();
  }

  /**
   * The function of `input`, of the same shape.
   * @throws TypeError unless `input` is a tensor.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Sigmoid.forward', arguments, 1, 'input');
    return F.sigmoid(input);
  }
}

/**
 * max(x, 0) of each element (torch.nn.ReLU).
 * @throws TypeError for options that it does not have.
 * @example new nn.ReLU().forward(tensor([-1, 2])) // [0, 2]
 */
export class ReLU extends Module {
  /** Whether forward writes its result into its input. */
  readonly inplace: boolean;

  constructor(options?: InplaceOptions) {
    if (arguments.length > 1) surplus('ReLU', arguments, 1, 'options');
    super();
    this.inplace = inplaceOptions.read(options, 'ReLU').inplace;
  }

  /**
   * The function of `input`, of the same shape.
   * @throws TypeError unless `input` is a tensor.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('ReLU.forward', arguments, 1, 'input');
    return F.relu(input, this.inplace ? inPlace : undefined);
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(this.inplace);
  }
}

/**
 * x·sigmoid(x) of each element (torch.nn.SiLU; Elfwing et al. 2017).
 * @throws TypeError for options that it does not have.
 * @example new nn.SiLU().forward(tensor([0, 1])) // [0, 0.7311]
 */
export class SiLU extends Module {
  /** Whether forward writes its result into its input. */
  readonly inplace: boolean;

  constructor(options?: InplaceOptions) {
    if (arguments.length > 1) surplus('SiLU', arguments, 1, 'options');
    super();
    this.inplace = inplaceOptions.read(options, 'SiLU').inplace;
  }

  /**
   * The function of `input`, of the same shape.
   * @throws TypeError unless `input` is a tensor.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('SiLU.forward', arguments, 1, 'input');
    return F.silu(input, this.inplace ? inPlace : undefined);
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(this.inplace);
  }
}

/**
 * x / (1 + |x|) of each element (torch.nn.Softsign), from −1 to 1.
 * @example new nn.Softsign().forward(tensor([-1, 3])) // [-0.5, 0.75]
 */
export class Softsign extends Module {
  constructor() {
    if (arguments.length > 0) surplus('Softsign', arguments, 0);
    super();
  }

  /**
   * The function of `input`, of the same shape.
   * @throws TypeError unless `input` is a tensor.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Softsign.forward', arguments, 1, 'input');
    return F.softsign(input);
  }
}

/** Options of `GELU`. */
export interface GELUOptions {
  /** `'tanh'` for x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))). Default: `'none'`. */
  approximate?: 'none' | 'tanh';
}

const geluOptions = optionsTable<GELUOptions>('GELU', {
  approximate: oneOf('none', 'tanh').or('none'),
});

/**
 * x·Φ(x) of each element, Φ the normal distribution function (torch.nn.GELU; Hendrycks and Gimpel 2016).
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.GELU({ approximate: 'tanh' }).forward(tensor([0, 1])) // [0, 0.8412]
 */
export class GELU extends Module {
  /** Whether Φ is the function itself or its approximation by tanh. */
  readonly approximate: 'none' | 'tanh';

  constructor(options?: GELUOptions) {
    if (arguments.length > 1) surplus('GELU', arguments, 1, 'options');
    super();
    this.approximate = geluOptions.read(options).approximate;
  }

  /**
   * The function of `input`, of the same shape.
   * @throws TypeError unless `input` is a tensor.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('GELU.forward', arguments, 1, 'input');
    return F.gelu(input, { approximate: this.approximate });
  }

  /** @internal */
  override extraRepr(): string {
    return `approximate='${this.approximate}'`;
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
export class LeakyReLU extends Module {
  /** Slope below 0. */
  readonly negativeSlope: number;
  /** Whether forward writes its result into its input. */
  readonly inplace: boolean;

  constructor(options?: LeakyReLUOptions) {
    if (arguments.length > 1) surplus('LeakyReLU', arguments, 1, 'options');
    super();
    const { negativeSlope, inplace } = leakyReluOptions.read(options);
    this.negativeSlope = negativeSlope;
    this.inplace = inplace;
  }

  /**
   * The function of `input`, of the same shape.
   * @throws TypeError unless `input` is a tensor.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('LeakyReLU.forward', arguments, 1, 'input');
    return F.leakyRelu(input, { negativeSlope: this.negativeSlope, inplace: this.inplace });
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(this.inplace, `negativeSlope=${this.negativeSlope}`);
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
export class ELU extends Module {
  /** Minus the limit for x to −∞. */
  readonly alpha: number;
  /** Whether forward writes its result into its input. */
  readonly inplace: boolean;

  constructor(options?: ELUOptions) {
    if (arguments.length > 1) surplus('ELU', arguments, 1, 'options');
    super();
    const { alpha, inplace } = eluOptions.read(options);
    this.alpha = alpha;
    this.inplace = inplace;
  }

  /**
   * The function of `input`, of the same shape.
   * @throws TypeError unless `input` is a tensor.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('ELU.forward', arguments, 1, 'input');
    return F.elu(input, { alpha: this.alpha, inplace: this.inplace });
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(this.inplace, `alpha=${showNumber(this.alpha)}`);
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
export class Softplus extends Module {
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

  /**
   * The function of `input`, of the same shape.
   * @throws TypeError unless `input` is a tensor.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Softplus.forward', arguments, 1, 'input');
    return F.softplus(input, { beta: this.beta, threshold: this.threshold });
  }

  /** @internal */
  override extraRepr(): string {
    return `beta=${showNumber(this.beta)}, threshold=${showNumber(this.threshold)}`;
  }
}

/**
 * eˣ over the sum of eˣ along `dim`: positive numbers that sum to 1 (torch.nn.Softmax).
 * @throws TypeError, RangeError unless `dim` is an integer.
 * @example new nn.Softmax(-1).forward(tensor([[0, 0], [1, 0]])) // [[0.5, 0.5], [0.7311, 0.2689]]
 */
export class Softmax extends Module {
  /** @param dim the dimension that sums to 1; −1 is the last */
  constructor(
    /** The dimension that sums to 1. */
    readonly dim: number,
  ) {
    if (arguments.length > 1) surplus('Softmax', arguments, 1, 'dim');
    super();
    integer.check('Softmax', 'dim', dim);
  }

  /**
   * The function of `input`, of the same shape.
   * @throws RangeError when `input` does not have the dimension.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Softmax.forward', arguments, 1, 'input');
    return F.softmax(input, this.dim);
  }

  /** @internal */
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * log(softmax(x)) along `dim`, computed without overflow (torch.nn.LogSoftmax): x − log Σ eˣ.
 * @throws TypeError, RangeError unless `dim` is an integer.
 * @example new nn.LogSoftmax(-1).forward(tensor([[0, 0]])) // [[-0.6931, -0.6931]]
 */
export class LogSoftmax extends Module {
  /** @param dim the dimension whose exponentials sum to 1; −1 is the last */
  constructor(
    /** The dimension whose exponentials sum to 1. */
    readonly dim: number,
  ) {
    if (arguments.length > 1) surplus('LogSoftmax', arguments, 1, 'dim');
    super();
    integer.check('LogSoftmax', 'dim', dim);
  }

  /**
   * The function of `input`, of the same shape.
   * @throws RangeError when `input` does not have the dimension.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('LogSoftmax.forward', arguments, 1, 'input');
    return F.logSoftmax(input, this.dim);
  }

  /** @internal */
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

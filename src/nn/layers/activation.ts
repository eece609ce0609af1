/** Activations as layers. Each is the function of the same name in nn.functional; any shape to the same shape. */
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional/activation';
import { Module } from '../module';

// As Python prints a float.
const showNumber = (value: number): string =>
  Number.isInteger(value) ? value.toFixed(1) : String(value);

/** Hyperbolic tangent (torch.nn.Tanh). @example new nn.Tanh().forward(x) */
export class Tanh extends Module {
  forward(input: Tensor): Tensor {
    return F.tanh(input);
  }
}

/** 1 / (1 + e^−x) (torch.nn.Sigmoid). @example new nn.Sigmoid().forward(x) */
export class Sigmoid extends Module {
  forward(input: Tensor): Tensor {
    return F.sigmoid(input);
  }
}

/** max(x, 0) (torch.nn.ReLU). @example new nn.ReLU().forward(x) */
export class ReLU extends Module {
  forward(input: Tensor): Tensor {
    return F.relu(input);
  }
}

/** x·sigmoid(x) (torch.nn.SiLU). @example new nn.SiLU().forward(x) */
export class SiLU extends Module {
  forward(input: Tensor): Tensor {
    return F.silu(input);
  }
}

/**
 * x·Φ(x), Φ the normal distribution function: Hendrycks and Gimpel 2016 (torch.nn.GELU).
 * @example new nn.GELU({ approximate: 'tanh' }).forward(x)
 */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';
  constructor({ approximate = 'none' }: { approximate?: 'none' | 'tanh' } = {}) {
    super();
    if (approximate !== 'none' && approximate !== 'tanh') {
      throw new RangeError(
        `GELU: approximate must be 'none' or 'tanh', got '${String(approximate)}'`,
      );
    }
    this.approximate = approximate;
  }
  forward(input: Tensor): Tensor {
    return F.gelu(input, { approximate: this.approximate });
  }
  override extraRepr(): string {
    return `approximate='${this.approximate}'`;
  }
}

/** x, or negativeSlope·x below 0 (torch.nn.LeakyReLU). @example new nn.LeakyReLU({ negativeSlope: 0.2 }).forward(x) */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;
  constructor({ negativeSlope = 0.01 }: { negativeSlope?: number } = {}) {
    super();
    this.negativeSlope = negativeSlope;
  }
  forward(input: Tensor): Tensor {
    return F.leakyRelu(input, { negativeSlope: this.negativeSlope });
  }
  override extraRepr(): string {
    return `negativeSlope=${this.negativeSlope}`;
  }
}

/** x, or alpha·(e^x − 1) below 0: Clevert et al. 2015 (torch.nn.ELU). @example new nn.ELU().forward(x) */
export class ELU extends Module {
  readonly alpha: number;
  constructor({ alpha = 1 }: { alpha?: number } = {}) {
    super();
    this.alpha = alpha;
  }
  forward(input: Tensor): Tensor {
    return F.elu(input, { alpha: this.alpha });
  }
  override extraRepr(): string {
    return `alpha=${showNumber(this.alpha)}`;
  }
}

/**
 * log(1 + e^(beta·x)) / beta; x itself where beta·x is above the threshold (torch.nn.Softplus).
 * @example new nn.Softplus().forward(x)
 */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;
  constructor({ beta = 1, threshold = 20 }: { beta?: number; threshold?: number } = {}) {
    super();
    this.beta = beta;
    this.threshold = threshold;
  }
  forward(input: Tensor): Tensor {
    return F.softplus(input, { beta: this.beta, threshold: this.threshold });
  }
  override extraRepr(): string {
    return `beta=${showNumber(this.beta)}, threshold=${showNumber(this.threshold)}`;
  }
}

function checkDimension(layer: string, dim: unknown): void {
  if (!Number.isInteger(dim)) {
    throw new TypeError(
      `${layer}: dim must be an integer, got ${String(dim)}; new nn.${layer}(-1) takes the last`,
    );
  }
}

/**
 * e^x over the sum of e^x along `dim`: positive numbers that sum to 1 (torch.nn.Softmax).
 * @example new nn.Softmax(-1).forward(x)
 */
export class Softmax extends Module {
  constructor(readonly dim: number) {
    super();
    checkDimension('Softmax', dim);
  }
  forward(input: Tensor): Tensor {
    return F.softmax(input, this.dim);
  }
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** The logarithm of softmax (torch.nn.LogSoftmax). @example new nn.LogSoftmax(-1).forward(x) */
export class LogSoftmax extends Module {
  constructor(readonly dim: number) {
    super();
    checkDimension('LogSoftmax', dim);
  }
  forward(input: Tensor): Tensor {
    return F.logSoftmax(input, this.dim);
  }
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

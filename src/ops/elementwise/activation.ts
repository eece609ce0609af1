/** Activation functions, which PyTorch has in nn.functional and not as methods. Most save their argument. */
import { number, oneOf, optionsTable } from '../../check';
import { family } from '../../native/kernels';
import { empty, type Tensor } from '../../tensor/tensor';
import { unary, withGradient, type Unary } from '../define';
import { applyBinary, applyUnary, checkTensor } from '../elementwise';
import { floating } from '../floating';

/** ln(sigmoid(x)), exact far below 0 too (torch.nn.functional.logsigmoid). */
export const logSigmoid: Unary = unary('logSigmoid', {
  kernel: 'log_sigmoid',
  saves: 'x',
  grad: (g, x) => g.mul(x.neg().sigmoid()),
  fused: 'log_sigmoid_backward',
});

/** x · sigmoid(x), also called swish (torch.nn.functional.silu). */
export const silu: Unary = unary('silu', {
  saves: 'x',
  // With s = sigmoid(x): dy/dx = s (1 + x (1 − s))
  grad: (g, x) => {
    const s = x.sigmoid();
    return g.mul(s.mul(x.mul(s.rsub(1)).add(1)));
  },
  fused: 'silu_backward',
});

/** A function with parameters p and q: its kernel, that of its gradient, and the gradient in differentiable operations. */
interface Activation {
  readonly name: string;
  readonly node: string;
  readonly kernel: string;
  readonly grad: (g: Tensor, x: Tensor, p: number, q: number) => Tensor;
}

function activation({ name, node, kernel, grad }: Activation) {
  const kernels = family(kernel);
  const fused = family(`${kernel}_backward`);
  return (argument: Tensor, p?: number, q?: number): Tensor => {
    const x = floating(argument);
    const out = applyUnary(name, kernels, x, empty(x.shape, x.dtype), p, q);
    return withGradient(out, {
      operation: name,
      node,
      inputs: [x],
      saves: [x],
      rule: (g, [v]) => [grad(g, v, p!, q!)],
      fused: (g, [v]) => [applyBinary(name, fused, g, v, empty(v.shape, v.dtype), p, q)],
    });
  };
}

export interface LeakyReluOptions {
  /** Slope below 0. Default: 0.01. */
  negativeSlope?: number;
}
const leakyReluOptions = optionsTable<LeakyReluOptions>('leakyRelu', {
  negativeSlope: number.or(0.01),
});
const leaky = activation({
  name: 'leakyRelu',
  node: 'LeakyReluBackward0',
  kernel: 'leaky_relu',
  grad: (g, x, slope) => g.where(x.gt(0), g.mul(slope)),
});

/** x where x > 0, negativeSlope·x elsewhere (torch.nn.functional.leaky_relu). */
export function leakyRelu(x: Tensor, options?: LeakyReluOptions): Tensor {
  checkTensor('leakyRelu', 'x', x);
  return leaky(x, leakyReluOptions.read(options).negativeSlope);
}

export interface EluOptions {
  /** What −elu approaches far below 0. Default: 1. */
  alpha?: number;
}
const eluOptions = optionsTable<EluOptions>('elu', { alpha: number.or(1) });
const exponential = activation({
  name: 'elu',
  node: 'EluBackward0',
  kernel: 'elu',
  // eˣ may overflow where it is not chosen, and infinity times a gradient of 0 is NaN: the argument is cut first.
  grad: (g, x, alpha) => {
    const positive = x.gt(0);
    return g.where(positive, g.mul(x.maskedFill(positive, 0).exp().mul(alpha)));
  },
});

/** x where x > 0, alpha·(eˣ − 1) elsewhere (torch.nn.functional.elu). */
export function elu(x: Tensor, options?: EluOptions): Tensor {
  checkTensor('elu', 'x', x);
  return exponential(x, eluOptions.read(options).alpha);
}

export interface GeluOptions {
  /** `'tanh'` for x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))). Default: `'none'`. */
  approximate?: 'none' | 'tanh';
}
const geluOptions = optionsTable<GeluOptions>('gelu', {
  approximate: oneOf('none', 'tanh').or('none'),
});
const gaussian = activation({
  name: 'gelu',
  node: 'GeluBackward0',
  kernel: 'gelu',
  // g·(Φ(x) + x·φ(x))
  grad: (g, x) => {
    const cdf = x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
    const density = x
      .square()
      .mul(-0.5)
      .exp()
      .mul(1 / Math.sqrt(2 * Math.PI));
    return g.mul(cdf.add(x.mul(density)));
  },
});
const gaussianTanh = activation({
  name: 'gelu',
  node: 'GeluBackward0',
  kernel: 'gelu_tanh',
  // With u = √(2/π)·(x + 0.044715·x³) and t = tanh u: g·((1 + t)/2 + x/2·(1 − t²)·du/dx)
  grad: (g, x) => {
    const factor = Math.sqrt(2 / Math.PI);
    const xx = x.square();
    const t = x.mul(xx.mul(0.044715).add(1)).mul(factor).tanh();
    const du = xx
      .mul(3 * 0.044715)
      .add(1)
      .mul(factor);
    return g.mul(
      t
        .add(1)
        .add(x.mul(t.square().rsub(1)).mul(du))
        .mul(0.5),
    );
  },
});

/** x·Φ(x) with the normal distribution's Φ (torch.nn.functional.gelu). */
export function gelu(x: Tensor, options?: GeluOptions): Tensor {
  checkTensor('gelu', 'x', x);
  return geluOptions.read(options).approximate === 'tanh' ? gaussianTanh(x) : gaussian(x);
}

export interface SoftplusOptions {
  /** Default: 1. */
  beta?: number;
  /** Where beta·x is above it, the result is x itself. Default: 20. */
  threshold?: number;
}
const softplusOptions = optionsTable<SoftplusOptions>('softplus', {
  beta: number.or(1),
  threshold: number.or(20),
});
const soft = activation({
  name: 'softplus',
  node: 'SoftplusBackward0',
  kernel: 'softplus',
  grad: (g, x, beta, threshold) => {
    const scaled = x.mul(beta);
    return g.where(scaled.gt(threshold), g.mul(scaled.sigmoid()));
  },
});

/** ln(1 + e^(beta·x)) / beta, and x itself where beta·x > threshold (torch.nn.functional.softplus). */
export function softplus(x: Tensor, options?: SoftplusOptions): Tensor {
  checkTensor('softplus', 'x', x);
  const { beta, threshold } = softplusOptions.read(options);
  return soft(x, beta, threshold);
}

/** x / (1 + |x|) (torch.nn.functional.softsign). */
export function softsign(x: Tensor): Tensor {
  checkTensor('softsign', 'x', x);
  return x.div(x.abs().add(1));
}

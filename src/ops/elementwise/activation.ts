/** Activation functions, which PyTorch has in nn.functional and not as methods. Most save their argument. */
import { calledAs, number, oneOf, optionsTable, surplus } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { activation, plainActivation, withInplace } from './activation-declaration';
import { unary, type Unary, type UnaryWith } from './declaration';
import { inplaceFields, type InplaceOptions } from './inplace-option';

export type { InplaceOptions };

/**
 * ln(sigmoid(x)), exact far below 0 too (torch.nn.functional.logsigmoid).
 * @throws TypeError unless `x` is a tensor of floats.
 * @example nn.functional.logsigmoid(tensor([0, 1])) // [-0.6931, -0.3133]
 */
export const logsigmoid: Unary = unary('logsigmoid', {
  node: 'LogSigmoidBackward0',
  kernel: 'log_sigmoid',
  saves: 'x',
  grad: (g, x) => g.mul(x.neg().sigmoid()),
  fused: 'log_sigmoid_backward',
  integers: 'refused',
});

/**
 * x · sigmoid(x), also called swish (torch.nn.functional.silu).
 * @throws TypeError unless `x` is a tensor of floats; Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.silu(tensor([0, 1])) // [0, 0.7311]
 */
export const silu: UnaryWith<InplaceOptions> = withInplace('silu', {
  saves: 'x',
  // With s = sigmoid(x): dy/dx = s (1 + x (1 − s))
  grad: (g, x) => {
    const s = x.sigmoid();
    return g.mul(s.mul(x.mul(s.rsub(1)).add(1)));
  },
  fused: 'silu_backward',
});

/** Options of `leakyRelu`. */
export interface LeakyReluOptions extends InplaceOptions {
  /** Slope below 0. Default: 0.01. */
  negativeSlope?: number;
}
const leakyReluOptions = optionsTable<LeakyReluOptions>('leakyRelu', {
  negativeSlope: number.or(0.01),
  ...inplaceFields,
});
const leaky = activation({
  name: 'leakyRelu',
  node: 'LeakyReluBackward0',
  kernel: 'leaky_relu',
  fused: 'leaky_relu_backward',
  grad: (g, x, slope) => g.where(x.gt(0), g.mul(slope)),
});

/**
 * x where x > 0, negativeSlope·x elsewhere (torch.nn.functional.leaky_relu).
 * @throws TypeError unless `x` is a tensor of floats, or for an option of the wrong kind; Error with `inplace` on a leaf that
 * requires gradients.
 * @example nn.functional.leakyRelu(tensor([-1, 2])) // [-0.01, 2]
 */
export function leakyRelu(x: Tensor, options?: LeakyReluOptions): Tensor {
  if (arguments.length > 2) surplus('leakyRelu', arguments, 2, 'options');
  checkTensor('leakyRelu', 'x', x);
  const { negativeSlope, inplace } = leakyReluOptions.read(options);
  return leaky(x, negativeSlope, 0, inplace);
}

/** Options of `elu`. */
export interface EluOptions extends InplaceOptions {
  /** What −elu approaches far below 0. Default: 1. */
  alpha?: number;
}
const eluOptions = optionsTable<EluOptions>('elu', { alpha: number.or(1), ...inplaceFields });
const exponential = activation({
  name: 'elu',
  node: 'EluBackward0',
  kernel: 'elu',
  fused: 'elu_backward',
  // eˣ may overflow where it is not chosen, and infinity times a gradient of 0 is NaN: the argument is cut first. At 0
  // too, where the slope's own derivative is PyTorch's 0.
  grad: (g, x, alpha) => g.where(x.gt(0), g.mul(x.maskedFill(x.ge(0), 0).exp().mul(alpha))),
});

/**
 * x where x > 0, alpha·(eˣ − 1) elsewhere (torch.nn.functional.elu).
 * @throws TypeError unless `x` is a tensor of floats, or for an option of the wrong kind; Error with `inplace` on a leaf that
 * requires gradients.
 * @example nn.functional.elu(tensor([-1, 2])) // [-0.6321, 2]
 */
export function elu(x: Tensor, options?: EluOptions): Tensor {
  if (arguments.length > 2) surplus('elu', arguments, 2, 'options');
  checkTensor('elu', 'x', x);
  const { alpha, inplace } = eluOptions.read(options);
  return exponential(x, alpha, 0, inplace);
}

/** Options of `gelu`. */
export interface GeluOptions {
  /** `'tanh'` for x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))). Default: `'none'`. */
  approximate?: 'none' | 'tanh';
}
const geluOptions = optionsTable<GeluOptions>('gelu', {
  approximate: oneOf('none', 'tanh').or('none'),
});
const gaussian = plainActivation({
  name: 'gelu',
  node: 'GeluBackward0',
  kernel: 'gelu',
  fused: 'gelu_backward',
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
const gaussianTanh = plainActivation({
  name: 'gelu',
  node: 'GeluBackward0',
  kernel: 'gelu_tanh',
  fused: 'gelu_tanh_backward',
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

/**
 * x·Φ(x) with the normal distribution's Φ (torch.nn.functional.gelu).
 * @throws TypeError unless `x` is a tensor of floats, or for an option of the wrong kind.
 * @example nn.functional.gelu(tensor([-1, 1])) // [-0.1587, 0.8413]
 */
export function gelu(x: Tensor, options?: GeluOptions): Tensor {
  if (arguments.length > 2) surplus('gelu', arguments, 2, 'options');
  checkTensor('gelu', 'x', x);
  return geluOptions.read(options).approximate === 'tanh' ? gaussianTanh(x) : gaussian(x);
}

/** Options of `softplus`. */
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
  fused: 'softplus_backward',
  grad: (g, x, beta, threshold) => {
    const scaled = x.mul(beta);
    return g.where(scaled.gt(threshold), g.mul(scaled.sigmoid()));
  },
});

/**
 * ln(1 + e^(beta·x)) / beta, and x itself where beta·x > threshold (torch.nn.functional.softplus).
 * @throws TypeError unless `x` is a tensor of floats, or for an option of the wrong kind.
 * @example nn.functional.softplus(tensor([0, 1])) // [0.6931, 1.3133]
 */
export function softplus(x: Tensor, options?: SoftplusOptions): Tensor {
  if (arguments.length > 2) surplus('softplus', arguments, 2, 'options');
  checkTensor('softplus', 'x', x);
  const { beta, threshold } = softplusOptions.read(options);
  return soft(x, beta, threshold);
}

/**
 * x / (1 + |x|) (torch.nn.functional.softsign).
 * @throws TypeError unless `x` is a tensor.
 * @example nn.functional.softsign(tensor([-1, 3])) // [-0.5, 0.75]
 */
export function softsign(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('softsign', arguments, 1, 'x');
  checkTensor('softsign', 'x', x);
  return calledAs('softsign', () => x.div(x.abs().add(1)));
}

/** Activation functions with parameters. Each saves its argument. */
import { isGradEnabled } from '../../autograd/mode';
import { record, save } from '../../autograd/node';
import { family, type KernelFamily } from '../../native/kernels';
import { empty, type Tensor } from '../../tensor/tensor';
import { add } from '../add';
import { div } from '../binary/div';
import { gt } from '../compare/compare';
import { where } from '../compare/where';
import { applyBinary, applyUnary, checkTensor } from '../elementwise';
import { floating } from '../floating';
import { mul } from '../mul';
import { rsub } from '../sub';
import { abs, erf, exp, sigmoid, square, tanh } from './rules';

interface Activation {
  readonly name: string;
  readonly node: string;
  readonly kernels: KernelFamily;
  /** dx in one pass over (g, x), with the same parameters. */
  readonly backwardKernels: KernelFamily;
}

const activation = (name: string, node: string, kernel: string): Activation => ({
  name,
  node,
  kernels: family(kernel),
  backwardKernels: family(`${kernel}_backward`),
});

// f(x; p, q); `dx` is its gradient in differentiable operations.
function activate(
  { name, node, kernels, backwardKernels }: Activation,
  argument: Tensor,
  dx: (g: Tensor, x: Tensor) => Tensor,
  p?: number,
  q?: number,
): Tensor {
  checkTensor(name, 'x', argument);
  const x = floating(argument);
  const out = applyUnary(name, kernels, x, empty(x.shape, x.dtype), p, q);
  if (!isGradEnabled() || !x.requiresGrad) return out;
  const saved = save(name, x);
  return record(node, [x], out, (g) => {
    const v = saved.get();
    if (isGradEnabled()) return [dx(g, v)];
    return [applyBinary(name, backwardKernels, g, v, empty(v.shape, v.dtype), p, q)];
  });
}

function number(operation: string, name: string, value: number): number {
  if (typeof value === 'number') return value;
  throw new TypeError(`${operation}: ${name} must be a number, got ${typeof value}`);
}

const leaky = activation('leakyRelu', 'LeakyReluBackward0', 'leaky_relu');

/** x where x > 0, negativeSlope·x elsewhere (torch.nn.functional.leaky_relu). */
export function leakyRelu(x: Tensor, options: { negativeSlope?: number } = {}): Tensor {
  const slope = number('leakyRelu', 'negativeSlope', options.negativeSlope ?? 0.01);
  return activate(leaky, x, (g, v) => where(gt(v, 0), g, mul(g, slope)), slope);
}

const exponential = activation('elu', 'EluBackward0', 'elu');

/** x where x > 0, alpha·(eˣ − 1) elsewhere (torch.nn.functional.elu). */
export function elu(x: Tensor, options: { alpha?: number } = {}): Tensor {
  const alpha = number('elu', 'alpha', options.alpha ?? 1);
  // eˣ may overflow where it is not chosen, and infinity times a gradient of 0 is NaN: the argument is cut first.
  const dx = (g: Tensor, v: Tensor): Tensor => {
    const positive = gt(v, 0);
    return where(positive, g, mul(g, mul(exp(where(positive, 0, v)), alpha)));
  };
  return activate(exponential, x, dx, alpha);
}

const gaussian = activation('gelu', 'GeluBackward0', 'gelu');
const gaussianTanh = activation('gelu', 'GeluBackward0', 'gelu_tanh');

/**
 * x·Φ(x) with the normal distribution's Φ (torch.nn.functional.gelu).
 * @param options.approximate `'tanh'` for x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
 */
export function gelu(x: Tensor, options: { approximate?: 'none' | 'tanh' } = {}): Tensor {
  const { approximate = 'none' } = options;
  if (approximate === 'none') return activate(gaussian, x, geluGradient);
  if (approximate === 'tanh') return activate(gaussianTanh, x, geluTanhGradient);
  throw new RangeError(`gelu: approximate must be 'none' or 'tanh', got '${String(approximate)}'`);
}

// g·(Φ(x) + x·φ(x))
function geluGradient(g: Tensor, x: Tensor): Tensor {
  const cdf = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
  const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return mul(g, add(cdf, mul(x, density)));
}

// With u = √(2/π)·(x + 0.044715·x³) and t = tanh u: g·((1 + t)/2 + x/2·(1 − t²)·du/dx)
function geluTanhGradient(g: Tensor, x: Tensor): Tensor {
  const factor = Math.sqrt(2 / Math.PI);
  const xx = square(x);
  const t = tanh(mul(mul(x, add(mul(xx, 0.044715), 1)), factor));
  const du = mul(add(mul(xx, 3 * 0.044715), 1), factor);
  const slope = add(add(t, 1), mul(mul(x, rsub(square(t), 1)), du));
  return mul(g, mul(slope, 0.5));
}

const soft = activation('softplus', 'SoftplusBackward0', 'softplus');

/**
 * ln(1 + e^(beta·x)) / beta, and x itself where beta·x > threshold (torch.nn.functional.softplus).
 */
export function softplus(x: Tensor, options: { beta?: number; threshold?: number } = {}): Tensor {
  const beta = number('softplus', 'beta', options.beta ?? 1);
  const threshold = number('softplus', 'threshold', options.threshold ?? 20);
  const dx = (g: Tensor, v: Tensor): Tensor => {
    const scaled = mul(v, beta);
    return where(gt(scaled, threshold), g, mul(g, sigmoid(scaled)));
  };
  return activate(soft, x, dx, beta, threshold);
}

/** x / (1 + |x|) (torch.nn.functional.softsign). */
export function softsign(x: Tensor): Tensor {
  checkTensor('softsign', 'x', x);
  return div(x, add(abs(x), 1));
}

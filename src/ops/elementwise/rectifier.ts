/**
 * Rectifiers: activations that are x, or nearly so, above 0 and something small below: leakyRelu, prelu, elu, selu, celu, softplus. relu
 * is in unary.ts.
 */
import { number, optionsTable, surplus } from '../../check';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor, checkTypes } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import { gradient } from '../declare/gradient';
import { unbroadcast } from '../declare/unbroadcast';
import { activation } from './activation-declaration';
import { inplaceFields, inplaceOptions, type InplaceOptions } from './inplace-option';
import { unrecorded } from '../declare/composed';

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

// The fixed point of Klambauer et al. 2017: outputs of mean 0 and variance 1.
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;
const scaled = activation({
  name: 'selu',
  node: 'EluBackward0',
  kernel: 'selu',
  fused: 'selu_backward',
  // The argument of eˣ is cut first, as in elu: infinity times a gradient of 0 is NaN.
  grad: (g, x, p, q) => g.mul(x.maskedFill(x.ge(0), 0).exp().mul(p).maskedFill(x.gt(0), q)),
});

/**
 * scale·x where x > 0, scale·alpha·(eˣ − 1) elsewhere, with alpha = 1.6733 and scale = 1.0507 (torch.nn.functional.selu; Klambauer et
 * al. 2017).
 * @throws TypeError unless `x` is a tensor of floats; Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.selu(tensor([-1, 2])) // [-1.1113, 2.1014]
 */
export function selu(x: Tensor, options?: InplaceOptions): Tensor {
  if (arguments.length > 2) surplus('selu', arguments, 2, 'options');
  checkTensor('selu', 'x', x);
  const { inplace } = inplaceOptions.read(options, 'selu');
  return scaled(x, seluAlpha * seluScale, seluScale, inplace);
}

/** Options of `celu`. */
export interface CeluOptions extends InplaceOptions {
  /** What −celu approaches far below 0; not 0. Default: 1. */
  alpha?: number;
}
const celuOptions = optionsTable<CeluOptions>('celu', { alpha: number.or(1), ...inplaceFields });
const continuous = activation({
  name: 'celu',
  node: 'CeluBackward0',
  kernel: 'celu',
  fused: 'celu_backward',
  grad: (g, x, alpha) => g.where(x.gt(0), g.mul(x.maskedFill(x.ge(0), 0).div(alpha).exp())),
});

/**
 * x where x > 0, alpha·(e^(x/alpha) − 1) elsewhere (torch.nn.functional.celu; Barron 2017).
 * @throws TypeError unless `x` is a tensor of floats, or for an option of the wrong kind; RangeError for an alpha of 0; Error with
 * `inplace` on a leaf that requires gradients.
 * @example nn.functional.celu(tensor([-1, 2]), { alpha: 2 }) // [-0.7869, 2]
 */
export function celu(x: Tensor, options?: CeluOptions): Tensor {
  if (arguments.length > 2) surplus('celu', arguments, 2, 'options');
  checkTensor('celu', 'x', x);
  const { alpha, inplace } = celuOptions.read(options);
  if (alpha === 0) throw new RangeError('celu: alpha must not be 0, got 0');
  return continuous(x, alpha, 0, inplace);
}

const recordedSlopes = gradient<[Tensor, Tensor], [Tensor, Tensor]>('prelu', {
  node: 'PreluKernelBackward0',
  saves: (inputs) => inputs,
  rule: (g, [x, weight], _, node) => {
    const isAbove = x.gt(0);
    return [
      node.needs(0) ? g.where(isAbove, g.mul(weight)) : null,
      node.needs(1) ? unbroadcast(g.mul(x).maskedFill(isAbove, 0), sizesOf(weight)) : null,
    ];
  },
});

/**
 * x where x > 0, weight·x elsewhere, with a slope for each channel (dimension 1) or one for all (torch.nn.functional.prelu; He et al.
 * 2015).
 * @param weight [C] or [1]
 * @throws TypeError unless both are tensors of floats of one type; RangeError unless weight has one element or one for each channel.
 * @example nn.functional.prelu(tensor([-2, 3]), tensor([0.25])) // [-0.5, 3]
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  if (arguments.length > 2) surplus('prelu', arguments, 2, 'weight');
  checkTensor('prelu', 'x', x);
  checkTensor('prelu', 'weight', weight);
  checkFloat('prelu', x);
  checkTypes('prelu', x, weight, ['x', 'weight']);
  const channels = x.ndim > 1 ? sizesOf(x)[1] : 1;
  if (weight.ndim > 1 || (weight.numel !== 1 && weight.numel !== channels)) {
    throw new RangeError(
      `prelu: weight must have 1 element or one for each of the ${channels} channels, got shape ${showShape(sizesOf(weight))} for x of shape ${showShape(sizesOf(x))}`,
    );
  }
  const shape = sizesOf(x).map((_, d) => (d === 1 ? weight.numel : 1));
  const slopes =
    weight.numel === 1 ? weight.reshape(sizesOf(x).map(() => 1)) : weight.reshape(shape);
  const out = unrecorded(() => x.where(x.gt(0), x.mul(slopes)));
  return recordedSlopes(out, undefined, x, slopes);
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
    const sharpened = x.mul(beta);
    return g.where(sharpened.gt(threshold), g.mul(sharpened.sigmoid()));
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

/**
 * More activations of nn.functional: selu, celu, mish, and the piecewise linear ones hardtanh, relu6, hardsigmoid, hardswish,
 * hardshrink, softshrink, tanhshrink, threshold. Most save their argument.
 */
import { calledAs, nonNegative, number, optionsTable, surplus } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { activation, withInplace } from './activation-declaration';
import type { UnaryWith } from './declaration';
import { inplaceFields, inplaceOptions, type InplaceOptions } from './inplace-option';

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

/**
 * x·tanh(ln(1 + eˣ)) (torch.nn.functional.mish; Misra 2019).
 * @throws TypeError unless `x` is a tensor of floats; Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.mish(tensor([0, 1])) // [0, 0.8651]
 */
export const mish: UnaryWith<InplaceOptions> = withInplace('mish', {
  saves: 'x',
  // With t = tanh(ln(1 + eˣ)) = n / (n + 2), n = eˣ (eˣ + 2): t + x (1 − t²) sigmoid(x)
  grad: (g, x) => {
    const e = x.clamp(null, 20).exp();
    const n = e.mul(e.add(2));
    const t = n.div(n.add(2));
    return g.mul(t.add(x.mul(t.square().rsub(1)).mul(x.sigmoid())));
  },
  fused: 'mish_backward',
});

const atCorners = [-3, 3];

/**
 * (x + 3) / 6, limited to 0 and 1 (torch.nn.functional.hardsigmoid).
 * @throws TypeError unless `x` is a tensor of floats; Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.hardsigmoid(tensor([-4, 0, 1.5])) // [0, 0.5, 0.75]
 */
export const hardsigmoid: UnaryWith<InplaceOptions> = withInplace('hardsigmoid', {
  saves: 'x',
  grad: (g, x) => g.mul(1 / 6).where(x.abs().lt(3), 0),
  fused: 'hardsigmoid_backward',
  kinks: atCorners,
});

/**
 * x·hardsigmoid(x) (torch.nn.functional.hardswish; Howard et al. 2019).
 * @throws TypeError unless `x` is a tensor of floats; Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.hardswish(tensor([-4, 1, 4])) // [0, 0.6667, 4]
 */
export const hardswish: UnaryWith<InplaceOptions> = withInplace('hardswish', {
  saves: 'x',
  grad: (g, x) => g.mul(x.div(3).add(0.5).maskedFill(x.le(-3), 0).maskedFill(x.ge(3), 1)),
  fused: 'hardswish_backward',
  kinks: atCorners,
});

/** Options of `hardtanh`. */
export interface HardtanhOptions extends InplaceOptions {
  /** The lower limit. Default: −1. */
  minVal?: number;
  /** The upper limit. Default: 1. */
  maxVal?: number;
}
const hardtanhOptions = optionsTable<HardtanhOptions>('hardtanh', {
  minVal: number.or(-1),
  maxVal: number.or(1),
  ...inplaceFields,
});
const bounded = (name: string): ReturnType<typeof activation> =>
  activation({
    name,
    node: 'HardtanhBackward0',
    kernel: 'hardtanh',
    fused: 'hardtanh_backward',
    // Unlike clamp's, 0 at the limits too, and of NaN.
    grad: (g, x, p, q) => g.where(x.gt(p).logicalAnd(x.lt(q)), 0),
  });
const hard = bounded('hardtanh');

/** Integers have no gradient, and are limited to integers: limits lose their fraction. */
function limited(x: Tensor, min: number, max: number, inplace: boolean): Tensor {
  const limits = { min: Math.trunc(min), max: Math.trunc(max) };
  return inplace ? x.clamp_(limits) : x.clamp(limits);
}

/**
 * x limited to `minVal` and `maxVal` (torch.nn.functional.hardtanh), with a gradient of 0 at both. Limits of int32 lose their
 * fraction.
 * @throws TypeError unless `x` is a tensor of numbers, or for an option of the wrong kind; RangeError when the limits are not in order;
 * Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.hardtanh(tensor([-2, 0.5, 2])) // [-1, 0.5, 1]
 */
export function hardtanh(x: Tensor, options?: HardtanhOptions): Tensor {
  if (arguments.length > 2) surplus('hardtanh', arguments, 2, 'options');
  checkTensor('hardtanh', 'x', x);
  const { minVal, maxVal, inplace } = hardtanhOptions.read(options);
  if (minVal > maxVal) {
    throw new RangeError(`hardtanh: minVal must not be above maxVal, got ${minVal} and ${maxVal}`);
  }
  return x.dtype === 'int32' ? limited(x, minVal, maxVal, inplace) : hard(x, minVal, maxVal, inplace); // prettier-ignore
}

const six = bounded('relu6');

/**
 * x limited to 0 and 6 (torch.nn.functional.relu6), with a gradient of 0 at both.
 * @throws TypeError unless `x` is a tensor of numbers; Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.relu6(tensor([-1, 2, 7])) // [0, 2, 6]
 */
export function relu6(x: Tensor, options?: InplaceOptions): Tensor {
  if (arguments.length > 2) surplus('relu6', arguments, 2, 'options');
  checkTensor('relu6', 'x', x);
  const { inplace } = inplaceOptions.read(options, 'relu6');
  return x.dtype === 'int32' ? limited(x, 0, 6, inplace) : six(x, 0, 6, inplace);
}

/** Options of `hardshrink` and `softshrink`. */
export interface ShrinkOptions {
  /** Half of the width of the interval that becomes 0. Default: 0.5. */
  lambd?: number;
}
const hardshrinkOptions = optionsTable<ShrinkOptions>('hardshrink', { lambd: number.or(0.5) });
const softshrinkOptions = optionsTable<ShrinkOptions>('softshrink', { lambd: nonNegative.or(0.5) });
// 0 of NaN
const outside = (g: Tensor, x: Tensor, p: number): Tensor =>
  g.where(x.lt(-p).logicalOr(x.gt(p)), 0);
const cut = activation({
  name: 'hardshrink',
  node: 'HardshrinkBackward0',
  kernel: 'hardshrink',
  fused: 'shrink_backward',
  grad: outside,
});
const moved = activation({
  name: 'softshrink',
  node: 'SoftshrinkBackward0',
  kernel: 'softshrink',
  fused: 'shrink_backward',
  grad: outside,
});

/**
 * 0 where −lambd ≤ x ≤ lambd, x elsewhere (torch.nn.functional.hardshrink).
 * @throws TypeError unless `x` is a tensor of floats, or for an option of the wrong kind.
 * @example nn.functional.hardshrink(tensor([-1, 0.3, 2])) // [-1, 0, 2]
 */
export function hardshrink(x: Tensor, options?: ShrinkOptions): Tensor {
  if (arguments.length > 2) surplus('hardshrink', arguments, 2, 'options');
  checkTensor('hardshrink', 'x', x);
  return cut(x, hardshrinkOptions.read(options).lambd);
}

/**
 * x moved towards 0 by lambd, 0 where −lambd ≤ x ≤ lambd (torch.nn.functional.softshrink).
 * @throws TypeError unless `x` is a tensor of floats, or for an option of the wrong kind; RangeError when lambd is negative.
 * @example nn.functional.softshrink(tensor([-1, 0.3, 2])) // [-0.5, 0, 1.5]
 */
export function softshrink(x: Tensor, options?: ShrinkOptions): Tensor {
  if (arguments.length > 2) surplus('softshrink', arguments, 2, 'options');
  checkTensor('softshrink', 'x', x);
  return moved(x, softshrinkOptions.read(options).lambd);
}

/**
 * x − tanh(x) (torch.nn.functional.tanhshrink).
 * @throws TypeError unless `x` is a tensor.
 * @example nn.functional.tanhshrink(tensor([0, 1])) // [0, 0.2384]
 */
export function tanhshrink(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('tanhshrink', arguments, 1, 'x');
  checkTensor('tanhshrink', 'x', x);
  return calledAs('tanhshrink', () => x.sub(x.tanh()));
}

const raised = activation({
  name: 'threshold',
  node: 'ThresholdBackward0',
  kernel: 'threshold',
  fused: 'threshold_backward',
  grad: (g, x, p) => g.maskedFill(x.le(p), 0),
});

/**
 * x where x > limit, `value` elsewhere (torch.nn.functional.threshold); of int32, both lose their fraction.
 * @throws TypeError unless `x` is a tensor of numbers and both are numbers; Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.threshold(tensor([-1, 0.5, 2]), 0.5, 20) // [20, 20, 2]
 */
export function threshold(
  x: Tensor,
  limit: number,
  value: number,
  options?: InplaceOptions,
): Tensor {
  if (arguments.length > 4) surplus('threshold', arguments, 4, 'options');
  checkTensor('threshold', 'x', x);
  number.check('threshold', 'limit', limit);
  number.check('threshold', 'value', value);
  const { inplace } = inplaceOptions.read(options, 'threshold');
  if (x.dtype !== 'int32') return raised(x, limit, value, inplace);
  const below = x.le(Math.trunc(limit));
  return inplace ? x.maskedFill_(below, Math.trunc(value)) : x.maskedFill(below, Math.trunc(value));
}

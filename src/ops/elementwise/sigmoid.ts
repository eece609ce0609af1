/** Sigmoids: activations that rise from one limit to another, or the logarithm of one: logsigmoid, softsign, hardsigmoid, hardtanh, relu6. */
import { calledAs, number, optionsTable, surplus } from '../../check';
import { isInteger } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { activation, withInplace } from './activation-declaration';
import { unary, type Unary, type UnaryWith } from './declaration';
import { inplaceFields, inplaceOptions, type InplaceOptions } from './inplace-option';
import { composed } from '../declare/composed';

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
 * x / (1 + |x|) (torch.nn.functional.softsign).
 * @throws TypeError unless `x` is a tensor.
 * @example nn.functional.softsign(tensor([-1, 3])) // [-0.5, 0.75]
 */
export function softsign(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('softsign', arguments, 1, 'x');
  checkTensor('softsign', 'x', x);
  return calledAs('softsign', () => composed([x], () => x.div(x.abs().add(1))));
}

/**
 * (x + 3) / 6, limited to 0 and 1 (torch.nn.functional.hardsigmoid).
 * @throws TypeError unless `x` is a tensor of floats; Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.hardsigmoid(tensor([-4, 0, 1.5])) // [0, 0.5, 0.75]
 */
export const hardsigmoid: UnaryWith<InplaceOptions> = withInplace('hardsigmoid', {
  saves: 'x',
  grad: (g, x) => g.mul(1 / 6).where(x.abs().lt(3), 0),
  fused: 'hardsigmoid_backward',
  kinks: [-3, 3],
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
 * x limited to `minVal` and `maxVal` (torch.nn.functional.hardtanh), with a gradient of 0 at both. Limits of integers lose
 * their fraction.
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
  if (x.dtype === 'uint8' && Math.trunc(minVal) < 0) {
    throw new RangeError(
      `hardtanh: minVal must not be negative for uint8 tensors, got ${minVal}; convert x with to('int32') or to('float32')`,
    );
  }
  return isInteger(x.dtype) ? limited(x, minVal, maxVal, inplace) : hard(x, minVal, maxVal, inplace); // prettier-ignore
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
  return isInteger(x.dtype) ? limited(x, 0, 6, inplace) : six(x, 0, 6, inplace);
}

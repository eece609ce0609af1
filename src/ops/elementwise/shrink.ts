/** Activations that make a range of values 0, or another constant: hardshrink, softshrink, tanhshrink, threshold. */
import { calledAs, nonNegative, number, optionsTable, surplus } from '../../check';
import { isInteger } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { activation } from './activation-declaration';
import { inplaceOptions, type InplaceOptions } from './inplace-option';
import { composed } from '../declare/composed';

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
  return calledAs('tanhshrink', () => composed([x], () => x.sub(x.tanh())));
}

const raised = activation({
  name: 'threshold',
  node: 'ThresholdBackward0',
  kernel: 'threshold',
  fused: 'threshold_backward',
  grad: (g, x, p) => g.maskedFill(x.le(p), 0),
});

/**
 * x where x > limit, `value` elsewhere (torch.nn.functional.threshold); of integers, both lose their fraction.
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
  if (!isInteger(x.dtype)) return raised(x, limit, value, inplace);
  const below = x.le(Math.trunc(limit));
  return inplace ? x.maskedFill_(below, Math.trunc(value)) : x.maskedFill(below, Math.trunc(value));
}

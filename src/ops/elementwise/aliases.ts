/** Functions of floats and integers under another of PyTorch's names. */
import type { Tensor } from '../../tensor/tensor';
import { surplus } from '../../check';
import { checkTensor, type GivenOperand } from '../arguments/check';
import * as arithmetic from './arithmetic';
import {
  alias,
  binary,
  inPlace,
  type Binary,
  type BinaryOfTensors,
  type BinaryWith,
  type Unary,
} from './declaration';
import { atan2 } from './points';
import * as special from './special';
import * as plain from './unary';

type ChangeUnary = (x: Tensor) => Tensor;
type ChangeBinary = (x: Tensor, other: GivenOperand) => Tensor;
type ChangeWith<Options> = (x: Tensor, other: GivenOperand, options?: Options) => Tensor;

/**
 * |x|, as `abs` (torch.absolute).
 * @throws TypeError unless `x` is a tensor.
 * @example absolute(tensor([1, -2])) // [1, 2]
 */
export const absolute: Unary = alias('absolute', plain.abs);
/**
 * x = |x|; returns x (torch.absolute_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1, -2]).absolute_() // [1, 2]
 */
export const absolute_: ChangeUnary = inPlace(absolute);

/**
 * −x, as `neg` (torch.negative).
 * @throws TypeError for bool.
 * @example negative(tensor([1, -2])) // [-1, 2]
 */
export const negative: Unary = alias('negative', plain.neg);
/**
 * x = −x; returns x (torch.negative_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1, -2]).negative_() // [-1, 2]
 */
export const negative_: ChangeUnary = inPlace(negative);

/**
 * arccos x, as `acos` (torch.arccos).
 * @throws TypeError unless `x` is a tensor.
 * @example arccos(tensor([0, 1])) // [1.5708, 0]
 */
export const arccos: Unary = alias('arccos', special.acos);
/**
 * x = arccos x; returns x (torch.arccos_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).arccos_() // [1.5708, 0]
 */
export const arccos_: ChangeUnary = inPlace(arccos);

/**
 * arcsin x, as `asin` (torch.arcsin).
 * @throws TypeError unless `x` is a tensor.
 * @example arcsin(tensor([0, 1])) // [0, 1.5708]
 */
export const arcsin: Unary = alias('arcsin', special.asin);
/**
 * x = arcsin x; returns x (torch.arcsin_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).arcsin_() // [0, 1.5708]
 */
export const arcsin_: ChangeUnary = inPlace(arcsin);

/**
 * arctan x, as `atan` (torch.arctan).
 * @throws TypeError unless `x` is a tensor.
 * @example arctan(tensor([0, 1])) // [0, 0.7854]
 */
export const arctan: Unary = alias('arctan', special.atan);
/**
 * x = arctan x; returns x (torch.arctan_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).arctan_() // [0, 0.7854]
 */
export const arctan_: ChangeUnary = inPlace(arctan);

/**
 * arsinh x, as `asinh` (torch.arcsinh).
 * @throws TypeError unless `x` is a tensor.
 * @example arcsinh(tensor([0, 1])) // [0, 0.8814]
 */
export const arcsinh: Unary = alias('arcsinh', special.asinh);
/**
 * x = arsinh x; returns x (torch.arcsinh_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 1]).arcsinh_() // [0, 0.8814]
 */
export const arcsinh_: ChangeUnary = inPlace(arcsinh);

/**
 * arcosh x, as `acosh` (torch.arccosh).
 * @throws TypeError unless `x` is a tensor.
 * @example arccosh(tensor([1, 2])) // [0, 1.317]
 */
export const arccosh: Unary = alias('arccosh', special.acosh);
/**
 * x = arcosh x; returns x (torch.arccosh_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1, 2]).arccosh_() // [0, 1.317]
 */
export const arccosh_: ChangeUnary = inPlace(arccosh);

/**
 * artanh x, as `atanh` (torch.arctanh).
 * @throws TypeError unless `x` is a tensor.
 * @example arctanh(tensor([0, 0.5])) // [0, 0.5493]
 */
export const arctanh: Unary = alias('arctanh', special.atanh);
/**
 * x = artanh x; returns x (torch.arctanh_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([0, 0.5]).arctanh_() // [0, 0.5493]
 */
export const arctanh_: ChangeUnary = inPlace(arctanh);

/**
 * x without its fraction, as `trunc` (torch.fix).
 * @throws TypeError unless `x` is a tensor.
 * @example fix(tensor([1.5, -1.5])) // [1, -1]
 */
export const fix: Unary = alias('fix', plain.trunc);
/**
 * x = x without its fraction; returns x (torch.fix_).
 * @throws TypeError unless `x` is a tensor of a type that holds the result; Error on a leaf that requires
 * gradients.
 * @example tensor([1.5, -1.5]).fix_() // [1, -1]
 */
export const fix_: ChangeUnary = inPlace(fix);

/**
 * a·b with broadcasting, as `mul` (torch.multiply).
 * @throws RangeError when the shapes do not broadcast.
 * @example multiply(tensor([2, 3]), tensor([4, 5])) // [8, 15]
 */
export const multiply: Binary = alias('multiply', arithmetic.mul);
/**
 * x = multiply(x, other); returns x (torch.Tensor.multiply_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([2, 3]).multiply_(tensor([4, 5])) // [8, 15]
 */
export const multiply_: ChangeBinary = inPlace(multiply);

/**
 * a − alpha·b with broadcasting, as `sub` (torch.subtract).
 * @throws RangeError when the shapes do not broadcast; TypeError for bool tensors.
 * @example subtract(tensor([5, 7]), tensor([1, 2])) // [4, 5]
 */
export const subtract: BinaryWith<arithmetic.AlphaOptions> = alias('subtract', arithmetic.sub);
/**
 * x = subtract(x, other); returns x (torch.Tensor.subtract_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([5, 7]).subtract_(tensor([1, 2])) // [4, 5]
 */
export const subtract_: ChangeWith<arithmetic.AlphaOptions> = inPlace(subtract);

/**
 * a / b, or that rounded with broadcasting, as `div` (torch.divide).
 * @throws RangeError when the shapes do not broadcast, or an integer is divided by 0 with a rounding mode.
 * @example divide(tensor([1, 3]), tensor([2, 2])) // [0.5, 1.5]
 */
export const divide: BinaryWith<arithmetic.DivOptions> = alias('divide', arithmetic.div);
/**
 * x = divide(x, other); returns x (torch.Tensor.divide_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([1, 3]).divide_(tensor([2, 2])) // [0.5, 1.5]
 */
export const divide_: ChangeWith<arithmetic.DivOptions> = inPlace(divide);

/**
 * a / b with broadcasting, never rounded (torch.true_divide).
 * @throws RangeError when the shapes do not broadcast.
 * @example trueDivide(tensor([1, 3]), tensor([2, 2])) // [0.5, 1.5]
 */
export const trueDivide: Binary = binary('trueDivide', {
  ...arithmetic.div.declaration.rule,
  node: () => 'DivBackward0',
  kernel: 'div',
  takesOptions: false,
});
/**
 * x = trueDivide(x, other); returns x (torch.Tensor.true_divide_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([1, 3]).trueDivide_(tensor([2, 2])) // [0.5, 1.5]
 */
export const trueDivide_: ChangeBinary = inPlace(trueDivide);

/**
 * The angle of the point (b, a), as `atan2` (torch.arctan2).
 * @throws TypeError unless both are tensors; RangeError when the shapes do not broadcast.
 * @example arctan2(tensor([1, -1]), tensor([1, -1])) // [0.7854, -2.3562]
 */
export const arctan2: BinaryOfTensors = alias('arctan2', atan2);
/**
 * x = arctan2(x, other); returns x (torch.Tensor.arctan2_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([1, -1]).arctan2_(tensor([1, -1])) // [0.7854, -2.3562]
 */
export const arctan2_: (x: Tensor, other: Tensor) => Tensor = inPlace(arctan2);

/**
 * `x` itself (torch.positive).
 * @throws TypeError for bool.
 * @example positive(tensor([1, -2])) // [1, -2]
 */
export function positive(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('positive', arguments, 1, 'x');
  checkTensor('positive', 'x', x);
  if (x.dtype === 'bool') {
    throw new TypeError("positive: is not defined for bool tensors; convert with to('int32')");
  }
  return x;
}

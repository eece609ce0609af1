/** to, type, float, double, int, byte, bool, typeAs: element types. The gradient is converted back. */
import { boolean, optionsTable, surplus } from '../../check';
import { isFloat, type DType } from '../../tensor/dtype';
import { dtype as anyDType, isTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import { cast } from './cast';
import { clone } from './clone';
import { checkTensor } from '../arguments/check';

export interface ToOptions {
  /** Give a copy even where the type is right already. */
  copy?: boolean;
}
const toOptions = optionsTable<ToOptions>('to', { copy: boolean.or(false) });

/**
 * `x` in the element type named, or in that of another tensor; `x` itself where it has it (torch.Tensor.to).
 * float to int32 drops the fraction; to uint8, what is left is taken modulo 256; to bool, everything but 0 becomes true.
 * @throws TypeError for no name of an element type.
 * @example tensor([1.7, -1.7]).to('int32') // [1, -1]
 */
export function to(x: Tensor, dtype: DType | Tensor, options?: ToOptions): Tensor {
  if (arguments.length > 3) surplus('to', arguments, 3, 'options');
  checkTensor('to', 'x', x);
  const target = isTensor(dtype) ? dtype.dtype : anyDType.check('to', 'dtype', dtype);
  const { copy } = toOptions.read(options);
  return x.dtype === target && copy ? clone(x) : cast(x, target);
}

/**
 * The name of x's element type (torch.Tensor.type); with a type, `x` in it, as `to`.
 * @throws TypeError for no name of an element type.
 * @example tensor([1.7, -1.7]).type('int32') // [1, -1]
 */
export function type(x: Tensor): DType;
export function type(x: Tensor, dtype: DType): Tensor;
export function type(x: Tensor, dtype?: DType): DType | Tensor {
  if (arguments.length > 2) surplus('type', arguments, 2, 'dtype');
  checkTensor('type', 'x', x);
  return dtype === undefined ? x.dtype : cast(x, anyDType.check('type', 'dtype', dtype));
}

/**
 * Whether the elements are floats, float32 or float64 (torch.is_floating_point).
 * @throws TypeError unless `x` is a tensor.
 * @example isFloatingPoint(tensor([1, 2])) // true
 */
export function isFloatingPoint(x: Tensor): boolean {
  if (arguments.length > 1) surplus('isFloatingPoint', arguments, 1, 'x');
  checkTensor('isFloatingPoint', 'x', x);
  return isFloat(x.dtype);
}

/**
 * `x` as float32 (torch.Tensor.float).
 * @throws TypeError unless `x` is a tensor.
 */
export function float(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('float', arguments, 1, 'x');
  return to(x, 'float32');
}
/**
 * `x` as float64 (torch.Tensor.double).
 * @throws TypeError unless `x` is a tensor.
 */
export function double(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('double', arguments, 1, 'x');
  return to(x, 'float64');
}
/**
 * `x` as int32 (torch.Tensor.int).
 * @throws TypeError unless `x` is a tensor.
 */
export function int(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('int', arguments, 1, 'x');
  return to(x, 'int32');
}
/**
 * `x` as uint8, modulo 256 (torch.Tensor.byte).
 * @throws TypeError unless `x` is a tensor.
 */
export function byte(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('byte', arguments, 1, 'x');
  return to(x, 'uint8');
}
/**
 * `x` as bool: true where an element is not 0 (torch.Tensor.bool).
 * @throws TypeError unless `x` is a tensor.
 */
export function bool(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('bool', arguments, 1, 'x');
  return to(x, 'bool');
}

/**
 * `x` in the element type of `other` (torch.Tensor.type_as).
 * @throws TypeError unless both are tensors.
 */
export function typeAs(x: Tensor, other: Tensor): Tensor {
  if (arguments.length > 2) surplus('typeAs', arguments, 2, 'other');
  checkTensor('typeAs', 'other', other);
  return to(x, other);
}

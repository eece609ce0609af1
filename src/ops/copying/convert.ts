/** to, float, double, int, bool, typeAs: element types. The gradient is converted back. */
import { boolean, optionsTable } from '../../check';
import type { DType } from '../../tensor/dtype';
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
 * float to int32 drops the fraction; to bool, everything but 0 becomes true.
 * @throws TypeError for no name of an element type.
 * @example tensor([1.7, -1.7]).to('int32') // [1, -1]
 */
export function to(x: Tensor, dtype: DType | Tensor, options?: ToOptions): Tensor {
  checkTensor('to', 'x', x);
  const target = isTensor(dtype) ? dtype.dtype : anyDType.check('to', 'dtype', dtype);
  return x.dtype === target && toOptions.read(options).copy ? clone(x) : cast(x, target);
}

/** `x` as float32 (torch.Tensor.float). */
export const float = (x: Tensor): Tensor => to(x, 'float32');
/** `x` as float64 (torch.Tensor.double). */
export const double = (x: Tensor): Tensor => to(x, 'float64');
/** `x` as int32 (torch.Tensor.int). */
export const int = (x: Tensor): Tensor => to(x, 'int32');
/** `x` as bool: true where an element is not 0 (torch.Tensor.bool). */
export const bool = (x: Tensor): Tensor => to(x, 'bool');

/** `x` in the element type of `other` (torch.Tensor.type_as). */
export function typeAs(x: Tensor, other: Tensor): Tensor {
  checkTensor('typeAs', 'other', other);
  return to(x, other);
}

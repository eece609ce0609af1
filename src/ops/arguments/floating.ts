/** What functions with real values do to integers: compute them as float32, or refuse them. */
import { isFloat } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';

export const floating = (x: Tensor): Tensor => (isFloat(x.dtype) ? x : x.to('float32'));

/** @throws TypeError unless the elements are floats. */
export function checkFloat(operation: string, x: Tensor): void {
  if (!isFloat(x.dtype)) {
    throw new TypeError(
      `${operation}: takes float32 or float64, got ${x.dtype}; convert with to('float32')`,
    );
  }
}

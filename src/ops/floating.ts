/** What functions with real values do to integers: compute them as float32. */
import { isFloat } from '../tensor/dtype';
import type { Tensor } from '../tensor/tensor';
import { cast } from './cast';

export const floating = (x: Tensor): Tensor => (isFloat(x.dtype) ? x : cast(x, 'float32'));

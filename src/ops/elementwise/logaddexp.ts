/** logaddexp: ln(eᵃ + eᵇ), the sum of two probabilities that are given by their logarithms. */
import { isFloat } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { binary, type Binary } from './declaration';
import { checkFloat } from '../arguments/floating';

type LogAddExp = ((a: Tensor, b: Tensor) => Tensor) & Pick<Binary, 'declaration'>;

/**
 * ln(eᵃ + eᵇ) elementwise, with broadcasting and without overflow (torch.logaddexp).
 * @throws TypeError unless both are tensors, one of them of floats; RangeError when the shapes do not broadcast.
 * @example logaddexp(tensor([0, 100]), tensor([0, 100])) // [0.6931…, 100.6931…]
 */
export const logaddexp: LogAddExp = binary('logaddexp', {
  // eᵃ / (eᵃ + eᵇ) = σ(a − b)
  da: { saves: 'ab', grad: (g, { a, b }) => g.mul(a.sub(b).sigmoid()) },
  db: { saves: 'ab', grad: (g, { a, b }) => g.mul(b.sub(a).sigmoid()) },
  check: (a, b, dtype) => {
    checkTensor('logaddexp', 'a', a);
    checkTensor('logaddexp', 'b', b);
    if (!isFloat(dtype)) checkFloat('logaddexp', a);
  },
});

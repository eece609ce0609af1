/** mul: a·b. da = g·b, db = g·a. Saves each factor that the other's gradient needs. */
import { record, save } from '../autograd/node';
import { family } from '../native/kernels';
import { empty, type Tensor } from '../tensor/tensor';
import { applyBinary, checkOperand, meet, operand, type Operand } from './elementwise';
import { unbroadcast } from './unbroadcast';

const kernels = family('mul');

/**
 * a·b elementwise with broadcasting (torch.mul).
 * @throws RangeError when the shapes do not broadcast.
 */
export function mul(a: Operand, b: Operand): Tensor {
  checkOperand('mul', 'a', a);
  checkOperand('mul', 'b', b);
  const { shape, dtype } = meet('mul', a, b);
  const x = operand(a, dtype);
  const y = operand(b, dtype);
  const out = applyBinary('mul', kernels, x, y, empty(shape, dtype));
  const savedX = y.requiresGrad ? save('mul', x) : null;
  const savedY = x.requiresGrad ? save('mul', y) : null;
  const [xShape, yShape] = [x.shape, y.shape];
  return record('MulBackward0', [x, y], out, (g) => [
    savedY && unbroadcast(mul(g, savedY.get()), xShape),
    savedX && unbroadcast(mul(g, savedX.get()), yShape),
  ]);
}

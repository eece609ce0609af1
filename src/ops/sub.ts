/** sub: a − b. da = g, db = −g. Saves nothing. */
import { record } from '../autograd/node';
import { family } from '../native/kernels';
import { empty, type Tensor } from '../tensor/tensor';
import { applyBinary, checkOperand, meet, operand, type Operand } from './elementwise';
import { neg } from './neg';
import { unbroadcast } from './unbroadcast';

const kernels = family('sub');

/**
 * a − b with broadcasting (torch.sub).
 * @throws RangeError when the shapes do not broadcast.
 */
export function sub(a: Operand, b: Operand): Tensor {
  checkOperand('sub', 'a', a);
  checkOperand('sub', 'b', b);
  const { shape, dtype } = meet('sub', a, b);
  const x = operand(a, dtype);
  const y = operand(b, dtype);
  const out = applyBinary('sub', kernels, x, y, empty(shape, dtype));
  const [xShape, yShape] = [x.shape, y.shape];
  return record('SubBackward0', [x, y], out, (g, node) => [
    node.needs(0) ? unbroadcast(g, xShape) : null,
    node.needs(1) ? unbroadcast(neg(g), yShape) : null,
  ]);
}

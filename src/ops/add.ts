/** add: a + alpha·b. da = g, db = alpha·g. Saves nothing. */
import { record } from '../autograd/node';
import { family } from '../native/kernels';
import { empty, type Tensor } from '../tensor/tensor';
import { applyBinary, checkOperand, meet, operand, type Operand } from './elementwise';
import { mul } from './mul';
import { unbroadcast } from './unbroadcast';

const kernels = family('add');

/**
 * a + alpha·b with broadcasting (torch.add).
 * @throws RangeError when the shapes do not broadcast.
 */
export function add(a: Operand, b: Operand, { alpha = 1 }: { alpha?: number } = {}): Tensor {
  checkOperand('add', 'a', a);
  checkOperand('add', 'b', b);
  const { shape, dtype } = meet('add', a, b);
  const x = operand(a, dtype);
  const y = alpha === 1 ? operand(b, dtype) : mul(operand(b, dtype), alpha);
  const out = applyBinary('add', kernels, x, y, empty(shape, dtype));
  const [xShape, yShape] = [x.shape, y.shape];
  return record('AddBackward0', [x, y], out, (g, node) => [
    node.needs(0) ? unbroadcast(g, xShape) : null,
    node.needs(1) ? unbroadcast(g, yShape) : null,
  ]);
}

/** a += b without recording; a and b of one shape and type. */
export function addInto(a: Tensor, b: Tensor): void {
  applyBinary('add', kernels, a, b, a);
  a.storage.version++;
}

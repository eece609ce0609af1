/** mul: a·b. da = g·b, db = g·a. Saves each factor that the other's gradient needs. */
import { family } from '../native/kernels';
import type { Tensor } from '../tensor/tensor';
import { logicalAnd } from './compare/logical';
import {
  binary,
  converted,
  meetType,
  recordBinary,
  recorded,
  saveFor,
  type Operand,
} from './elementwise';

const kernels = family('mul');

/**
 * a·b elementwise with broadcasting (torch.mul); of two bool tensors, their conjunction.
 * @throws RangeError when the shapes do not broadcast.
 */
export function mul(a: Operand, b: Operand): Tensor {
  const dtype = meetType('mul', a, b);
  if (dtype === 'bool') return logicalAnd(a, b);
  const x = converted(a, dtype);
  const y = converted(b, dtype);
  const out = binary('mul', kernels, x, y, dtype);
  if (!recorded(x, y)) return out;
  const savedX = saveFor('mul', y, x);
  const savedY = saveFor('mul', x, y);
  return recordBinary(
    'MulBackward0',
    x,
    y,
    out,
    (g) => mul(g, savedY!.get()),
    (g) => mul(g, savedX!.get()),
  );
}

/**
 * remainder: a − b·⌊a / b⌋, with the sign of b. da = g, db = −g·⌊a / b⌋. floorDivide: ⌊a / b⌋, a step function
 * with gradients 0.
 */
import { family } from '../../native/kernels';
import { isFloat } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { eq } from '../compare/compare';
import {
  binary,
  converted,
  meetType,
  recordBinary,
  recorded,
  saveFor,
  type Operand,
} from '../elementwise';
import { zerosLike } from '../factories';
import { mul } from '../mul';
import { any } from '../reduction/truth';
import { neg } from '../unary/rules';

const kernels = family('remainder');
const quotientKernels = family('floor_divide');

/** @throws RangeError when an integer divisor is 0. */
export function checkDivisor(operation: string, b: Operand): void {
  const zero = typeof b === 'number' ? b === 0 : any(eq(b, 0)).item() !== 0;
  if (zero) {
    throw new RangeError(
      `${operation}: an integer cannot be divided by 0; convert with to('float32') to get Infinity or NaN`,
    );
  }
}

/**
 * The remainder of a / b, with the sign of b as in Python (torch.remainder).
 * @throws RangeError when the shapes do not broadcast, or an integer is divided by 0.
 */
export function remainder(a: Operand, b: Operand): Tensor {
  const dtype = meetType('remainder', a, b);
  if (!isFloat(dtype)) checkDivisor('remainder', b);
  const x = converted(a, dtype);
  const y = converted(b, dtype);
  const out = binary('remainder', kernels, x, y, dtype);
  if (!recorded(x, y)) return out;
  const savedX = saveFor('remainder', y, x);
  const savedY = saveFor('remainder', y, y);
  return recordBinary(
    typeof y === 'number' ? 'RemainderBackward0' : 'RemainderBackward1',
    x,
    y,
    out,
    (g) => g,
    (g) => neg(mul(g, floorDivide(savedX!.get(), savedY!.get()))),
  );
}

/**
 * a / b rounded down (torch.floor_divide). Integers stay integers.
 * @throws RangeError when the shapes do not broadcast, or an integer is divided by 0.
 */
export function floorDivide(a: Operand, b: Operand): Tensor {
  const dtype = meetType('floorDivide', a, b);
  if (!isFloat(dtype)) checkDivisor('floorDivide', b);
  const x = converted(a, dtype);
  const y = converted(b, dtype);
  const out = binary('floorDivide', quotientKernels, x, y, dtype);
  if (!recorded(x, y)) return out;
  return recordBinary('FloorDivideBackward0', x, y, out, zerosLike, zerosLike);
}

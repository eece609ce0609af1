/**
 * div: a / b. da = g / b, db = −g·a / b². Saves a and b as needed. With a rounding mode the result is a step
 * function of both: gradients are 0.
 */
import { noGrad } from '../../autograd/mode';
import { family } from '../../native/kernels';
import { isFloat } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { cast } from '../cast';
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
import { neg, reciprocal, trunc } from '../unary/rules';
import { checkDivisor, floorDivide } from './remainder';

const kernels = family('div');

export interface DivOptions {
  /** `'floor'` or `'trunc'` rounds the quotient and keeps integers; `null` divides exactly. */
  roundingMode?: 'floor' | 'trunc' | null;
}

/**
 * a / b with broadcasting (torch.div). Integers divide to float32.
 * @throws RangeError when the shapes do not broadcast, or an integer is divided by 0 with a rounding mode.
 */
export function div(a: Operand, b: Operand, options?: DivOptions): Tensor {
  const met = meetType('div', a, b);
  const mode = options?.roundingMode ?? null;
  if (mode !== null) return rounded(a, b, mode);
  const dtype = isFloat(met) ? met : 'float32';
  // As PyTorch has it, to the bit.
  if (typeof a === 'number' && typeof b !== 'number') return mul(reciprocal(cast(b, dtype)), a);
  const x = converted(a, dtype);
  const y = converted(b, dtype);
  const out = binary('div', kernels, x, y, dtype);
  if (!recorded(x, y)) return out;
  const savedX = saveFor('div', y, x);
  // The divisor is in both gradients.
  const savedY = saveFor('div', x, y) ?? saveFor('div', y, y);
  return recordBinary(
    'DivBackward0',
    x,
    y,
    out,
    (g) => div(g, savedY!.get()),
    (g) => {
      const divisor = savedY!.get();
      return mul(neg(g), div(div(savedX!.get(), divisor), divisor));
    },
  );
}

function rounded(a: Operand, b: Operand, mode: 'floor' | 'trunc'): Tensor {
  const dtype = meetType('div', a, b);
  if (mode !== 'floor' && mode !== 'trunc') {
    throw new RangeError(`div: roundingMode must be 'floor', 'trunc' or null, got ${String(mode)}`);
  }
  const whole = !isFloat(dtype);
  if (whole) checkDivisor('div', b);
  // float64 holds every int32, and a quotient of two lies too far from an integer to be rounded to it.
  const type = whole ? 'float64' : dtype;
  const x = converted(a, type);
  const y = converted(b, type);
  const out = noGrad(() => {
    const quotient = mode === 'floor' ? floorDivide(x, y) : trunc(div(x, y));
    return whole ? cast(quotient, 'int32') : quotient;
  });
  return whole ? out : recordBinary('DivBackward2', x, y, out, zerosLike, zerosLike);
}

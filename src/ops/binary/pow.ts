/**
 * pow: a^b. da = g·b·a^(b−1), 0 where b = 0; db = g·a^b·ln a, 0 where a = 0 and b ≥ 0. Saves a and b as needed,
 * and the result for db. 0^0 = 1.
 */
import { save } from '../../autograd/node';
import { family } from '../../native/kernels';
import { isFloat, type DType } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { eq, ge, lt } from '../compare/compare';
import { logicalAnd } from '../compare/logical';
import { where } from '../compare/where';
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
import { sub } from '../sub';
import { log } from '../unary/rules';

const kernels = family('pow');

/**
 * a to the power of b with broadcasting (torch.pow). Integers stay integers.
 * @throws RangeError when the shapes do not broadcast, or for an integer to a negative integer power.
 */
export function pow(a: Operand, b: Operand): Tensor {
  const dtype = meetType('pow', a, b);
  if (!isFloat(dtype)) checkExponent(b, dtype);
  const x = converted(a, dtype);
  const y = converted(b, dtype);
  const out = binary('pow', kernels, x, y, dtype);
  if (!recorded(x, y)) return out;
  const savedX = saveFor('pow', x, x) ?? saveFor('pow', y, x);
  const savedY = saveFor('pow', x, y) ?? saveFor('pow', y, y);
  const saved = save('pow', out);
  return recordBinary(
    typeof y === 'number'
      ? 'PowBackward0'
      : typeof x === 'number'
        ? 'PowBackward2'
        : 'PowBackward1',
    x,
    y,
    out,
    (g) => baseGradient(g, savedX!.get() as Tensor, savedY!.get()),
    (g) => exponentGradient(g, savedX!.get(), savedY!.get() as Tensor, saved.get()),
  );
}

function checkExponent(b: Operand, dtype: DType): void {
  const negative = typeof b === 'number' ? b < 0 : any(lt(b, 0)).item() !== 0;
  if (negative || dtype === 'bool') {
    const fix = "convert with to('float32')";
    if (negative) throw new RangeError(`pow: integers have no negative integer powers; ${fix}`);
    throw new TypeError(`pow: is not defined for two bool tensors; ${fix}`);
  }
}

function baseGradient(g: Tensor, a: Tensor, b: Operand): Tensor {
  if (typeof b === 'number') {
    if (b === 0) return zerosLike(g);
    return mul(g, mul(b === 2 ? a : pow(a, b - 1), b));
  }
  return where(eq(b, 0), 0, mul(g, mul(b, pow(a, sub(b, 1)))));
}

function exponentGradient(g: Tensor, a: Operand, b: Tensor, y: Tensor): Tensor {
  // y·ln a is 0·(−∞) where a = 0; its limit is 0 for b ≥ 0.
  if (typeof a === 'number') {
    const slope = mul(y, Math.log(a));
    return mul(g, a === 0 ? where(ge(b, 0), 0, slope) : slope);
  }
  return mul(g, where(logicalAnd(eq(a, 0), ge(b, 0)), 0, mul(y, log(a))));
}

/** sub: a − alpha·b. da = g, db = −alpha·g. Saves nothing. */
import { family } from '../native/kernels';
import type { Tensor } from '../tensor/tensor';
import { checkAlpha, type AlphaOptions } from './binary/alpha';
import { binary, converted, meetType, recordBinary, recorded, type Operand } from './elementwise';
import { mul } from './mul';
import { neg } from './unary/rules';

const kernels = family('sub');

/**
 * a − alpha·b with broadcasting (torch.sub).
 * @param options.alpha factor of b, 1 unless given
 * @throws RangeError when the shapes do not broadcast; TypeError for bool tensors.
 */
export function sub(a: Operand, b: Operand, options?: AlphaOptions): Tensor {
  return difference('SubBackward0', a, b, options);
}

/** b − alpha·a (torch.rsub): `x.rsub(1)` is 1 − x. */
export function rsub(a: Operand, b: Operand, options?: AlphaOptions): Tensor {
  return difference('RsubBackward0', b, a, options);
}

function difference(name: string, a: Operand, b: Operand, options?: AlphaOptions): Tensor {
  const dtype = meetType('sub', a, b);
  if (isBool(a) || isBool(b)) {
    throw new TypeError(
      'sub: is not defined for bool tensors; use logicalNot() to invert one, logicalXor() to tell two apart',
    );
  }
  if (options?.alpha !== undefined && options.alpha !== 1) {
    b = mul(b, checkAlpha('sub', options.alpha, dtype));
  }
  const x = converted(a, dtype);
  const y = converted(b, dtype);
  const out = binary('sub', kernels, x, y, dtype);
  if (!recorded(x, y)) return out;
  // PyTorch has a node of its own for a number minus a tensor.
  const node = typeof x === 'number' ? 'RsubBackward1' : name;
  return recordBinary(node, x, y, out, (g) => g, neg);
}

const isBool = (x: Operand): boolean => typeof x !== 'number' && x.dtype === 'bool';

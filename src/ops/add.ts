/** add: a + alpha·b. da = g, db = alpha·g. Saves nothing. */
import { family } from '../native/kernels';
import { bumpVersion, type Tensor } from '../tensor/tensor';
import { logicalOr } from './compare/logical';
import {
  applyBinary,
  binary,
  converted,
  meetType,
  recordBinary,
  recorded,
  type Operand,
} from './elementwise';
import { checkAlpha, type AlphaOptions } from './binary/alpha';
import { mul } from './mul';

const kernels = family('add');

/**
 * a + alpha·b with broadcasting (torch.add); of two bool tensors, their disjunction.
 * @param options.alpha factor of b, 1 unless given
 * @throws RangeError when the shapes do not broadcast.
 * @example add(tensor([1, 2]), tensor([[10], [20]])) // [[11, 12], [21, 22]]
 */
export function add(a: Operand, b: Operand, options?: AlphaOptions): Tensor {
  const dtype = meetType('add', a, b);
  if (options?.alpha !== undefined && options.alpha !== 1) {
    b = mul(b, checkAlpha('add', options.alpha, dtype));
  }
  if (dtype === 'bool') return logicalOr(a, b);
  const x = converted(a, dtype);
  const y = converted(b, dtype);
  const out = binary('add', kernels, x, y, dtype);
  if (!recorded(x, y)) return out;
  const itself = (g: Tensor): Tensor => g;
  return recordBinary('AddBackward0', x, y, out, itself, itself);
}

/** a += b without recording; a and b of one shape and type. */
export function addInto(a: Tensor, b: Tensor): void {
  applyBinary('add', kernels, a, b, a);
  bumpVersion(a);
}

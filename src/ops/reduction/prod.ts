/** prod: Π x along a dimension. dxᵢ = g·Π_{j≠i} xⱼ, right also where elements are 0. Saves x and the result. */
import { isGradEnabled } from '../../autograd/mode';
import { record, save } from '../../autograd/node';
import { family } from '../../native/kernels';
import { checkDim } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';
import { div } from '../binary/div';
import { cast } from '../cast';
import { eq } from '../compare/compare';
import { logicalAnd } from '../compare/logical';
import { where } from '../compare/where';
import { checkTensor } from '../elementwise';
import { eye } from '../factories';
import { mul } from '../mul';
import { reduceOver } from '../reduce';
import { sum } from '../sum';
import { reshape } from '../view/reshape';
import { unsqueeze } from '../view/select';
import { any } from './truth';
import type { KeepdimOptions } from './truth';

const kernels = family('prod');

/**
 * Product of all elements, or along `dim`; 1 of no elements. bool and int32 multiply to int32 (torch.prod).
 * @param options.keepdim keep the reduced dimension with size 1
 */
export function prod(x: Tensor, dim?: number, options: KeepdimOptions = {}): Tensor {
  checkTensor('prod', 'x', x);
  const source = x.dtype === 'bool' ? cast(x, 'int32') : x;
  const { out, keptShape } = reduceOver(
    'prod',
    kernels,
    source,
    dim,
    options.keepdim ?? false,
    (shape) => empty(shape, source.dtype),
  );
  if (!isGradEnabled() || !x.requiresGrad) return out;
  const [savedX, savedY] = [save('prod', x), save('prod', out)];
  return record(dim === undefined ? 'ProdBackward0' : 'ProdBackward1', [x], out, (g) => {
    const v = savedX.get();
    const y = reshape(savedY.get(), keptShape);
    const flat = dim === undefined ? reshape(v, [-1]) : v;
    const along = dim === undefined ? 0 : checkDim('prod', dim, Math.max(v.ndim, 1));
    const one = flat.ndim === 0 ? reshape(flat, [1]) : flat;
    const others = isGradEnabled() ? productsOfOthers(one, along) : quotients(one, y, along);
    return [mul(reshape(g, keptShape), reshape(others, v.shape))];
  });
}

// Π_{j≠i} xⱼ for each i: the product over a copy of x with a 1 at i. n² elements, but differentiable everywhere.
function productsOfOthers(x: Tensor, dim: number): Tensor {
  const n = x.shape[dim];
  const diagonal = x.shape.map((_, d) => (d === dim ? n : 1));
  const own = reshape(cast(eye(n), 'bool'), [
    ...diagonal.slice(0, dim),
    n,
    n,
    ...diagonal.slice(dim + 1),
  ]);
  return prod(where(own, 1, unsqueeze(x, dim)), dim + 1);
}

// The same by division: y / x without zeros; with one zero, only its own place has a product; with more, none.
function quotients(x: Tensor, y: Tensor, dim: number): Tensor {
  const zero = eq(x, 0);
  const result =
    x.ndim === y.ndim
      ? y
      : reshape(
          y,
          x.shape.map(() => 1),
        );
  if (any(zero).item() === 0) return div(result, x);
  const zeros = sum(zero, dim, { keepdim: true });
  const rest = prod(where(zero, 1, x), dim, { keepdim: true });
  return where(eq(zeros, 0), div(result, x), where(logicalAnd(zero, eq(zeros, 1)), rest, 0));
}

/** prod: Π x along a dimension. dxᵢ = g·Π_{j≠i} xⱼ, right also where elements are 0. */
import { surplus } from '../../check';
import { executor } from '../../tensor/executor';
import { dtype as anyDType } from '../../tensor/rules';
import { checkDim } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { eye } from '../creation/factories';
import type { DTypeOption, ReductionOptions } from '../kernels/reduce';
import { reduction } from './declaration';

const product = reduction('prod', {
  dtype: anyDType,
  node: ['ProdBackward0', 'ProdBackward1'],
  integers: 'int32',
  refusesEmpty: false,
  saves: 'xy',
  grad: (g, { x, dim }) =>
    g.mul(alongOne(x, dim as number | undefined, productsOfOthers).reshape(sizesOf(x))),
  fused: (g, { x, y, dim }) => {
    const others = alongOne(x, dim as number | undefined, (v, d) => quotients(v, y, d));
    return g.mul(others.reshape(sizesOf(x)));
  },
});

/**
 * Product of all elements, or along `dim`; 1 of no elements. bool, uint8 and int32 multiply to int32; with the option dtype, `x` is
 * converted first, and bools then multiply to whether all are true (torch.prod).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example prod(tensor([[1, 2], [3, 4]]), 1) // [2, 12]
 */
export function prod(x: Tensor, dim?: number | DTypeOption, options?: ReductionOptions): Tensor {
  if (arguments.length > 3) surplus('prod', arguments, 3, 'options');
  return product(x, dim, options);
}

// f of x and the one dimension that is multiplied: of a vector of all elements where none was named.
function alongOne(
  x: Tensor,
  dim: number | undefined,
  f: (x: Tensor, dim: number) => Tensor,
): Tensor {
  if (dim === undefined) return f(x.reshape([-1]), 0);
  return f(x.ndim === 0 ? x.reshape([1]) : x, checkDim('prod', dim, Math.max(x.ndim, 1)));
}

// Π_{j≠i} xⱼ for each i: the product over a copy of x with a 1 at i. n² elements, but differentiable everywhere.
function productsOfOthers(x: Tensor, dim: number): Tensor {
  const n = sizesOf(x)[dim];
  const ones = sizesOf(x).map(() => 1);
  const own = eye(n)
    .to('bool')
    .reshape([...ones.slice(0, dim), n, n, ...ones.slice(dim + 1)]);
  return prod(x.unsqueeze(dim).maskedFill(own, 1), dim + 1);
}

// The same by division: y / x without zeros; with one zero, only its own place has a product; with more, none.
function quotients(x: Tensor, y: Tensor, dim: number): Tensor {
  const zero = x.eq(0);
  const result = x.ndim === y.ndim ? y : y.reshape(sizesOf(x).map(() => 1));
  // What follows gives the same bits; a trace knows no values.
  if (!executor.isTrace && zero.any().item() === 0) return result.div(x);
  const zeros = zero.sum(dim, { keepdim: true });
  const rest = prod(x.maskedFill(zero, 1), dim, { keepdim: true });
  const ofOne = rest.where(zero.logicalAnd(zeros.eq(1)), 0);
  return result.div(x).where(zeros.eq(0), ofOne);
}

/** quantile, nanquantile: elements at a fraction of the order along a dimension, interpolated between neighbours. */
import { boolean, describe, integer, oneOf, optionsTable, surplus } from '../../check';
import { withGradMode } from '../../autograd/mode';
import { checkDim, showShape } from '../../tensor/shape';
import { sizesOf, elementsOf, type Tensor } from '../../tensor/tensor';
import { isTensor } from '../../tensor/rules';
import { checkTensor, checkTypes } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import { constant } from '../creation/factories';
import { gather } from '../indexing/gather';
import { dense } from '../kernels/copy';
import { sort } from './sort';

/** Options of `quantile` and `nanquantile`. */
export interface QuantileOptions {
  /** The dimension whose elements are ordered, where it is not given by position. Default: all elements. */
  dim?: number;
  /** Keep the reduced dimensions with size 1. Default: false. */
  keepdim?: boolean;
  /** What lies between two elements a ≤ b: a + (b − a)·fraction, a, b, the nearer one, or their mean. Default: `'linear'`. */
  interpolation?: Interpolation;
}
type Interpolation = 'linear' | 'lower' | 'higher' | 'nearest' | 'midpoint';

const quantileOptions = optionsTable<QuantileOptions, 'dim'>('quantile', {
  dim: integer.optional,
  keepdim: boolean.or(false),
  interpolation: oneOf('linear', 'lower', 'higher', 'nearest', 'midpoint').or('linear'),
});

function checkFractions(name: string, q: number | Tensor, x: Tensor): Tensor {
  const range = (value: unknown): never => {
    throw new RangeError(`${name}: q must be from 0 to 1, got ${describe(value)}`);
  };
  if (typeof q === 'number') {
    if (!(q >= 0 && q <= 1)) range(q);
    return constant([], q, x.dtype);
  }
  checkTensor(name, 'q', q);
  if (q.ndim > 1) {
    throw new RangeError(
      `${name}: q must be a number or a vector, got shape ${showShape(sizesOf(q))}`,
    );
  }
  checkTypes(name, x, q, ['x', 'q']);
  for (const value of elementsOf(dense(q), q.numel, `${name} with a tensor q`)) {
    if (!(value >= 0 && value <= 1)) range(value);
  }
  return q;
}

/** a + (b − a)·w, from the nearer end. */
const between = (a: Tensor, b: Tensor, w: Tensor): Tensor => {
  const step = b.sub(a);
  return a.add(step.mul(w)).where(w.lt(0.5), b.sub(step.mul(w.neg().add(1))));
};

function computed(
  name: string,
  x: Tensor,
  q: number | Tensor,
  given: number | QuantileOptions | undefined,
  options: QuantileOptions | undefined,
  skipsNaN: boolean,
): Tensor {
  checkTensor(name, 'x', x);
  checkFloat(name, x);
  const byPosition = typeof given === 'number';
  const read = quantileOptions.read(byPosition || given === undefined ? options : given, name);
  const { keepdim, interpolation } = read;
  if (byPosition && read.dim !== undefined) {
    throw new TypeError(`${name}: dim must be given once, got ${given} and { dim: ${read.dim} }`);
  }
  const dim = byPosition ? given : read.dim;
  const fractions = checkFractions(name, q, x);
  const d = dim === undefined ? undefined : checkDim(name, dim, x.ndim);
  if (x.numel === 0) {
    throw new RangeError(`${name}: takes at least one element, got shape ${showShape(sizesOf(x))}`);
  }
  // [..., n]: what is ordered comes last.
  const rows = d === undefined || x.ndim === 0 ? x.reshape([-1]) : x.movedim(d, -1);
  const { values } = sort(rows, -1);
  const n = sizesOf(rows)[rows.ndim - 1];
  const vector = fractions.reshape([-1]);
  const hasNaN = rows.isnan();
  // [..., Q]
  const ranks = skipsNaN
    ? vector.mul(hasNaN.logicalNot().sum(-1, { keepdim: true }).sub(1)).clamp(0)
    : vector.mul(n - 1).where(hasNaN.any(-1, { keepdim: true }).logicalNot(), n - 1);
  const shape = [...sizesOf(rows).slice(0, -1), vector.numel];
  const at = (place: Tensor): Tensor =>
    gather(
      values,
      -1,
      withGradMode(false, () => place.to('int32').expand(shape)),
    );
  const [below, above] = [ranks.floor(), ranks.ceil()];
  let out: Tensor;
  if (interpolation === 'lower') out = at(below);
  else if (interpolation === 'higher') out = at(above);
  else if (interpolation === 'nearest') out = at(ranks.round());
  else {
    const weight = interpolation === 'midpoint' ? below.detach().mul(0).add(0.5) : ranks.sub(below);
    out = between(at(below), at(above), weight);
  }
  // The reduced dimensions, then those of q in front.
  const first = out.movedim(-1, 0);
  const tail = keepdim
    ? sizesOf(x).map((size, k) => (d === undefined || k === d ? 1 : size))
    : sizesOf(out).slice(0, -1);
  return first.reshape([...(isTensor(q) ? sizesOf(q) : []), ...tail]);
}

/**
 * The q-quantiles along `dim`, or of all elements: the element at rank q·(n − 1) of the order, interpolated (torch.quantile).
 * A row with NaN is NaN.
 * @param q a number from 0 to 1, or a vector of them, whose dimension comes first in the result
 * @param dim the dimension whose elements are ordered, all of them unless given; options may stand in its place
 * @throws TypeError for integers, and a q of another type; RangeError for q outside 0 … 1, and for no elements.
 * @example quantile(tensor([1, 2, 3, 4]), 0.5) // 2.5
 */
export function quantile(
  x: Tensor,
  q: number | Tensor,
  dim?: number | QuantileOptions,
  options?: QuantileOptions,
): Tensor {
  if (arguments.length > 4) surplus('quantile', arguments, 4, 'options');
  if (typeof dim === 'object' && options !== undefined) {
    surplus('quantile', arguments, 3, 'options');
  }
  return computed('quantile', x, q, dim, options, false);
}

/**
 * As `quantile` of the numbers among the elements: NaN is left out, and the result of nothing else (torch.nanquantile).
 * @throws as `quantile`.
 * @example nanquantile(tensor([1, NaN, 3]), 0.5) // 2
 */
export function nanquantile(
  x: Tensor,
  q: number | Tensor,
  dim?: number | QuantileOptions,
  options?: QuantileOptions,
): Tensor {
  if (arguments.length > 4) surplus('nanquantile', arguments, 4, 'options');
  if (typeof dim === 'object' && options !== undefined) {
    surplus('nanquantile', arguments, 3, 'options');
  }
  return computed('nanquantile', x, q, dim, options, true);
}

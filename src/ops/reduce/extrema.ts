/**
 * max, min, amax, amin, argmax, argmin. The gradient of max and min along a dimension goes to the element that the
 * index names; over everything, and for amax and amin, it is shared equally by all that are equal to the result.
 */
import { calledAs, isArray, surplus, withName } from '../../check';
import { isTensor } from '../../tensor/rules';
import { family, type KernelFamily } from '../../native/families';
import { runExtreme } from '../../native/calls';
import { arithmeticType } from '../../tensor/dtype';
import type { Shape } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { gradient } from '../declare/gradient';
import { checkTensor } from '../arguments/check';
import { noted, watch } from '../declare/watch';
import { pick } from '../kernels/launch';
import { arange } from '../creation/factories';
import {
  checkNotEmpty,
  isLeading,
  keepsDim,
  reductionView,
  type KeepdimOptions,
} from '../kernels/reduce';
import { reduction, type Reduction, type ReductionRule } from './declaration';
import { ValuesAndIndices } from '../declare/named';

// As numbers that kernels compare.
const comparable = (x: Tensor): Tensor => cast(x, arithmeticType(x.dtype));

// All that are equal to the result, and of nothing else: nothing equals NaN, but a NaN is the result only where there is one.
const chosenBy = (x: Tensor, y: Tensor): Tensor => x.eq(y).logicalOr(x.isnan());

/** Those not chosen get no gradient. */
const masked: ReductionRule['grad'] = (g, { x, y, dim }) => {
  const chosen = chosenBy(x, y);
  const shared = g.div(cast(chosen, x.dtype).sum(dim, { keepdim: true }));
  return shared.where(chosen, 0);
};

/** Those not chosen get 0·g, NaN of an infinite gradient, as in PyTorch. */
const weighted: ReductionRule['grad'] = (g, { x, y, dim }) => {
  const chosen = cast(chosenBy(x, y), x.dtype);
  return chosen.mul(g.div(chosen.sum(dim, { keepdim: true })));
};

const extreme = (
  name: string,
  kernel: 'amax' | 'amin',
  node: string,
  grad: ReductionRule['grad'],
): Reduction =>
  reduction(name, {
    kernel,
    node,
    integers: 'int32',
    keepsBytes: true,
    refusesEmpty: true,
    saves: 'xy',
    grad,
  });

/** @internal */
export interface Chosen {
  readonly indices: Tensor;
  readonly shape: Shape;
  readonly keptShape: Shape;
  readonly dim: number;
}
type ExtremeAlong = (x: Tensor, dim: number, options?: KeepdimOptions) => ValuesAndIndices;

function extremeAlong(name: string, node: string, kernels: KernelFamily<'Extreme'>): ExtremeAlong {
  const recorded = gradient<[Tensor], [Tensor], Chosen>(name, {
    node,
    saves: (_, _y, { indices }) => [indices],
    rule: (g, [index], { shape, keptShape, dim }) => [
      scatterAlong(g.reshape(keptShape), index.reshape(keptShape), shape, dim),
    ],
  });
  return (argument, dim, options) => {
    const keepdim = keepsDim(name, options);
    checkTensor(name, 'x', argument);
    const x = comparable(argument);
    const { source, outer, n, inner, outShape, keptShape } = reductionView(name, x, dim, keepdim);
    checkNotEmpty(name, n, x);
    const values = empty(outShape, x.dtype);
    const indices = empty(outShape, 'int32');
    runExtreme(pick(name, kernels, x.dtype), source, values, indices, outer, n, inner);
    if (x !== argument) return new ValuesAndIndices(cast(values, argument.dtype), indices);
    recorded(values, { indices, shape: sizesOf(x), keptShape, dim }, x);
    return new ValuesAndIndices(values, indices);
  };
}

// Zeros of `shape` with g where the position along `dim` is the index.
function scatterAlong(g: Tensor, index: Tensor, shape: Shape, dim: number): Tensor {
  if (shape.length === 0) return g;
  const d = dim < 0 ? dim + shape.length : dim;
  const positions = arange(shape[d], { dtype: 'int32' });
  const along = shape.map((_, i) => (i === d ? -1 : 1));
  return g.where(positions.reshape(along).eq(index), 0);
}

const greatest = family('max');
const least = family('min');
const largestAlong = extremeAlong('max', 'MaxBackward0', greatest);
const smallestAlong = extremeAlong('min', 'MinBackward0', least);
const largest = extreme('max', 'amax', 'MaxBackward1', masked);
const smallest = extreme('min', 'amin', 'MinBackward1', masked);

/**
 * The largest element; along `dim`: `[values, indices]`, also by these names; of two tensors: `maximum`
 * (torch.max).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have, or without elements.
 * @example max(tensor([[1, 5], [7, 3]])) // 7
 */
export function max(x: Tensor): Tensor;
export function max(x: Tensor, other: Tensor): Tensor;
export function max(x: Tensor, dim: number, options?: KeepdimOptions): ValuesAndIndices;
export function max(
  x: Tensor,
  dim?: number | Tensor,
  options?: KeepdimOptions,
): Tensor | ValuesAndIndices {
  if (arguments.length > 3) surplus('max', arguments, 3, 'options');
  if (dim === undefined) return largest(x, dim, options);
  checkTensor('max', 'x', x);
  if (isTensor(dim)) return calledAs('max', () => x.maximum(dim));
  return largestAlong(x, dim, options);
}

/**
 * The smallest element; along `dim`: `[values, indices]`, also by these names; of two tensors: `minimum`
 * (torch.min).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have, or without elements.
 * @example min(tensor([[1, 5], [7, 3]])) // 1
 */
export function min(x: Tensor): Tensor;
export function min(x: Tensor, other: Tensor): Tensor;
export function min(x: Tensor, dim: number, options?: KeepdimOptions): ValuesAndIndices;
export function min(
  x: Tensor,
  dim?: number | Tensor,
  options?: KeepdimOptions,
): Tensor | ValuesAndIndices {
  if (arguments.length > 3) surplus('min', arguments, 3, 'options');
  if (dim === undefined) return smallest(x, dim, options);
  checkTensor('min', 'x', x);
  if (isTensor(dim)) return calledAs('min', () => x.minimum(dim));
  return smallestAlong(x, dim, options);
}

/**
 * The largest elements over `dim` (one, several, or all), without indices (torch.amax).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have, or without elements.
 * @example amax(tensor([[1, 5], [7, 3]]), 1) // [5, 7]
 */
export const amax: Reduction = extreme('amax', 'amax', 'AmaxBackward0', weighted);

/**
 * The smallest elements over `dim` (one, several, or all), without indices (torch.amin).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have, or without elements.
 * @example amin(tensor([[1, 5], [7, 3]]), 1) // [1, 3]
 */
export const amin: Reduction = extreme('amin', 'amin', 'AminBackward0', weighted);

/** @internal The context of a call of `argmax` or `argmin`, as the observer gets it (declare/watch.ts). */
export interface PositionContext {
  readonly dim: number | undefined;
}
type Position = (x: Tensor, dim?: number | KeepdimOptions, options?: KeepdimOptions) => Tensor;

function position(name: string, kernels: KernelFamily<'Extreme'>): Position {
  return withName(name, function (x, first, second) {
    if (arguments.length > 3) surplus(name, arguments, 3, 'options');
    const leading = isLeading(first);
    if (leading && second !== undefined) surplus(name, arguments, 2, 'options');
    const [dim, options] = leading ? [undefined, first] : [first, second];
    checkTensor(name, 'x', x);
    if (x.dtype === 'bool') {
      throw new TypeError(`${name}: is not defined for bool tensors; convert with to('int32')`);
    }
    if (isArray(dim)) throw new TypeError(`${name}: dim must be a number, got an array`);
    const view = reductionView(name, comparable(x), dim, keepsDim(name, options));
    checkNotEmpty(name, view.n, x);
    const out = empty(view.outShape, 'int32');
    const { source, outer, n, inner } = view;
    runExtreme(pick(name, kernels, source.dtype), source, null, out, outer, n, inner);
    return watch.watcher === null ? out : noted(name, { dim } satisfies PositionContext, out, x);
  });
}

/**
 * Where the largest element is, the first if several: along `dim`, or in row-major order (torch.argmax).
 * @throws TypeError for a bool tensor; RangeError for a dimension that x does not have, or without elements.
 * @example argmax(tensor([[1, 5], [7, 3]]), 1) // [1, 0]
 */
export const argmax: Position = position('argmax', greatest);
/**
 * Where the smallest element is, the first if several: along `dim`, or in row-major order (torch.argmin).
 * @throws TypeError for a bool tensor; RangeError for a dimension that x does not have, or without elements.
 * @example argmin(tensor([[1, 5], [7, 3]]), 1) // [0, 1]
 */
export const argmin: Position = position('argmin', least);

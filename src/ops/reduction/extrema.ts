/**
 * max, min, amax, amin, argmax, argmin. The gradient of max and min along a dimension goes to the element that the
 * index names; over everything, and for amax and amin, it is shared equally by all that are equal to the result.
 */
import { isArray } from '../../check';
import { isGradEnabled } from '../../autograd/mode';
import { record, save } from '../../autograd/node';
import { args, family, type KernelFamily } from '../../native/kernels';
import type { Shape } from '../../tensor/shape';
import { empty, Tensor } from '../../tensor/tensor';
import { maximum, minimum } from '../binary/extremum';
import { div } from '../binary/div';
import { cast } from '../cast';
import { eq, isnan } from '../compare/compare';
import { logicalOr } from '../compare/logical';
import { where } from '../compare/where';
import { checkTensor, pick } from '../elementwise';
import { arange } from '../factories';
import { mul } from '../mul';
import { checkNotEmpty, reduceOver, reductionView, type Dims } from '../reduce';
import { sum } from '../sum';
import { reshape } from '../view/reshape';
import type { KeepdimOptions } from './truth';

interface Extreme {
  /** Values only: amax, amin. */
  readonly values: KernelFamily;
  /** Values and indices: max, min. */
  readonly both: KernelFamily;
}
const greatest: Extreme = { values: family('amax'), both: family('max') };
const least: Extreme = { values: family('amin'), both: family('min') };

// Kernels compare numbers; a bool is 0 or 1.
const comparable = (x: Tensor): Tensor => (x.dtype === 'bool' ? cast(x, 'int32') : x);

function extremeValue(
  name: string,
  node: string,
  { values }: Extreme,
  argument: Tensor,
  dim: Dims,
  keepdim: boolean,
): Tensor {
  checkTensor(name, 'x', argument);
  const x = comparable(argument);
  const { out, keptShape } = reduceOver(name, values, x, dim, keepdim, (shape, n) => {
    checkNotEmpty(name, n, x);
    return empty(shape, x.dtype);
  });
  if (argument.dtype === 'bool') return cast(out, 'bool');
  if (!isGradEnabled() || !x.requiresGrad) return out;
  const [savedX, savedY] = [save(name, x), save(name, out)];
  return record(node, [x], out, (g) => [
    shareEqually(savedX.get(), reshape(savedY.get(), keptShape), reshape(g, keptShape), dim),
  ]);
}

// Nothing equals NaN, but a NaN is the result only where there is one.
function shareEqually(x: Tensor, y: Tensor, g: Tensor, dim: Dims): Tensor {
  const chosen = cast(logicalOr(eq(x, y), isnan(x)), x.dtype);
  return mul(chosen, div(g, sum(chosen, dim, { keepdim: true })));
}

function extremeWithIndex(
  name: string,
  node: string,
  { both }: Extreme,
  argument: Tensor,
  dim: number,
  keepdim: boolean,
): [Tensor, Tensor] {
  checkTensor(name, 'x', argument);
  const x = comparable(argument);
  const view = reductionView(name, x, dim, keepdim);
  checkNotEmpty(name, view.n, x);
  const values = empty(view.outShape, x.dtype);
  const indices = empty(view.outShape, 'int32');
  runExtreme(name, both, view.source, values, indices, view.outer, view.n, view.inner);
  if (argument.dtype === 'bool') return [cast(values, 'bool'), indices];
  const { shape } = x;
  const { keptShape } = view;
  if (isGradEnabled() && x.requiresGrad) {
    const saved = save(name, indices);
    record(node, [x], values, (g) => [
      scatterAlong(reshape(g, keptShape), reshape(saved.get(), keptShape), shape, dim),
    ]);
  }
  return [values, indices];
}

// Zeros of `shape` with g where the position along `dim` is the index.
function scatterAlong(g: Tensor, index: Tensor, shape: Shape, dim: number): Tensor {
  if (shape.length === 0) return g;
  const d = dim < 0 ? dim + shape.length : dim;
  const positions = arange(shape[d], { dtype: 'int32' });
  const along = shape.map((_, i) => (i === d ? -1 : 1));
  return where(eq(reshape(positions, along), index), g, 0);
}

function runExtreme(
  name: string,
  kernels: KernelFamily,
  x: Tensor,
  values: Tensor | null,
  indices: Tensor,
  outer: number,
  n: number,
  inner: number,
): void {
  const run = pick(name, kernels, x.dtype);
  args[0] = x.address;
  args[1] = values === null ? 0 : values.address;
  args[2] = indices.address;
  args[3] = outer;
  args[4] = n;
  args[5] = inner;
  run();
}

/** The largest element; along `dim`: `[values, indices]`; of two tensors: `maximum` (torch.max). */
export function max(x: Tensor): Tensor;
export function max(x: Tensor, other: Tensor): Tensor;
export function max(x: Tensor, dim: number, options?: KeepdimOptions): [Tensor, Tensor];
export function max(
  x: Tensor,
  dim?: number | Tensor,
  options: KeepdimOptions = {},
): Tensor | [Tensor, Tensor] {
  if (dim instanceof Tensor) return maximum(x, dim);
  if (dim === undefined) return extremeValue('max', 'MaxBackward1', greatest, x, dim, false);
  return extremeWithIndex('max', 'MaxBackward0', greatest, x, dim, options.keepdim ?? false);
}

/** The smallest element; along `dim`: `[values, indices]`; of two tensors: `minimum` (torch.min). */
export function min(x: Tensor): Tensor;
export function min(x: Tensor, other: Tensor): Tensor;
export function min(x: Tensor, dim: number, options?: KeepdimOptions): [Tensor, Tensor];
export function min(
  x: Tensor,
  dim?: number | Tensor,
  options: KeepdimOptions = {},
): Tensor | [Tensor, Tensor] {
  if (dim instanceof Tensor) return minimum(x, dim);
  if (dim === undefined) return extremeValue('min', 'MinBackward1', least, x, dim, false);
  return extremeWithIndex('min', 'MinBackward0', least, x, dim, options.keepdim ?? false);
}

/** The largest elements over `dim` (one, several, or all), without indices (torch.amax). */
export const amax = (x: Tensor, dim?: Dims, options: KeepdimOptions = {}): Tensor =>
  extremeValue('amax', 'AmaxBackward0', greatest, x, dim, options.keepdim ?? false);

/** The smallest elements over `dim` (one, several, or all), without indices (torch.amin). */
export const amin = (x: Tensor, dim?: Dims, options: KeepdimOptions = {}): Tensor =>
  extremeValue('amin', 'AminBackward0', least, x, dim, options.keepdim ?? false);

function extremeIndex(name: string, { both }: Extreme): Argument {
  return (x, dim, options = {}) => {
    checkTensor(name, 'x', x);
    if (x.dtype === 'bool') {
      throw new TypeError(`${name}: is not defined for bool tensors; convert with to('int32')`);
    }
    if (isArray(dim)) throw new TypeError(`${name}: dim must be a number, got an array`);
    const view = reductionView(name, x, dim, options.keepdim ?? false);
    checkNotEmpty(name, view.n, x);
    const out = empty(view.outShape, 'int32');
    runExtreme(name, both, view.source, null, out, view.outer, view.n, view.inner);
    return out;
  };
}
type Argument = (x: Tensor, dim?: number, options?: KeepdimOptions) => Tensor;

/** Where the largest element is, the first if several: along `dim`, or in row-major order (torch.argmax). */
export const argmax = extremeIndex('argmax', greatest);
/** Where the smallest element is, the first if several: along `dim`, or in row-major order (torch.argmin). */
export const argmin = extremeIndex('argmin', least);

/** maskedFill, maskedSelect: elements where a bool tensor is true. */
import { surplus } from '../../check';
import { family } from '../../native/families';
import { runWhere } from '../../native/calls';
import { broadcastShapes, sameShape, showShape } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { checkTensor, checkTypes, type GivenOperand } from '../arguments/check';
import { noGrad } from '../../autograd/mode';
import { verify } from '../kernels/bounds';
import { operand, operandOf } from '../kernels/operands';
import { pick } from '../kernels/launch';
import { inPlace } from '../inplace/inplace';
import { gradient, type ContextOf } from '../declare/gradient';
import { unbroadcast } from '../declare/unbroadcast';
import { expand } from '../view/expand';
import { positions } from './mask';
import { rowPicker } from './rows';

const where = family('where');
const selectElements = rowPicker('maskedSelect');

interface Fill {
  readonly mask: Tensor;
  readonly node: string;
}
const recorded = gradient<[x: Tensor, value: Tensor], [Tensor], Fill>('maskedFill', {
  node: (_, { node }) => node,
  saves: (_, _y, { mask }) => [mask],
  rule: (g, [mask], _, node) => [
    node.needs(0) ? unbroadcast(g.maskedFill(mask, 0), node.next[0]!.shape) : null,
    node.needs(1) ? g.maskedFill(mask.logicalNot(), 0).sum() : null,
  ],
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type MaskedFillContext = ContextOf<typeof recorded>;

function checkMask(operation: string, mask: Tensor): void {
  checkTensor(operation, 'mask', mask);
  if (mask.dtype !== 'bool') {
    throw new TypeError(
      `${operation}: mask must be bool, got ${mask.dtype}; compare, for example with ne(0)`,
    );
  }
}

/**
 * `x` with `value` (a number, a boolean or a 0-dimensional tensor) where `mask` is true; both broadcast (torch.masked_fill).
 * dx = g where the mask is false, dvalue = Σ g where it is true. Saves the mask.
 * @throws TypeError unless `mask` is bool; RangeError when shapes do not broadcast.
 * @example tensor([1, 2]).maskedFill(tensor([false, true]), -Infinity).softmax(-1) // [1, 0]
 */
export function maskedFill(x: Tensor, mask: Tensor, value: GivenOperand): Tensor {
  if (arguments.length > 3) surplus('maskedFill', arguments, 3, 'value');
  checkTensor('maskedFill', 'x', x);
  checkMask('maskedFill', mask);
  const written = operandOf('maskedFill', 'value', value, x);
  if (typeof written !== 'number' && written.ndim !== 0) {
    throw new RangeError(
      `maskedFill: value must be a number or a 0-dimensional tensor, got shape ${showShape(sizesOf(written))}`,
    );
  }
  const shape = broadcastShapes('maskedFill', sizesOf(x), sizesOf(mask));
  const filler = operand('maskedFill', written, x.dtype);
  const out = empty(shape, x.dtype);
  runWhere(pick('maskedFill', where, x.dtype), mask, filler, x, out);
  const node = typeof written === 'number' ? 'MaskedFillBackward0' : 'MaskedFillBackward1';
  return recorded(out, { mask, node }, x, filler);
}

/**
 * xᵢ = value where maskᵢ is true; the mask broadcasts to x's shape; returns x (torch.Tensor.masked_fill_).
 * @throws TypeError unless `mask` is bool; RangeError when it does not broadcast to x; Error on a leaf that requires gradients.
 * @example tensor([1, 2]).maskedFill_(tensor([false, true]), 0) // [1, 0]
 */
export function maskedFill_(x: Tensor, mask: Tensor, value: GivenOperand): Tensor {
  if (arguments.length > 3) surplus('maskedFill_', arguments, 3, 'value');
  checkMask('maskedFill_', mask);
  const written = operandOf('maskedFill_', 'value', value, x);
  return inPlace(
    'maskedFill_',
    x,
    typeof written === 'number' ? [] : [written],
    (before) => maskedFill(before, mask, written),
    { saves: false },
  );
}

/**
 * The elements of `x` where `mask` is true, as a vector; both broadcast (torch.masked_select).
 * @throws TypeError unless `mask` is bool; RangeError when shapes do not broadcast.
 * @example maskedSelect(tensor([1, 2, 3]), tensor([true, false, true])) // [1, 3]
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  if (arguments.length > 2) surplus('maskedSelect', arguments, 2, 'mask');
  checkTensor('maskedSelect', 'x', x);
  checkMask('maskedSelect', mask);
  const shape = broadcastShapes('maskedSelect', sizesOf(x), sizesOf(mask));
  const over = (y: Tensor): Tensor => (sameShape(sizesOf(y), shape) ? y : expand(y, shape));
  const source = over(x);
  if (shape.length === 0) return maskedSelect(expand(x, [1]), mask);
  if (source.numel > 2 ** 31) {
    throw new RangeError(
      `maskedSelect: dimensions of sizes ${showShape(shape)} hold more than 2^31 elements to pick from`,
    );
  }
  const index = positions('maskedSelect', over(mask));
  return selectElements(source, {
    index,
    outer: 1,
    size: source.numel,
    inner: 1,
    from: shape,
    to: sizesOf(index),
  });
}

/**
 * `x` with the elements of `source`, in row-major order, where `mask` is true (torch.masked_scatter); the mask broadcasts to x.
 * @throws TypeError unless `mask` is bool and the element types are one; RangeError when the mask does not broadcast to
 * x's shape, and for fewer elements than the mask asks for.
 * @example maskedScatter(zeros([3]), tensor([true, false, true]), tensor([5, 6])) // [5, 0, 6]
 */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  if (arguments.length > 3) surplus('maskedScatter', arguments, 3, 'source');
  checkTensor('maskedScatter', 'x', x);
  checkMask('maskedScatter', mask);
  checkTensor('maskedScatter', 'source', source);
  checkTypes('maskedScatter', x, source, ['x', 'source']);
  const shape = broadcastShapes('maskedScatter', sizesOf(x), sizesOf(mask));
  const wide = expand(mask, shape);
  // The how-manieth true element each one is, from 0.
  const place = noGrad(() => wide.reshape([-1]).cumsum(0).sub(1).clamp(0));
  verify(
    () => {
      const count = wide.sum().item();
      if (count > source.numel) refuseSource(count, source);
    },
    () => [
      place.lt(source.numel),
      'maskedScatter: source has fewer elements than the mask is true',
    ],
  );
  // Without elements, source is no value's origin, but it has a gradient, which has none either.
  const values =
    source.numel === 0
      ? source.sum().to(source.dtype)
      : source.reshape([-1]).indexSelect(0, place).reshape(shape);
  return values.where(wide, x);
}

function refuseSource(count: number, source: Tensor): never {
  throw new RangeError(
    `maskedScatter: source must have at least ${count} elements, one for each true of the mask, got ${source.numel}`,
  );
}

/**
 * x = maskedScatter(x, mask, source); returns x (torch.Tensor.masked_scatter_).
 * @throws as `maskedScatter`; Error on a leaf that requires gradients.
 * @example zeros([3]).maskedScatter_(tensor([true, false, true]), tensor([5, 6])) // [5, 0, 6]
 */
export function maskedScatter_(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  if (arguments.length > 3) surplus('maskedScatter_', arguments, 3, 'source');
  return inPlace('maskedScatter_', x, [source], (before) => maskedScatter(before, mask, source));
}

/** copy_, fill_, zero_: other elements in the same memory. The gradient of the old values is 0. */
import { surplus } from '../../check';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor, type GivenOperand } from '../arguments/check';
import { operandOf, scalar } from '../kernels/operands';
import { maxDims } from '../../native/strided';
import { constant, fillWith } from '../creation/factories';
import { gradient } from '../declare/gradient';
import { inPlace, overwrite } from './inplace';

const recordedZeros = gradient<[Tensor]>('zero', {
  rule: (g) => [constant(sizesOf(g), 0, g.dtype)],
});

/**
 * x = source, broadcast to x's shape and converted to its element type; returns x (torch.Tensor.copy_). dsource = g, and the
 * gradient of what x was before is 0.
 * @throws RangeError when the shapes do not broadcast; Error on a leaf that requires gradients.
 * @example zeros([2]).copy_(tensor([1, 2])) // [1, 2]
 */
export function copy_(target: Tensor, source: Tensor): Tensor {
  if (arguments.length > 2) surplus('copy_', arguments, 2, 'source');
  checkTensor('copy_', 'source', source);
  return overwrite('copy_', target, source);
}

/**
 * xᵢ = value, a number, a boolean or a 0-dimensional tensor; returns x (torch.Tensor.fill_).
 * @throws RangeError for a value with dimensions; Error on a leaf that requires gradients.
 * @example zeros([2]).fill_(7) // [7, 7]
 */
export function fill_(target: Tensor, value: GivenOperand): Tensor {
  if (arguments.length > 2) surplus('fill_', arguments, 2, 'value');
  checkTensor('fill_', 'x', target);
  const written = operandOf('fill_', 'value', value, target);
  if (typeof written !== 'number' && written.ndim !== 0) {
    throw new RangeError(
      `fill_: the value must be a number or a 0-dimensional tensor, got shape [${sizesOf(written).join(', ')}]`,
    );
  }
  return overwrite(
    'fill_',
    target,
    typeof written === 'number' ? scalar('fill_', written, target.dtype) : written,
  );
}

// Whether one kernel call reaches all elements.
const isWalked = (x: Tensor): boolean => x.ndim <= maxDims || x.contiguousLayout;

/**
 * xᵢ = 0; returns x (torch.Tensor.zero_).
 * @throws TypeError unless `x` is a tensor; Error on a leaf that requires gradients.
 * @example ones([2]).zero_() // [0, 0]
 */
export function zero_(target: Tensor): Tensor {
  if (arguments.length > 1) surplus('zero_', arguments, 1, 'target');
  checkTensor('zero_', 'x', target);
  return inPlace(
    'zero_',
    target,
    [],
    (x) => recordedZeros(constant(sizesOf(x), 0, x.dtype), undefined, x),
    { saves: false, direct: isWalked(target) ? (x) => void fillWith(x, 0) : undefined },
  );
}

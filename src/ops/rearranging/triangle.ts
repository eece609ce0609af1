/** tril, triu, in place too: the lower or upper triangle of matrices, zeros elsewhere. dx = the same triangle of g. */
import { got, surplus } from '../../check';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { dense } from '../kernels/copy';
import { checkTensor } from '../arguments/check';
import { unrecorded } from '../declare/composed';
import { gradient, type Recorder, type ContextOf } from '../declare/gradient';
import { inPlace } from '../inplace/inplace';
import { arange, constant } from '../creation/factories';

const recordedLower = gradient<[Tensor], [], number>('tril', {
  rule: (g, _, diagonal) => [g.tril(diagonal)],
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type TriangleContext = ContextOf<typeof recordedLower>;
const recordedUpper = gradient<[Tensor], [], number>('triu', {
  rule: (g, _, diagonal) => [g.triu(diagonal)],
});

function keep(
  operation: 'tril' | 'triu',
  recorded: Recorder<[Tensor], number>,
  x: Tensor,
  diagonal: number,
): Tensor {
  checkTensor(operation, 'x', x);
  if (x.ndim < 2) {
    throw new RangeError(
      `${operation}: takes matrices (at least 2 dimensions), got shape ${showShape(sizesOf(x))}`,
    );
  }
  if (!Number.isInteger(diagonal)) {
    throw new RangeError(
      `${operation}: diagonal must be an integer, got ${got(operation, 'diagonal', diagonal)}`,
    );
  }
  const [rows, columns] = sizesOf(x).slice(-2);
  const moved = Math.min(Math.max(diagonal, -rows), columns);
  const out = unrecorded(() => {
    const row = arange(moved, moved + rows).reshape([rows, 1]);
    const column = arange(columns);
    const isKept = operation === 'tril' ? column.le(row) : column.ge(row);
    return dense(x).where(isKept, constant([], 0, x.dtype));
  });
  return recorded(out, diagonal, x);
}

/**
 * Elements on and below the diagonal of each matrix; `diagonal` moves it up (torch.tril).
 * @throws RangeError for fewer than 2 dimensions.
 * @example tril(ones([2, 2])) // [[1, 0], [1, 1]]
 */
export function tril(x: Tensor, diagonal = 0): Tensor {
  if (arguments.length > 2) surplus('tril', arguments, 2, 'diagonal');
  return keep('tril', recordedLower, x, diagonal);
}

/**
 * Elements on and above the diagonal of each matrix; `diagonal` moves it up (torch.triu).
 * @throws RangeError for fewer than 2 dimensions.
 * @example triu(ones([2, 2])) // [[1, 1], [0, 1]]
 */
export function triu(x: Tensor, diagonal = 0): Tensor {
  if (arguments.length > 2) surplus('triu', arguments, 2, 'diagonal');
  return keep('triu', recordedUpper, x, diagonal);
}

/**
 * 0 above the diagonal of each matrix of `x`; `diagonal` moves it up; returns x (torch.Tensor.tril_).
 * @throws RangeError for fewer than 2 dimensions; Error on a leaf that requires gradients.
 * @example ones([2, 2]).tril_() // [[1, 0], [1, 1]]
 */
export function tril_(x: Tensor, diagonal = 0): Tensor {
  if (arguments.length > 2) surplus('tril_', arguments, 2, 'diagonal');
  checkTensor('tril_', 'x', x);
  return inPlace('tril_', x, [], (before) => tril(before, diagonal), { saves: false });
}

/**
 * 0 below the diagonal of each matrix of `x`; `diagonal` moves it up; returns x (torch.Tensor.triu_).
 * @throws RangeError for fewer than 2 dimensions; Error on a leaf that requires gradients.
 * @example ones([2, 2]).triu_() // [[1, 1], [0, 1]]
 */
export function triu_(x: Tensor, diagonal = 0): Tensor {
  if (arguments.length > 2) surplus('triu_', arguments, 2, 'diagonal');
  checkTensor('triu_', 'x', x);
  return inPlace('triu_', x, [], (before) => triu(before, diagonal), { saves: false });
}

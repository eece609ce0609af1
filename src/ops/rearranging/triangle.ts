/** tril, triu, in place too: the lower or upper triangle of matrices, zeros elsewhere. dx = the same triangle of g. */
import { got, surplus } from '../../check';
import { contiguousStrides, showShape } from '../../tensor/shape';
import { Tensor } from '../../tensor/tensor';
import { copyInto } from '../kernels/copy';
import { checkTensor } from '../arguments/check';
import { gradient, type Recorder } from '../declare/gradient';
import { inPlace } from '../inplace/inplace';
import { constant } from '../creation/factories';

const recordedLower = gradient<[Tensor], [], number>('tril', {
  rule: (g, _, diagonal) => [g.tril(diagonal)],
});
const recordedUpper = gradient<[Tensor], [], number>('triu', {
  rule: (g, _, diagonal) => [g.triu(diagonal)],
});

// Row i keeps columns from(i) … to(i)-1.
function keepColumns(
  operation: string,
  recorded: Recorder<[Tensor], number>,
  x: Tensor,
  diagonal: number,
  range: (row: number, columns: number) => readonly [number, number],
): Tensor {
  checkTensor(operation, 'x', x);
  if (x.ndim < 2) {
    throw new RangeError(
      `${operation}: takes matrices (at least 2 dimensions), got shape ${showShape(x.sizes)}`,
    );
  }
  if (!Number.isInteger(diagonal)) {
    throw new RangeError(
      `${operation}: diagonal must be an integer, got ${got(operation, 'diagonal', diagonal)}`,
    );
  }
  const out = constant(x.sizes, 0, x.dtype);
  const strides = contiguousStrides(x.sizes);
  const [r, c] = [x.ndim - 2, x.ndim - 1];
  const [rows, columns] = [x.sizes[r], x.sizes[c]];
  const clamp = (n: number): number => Math.min(Math.max(n, 0), columns);
  for (let i = 0; i < rows && x.numel > 0; i++) {
    const [from, to] = range(i, columns).map(clamp);
    if (from >= to) continue;
    // Row i of every matrix of the batch.
    const row = (y: Tensor, steps: readonly number[]): Tensor =>
      new Tensor(
        y.storage,
        y.dtype,
        [...x.sizes.slice(0, r), to - from],
        steps.toSpliced(r, 1),
        y.offset + i * steps[r] + from * steps[c],
      );
    copyInto(row(x, x.elementStrides), row(out, strides));
  }
  return recorded(out, diagonal, x);
}

/**
 * Elements on and below the diagonal of each matrix; `diagonal` moves it up (torch.tril).
 * @throws RangeError for fewer than 2 dimensions.
 * @example tril(ones([2, 2])) // [[1, 0], [1, 1]]
 */
export function tril(x: Tensor, diagonal = 0): Tensor {
  if (arguments.length > 2) surplus('tril', arguments, 2, 'diagonal');
  return keepColumns('tril', recordedLower, x, diagonal, (row) => [0, row + diagonal + 1]);
}

/**
 * Elements on and above the diagonal of each matrix; `diagonal` moves it up (torch.triu).
 * @throws RangeError for fewer than 2 dimensions.
 * @example triu(ones([2, 2])) // [[1, 1], [0, 1]]
 */
export function triu(x: Tensor, diagonal = 0): Tensor {
  if (arguments.length > 2) surplus('triu', arguments, 2, 'diagonal');
  return keepColumns('triu', recordedUpper, x, diagonal, (row, columns) => [
    row + diagonal,
    columns,
  ]);
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

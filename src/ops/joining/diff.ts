/** diff: differences of neighbours along a dimension. Made of slices and differences, whose gradients are its own. */
import { count, optionsTable, surplus } from '../../check';
import { anyTensor } from '../../tensor/rules';
import { checkDim, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { clone } from '../copying/clone';
import { narrow } from '../view/select';
import { cat } from './cat';

/** Options of `diff`. */
export interface DiffOptions {
  /** Joined in front of `x` along the dimension first. */
  prepend?: Tensor;
  /** Joined behind `x` along the dimension first. */
  append?: Tensor;
}
const diffOptions = optionsTable<DiffOptions, 'prepend' | 'append'>('diff', {
  prepend: anyTensor.optional,
  append: anyTensor.optional,
});

/**
 * Differences of neighbours yᵢ = xᵢ₊₁ − xᵢ along `dim`, taken `n` times (torch.diff); of bool, whether they differ.
 * @param n how often; every time leaves one element less, down to none (default 1)
 * @param dim (default: the last)
 * @throws TypeError unless `x` is a tensor; RangeError for no dimensions, or what is joined and does not fit.
 * @example diff(tensor([1, 4, 9])) // [3, 5]
 */
export function diff(x: Tensor, n = 1, dim = -1, options?: DiffOptions): Tensor {
  if (arguments.length > 4) surplus('diff', arguments, 4, 'options');
  checkTensor('diff', 'x', x);
  count.check('diff', 'n', n);
  const { prepend, append } = diffOptions.read(options);
  if (x.ndim === 0) throw new RangeError('diff: a 0-dimensional tensor has no neighbours');
  const d = checkDim('diff', dim, x.ndim);
  const joins = (name: string, y: Tensor | undefined): readonly Tensor[] => {
    if (y === undefined) return [];
    if (y.ndim !== x.ndim || sizesOf(y).some((size, k) => k !== d && size !== sizesOf(x)[k])) {
      throw new RangeError(
        `diff: ${name} must have x's shape ${showShape(sizesOf(x))} but along dimension ${d}, got ${showShape(sizesOf(y))}`,
      );
    }
    return [y];
  };
  const parts = [...joins('prepend', prepend), x, ...joins('append', append)];
  if (n === 0) return clone(x);
  let out = parts.length === 1 ? x : cat(parts, d);
  // One round more than there are elements would differ in nothing.
  const rounds = Math.min(n, sizesOf(out)[d]);
  if (rounds === 0) return clone(out);
  for (let i = 0; i < rounds; i++) {
    const length = sizesOf(out)[d] - 1;
    const [upper, lower] = [narrow(out, d, 1, length), narrow(out, d, 0, length)];
    out = out.dtype === 'bool' ? upper.logicalXor(lower) : upper.sub(lower);
  }
  return out;
}

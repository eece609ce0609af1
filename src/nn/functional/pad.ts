/** pad: constants around a tensor, or (negative) edges cut off. */
import { cat, full, narrow } from '../../ops';
import { arrayOf, integer, number, oneOf, optionsTable } from '../../check';
import { anyTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';

/** Options of `pad`. */
export interface PadOptions {
  /** What is filled in; only constants are. Default: `'constant'`. */
  mode?: 'constant';
  /** The constant. Default: 0. */
  value?: number;
}

const padOptions = optionsTable<PadOptions>('pad', {
  mode: oneOf('constant').or('constant'),
  value: number.or(0),
});

const integers = arrayOf(integer, 'an array of integers [left, right, …]');

/**
 * Adds elements of `value` at both ends of the last dimensions (torch.nn.functional.pad). Negative numbers cut off.
 * @param amounts [left, right] of the last dimension, then of the one before it, …
 * @throws TypeError for what is no tensor, no integers, no option; RangeError for an odd list, more pairs than dimensions, or a size that would be negative.
 * @example nn.functional.pad(ones([2, 3]), [1, 2]).shape // [2, 6]
 */
export function pad(input: Tensor, amounts: readonly number[], options?: PadOptions): Tensor {
  const { value } = padOptions.read(options);
  anyTensor.check('pad', 'input', input);
  const sizes = integers.check('pad', 'amounts', amounts);
  if (sizes.length % 2 !== 0 || sizes.length > 2 * input.ndim) {
    throw new RangeError(
      `pad: takes at most ${input.ndim} pairs for shape ${showShape(input.shape)}, got ${sizes.length} numbers`,
    );
  }
  let out = input;
  for (let pair = 0; pair < sizes.length / 2; pair++) {
    const dim = input.ndim - 1 - pair;
    out = padDimension(out, dim, sizes[2 * pair], sizes[2 * pair + 1], value);
  }
  return out;
}

function padDimension(x: Tensor, dim: number, left: number, right: number, value: number): Tensor {
  const size = x.shape[dim];
  if (size + left + right < 0 || size + Math.min(left, 0) + Math.min(right, 0) < 0) {
    throw new RangeError(
      `pad: ${left} and ${right} leave fewer than no elements of dimension ${dim}, which has ${size}`,
    );
  }
  const start = Math.max(-left, 0);
  const kept = size - start - Math.max(-right, 0);
  const middle = kept === size ? x : narrow(x, dim, start, kept);
  const edge = (count: number): Tensor[] => {
    if (count <= 0) return [];
    const shape = x.shape.map((n, d) => (d === dim ? count : n));
    return [full(shape, value, { dtype: x.dtype })];
  };
  const parts = [...edge(left), middle, ...edge(right)];
  return parts.length === 1 ? middle : cat(parts, dim);
}

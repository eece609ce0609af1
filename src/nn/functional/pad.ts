/** pad: constants around a tensor, or (negative) edges cut off. */
import { cat, full, narrow } from '../../ops';
import { checkTensor } from '../../ops/elementwise';
import { showShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';

export interface PadOptions {
  /** Only constants are filled in. */
  mode?: 'constant';
  /** The constant. Default: 0. */
  value?: number;
}

/**
 * Adds elements of `value` at both ends of the last dimensions (torch.nn.functional.pad). Negative numbers cut off.
 * @param amounts [left, right] of the last dimension, then of the one before it, …
 * @throws RangeError for an odd list, more pairs than dimensions, or a size that would be negative.
 * @example nn.functional.pad(ones([2, 3]), [1, 2]).shape // [2, 6]
 */
export function pad(
  input: Tensor,
  amounts: readonly number[],
  { mode = 'constant', value = 0 }: PadOptions = {},
): Tensor {
  checkTensor('pad', 'input', input);
  if (mode !== 'constant') {
    throw new RangeError(`pad: mode must be 'constant', got '${String(mode)}'`);
  }
  if (!isIntegers(amounts)) {
    throw new TypeError('pad: takes an array of integers [left, right, …]');
  }
  if (amounts.length % 2 !== 0 || amounts.length > 2 * input.ndim) {
    throw new RangeError(
      `pad: takes at most ${input.ndim} pairs for shape ${showShape(input.shape)}, got ${amounts.length} numbers`,
    );
  }
  let out = input;
  for (let pair = 0; pair < amounts.length / 2; pair++) {
    const dim = input.ndim - 1 - pair;
    out = padDimension(out, dim, amounts[2 * pair], amounts[2 * pair + 1], value);
  }
  return out;
}

const isIntegers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(Number.isInteger);

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

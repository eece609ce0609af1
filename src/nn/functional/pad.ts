/** pad: constant, reflected, replicated or circular padding of a tensor; negative amounts crop it. */
import { cat, clone, expand, flip, full, narrow } from '../../ops';
import {
  arrayOf,
  integer,
  number,
  numberOrBoolean,
  oneOf,
  optionsTable,
  surplus,
} from '../../check';
import { anyTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';

/** Options of `pad`. */
export interface PadOptions {
  /**
   * What is filled in: a constant, the elements mirrored at the edge (`'reflect'`, which is not repeated), the edge
   * (`'replicate'`), or the elements of the other end (`'circular'`). Default: `'constant'`.
   */
  mode?: PadMode;
  /** The constant, which the other modes do not have; a boolean for bool tensors only. Default: 0. */
  value?: number | boolean;
}

type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

const padOptions = optionsTable<PadOptions>('pad', {
  mode: oneOf('constant', 'reflect', 'replicate', 'circular').or('constant'),
  value: numberOrBoolean.or(0),
});

const integers = arrayOf(integer, 'an array of integers [left, right, …]');

/**
 * Pads the last dimensions at both ends (torch.nn.functional.pad). Negative numbers crop.
 * @param amounts [left, right] of the last dimension, then of the one before it, … Modes other than constant take a
 * pair for all dimensions but the first one or two, which are the batch and the channels.
 * @throws TypeError for what is no tensor, no integers, no option, and bool that would be mirrored or repeated; RangeError for an odd list, more pairs than dimensions,
 * a size that would be negative, and more than there is to mirror (size − 1) or to wrap (size).
 * @example nn.functional.pad(ones([2, 3]), [1, 2]).shape // [2, 6]
 */
export function pad(input: Tensor, amounts: readonly number[], options?: PadOptions): Tensor {
  if (arguments.length > 3) surplus('pad', arguments, 3, 'options');

  const { mode, value: given } = padOptions.read(options);
  anyTensor.check('pad', 'input', input);
  const value = input.dtype === 'bool' ? Number(given) : number.check('pad', 'value', given);
  const sizes = integers.check('pad', 'amounts', amounts);
  if (sizes.length % 2 !== 0 || sizes.length > 2 * input.ndim) {
    throw new RangeError(
      `pad: takes pairs (before, after), at most ${input.ndim} for shape ${showShape(sizesOf(input))}, got ${sizes.length} numbers`,
    );
  }
  const pairs = sizes.length / 2;
  if (mode !== 'constant') checkBorder(input, pairs, mode, value);
  let out = input;
  for (let pair = 0; pair < pairs; pair++) {
    const dim = input.ndim - 1 - pair;
    out = padDimension(out, dim, sizes[2 * pair], sizes[2 * pair + 1], mode, value);
  }
  // Where nothing is added, what is left is a part of the input's memory.
  return out.storage === input.storage ? clone(out) : out;
}

// All dimensions but the channels, or the batch and the channels, which have elements to mirror.
function checkBorder(x: Tensor, pairs: number, mode: PadMode, value: number): void {
  if (value !== 0) throw new RangeError(`pad: mode '${mode}' takes no value, got ${value}`);
  if (mode !== 'circular' && x.dtype === 'bool') {
    throw new TypeError(`pad: mode '${mode}' takes numbers, got bool; convert with to('float32')`);
  }
  const others = x.ndim - pairs;
  if (pairs < 1 || pairs > 3 || (others !== 1 && others !== 2)) {
    throw new RangeError(
      `pad: mode '${mode}' takes one pair for two or three dimensions, two for three or four, three for four or five; got ${pairs} for shape ${showShape(sizesOf(x))}`,
    );
  }
  if (
    sizesOf(x)
      .slice(others - 1)
      .includes(0)
  ) {
    throw new RangeError(
      `pad: mode '${mode}' needs elements in every dimension but the batch, got shape ${showShape(sizesOf(x))}`,
    );
  }
}

function padDimension(
  x: Tensor,
  dim: number,
  left: number,
  right: number,
  mode: PadMode,
  value: number,
): Tensor {
  const size = sizesOf(x)[dim];
  if (size + left + right < 0 || size + Math.min(left, 0) + Math.min(right, 0) < 0) {
    throw new RangeError(
      `pad: ${left} and ${right} leave fewer than no elements of dimension ${dim}, which has ${size}`,
    );
  }
  const start = Math.max(-left, 0);
  const kept = size - start - Math.max(-right, 0);
  const middle = kept === size ? x : narrow(x, dim, start, kept);
  const most = { constant: Infinity, replicate: size > 0 ? Infinity : 0, reflect: kept - 1, circular: kept }[mode]; // prettier-ignore
  if (Math.max(left, right) > most) {
    throw new RangeError(
      `pad: mode '${mode}' can add at most ${Math.max(most, 0)} to ${kept} elements of dimension ${dim}, got ${Math.max(left, right)}`,
    );
  }
  const edge = (count: number, isLeft: boolean): Tensor[] => {
    if (count <= 0) return [];
    const shape = sizesOf(middle).with(dim, count);
    if (mode === 'constant') return [full(shape, value, { dtype: x.dtype })];
    if (mode === 'replicate') return [expand(narrow(x, dim, isLeft ? 0 : size - 1, 1), shape)];
    if (mode === 'circular') return [narrow(middle, dim, isLeft ? kept - count : 0, count)];
    return [flip(narrow(middle, dim, isLeft ? 1 : kept - 1 - count, count), dim)];
  };
  const parts = [...edge(left, true), middle, ...edge(right, false)];
  return parts.length === 1 ? middle : cat(parts, dim);
}

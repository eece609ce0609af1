/** Padding masks: which positions of a batch of unequal lengths may be attended to. */
import { count, isArray, refuse, surplus } from '../../check';
import { any, reshape, where, zeros } from '../../ops';
import { verify } from '../../ops/kernels/bounds';
import { showShape } from '../../tensor/shape';
import type { DType } from '../../tensor/dtype';
import { anyTensor, isTensor } from '../../tensor/rules';
import { empty, type Tensor } from '../../tensor/tensor';

/** How many positions of each sequence count. */
export type Lengths = Tensor | readonly number[] | Int32Array;

// By its tag, which arrays of other realms have as well.
const isInt32Array = (value: unknown): value is Int32Array =>
  ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Int32Array]';

/** Whether a value is of a kind that lengths may be given in. */
export const isLengths = (value: unknown): value is Lengths =>
  isTensor(value) || isArray(value) || isInt32Array(value);

// What int32 holds.
const longest = 2 ** 31 - 1;

function refuseLength(operation: string, n: number, length: unknown, most?: number): never {
  count.check(operation, `lengths[${n}]`, length);
  const must =
    most === undefined
      ? `an integer from 0 to ${longest}`
      : `an integer from 0 to ${most} (the steps of the batch)`;
  refuse(operation, `lengths[${n}]`, must, length, RangeError);
}

/**
 * Lengths that were read once, each from 0 to `most`, the steps of the batch.
 * @throws TypeError, RangeError for what are no lengths.
 */
export function lengthsOf(operation: string, lengths: Lengths, most?: number): Int32Array {
  const must = 'an array of numbers or a 1-dimensional tensor';
  if (isTensor(lengths)) {
    if (lengths.ndim !== 1) refuse(operation, 'lengths', must, lengths, RangeError);
  } else if (!isLengths(lengths)) refuse(operation, 'lengths', must, lengths);
  const given = isTensor(lengths) ? lengths.toTypedArray() : lengths;
  if (isInt32Array(given)) {
    const list = isTensor(lengths) ? given : given.slice();
    const limit = most ?? longest;
    for (let n = 0; n < list.length; n++) {
      // A negative one is above every limit without its sign.
      if (list[n] >>> 0 > limit) refuseLength(operation, n, list[n], most);
    }
    return list;
  }
  // No memory for more than there is: an array's length may be above the number of its elements.
  const list: number[] = [];
  for (const length of given) {
    const fits = Number.isInteger(length) && length >= 0 && length <= (most ?? longest);
    if (!fits) refuseLength(operation, list.length, length, most);
    list.push(length);
  }
  return new Int32Array(list);
}

/**
 * The mask of sequences of unequal length, padded at the end: true inside a sequence, false past its end.
 * @param lengths how many positions of each sequence count: N integers from 0 to `steps`, as an array, Int32Array or tensor
 * @param steps positions of the padded batch; the longest length unless given
 * @returns bool [N, steps]
 * @throws TypeError when the lengths are no integers; RangeError when one is outside 0 … steps.
 * @example nn.functional.paddingMask([3, 1]) // [[true, true, true], [true, false, false]]
 */
export function paddingMask(lengths: Lengths, steps?: number): Tensor {
  if (arguments.length > 2) surplus('paddingMask', arguments, 2, 'steps');
  if (steps !== undefined) count.check('paddingMask', 'steps', steps);
  const all = lengthsOf('paddingMask', lengths, steps);
  const width = steps ?? all.reduce((most, length) => Math.max(most, length), 0);
  const mask = empty([all.length, width], 'bool');
  const memory = mask.memory(mask.numel).fill(0);
  for (let n = 0; n < all.length; n++) memory.fill(1, n * width, n * width + all[n]);
  return mask;
}

/**
 * What is added to scores [N, L, S]: 0 where the mask [N, S] is true, −∞ where it is false, as [N, 1, S].
 * @throws RangeError for another shape, and for a sequence of which the mask hides every position: there would
 * be nothing for its weights to sum to 1 over.
 */
export function maskBias(
  operation: string,
  mask: Tensor,
  batch: number,
  positions: number,
  dtype: DType,
): Tensor {
  anyTensor.check(operation, 'mask', mask);
  if (mask.dtype !== 'bool') {
    throw new TypeError(
      `${operation}: mask must be bool (true where a key takes part), got ${mask.dtype}; see paddingMask`,
    );
  }
  if (mask.ndim !== 2 || mask.sizes[0] !== batch || mask.sizes[1] !== positions) {
    throw new RangeError(
      `${operation}: mask has shape ${showShape(mask.sizes)}, expected [${batch}, ${positions}] (batch, positions of the keys)`,
    );
  }
  const refusal = (which: string): string =>
    `${operation}: the mask hides every position of ${which}, so that there is nothing to attend to; give each sequence at least one position`;
  verify(
    () => {
      const blind = any(mask, 1).toTypedArray().indexOf(0);
      if (blind >= 0) throw new RangeError(refusal(`sequence ${blind}`));
    },
    () => [any(mask, 1), refusal('a sequence')],
  );
  return where(reshape(mask, [batch, 1, positions]), zeros([], { dtype }), -Infinity);
}

/** Padding masks: which positions of a batch of unequal lengths an attention may look at. */
import { checkTensor } from '../../ops/elementwise';
import { contiguous } from '../../ops/clone';
import { showShape } from '../../tensor/shape';
import type { DType } from '../../tensor/dtype';
import { empty, Tensor } from '../../tensor/tensor';

/**
 * The mask of sequences of unequal length, padded at the end: true inside a sequence, false behind its end.
 * @param lengths how many positions of each sequence count: N integers from 0 to `steps`
 * @param steps positions of the padded batch; the longest length unless given
 * @returns bool [N, steps]
 * @throws TypeError when the lengths are no integers; RangeError when one lies outside 0 … steps.
 * @example paddingMask([3, 1]) // [[true, true, true], [true, false, false]]
 */
export function paddingMask(lengths: Tensor | readonly number[], steps?: number): Tensor {
  const list = lengths instanceof Tensor ? Array.from(lengths.toTypedArray()) : lengths;
  if (!Array.isArray(list) || (lengths instanceof Tensor && lengths.ndim !== 1)) {
    throw new TypeError(
      'paddingMask: lengths must be an array of numbers or a 1-dimensional tensor',
    );
  }
  const all = list as readonly number[];
  const width = steps ?? all.reduce((most, length) => Math.max(most, length), 0);
  if (!Number.isSafeInteger(width) || width < 0) {
    throw new RangeError(`paddingMask: steps must be an integer of at least 0, got ${width}`);
  }
  const mask = empty([all.length, width], 'bool');
  const memory = mask.memory(mask.numel).fill(0);
  for (const [n, length] of all.entries()) {
    if (typeof length !== 'number' || !Number.isInteger(length) || length < 0 || length > width) {
      throw new RangeError(
        `paddingMask: length ${n} must be an integer from 0 to ${width} (the steps of the batch), got ${String(length)}`,
      );
    }
    memory.fill(1, n * width, n * width + length);
  }
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
  checkTensor(operation, 'mask', mask);
  if (mask.dtype !== 'bool') {
    throw new TypeError(
      `${operation}: mask must be bool (true where a key takes part), got ${mask.dtype}; see paddingMask`,
    );
  }
  if (mask.ndim !== 2 || mask.shape[0] !== batch || mask.shape[1] !== positions) {
    throw new RangeError(
      `${operation}: mask has shape ${showShape(mask.shape)}, expected [${batch}, ${positions}] (batch, positions of the keys)`,
    );
  }
  const visible = contiguous(mask).memory(mask.numel);
  const bias = empty([batch, 1, positions], dtype);
  const values = bias.memory(bias.numel);
  for (let n = 0; n < batch; n++) {
    let seen = 0;
    for (let i = n * positions; i < (n + 1) * positions; i++) {
      values[i] = visible[i] !== 0 ? 0 : -Infinity;
      seen += visible[i];
    }
    if (seen === 0) {
      throw new RangeError(
        `${operation}: the mask hides every position of sequence ${n}, so that there is nothing to attend to; give each sequence at least one position`,
      );
    }
  }
  return bias;
}

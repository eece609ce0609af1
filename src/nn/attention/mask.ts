/** Padding masks: which positions of a batch of unequal lengths may be attended to. */
import { count, surplus } from '../../check';
import { any, reshape, where, zeros } from '../../ops';
import { lengthsOf, type Lengths } from '../../ops/arguments/lengths';
import { verify } from '../../ops/kernels/bounds';
import { showShape } from '../../tensor/shape';
import type { DType } from '../../tensor/dtype';
import { anyTensor } from '../../tensor/rules';
import { elementsOf, sizesOf, empty, type Tensor } from '../../tensor/tensor';

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
  const memory = elementsOf(mask, mask.numel).fill(0);
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
  if (mask.ndim !== 2 || sizesOf(mask)[0] !== batch || sizesOf(mask)[1] !== positions) {
    throw new RangeError(
      `${operation}: mask has shape ${showShape(sizesOf(mask))}, expected [${batch}, ${positions}] (batch, positions of the keys)`,
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

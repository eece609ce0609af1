/** Conditions on the values of tensors. In a trace, where no values are known, each of its runs looks at them. */
import { noGrad } from '../../autograd/mode';
import { kernel } from '../../native/families';
import { runIndexBounds } from '../../native/calls';
import { Doubles } from '../../native/memory';
import { executor } from '../../tensor/executor';
import type { Tensor } from '../../tensor/tensor';
import { dense } from './copy';

const bounds = kernel('index_bounds');
const position = new Doubles(new Float64Array(1));

/**
 * Where (in row-major order) the first value of a contiguous int32 tensor outside [low, high) is, or -1. A trace
 * says -1; each of its runs throws a RangeError where there is one, with `message` if given.
 */
export function firstOutside(
  index: Tensor,
  low: number,
  high: number,
  message: string | null = null,
): number {
  executor.bounds(message);
  position.values[0] = -1;
  runIndexBounds(bounds, index, index.numel, low, high, position);
  return position.values[0];
}

/**
 * Looks at values: by `check`, which throws what is wrong. In a trace, each run throws a RangeError of the message unless
 * all of the conditions, bool, are true.
 */
export function verify(
  check: () => void,
  inRuns: () => readonly [conditions: Tensor, message: string],
): void {
  if (!executor.isTrace) {
    check();
    return;
  }
  verifyRuns(inRuns);
}

/** In a trace: each run throws a RangeError of the message unless all of the conditions, bool, are true. */
export function verifyRuns(inRuns: () => readonly [conditions: Tensor, message: string]): void {
  noGrad(() => {
    const [conditions, message] = inRuns();
    firstOutside(dense(conditions.to('int32')), 1, 2, message);
  });
}

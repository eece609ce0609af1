/** How a group's parameters reach kernels: those of one element type together, in contiguous memory. */
import { copyInto } from '../ops/clone';
import type { DType } from '../tensor/dtype';
import { empty } from '../tensor/tensor';
import type { Update } from './optimizer';

/**
 * Calls `run` once for each element type among `updates` (nearly always: once), and counts the change of every parameter.
 * A parameter that is not contiguous is updated in a contiguous copy.
 */
export function byDType<S>(
  updates: readonly Update<S>[],
  run: (updates: readonly Update<S>[], dtype: DType) => void,
): void {
  const first = updates[0].param.dtype;
  let dense = true;
  let same = true;
  for (let i = 0; i < updates.length; i++) {
    const { param } = updates[i];
    if (!param.contiguousLayout) dense = false;
    if (param.dtype !== first) same = false;
  }
  const rows = dense ? updates : updates.map(packed);
  if (same) run(rows, first);
  else {
    for (const dtype of ['float32', 'float64'] as const) {
      run(
        rows.filter(({ param }) => param.dtype === dtype),
        dtype,
      );
    }
  }
  for (let i = 0; i < rows.length; i++) {
    const { param } = updates[i];
    if (rows[i].param !== param) copyInto(rows[i].param, param);
    param.storage.version++;
  }
}

function packed<S>(update: Update<S>): Update<S> {
  const { param } = update;
  if (param.contiguousLayout) return update;
  return { ...update, param: copyInto(param, empty(param.shape, param.dtype)) };
}

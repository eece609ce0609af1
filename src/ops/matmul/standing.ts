/**
 * Weights that stay what they are, as the kernel reads them fastest. `x·Wᵀ` of a few rows is bounded by reading W, and
 * a W [N, K] must be transposed on its way through the registers, at half of the bandwidth. So a matrix that comes
 * transposed again and again, its memory unchanged, is copied once to [K, N]; the sums keep their order, so that no
 * bit changes. A training step uses its weights too few times for that.
 */
import { itemSize } from '../../tensor/dtype';
import { executor } from '../../tensor/executor';
import type { Storage } from '../../tensor/storage';
import type { Tensor } from '../../tensor/tensor';
import { empty } from '../../tensor/tensor';
import { copyInto } from '../clone';

interface Entry {
  readonly shape: readonly number[];
  readonly leading: number;
  readonly offset: number;
  readonly version: number;
  uses: number;
  copy: Tensor | null;
}

const entries = new WeakMap<Storage, Entry>();

// Rows that are multiplied without packing the other operand.
const fewRows = 6;
// A copy costs about as much as two uses.
const usesBefore = 4;
// Below, calls cost more than reading; above, the memory's bandwidth is the bound in either form.
const leastElements = 4096;
const mostBytes = 1 << 26;

/**
 * `w` [K, N], which lies in memory as [N, K], or a copy that lies as [K, N].
 * @param rows of the matrix that it is about to be multiplied by
 */
export function standing(w: Tensor, rows: number): Tensor {
  const { shape, storage, numel } = w;
  // A trace keeps no values.
  if (rows > fewRows || numel < leastElements || executor.isTrace) return w;
  if (numel * itemSize(w.dtype) > mostBytes) return w;
  const leading = w.strides[1];
  let entry = entries.get(storage);
  if (
    entry === undefined ||
    entry.version !== storage.version ||
    entry.offset !== w.offset ||
    entry.leading !== leading ||
    entry.shape[0] !== shape[0] ||
    entry.shape[1] !== shape[1]
  ) {
    const { offset } = w;
    entry = { shape, leading, offset, version: storage.version, uses: 0, copy: null };
    entries.set(storage, entry);
  }
  if (entry.copy !== null) return entry.copy;
  if (++entry.uses <= usesBefore) return w;
  entry.copy = copyInto(w, empty(shape, w.dtype));
  return entry.copy;
}

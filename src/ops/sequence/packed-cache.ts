/**
 * Packed weights of inference, kept for as long as the weights stay what they are: one step of a streaming
 * network then reads its weights once and packs nothing.
 */
import { executor } from '../../tensor/executor';
import type { Tensor } from '../../tensor/tensor';
import { borrow, giveBack, type Storage } from '../../tensor/storage';

interface Entry {
  readonly weights: readonly (Tensor | null)[];
  readonly versions: readonly number[];
  readonly packed: Storage;
}

const current = (): WeakMap<Tensor, Entry> => executor.packedWeights as WeakMap<Tensor, Entry>;

const versionsOf = (weights: readonly (Tensor | null)[]): number[] =>
  weights.map((w) => (w === null ? 0 : w.version));

/** The packed form of exactly these weights at their present versions, or null. `weights[0]` is the key. */
export function cachedPacked(weights: readonly (Tensor | null)[]): Storage | null {
  const entry = current().get(weights[0]!);
  if (entry === undefined) return null;
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i];
    if (entry.weights[i] !== w) return null;
    if (w !== null && w.version !== entry.versions[i]) return null;
  }
  return entry.packed;
}

/** Memory for the packed form of these weights, to be filled by the kernel and found again later. */
export function cachePacked(weights: readonly (Tensor | null)[], bytes: number): Storage {
  dropPacked(weights[0]!);
  const packed = borrow(bytes);
  current().set(weights[0]!, { weights, versions: versionsOf(weights), packed });
  return packed;
}

/** Gives back what inference kept: the weights are about to change. */
export function dropPacked(key: Tensor): void {
  const entries = current();
  const entry = entries.get(key);
  if (entry === undefined) return;
  entries.delete(key);
  giveBack(entry.packed);
}

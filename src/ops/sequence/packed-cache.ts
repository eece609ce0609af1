/**
 * Packed weights of inference, kept for as long as the weights stay what they are: one step of a streaming
 * network then reads its weights once and packs nothing.
 */
import { observer, type Observer } from '../../tensor/observer';
import type { Tensor } from '../../tensor/tensor';
import { borrow, giveBack, type Storage } from '../../tensor/storage';

interface Entry {
  readonly weights: readonly (Tensor | null)[];
  readonly versions: readonly number[];
  readonly packed: Storage;
}

const kept = new WeakMap<Tensor, Entry>();
// What is packed in a trace belongs to its program: each call packs anew.
const keptInTrace = new WeakMap<Observer, WeakMap<Tensor, Entry>>();

function current(): WeakMap<Tensor, Entry> {
  if (observer === null) return kept;
  let found = keptInTrace.get(observer);
  if (found === undefined) keptInTrace.set(observer, (found = new WeakMap<Tensor, Entry>()));
  return found;
}

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

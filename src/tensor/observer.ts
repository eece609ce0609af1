/**
 * What a trace (compile/) learns of tensors while it is on: where the rooms below tell it what they do, and ask it for
 * memory. Nothing is computed then: kernel calls are only recorded, and memory has addresses but no bytes.
 */
import type { TypedArray } from './dtype';
import type { Storage } from './storage';
import type { Tensor } from './tensor';

export interface Observer {
  /** Memory in place of what `allocate` and `borrow` would give. */
  allocate(bytes: number): Storage;
  /** A tensor, perhaps a view, has been made. */
  made(x: Tensor): void;
  /** An operation takes `x` as it is. */
  uses(x: Tensor): void;
  /** JavaScript is about to read or write the elements of `x`. */
  memory(x: Tensor, length: number): TypedArray;
  /** @throws Error unless the trace made `x`'s memory: an in-place operation is about to change it. */
  changes(operation: string, x: Tensor): void;
  /** @throws Error saying that `operation` cannot be traced, and why. */
  refuse(operation: string, why: string): never;
}

/** The trace that is on, or null. */
export let observer: Observer | null = null;

/** Switches observing; returns what was on before. */
export function setObserver(next: Observer | null): Observer | null {
  const before = observer;
  observer = next;
  return before;
}

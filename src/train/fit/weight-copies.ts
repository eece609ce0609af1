/**
 * A copy of a model's parameters and buffers from before each update, so that one that ruins them can be taken back. A copy is one
 * memcpy for each tensor: 0.3 ms for a million weights.
 */
import type { Module } from '../../nn';
import type { TypedArray } from '../../tensor/dtype';
import { bumpVersion, elementsOf, type Tensor } from '../../tensor/tensor';

interface Kept {
  readonly x: Tensor;
  /** The memory of `x`, and which storage that was. */
  elements: TypedArray;
  storage: unknown;
  readonly copy: TypedArray;
}

export class WeightCopies {
  readonly #kept: readonly Kept[];
  /** Tensors with elements that were no finite numbers when the training began, as they were then. */
  readonly #given = new Map<Tensor, TypedArray>();

  constructor(model: Module) {
    this.#kept = [...model.parameters(), ...model.buffers()].map((x) => {
      const elements = elementsOf(x, x.reach());
      return { x, elements, storage: x.storage, copy: elements.slice() };
    });
    this.begin();
  }

  /** A training begins with what the model has now. */
  begin(): void {
    this.take();
    this.#given.clear();
    for (const { x, copy } of this.#kept) if (!isFinite(x)) this.#given.set(x, copy.slice());
  }

  /** Whether an element of `x` is no finite number that was one when the training began. */
  isRuined(x: Tensor): boolean {
    if (isFinite(x)) return false;
    const given = this.#given.get(x);
    if (given === undefined) return true;
    const elements = elementsOf(x, x.reach()) as ArrayLike<number>;
    return given.some((value, i) => Number.isFinite(value) && !Number.isFinite(elements[i]));
  }

  /** Keeps what the model has now. */
  take(): void {
    for (const kept of this.#kept) {
      if (kept.x.storage !== kept.storage) look(kept);
      kept.copy.set(kept.elements);
    }
  }

  /** Gives the model back what it had. */
  restore(): void {
    for (const kept of this.#kept) {
      if (kept.x.storage !== kept.storage) look(kept);
      kept.elements.set(kept.copy);
      bumpVersion(kept.x);
    }
  }
}

function look(kept: Kept): void {
  kept.elements = elementsOf(kept.x, kept.x.reach());
  kept.storage = kept.x.storage;
}

/** Whether all elements are numbers that are finite. */
export function isFinite(x: Tensor): boolean {
  if (x.dtype !== 'float32' && x.dtype !== 'float64') return true;
  const elements = elementsOf(x, x.reach());
  // x − x is 0 for finite x and NaN for all else: a sum without branches.
  let sum = 0;
  for (let i = 0; i < elements.length; i++) sum += elements[i] - elements[i];
  return sum === 0;
}

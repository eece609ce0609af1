/**
 * The observer of operations: an exporter, which records what was computed from what. There is at most one, and only
 * while a model is exported. Operations with a gradient are observed where that is declared; those without one that a model may
 * contain (comparisons, positions of extremes) call `noted` themselves, which is one comparison for all others.
 */
import type { Tensor } from '../../tensor/tensor';

/**
 * One operation: its name, what it was told besides its operands (the context of its declaration), operands and results. Declared
 * functions of one or two operands are `unary:` and `binary:` with the name of their kernel.
 */
export type Watcher = (
  operation: string,
  context: unknown,
  inputs: readonly (Tensor | number | null)[],
  results: readonly Tensor[],
) => void;

class Watch {
  watcher: Watcher | null = null;
  /** Is called before an in-place operation where its target or a source requires gradients. */
  changing: ((operation: string, target: Tensor) => void) | null = null;
}
/** The present observer; null for none. */
export const watch = new Watch();

/** Says that `out`, which has no history, was computed of one or two operands; returns it. */
export function noted(
  operation: string,
  context: unknown,
  out: Tensor,
  a: Tensor | number,
  b?: Tensor | number,
): Tensor {
  if (watch.watcher !== null) {
    watch.watcher(operation, context, b === undefined ? [a] : [a, b], [out]);
  }
  return out;
}

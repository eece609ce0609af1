/** Anomaly detection: where the first NaN of a backward pass comes from, and where the operation was called in the forward pass. */
import { executor } from '../tensor/executor';
import { boolean, isCallable, optionsTable, refuse, surplus } from '../check';
import type { Tensor } from '../tensor/tensor';
import { arithmetic } from './arithmetic';

/** Options of `detectAnomaly` and `setDetectAnomaly`. */
export interface AnomalyOptions {
  /** Whether gradients are searched for NaN; without, only the forward call of an operation whose backward throws is kept. Default: true. */
  checkNan?: boolean;
}

const anomalyOptions = optionsTable<AnomalyOptions>('detectAnomaly', {
  checkNan: boolean.or(true),
});

interface Anomaly {
  enabled: boolean;
  checksNaN: boolean;
  /** Is shown each recorded result of a forward pass, with its node. */
  watch: ((node: object, out: Tensor) => void) | null;
}

/** @internal */
export const anomaly: Anomaly = { enabled: false, checksNaN: true, watch: null };

/** @internal Runs `body`, and shows `watch` each recorded result with its node. */
export function watchResults<R>(watch: (node: object, out: Tensor) => void, body: () => R): R {
  const before = anomaly.watch;
  anomaly.watch = watch;
  try {
    return body();
  } finally {
    anomaly.watch = before;
  }
}

/** What is needed of a node. */
interface Named {
  readonly name: string;
  needs(i: number): boolean;
}

const calls = new WeakMap<object, Error>();

/** Remembers the stack of an operation's forward call. */
export function rememberCall(node: object, name: string): void {
  calls.set(node, new Error(`the forward call of ${name}`));
}

/** @throws Error for a gradient with NaN, with the forward call as its cause. */
export function checkGradients(node: Named, grads: readonly (Tensor | null | undefined)[]): void {
  // A trace has no values; each run of a compiled function is one operation, whose gradients are checked.
  if (!anomaly.checksNaN || executor.isTrace) return;
  const at = grads.findIndex((g, i) => g && node.needs(i) && arithmetic.hasNaN(g));
  if (at < 0) return;
  throw new Error(
    `backward: ${node.name} returned NaN in its gradient ${at}; the cause of this error has the forward call`,
    { cause: calls.get(node) },
  );
}

/** What an operation's backward threw, with the forward call. */
export function explain(node: Named, error: unknown): unknown {
  const call = calls.get(node);
  if (call !== undefined && error instanceof Error) error.cause ??= call;
  return error;
}

function setMode(enabled: boolean, checksNaN: boolean): void {
  anomaly.enabled = enabled;
  anomaly.checksNaN = checksNaN;
}

/**
 * Runs `body`, forward and backward, with anomaly detection (torch.autograd.detect_anomaly) and returns what it returns: the first
 * operation whose gradient has NaN throws an error that names it and whose `cause` has the stack of its call in the forward pass. Slow; for the search alone.
 * @throws TypeError for what is no function, one that returns a promise, or no option.
 * @example
 * const x = tensor([0, 1], { requiresGrad: true });
 * // Error: backward: DivBackward0 returned NaN in its gradient 0; …
 * const search = (): void => autograd.detectAnomaly(() => x.div(x).mul(0).sum().backward());
 */
export function detectAnomaly<R>(body: () => R, options?: AnomalyOptions): R {
  if (arguments.length > 2) surplus('detectAnomaly', arguments, 2, 'options');
  const { checkNan } = anomalyOptions.read(options);
  if (!isCallable(body)) refuse('detectAnomaly', 'body', 'a function to run', body);
  const { enabled, checksNaN } = anomaly;
  setMode(true, checkNan);
  try {
    const result = body();
    if (result instanceof Promise) {
      throw new TypeError(
        'detectAnomaly: the function returned a promise; use setDetectAnomaly(true) for asynchronous code',
      );
    }
    return result;
  } finally {
    setMode(enabled, checksNaN);
  }
}

/**
 * Switches anomaly detection for all that follows (torch.autograd.set_detect_anomaly).
 * @throws TypeError for what is no boolean or no option.
 * @example autograd.setDetectAnomaly(false);
 */
export function setDetectAnomaly(mode: boolean, options?: AnomalyOptions): void {
  if (arguments.length > 2) surplus('setDetectAnomaly', arguments, 2, 'options');
  const { checkNan } = anomalyOptions.read(options, 'setDetectAnomaly');
  setMode(boolean.check('setDetectAnomaly', 'mode', mode), checkNan);
}

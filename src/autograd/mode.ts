/** Whether operations are recorded. */

let enabled = true;

/** Whether operations on tensors that require gradients are being recorded. */
export const isGradEnabled = (): boolean => enabled;

/** @internal Switches recording; returns what it was before. */
export function setGradMode(mode: boolean): boolean {
  const before = enabled;
  enabled = mode;
  return before;
}

/** @internal */
export function withGradMode<R>(mode: boolean, body: () => R): R {
  const before = enabled;
  enabled = mode;
  try {
    return body();
  } finally {
    enabled = before;
  }
}

function run<R>(name: string, mode: boolean, body: () => R): R {
  if (typeof body !== 'function') {
    throw new TypeError(`${name}: takes a function to run, got ${typeof body}`);
  }
  const result = withGradMode(mode, body);
  if (result instanceof Promise) {
    throw new TypeError(
      `${name}: the function returned a promise; gradients are switched for synchronous code only, so await outside`,
    );
  }
  return result;
}

/**
 * Runs `body` without recording operations (torch.no_grad) and returns what it returns.
 * @example const y = noGrad(() => model.forward(x));
 */
export const noGrad = <R>(body: () => R): R => run('noGrad', false, body);

/** Runs `body` with recording on, also inside `noGrad` (torch.enable_grad). */
export const enableGrad = <R>(body: () => R): R => run('enableGrad', true, body);

/** Whether operations are recorded. */
import { refuse, surplus } from '../check';

let enabled = true;

/**
 * Whether operations on tensors that require gradients are being recorded (torch.is_grad_enabled).
 * @example noGrad(() => isGradEnabled()) // false
 */
export function isGradEnabled(): boolean {
  if (arguments.length > 0) surplus('isGradEnabled', arguments, 0);
  return enabled;
}

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
  if (typeof body !== 'function') refuse(name, 'body', 'a function to run', body);
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
 * @throws TypeError for what is no function, and for one that returns a promise.
 * @example const y = noGrad(() => new nn.Linear(2, 1).forward(ones([2])));
 */
export function noGrad<R>(body: () => R): R {
  if (arguments.length > 1) surplus('noGrad', arguments, 1, 'body');
  return run('noGrad', false, body);
}

/**
 * Runs `body` with recording on, also inside `noGrad` (torch.enable_grad), and returns what it returns.
 * @throws TypeError for what is no function, and for one that returns a promise.
 * @example noGrad(() => enableGrad(() => isGradEnabled())) // true
 */
export function enableGrad<R>(body: () => R): R {
  if (arguments.length > 1) surplus('enableGrad', arguments, 1, 'body');
  return run('enableGrad', true, body);
}

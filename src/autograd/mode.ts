/** Whether operations are recorded. */
import { boolean, isCallable, refuse, surplus } from '../check';

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
  if (!isCallable(body)) refuse(name, 'body', 'a function to run', body);
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

/**
 * Switches recording for all that follows, or for `body` alone, whose result is returned (torch.set_grad_enabled).
 * @throws TypeError for what is no boolean, what is no function, and one that returns a promise.
 * @example
 * setGradEnabled(false, () => isGradEnabled()); // false
 * isGradEnabled(); // true
 */
export function setGradEnabled(mode: boolean): void;
export function setGradEnabled<R>(mode: boolean, body: () => R): R;
export function setGradEnabled<R>(mode: boolean, body?: () => R): R | void {
  if (arguments.length > 2) surplus('setGradEnabled', arguments, 2, 'body');
  boolean.check('setGradEnabled', 'mode', mode);
  if (body !== undefined) return run('setGradEnabled', mode, body);
  enabled = mode;
}

/**
 * Runs `body` without recording operations and returns what it returns (torch.inference_mode). Here it is `noGrad`: tensors made inside may
 * be used in recorded operations later, which PyTorch refuses.
 * @throws TypeError for what is no function, and for one that returns a promise.
 * @example const y = inferenceMode(() => new nn.Linear(2, 1).forward(ones([2])));
 */
export function inferenceMode<R>(body: () => R): R {
  if (arguments.length > 1) surplus('inferenceMode', arguments, 1, 'body');
  return run('inferenceMode', false, body);
}

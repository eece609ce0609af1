/** Training steps as one call. */
import { compile as compileFunction } from '../compile';
import { step } from './step';

export type { ClipOptions, StepOptions } from './step';

/**
 * Traces a pure function of tensors once for each form of its arguments and replays it in native code (torch.compile);
 * `compile.step` does that with a whole training step.
 * @throws as the function and the step do.
 * @example compile((x: Tensor) => x.mul(2).tanh())(ones([2])); // [0.964, 0.964]
 */
export const compile = Object.defineProperty(compileFunction, 'step', {
  value: step,
}) as typeof compileFunction & {
  /** A training step as one call: see its own example. */
  readonly step: typeof step;
};

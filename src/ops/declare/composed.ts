/** Operations that are made of others: what they compute on the way is given back at once where nothing is recorded. */
import { isGradEnabled, noGrad } from '../../autograd/mode';
import { executor } from '../../tensor/executor';
import { composed as released } from '../../tensor/pool';
import type { Tensor } from '../../tensor/tensor';

const isRecorded = (inputs: readonly (Tensor | null)[]): boolean =>
  isGradEnabled() && inputs.some((x) => x?.requiresGrad === true);

/**
 * The result of `body`, which computes with `inputs` and keeps nothing but its result. Where the inputs need no gradients, the memory of the
 * intermediate results is free for the next operation; a trace plans its memory itself.
 */
export const composed = (inputs: readonly (Tensor | null)[], body: () => Tensor): Tensor =>
  executor.isTrace || isRecorded(inputs) ? body() : released(body);

/** The same of a body whose steps are not recorded, because its operation has a node of its own. */
export const unrecorded = (body: () => Tensor): Tensor =>
  executor.isTrace ? noGrad(body) : noGrad(() => released(body));

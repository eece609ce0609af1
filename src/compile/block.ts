/**
 * Some steps of a sequence as one pair of programs, which serve wherever so many steps are next:
 *
 *     (x[K, …], state) → (outputs[K, …], state after them)
 *
 * Gradients are sums over all steps, and a sum's bits depend on its order. So a block adds what its own steps give, the last first, to
 * what it is given of the steps after it: of each leaf the sum so far, of each state the gradient of the last output before the
 * block where that is the same tensor (it reaches the state before those of later steps do).
 */
import { stack, unbind } from '../ops';
import { empty, type Tensor } from '../tensor/tensor';
import { Pair } from './pair';
import type { Signature } from './traced';
import { flattenArguments, flattenResult, replaceTensors } from './tree';

/** One step: of x_t and the state before (null at first) the output and the state after. */
export type StepFunction = (x: Tensor, state: unknown) => readonly [output: Tensor, state: unknown];

/** A state as a tree: how it is nested, and what is known of its tensors. */
export interface StateForm {
  /** The tree, with placeholders. */
  readonly tree: unknown;
  readonly signatures: readonly Signature[];
  /** Says all of it. */
  readonly key: string;
}

export interface Block {
  readonly pair: Pair;
  /** How many steps. */
  readonly steps: number;
  /** Which tensor of the state after it is the last output too; -1 for none. Its gradient as an output is not in the pair's. */
  readonly alias: number;
  readonly after: StateForm;
}

/** A step that cannot be cut out of its sequence. */
export class NotABlock extends Error {}

// In place of tensors, which no block keeps.
const placeholder = empty([0]);

/** What is known of a state, whose tensors are left in `tensors`. */
export function formOf(state: unknown, training: boolean, tensors: Tensor[]): StateForm {
  const texts: string[] = [];
  flattenArguments(state, training, tensors, texts);
  return {
    tree: replaceTensors(state, () => placeholder),
    signatures: tensors.map(({ shape, dtype, requiresGrad }) => ({ shape, dtype, requiresGrad })),
    key: texts.join(' '),
  };
}

/** Runs the steps one by one. */
export function unroll(
  step: StepFunction,
  xs: readonly Tensor[],
  initial: unknown,
): readonly [outputs: Tensor[], state: unknown] {
  const outputs: Tensor[] = [];
  let state = initial;
  for (const x of xs) {
    const [output, next] = step(x, state);
    outputs.push(output);
    state = next;
  }
  return [outputs, state];
}

/**
 * Traces `steps` steps.
 * @param input of all of them
 * @param before the state that they begin with; null for none
 * @param seeded which tensor of that state the last output before is; -1 for none
 */
export function traceBlock(
  step: StepFunction,
  input: Signature,
  before: StateForm | null,
  seeded: number,
  training: boolean,
): Block {
  let alias = -1;
  let after: StateForm | null = null;
  const run = ([x, ...states]: readonly Tensor[]): unknown => {
    let next = 0;
    const initial = before === null ? null : replaceTensors(before.tree, () => states[next++]);
    const [outputs, state] = unroll(step, unbind(x, 0), initial);
    const last: Tensor[] = [];
    flattenResult(state, last);
    const output = outputs.at(-1)!;
    alias = training && output.requiresGrad ? last.indexOf(output) : -1;
    const isOnce = new Set(last).size === last.length;
    if (!isOnce || (alias >= 0 && states.includes(output))) throw new NotABlock();
    after = formOf(state, training, []);
    if (alias >= 0) outputs[outputs.length - 1] = output.detach();
    return [stack(outputs, 0), state];
  };
  const given = before?.signatures ?? [];
  const pair = new Pair(run, [input, ...given], training, [false, ...given.map((_, i) => i === seeded)]); // prettier-ignore
  return { pair, steps: input.shape[0], alias, after: after! };
}

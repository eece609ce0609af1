/**
 * Runs the blocks of a sequence, and their gradients, as one operation. Inputs, outputs and their gradients are read and written where they
 * are in the tensors of all steps.
 */
import { arithmetic } from '../autograd/arithmetic';
import { isGradEnabled } from '../autograd/mode';
import { save, type Gradients, type Node, type Saved } from '../autograd/node';
import { recompute } from '../autograd/recompute';
import { recordTuple } from '../autograd/tuple';
import { full, select, stack, unbind } from '../ops';
import { dense } from '../ops/kernels/copy';
import { itemSize } from '../tensor/dtype';
import { numelOf } from '../tensor/shape';
import { acquire, type Storage } from '../tensor/storage';
import { empty, sizesOf, type Tensor } from '../tensor/tensor';
import { unroll, type Block, type StepFunction } from './block';
import { drawingAgain, statesOf } from './draws';
import { fresh, place } from './pair';
import type { Program } from './program';
import type { Slot } from './traced';
import { flattenResult, replaceTensors } from './tree';

/** The blocks of a sequence, and what is known of all of them together. */
export interface Plan {
  readonly step: StepFunction;
  readonly blocks: readonly Block[];
  /** Whether a backward may follow. */
  readonly isRecorded: boolean;
  /** Of the output and the states after the last step, those that require gradients. */
  readonly differentiable: readonly number[];
  readonly leaves: readonly Tensor[];
  readonly captured: readonly Tensor[];
  /** Those of them that a backward reads. */
  readonly read: ReadonlySet<Tensor>;
  readonly drawn: readonly Storage[];
}

/** A forward run that a backward may follow. */
interface Run {
  readonly plan: Plan;
  readonly memories: readonly Storage[];
  readonly input: Tensor;
  readonly output: Tensor;
  /** The states before each block and after the last. */
  readonly states: readonly (readonly Tensor[])[];
  /** Those of the above that others have and a backward reads. */
  readonly saved: readonly Saved[];
  readonly values: readonly Saved[];
  readonly captured: readonly Saved[];
  readonly draws: readonly Uint8Array[];
  /** Says how the state before the first step is nested. */
  readonly initial: unknown;
}

/** The sum of a leaf's gradients so far, and memory for the next. */
interface Sum {
  current: Tensor;
  spare: Tensor;
  isReached: boolean;
}

const saved = (x: Tensor): Saved => save('a compiled sequence', x);
const addressesOf = (tensors: readonly (Tensor | null)[]): number[] =>
  tensors.map((x) => x?.address ?? 0);

const readsSlot = ({ pair }: Block, { buffer }: Slot): boolean => pair.reads(buffer.address);

export function planOf(step: StepFunction, blocks: readonly Block[]): Plan {
  const unique = <T>(of: (block: Block) => readonly T[]): T[] => [...new Set(blocks.flatMap(of))];
  const isOutput = blocks.some(({ pair, alias }) => alias >= 0 || pair.differentiable[0] === 0);
  const last = blocks[blocks.length - 1].pair.traced.outputs;
  return {
    step,
    blocks,
    isRecorded: blocks.some(({ pair }) => pair.differentiable.length > 0),
    differentiable: last.flatMap(({ requiresGrad }, i) =>
      (i === 0 ? isOutput : requiresGrad) ? [i] : [],
    ),
    leaves: unique(({ pair }) => pair.traced.leaves),
    captured: unique(({ pair }) => pair.captured.map(({ tensor }) => tensor)),
    read: new Set(
      blocks.flatMap(({ pair }) =>
        pair.captured
          .filter(({ storage }) => pair.reads(storage.address))
          .map(({ tensor }) => tensor),
      ),
    ),
    drawn: unique(({ pair }) => pair.traced.drawn),
  };
}

/** Bytes of one step of a tensor of steps. */
const strideOf = (x: Tensor): number => numelOf(sizesOf(x).slice(1)) * itemSize(x.dtype);

/**
 * @param x the input of all steps
 * @param state before the first step; null for none
 * @returns `[outputs, state]`
 */
export function runPlan(plan: Plan, x: Tensor, state: unknown): [Tensor, unknown] {
  const { blocks, isRecorded, differentiable, leaves, captured, drawn } = plan;
  const initial: Tensor[] = [];
  flattenResult(state, initial);
  const input = dense(x);
  const [first] = blocks[0].pair.traced.outputs;
  const output = empty([sizesOf(x)[0], ...first.shape.slice(1)], first.dtype);
  const [inputStride, outputStride] = [strideOf(input), strideOf(output)];
  const draws = isRecorded ? statesOf(drawn) : [];
  const memories: Storage[] = [];
  const states: (readonly Tensor[])[] = [initial.map(dense)];
  let last = states[0];
  let at = 0;
  for (const { pair, steps } of blocks) {
    const { forward, traced, saved: layout } = pair;
    const after: Tensor[] = [];
    for (let i = 1; i < traced.outputs.length; i++) after.push(fresh(traced.outputs[i]));
    const memory = isRecorded ? acquire(layout.bytes) : null;
    placeSteps(forward, traced.inputs, input.address + at * inputStride, last);
    placeSteps(forward, traced.outputs, output.address + at * outputStride, after);
    forward.run(memory);
    if (memory !== null) {
      memories.push(memory);
      states.push(after);
    }
    last = after;
    at += steps;
  }
  const end = blocks[blocks.length - 1];
  if (isRecorded) {
    const results = [output, ...last];
    const values = [input, ...states[0]].map(saved);
    const run: Run = {
      plan,
      memories,
      input,
      output,
      states,
      saved: [
        ...end.pair.traced.outputs.flatMap((slot, i) =>
          (
            i === 0
              ? blocks.some((one) => readsSlot(one, one.pair.traced.outputs[0]))
              : readsSlot(end, slot)
          )
            ? [saved(results[i])]
            : [],
        ),
        ...values.filter((_, i) =>
          i === 0
            ? blocks.some((one) => readsSlot(one, one.pair.traced.inputs[0]))
            : readsSlot(blocks[0], blocks[0].pair.traced.inputs[i]),
        ),
        ...[...plan.read].map(saved),
      ],
      values,
      captured: captured.map(saved),
      draws,
      initial: state,
    };
    const node = recordTuple(
      'CompiledBackward',
      [x, ...initial, ...leaves],
      differentiable.map((i) => results[i]),
      (grads, self) => (isGradEnabled() ? recorded(run, grads, self) : backward(run, grads)),
    );
    if (node !== null) node.acquired = memories;
  }
  let next = 0;
  return [output, replaceTensors(end.after.tree, () => last[next++])];
}

/** Places what a block has of all steps, and states. */
function placeSteps(
  program: Program,
  slots: readonly (Slot | null)[],
  address: number,
  states: readonly (Tensor | null)[],
): void {
  const [steps] = slots;
  if (steps !== null) program.set(program.base(steps.buffer), address);
  for (let i = 0; i < states.length; i++) {
    const slot = slots[i + 1];
    if (slot !== null) program.set(program.base(slot.buffer), states[i]?.address ?? 0);
  }
}

function backward(run: Run, grads: readonly (Tensor | null)[]): Gradients {
  for (const one of run.saved) one.get();
  const { plan, memories, input, output, states } = run;
  const { blocks, leaves, differentiable } = plan;
  const [inputStride, outputStride] = [strideOf(input), strideOf(output)];
  const arrived: (Tensor | null)[] = states[blocks.length].map(() => null);
  let gradOutput: Tensor | null = null;
  differentiable.forEach((result, i) => {
    const grad = grads[i];
    if (result === 0) gradOutput = grad && dense(grad);
    else arrived[result - 1] = grad && dense(grad);
  });
  const ofOutput = (step: number): number =>
    gradOutput === null ? 0 : gradOutput.address + step * outputStride;
  const sums = new Map(leaves.map((leaf) => [leaf, sumOf(leaf)]));
  const gradInput = full(sizesOf(input), 0, { dtype: input.dtype });
  let isInputReached = false;
  // Of the states after the block at hand.
  let carried = withOutput(arrived, blocks[blocks.length - 1].alias, gradOutput);
  let end = sizesOf(input)[0];
  for (let i = blocks.length - 1; i >= 0; i--) {
    const { pair, steps } = blocks[i];
    const { traced } = pair;
    const at = end - steps;
    const seeded = i === 0 || gradOutput === null ? -1 : blocks[i - 1].alias;
    const gradAddresses = [ofOutput(at), ...addressesOf(carried)];
    const arriving = pair.differentiable.map((k) => gradAddresses[k] !== 0);
    if (!arriving.includes(true)) {
      carried = states[i].map((_, k) => (k === seeded ? select(gradOutput!, 0, at - 1) : null));
      end = at;
      continue;
    }
    const { program, gradOutputs, seeds, gradients } = pair.backwardFor(arriving, [
      false,
      ...states[i].map((_, k) => k === seeded),
    ]);
    const before = gradients.slice(1, 1 + states[i].length).map((slot) => slot && fresh(slot));
    const own = traced.leaves.map((leaf) => sums.get(leaf)!);
    placeSteps(program, traced.inputs, input.address + at * inputStride, states[i]);
    placeSteps(program, traced.outputs, output.address + at * outputStride, states[i + 1]);
    place(program, gradOutputs, gradAddresses);
    place(program, seeds, [
      0,
      ...states[i].map(() => ofOutput(at - 1)),
      ...own.map(({ current }) => current.address),
    ]);
    place(program, gradients, [
      gradInput.address + at * inputStride,
      ...addressesOf(before),
      ...own.map(({ spare }) => spare.address),
    ]);
    program.run(memories[i]);
    isInputReached ||= gradients[0] !== null;
    own.forEach((sum, k) => {
      if (gradients[1 + states[i].length + k] === null) return;
      [sum.current, sum.spare] = [sum.spare, sum.current];
      sum.isReached = true;
    });
    carried = before;
    end = at;
  }
  return [
    isInputReached ? gradInput : null,
    ...carried,
    ...[...sums.values()].map(({ current, isReached }) => (isReached ? current : null)),
  ];
}

// To -0 everything may be added and stays what it is, 0 too.
const sumOf = (leaf: Tensor): Sum => ({
  current: full(sizesOf(leaf), -0, { dtype: leaf.dtype }),
  spare: empty(sizesOf(leaf), leaf.dtype),
  isReached: false,
});

/** The gradients of states, of which one is the last output too. */
function withOutput(
  grads: readonly (Tensor | null)[],
  alias: number,
  gradOutput: Tensor | null,
): readonly (Tensor | null)[] {
  if (alias < 0 || gradOutput === null) return grads;
  const last = select(gradOutput, 0, sizesOf(gradOutput)[0] - 1);
  return grads.map((grad, i) => {
    if (i !== alias) return grad;
    return grad === null ? last : arithmetic.add(grad, last);
  });
}

// The gradients with a graph of their own: the steps run again, uncompiled.
function recorded(run: Run, grads: readonly (Tensor | null)[], self: Node): Gradients {
  const { step, leaves, drawn, differentiable } = run.plan;
  for (const one of run.captured) one.get();
  const values = run.values.map((one) => one.get());
  return recompute(self, values, leaves, grads, ([x, ...initial]) => {
    let next = 0;
    const state = run.initial === null ? null : replaceTensors(run.initial, () => initial[next++]);
    const outs: Tensor[] = [];
    drawingAgain(drawn, run.draws, () => {
      const [outputs, last] = unroll(step, unbind(x, 0), state);
      outs.push(stack(outputs, 0));
      flattenResult(last, outs);
    });
    return differentiable.map((i) => outs[i]);
  });
}

/**
 * One signature of a compiled function: its programs (pair.ts) as one operation with a node in the graph.
 */
import { isGradEnabled } from '../autograd/mode';
import { save, type Gradients, type Node, type Saved } from '../autograd/node';
import { recompute } from '../autograd/recompute';
import { recordTuple } from '../autograd/tuple';
import { acquire, type Storage } from '../tensor/storage';
import type { Tensor } from '../tensor/tensor';
import { drawingAgain, statesOf } from './draws';
import { fresh, Pair, place, type Traceable } from './pair';
import type { Signature, Slot } from './traced';
import { flattenResult, replaceTensors } from './tree';
import { dense } from '../ops/kernels/copy';

/** A forward run that a backward may follow. */
interface Run {
  readonly memory: Storage;
  readonly inputs: readonly Saved[];
  /** Results, where the backward reads them; else null. */
  readonly outputs: readonly (Saved | null)[];
  /** What is held from outside, in the order of the entry's. */
  readonly captured: readonly Saved[];
  /** What the states of the generators were that the forward has drawn from. */
  readonly states: readonly Uint8Array[];
}

const saved = (x: Tensor): Saved => save('a compiled function', x);

const addressesOf = (tensors: readonly (Tensor | null)[]): number[] =>
  tensors.map((x) => x?.address ?? 0);

export class Entry {
  private readonly pair: Pair;

  /** @param form the arguments with others in place of their tensors */
  constructor(
    private readonly run: Traceable,
    readonly form: unknown,
    readonly signatures: readonly Signature[],
    readonly training: boolean,
  ) {
    this.pair = new Pair(run, signatures, training);
  }

  /** Whether the forward draws random numbers. */
  get draws(): boolean {
    return this.pair.draws;
  }

  /** Whether the tensors from outside are where, and what, they were. */
  isCurrent(): boolean {
    return this.pair.isCurrent();
  }

  /** Runs the function on arguments of the signature. */
  call(inputs: readonly Tensor[]): unknown {
    const { traced, forward, saved: layout, captured } = this.pair;
    const given = inputs.map(dense);
    const outputs = traced.outputs.map(fresh);
    const differentiable = this.pair.differentiable.map((i) => outputs[i]);
    const memory = differentiable.length > 0 ? acquire(layout.bytes) : null;
    place(forward, traced.inputs, addressesOf(given));
    place(forward, traced.outputs, addressesOf(outputs));
    const states = memory === null ? [] : statesOf(traced.drawn);
    forward.run(memory);
    if (memory !== null) {
      const run: Run = {
        memory,
        inputs: traced.inputs.map((slot, i) => saved(this.reads(slot) ? given[i] : inputs[i])),
        outputs: traced.outputs.map((slot, i) => (this.reads(slot) ? saved(outputs[i]) : null)),
        captured: captured.map(({ tensor }) => saved(tensor)),
        states,
      };
      const node = recordTuple(
        'CompiledBackward',
        [...inputs, ...traced.leaves],
        differentiable,
        (grads, self) =>
          isGradEnabled() ? this.recorded(run, grads, self) : this.backward(run, grads),
      );
      if (node !== null) node.acquired = [memory];
    }
    let next = 0;
    return replaceTensors(traced.result, () => outputs[next++]);
  }

  /** Whether the backward reads what is in the slot. */
  private reads({ buffer }: Slot): boolean {
    return this.pair.reads(buffer.address);
  }

  private backward(run: Run, grads: readonly (Tensor | null)[]): Gradients {
    const { pair } = this;
    const { traced, captured, differentiable } = pair;
    const inputs = traced.inputs.map((slot, i) => (this.reads(slot) ? run.inputs[i].get() : null));
    const outputs = run.outputs.map((one) => one && one.get());
    for (const [i, { storage }] of captured.entries()) {
      if (pair.reads(storage.address)) run.captured[i].get();
    }
    const { program, gradOutputs, gradients } = pair.backwardFor(
      grads.map((grad) => grad !== null),
    );
    const arrived: (Tensor | null)[] = gradOutputs.map(() => null);
    differentiable.forEach((output, i) => {
      const grad = grads[i];
      arrived[output] = grad && dense(grad);
    });
    const results = gradients.map((slot) => slot && fresh(slot));
    place(program, traced.inputs, addressesOf(inputs));
    place(program, traced.outputs, addressesOf(outputs));
    place(program, gradOutputs, addressesOf(arrived));
    place(program, gradients, addressesOf(results));
    program.run(run.memory);
    return results;
  }

  // The gradients with a graph of their own: the function runs again, uncompiled.
  private recorded(
    { inputs, captured, states }: Run,
    grads: readonly (Tensor | null)[],
    self: Node,
  ): Gradients {
    for (const one of captured) one.get();
    const values = inputs.map((one) => one.get());
    const { traced, differentiable } = this.pair;
    return recompute(self, values, traced.leaves, grads, (aliases) => {
      const outs: Tensor[] = [];
      drawingAgain(traced.drawn, states, () => {
        flattenResult(this.run(aliases), outs);
      });
      return differentiable.map((i) => outs[i]);
    });
  }
}

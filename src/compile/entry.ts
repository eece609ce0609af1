/**
 * What is kept for one signature of a compiled function: the forward program, a backward program for each pattern of
 * gradients that has arrived, and what of the outside they rely on.
 */
import { isGradEnabled } from '../autograd/mode';
import { save, type Gradients, type Node, type Saved } from '../autograd/node';
import { recompute } from '../autograd/recompute';
import { recordTuple } from '../autograd/tuple';
import { acquire, bufferOf, type Storage } from '../tensor/storage';
import { empty, type Tensor } from '../tensor/tensor';
import { areCurrent, capture, type Captured } from './captured';
import { Program, withInitialValues, withoutUnused, type SavedLayout } from './program';
import type { Buffer, Call } from './trace';
import { traceFunction, type Signature, type Slot, type Traced } from './traced';
import { flattenResult, replaceTensors } from './tree';
import { dense } from '../ops/kernels/copy';

/** The function to trace, given a placeholder for each tensor among its arguments. */
export type Traceable = (inputs: readonly Tensor[]) => unknown;

interface Backward {
  readonly program: Program;
  readonly gradOutputs: readonly (Slot | null)[];
  readonly gradients: readonly (Slot | null)[];
}

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

const bytesOf = (storage: Storage): Uint8Array =>
  new Uint8Array(bufferOf(storage), storage.byteOffset, storage.byteLength);

const alignUp = (n: number): number => Math.ceil(n / 64) * 64;

const fresh = ({ shape, dtype }: Slot): Tensor => empty(shape, dtype);

function buffersOf(calls: readonly Call[]): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (const { pointers } of calls) {
    for (const { buffer } of pointers) found.set(buffer.address, buffer);
  }
  return found;
}

const buffersIn = (slots: readonly (Slot | null)[]): Buffer[] =>
  slots.filter((slot) => slot !== null).map(({ buffer }) => buffer);

// What the forward makes and the backward reads, side by side: it all lives from the one to the other.
function layoutSaved(made: Iterable<Buffer>, own: ReadonlySet<number>): SavedLayout {
  const offsets = new Map<number, number>();
  let bytes = 0;
  for (const { address, kind, bytes: size } of made) {
    if (kind !== 'made' || own.has(address)) continue;
    offsets.set(address, bytes);
    bytes += alignUp(size);
  }
  return { offsets, bytes };
}

const sameCalls = (a: readonly Call[], b: readonly Call[]): boolean =>
  a.length === b.length &&
  a.every(({ kernel, args, pointers }, i) => {
    const other = b[i];
    return (
      kernel === other.kernel &&
      args.length === other.args.length &&
      args.every((value, k) => Object.is(value, other.args[k])) &&
      pointers.length === other.pointers.length &&
      pointers.every(
        ({ buffer, offset }, k) =>
          buffer.address === other.pointers[k].buffer.address &&
          offset === other.pointers[k].offset,
      )
    );
  });

export class Entry {
  private readonly traced: Traced;
  private readonly forward: Program;
  private readonly saved: SavedLayout;
  private readonly outputAddresses: Set<number>;
  private readonly captured: readonly Captured[];
  /** By which outputs' gradients arrive. */
  private readonly backwards = new Map<string, Backward>();
  /** Outputs that require gradients, by their place among all. */
  private readonly differentiable: readonly number[];
  /** Addresses of the buffers of the forward that JavaScript wrote to. */
  private readonly initialised = new Set<number>();
  private readonly readByBackward: ReadonlyMap<number, Buffer>;

  constructor(
    private readonly run: Traceable,
    private readonly signatures: readonly Signature[],
    private readonly training: boolean,
  ) {
    const traced = traceFunction(run, signatures, training, () => true);
    this.traced = { ...traced, backward: [] };
    this.differentiable = traced.outputs.flatMap(({ requiresGrad }, i) =>
      requiresGrad ? [i] : [],
    );
    this.captured = traced.captured.map(capture);
    const all = withInitialValues(traced.forward, this.initialised);
    const backward = this.prepareBackward(traced);
    this.readByBackward = buffersOf(backward);
    const made = buffersOf(all);
    const kept = [...made.values()].filter(({ address }) => this.readByBackward.has(address));
    this.outputAddresses = new Set(traced.outputs.map(({ buffer }) => buffer.address));
    this.saved = layoutSaved(kept, this.outputAddresses);
    const calls = withoutUnused(all, [...kept, ...buffersIn(traced.outputs)]);
    this.forward = new Program(calls, this.saved, this.outputAddresses);
    if (this.differentiable.length > 0) {
      const pattern = 'g'.repeat(this.differentiable.length);
      this.backwards.set(pattern, this.backwardOf(traced, backward));
    }
  }

  /** Whether the forward draws random numbers. */
  get draws(): boolean {
    return this.traced.drawn.length > 0;
  }

  /** Whether the tensors from outside are where, and what, they were. */
  isCurrent(): boolean {
    return areCurrent(this.captured, this.training);
  }

  /** Runs the function on arguments of the signature. */
  call(inputs: readonly Tensor[]): unknown {
    const { traced, forward } = this;
    const given = inputs.map(dense);
    const outputs = traced.outputs.map(fresh);
    const differentiable = this.differentiable.map((i) => outputs[i]);
    const memory = differentiable.length > 0 ? acquire(this.saved.bytes) : null;
    this.place(forward, traced.inputs, given);
    this.place(forward, traced.outputs, outputs);
    const states = memory === null ? [] : traced.drawn.map((state) => bytesOf(state).slice());
    forward.run(memory);
    if (memory !== null) {
      const run: Run = {
        memory,
        inputs: traced.inputs.map((slot, i) => saved(this.reads(slot) ? given[i] : inputs[i])),
        outputs: traced.outputs.map((slot, i) => (this.reads(slot) ? saved(outputs[i]) : null)),
        captured: this.captured.map(({ tensor }) => saved(tensor)),
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

  private place(
    program: Program,
    slots: readonly (Slot | null)[],
    tensors: readonly (Tensor | null)[],
  ): void {
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i];
      if (slot !== null) program.set(program.base(slot.buffer), tensors[i]?.address ?? 0);
    }
  }

  /** Whether the backward reads what is in the slot. */
  private reads({ buffer }: Slot): boolean {
    return this.readByBackward.has(buffer.address);
  }

  private backward(run: Run, grads: readonly (Tensor | null)[]): Gradients {
    const inputs = this.traced.inputs.map((slot, i) =>
      this.reads(slot) ? run.inputs[i].get() : null,
    );
    const outputs = run.outputs.map((one) => one && one.get());
    for (const [i, { storage }] of this.captured.entries()) {
      if (this.readByBackward.has(storage.address)) run.captured[i].get();
    }
    const { program, gradOutputs, gradients } = this.backwardFor(grads);
    const arrived: (Tensor | null)[] = gradOutputs.map(() => null);
    this.differentiable.forEach((output, i) => {
      const grad = grads[i];
      arrived[output] = grad && dense(grad);
    });
    const results = gradients.map((slot) => slot && fresh(slot));
    this.place(program, this.traced.inputs, inputs);
    this.place(program, this.traced.outputs, outputs);
    this.place(program, gradOutputs, arrived);
    this.place(program, gradients, results);
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
    const { leaves, drawn } = this.traced;
    return recompute(self, values, leaves, grads, (aliases) => {
      // It draws what the forward drew.
      const now = drawn.map((state) => bytesOf(state).slice());
      drawn.forEach((state, i) => bytesOf(state).set(states[i]));
      const outs: Tensor[] = [];
      try {
        flattenResult(this.run(aliases), outs);
      } finally {
        drawn.forEach((state, i) => bytesOf(state).set(now[i]));
      }
      return this.differentiable.map((i) => outs[i]);
    });
  }

  private backwardFor(grads: readonly (Tensor | null)[]): Backward {
    const pattern = grads.map((grad) => (grad === null ? '-' : 'g')).join('');
    let found = this.backwards.get(pattern);
    if (found === undefined) {
      const places = new Set(this.differentiable.filter((_, i) => grads[i] !== null));
      const traced = traceFunction(this.run, this.signatures, true, (i) => places.has(i));
      if (!sameCalls(traced.forward, this.traced.forward)) {
        throw new Error(
          'compile: the function did not do the same when it was traced again; it must depend on nothing but its arguments and the tensors it uses',
        );
      }
      withInitialValues(traced.forward, new Set());
      found = this.backwardOf(traced, this.prepareBackward(traced));
      this.backwards.set(pattern, found);
    }
    return found;
  }

  // The calls that the gradients depend on.
  private prepareBackward({ backward, gradients }: Traced): Call[] {
    const all = withInitialValues(backward, new Set(this.initialised));
    return withoutUnused(all, buffersIn(gradients));
  }

  private backwardOf(traced: Traced, calls: readonly Call[]): Backward {
    const { gradOutputs, gradients, forward } = traced;
    const made = buffersOf(forward);
    for (const [address, { kind }] of buffersOf(calls)) {
      if (kind !== 'made' || !made.has(address)) continue;
      if (!this.saved.offsets.has(address) && !this.outputAddresses.has(address)) {
        throw new Error('internal: compile: a backward needs what its forward did not keep');
      }
    }
    const own = new Set(this.outputAddresses);
    for (const { address } of buffersIn(gradients)) own.add(address);
    return { program: new Program(calls, this.saved, own), gradOutputs, gradients };
  }
}

/**
 * A traced function as programs: the forward, and a backward for each pattern of gradients that has arrived, with the layout of what
 * the one leaves in memory for the other. Who runs them says where arguments, results and gradients are.
 */
import { itemSize } from '../tensor/dtype';
import { numelOf } from '../tensor/shape';
import { allocate } from '../tensor/storage';
import { empty, Tensor } from '../tensor/tensor';
import { areCurrent, capture, type Captured } from './captured';
import { Program, withInitialValues, withoutUnused, type SavedLayout } from './program';
import type { Buffer, Call } from './trace';
import { traceFunction, type Signature, type Slot, type Traced } from './traced';

/** The function to trace, given a placeholder for each tensor among its arguments. */
export type Traceable = (inputs: readonly Tensor[]) => unknown;

/** The gradients for one pattern of those that arrive. */
export interface Backward {
  readonly program: Program;
  readonly gradOutputs: readonly (Slot | null)[];
  readonly seeds: readonly (Slot | null)[];
  readonly gradients: readonly (Slot | null)[];
}

const alignUp = (n: number): number => Math.ceil(n / 64) * 64;

/** Memory for what a run makes. */
export const fresh = ({ shape, dtype, strides }: Slot): Tensor =>
  strides === null
    ? empty(shape, dtype)
    : new Tensor(allocate(numelOf(shape) * itemSize(dtype)), dtype, shape, strides);

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

/** Sets where the buffers of slots are in the next run; 0 for those that it does not touch. */
export function place(
  program: Program,
  slots: readonly (Slot | null)[],
  addresses: readonly number[],
): void {
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i];
    if (slot !== null) program.set(program.base(slot.buffer), addresses[i]);
  }
}

export class Pair {
  readonly traced: Traced;
  readonly forward: Program;
  readonly saved: SavedLayout;
  /** Outputs that require gradients, by their place among all. */
  readonly differentiable: readonly number[];
  /** Tensors from outside. */
  readonly captured: readonly Captured[];
  private readonly outputAddresses: Set<number>;
  /** By which outputs' gradients arrive, and which inputs' are seeded. */
  private readonly backwards = new Map<string, Backward>();
  /** Addresses of the buffers of the forward that JavaScript wrote to. */
  private readonly initialised = new Set<number>();
  private readonly readByBackward: ReadonlyMap<number, Buffer>;

  /** @param seeded which inputs' gradients begin with one that is given, as those of all leaves then do; null for none */
  constructor(
    private readonly run: Traceable,
    private readonly signatures: readonly Signature[],
    private readonly training: boolean,
    seeded: readonly boolean[] | null = null,
  ) {
    const traced = traceFunction(run, signatures, training, () => true, seeded);
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
    // What gradients flow to changes before the next run.
    const layers = this.differentiable.length > 0 ? null : traced.layers;
    this.forward = new Program(calls, this.saved, this.outputAddresses, layers);
    if (this.differentiable.length > 0) {
      const arriving = this.differentiable.map(() => true);
      this.backwards.set(patternOf(arriving, seeded), this.backwardOf(traced, backward));
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

  /** Whether the backward reads what is in the memory that begins at `address` of the trace. */
  reads(address: number): boolean {
    return this.readByBackward.has(address);
  }

  /**
   * The backward for the gradients that arrive.
   * @param arriving for each differentiable output
   * @param seeded as in the constructor
   */
  backwardFor(arriving: readonly boolean[], seeded: readonly boolean[] | null = null): Backward {
    const pattern = patternOf(arriving, seeded);
    let found = this.backwards.get(pattern);
    if (found === undefined) {
      const places = new Set(this.differentiable.filter((_, i) => arriving[i]));
      const { run, signatures } = this;
      const traced = traceFunction(run, signatures, true, (i) => places.has(i), seeded);
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
    const { gradOutputs, seeds, gradients, forward } = traced;
    const made = buffersOf(forward);
    for (const [address, { kind }] of buffersOf(calls)) {
      if (kind !== 'made' || !made.has(address)) continue;
      if (!this.saved.offsets.has(address) && !this.outputAddresses.has(address)) {
        throw new Error('internal: compile: a backward needs what its forward did not keep');
      }
    }
    const own = new Set(this.outputAddresses);
    for (const { address } of buffersIn(gradients)) own.add(address);
    return { program: new Program(calls, this.saved, own), gradOutputs, seeds, gradients };
  }
}

const patternOf = (arriving: readonly boolean[], seeded: readonly boolean[] | null): string =>
  `${arriving.map(textOf).join('')} ${(seeded ?? []).map(textOf).join('')}`;
const textOf = (is: boolean): string => (is ? 'g' : '-');

/**
 * A trace: a function runs once on placeholders for its inputs, nothing is computed, and each kernel call is noted with
 * the buffers that its addresses point into. Tensors made meanwhile have addresses that no memory has, so that every
 * address is known to belong to one buffer. What becomes of the calls is program.ts's concern.
 */
import type { KernelEffect } from '../native/kernel-list';
import { IndexBoundsAt } from '../native/positions';
import {
  argumentKind,
  effectOf,
  kernelNames,
  partsOfKind,
  readRecording,
  startRecording,
  stopRecording,
  type Recorded,
} from '../native/recording';
import { arrayOver, itemSize, type DType, type TypedArray } from '../tensor/dtype';
import {
  native,
  setTrace,
  type Changed,
  type Executor,
  type Scalar,
  type View,
} from '../tensor/executor';
import { bufferOf, noBuffer, Owner, Storage } from '../tensor/memory';
import { setOwner } from '../tensor/pool';
import { showShape, type Shape } from '../tensor/shape';
import { sizesOf, empty, type Tensor } from '../tensor/tensor';

/** Memory that calls read or write. */
export interface Buffer {
  /** Fresh in each run; an argument of the function; held from outside; the same values in each run; a packed weight that is kept. */
  kind: 'made' | 'given' | 'captured' | 'constant' | 'kept';
  /** What names it: a made or given buffer has no memory there. The same in each trace of a function. */
  readonly address: number;
  readonly bytes: number;
  /** What the function itself wrote in JavaScript. */
  initial: Storage | null;
  /** Of what is held from outside: the memory. */
  readonly storage?: Storage;
  /** Whether a call has written to it. */
  written: boolean;
}

/** An argument that is an address. */
export interface Pointer {
  /** Which argument. */
  readonly at: number;
  buffer: Buffer;
  /** In bytes. */
  offset: number;
  readonly writes: boolean;
  /** Bytes of an element; 0 where it is not known. */
  readonly itemSize: number;
}

export interface Call {
  kernel: number;
  /** Numbers; 0 in place of an address. */
  readonly args: number[];
  readonly pointers: Pointer[];
  /** Of an elementwise call: the argument where its Strided begins (native/kernels/strided.h); else -1. */
  readonly strided: number;
  /** Of index_bounds: what a run says that finds a value outside. */
  readonly message?: string;
  /** Of a recurrent layer's whose packed weights are kept: the argument that says whether they are packed. */
  readonly ready?: { readonly at: number; readonly packed: Buffer };
  /** Of gemm_batch_reduce: which argument is a table of addresses, and what they are. */
  readonly table?: { readonly at: number; readonly entries: readonly Pointer[] };
}

/** The error of a tensor that outlives its trace. */
export const usedOutside =
  'compile: a tensor that was made while a function was traced is used outside of it; it has no values, so return it from the function instead of keeping it';

// Above every address of a process, below 2^53.
const firstAddress = 2 ** 49;
const alignment = 64;

const isIn = ({ address, bytes }: Buffer, at: number): boolean =>
  at >= address && at < address + Math.max(1, bytes);

const bufferAt = (storage: Storage, kind: Buffer['kind']): Buffer => ({
  kind,
  address: storage.address,
  bytes: storage.capacity,
  initial: null,
  storage: kind === 'captured' ? storage : undefined,
  written: false,
});

// Memory that outlives the trace, also where a gradient rule makes it whose own memory is released.
function kept(bytes: number): Storage {
  const owner = setOwner(Owner.user);
  try {
    return native.allocate(bytes);
  } finally {
    setOwner(owner);
  }
}

export class Trace implements Executor {
  readonly isTrace = true;
  // What is packed in a trace belongs to its program.
  readonly packedWeights = new Map<object, unknown>();
  readonly calls: Call[] = [];
  /** Made and given buffers, in order of address. */
  private readonly buffers: Buffer[] = [];
  private readonly outside = new Map<Storage, Buffer>();
  private readonly storages: Storage[] = [];
  private readonly tensors: Tensor[] = [];
  /** Tensors from outside that operations have taken. */
  readonly captured = new Set<Tensor>();
  /** Where they are. */
  private readonly held = new Set<Storage>();
  /** Tensors from outside that operations have changed in place. */
  readonly changed = new Set<View>();
  /** The states of the generators that calls draw from. */
  readonly drawn = new Set<Storage>();
  /** What the calls of index_bounds that are not taken over yet say when they find something. */
  private readonly messages: (string | null)[] = [];
  private next = firstAddress;

  /** @param mayChange whether operations may change tensors from outside in place */
  constructor(private readonly mayChange = false) {}

  /** Runs `body` with this trace on. */
  run<R>(body: () => R): R {
    const outer = setTrace(this);
    startRecording();
    try {
      const result = body();
      this.drain();
      return result;
    } finally {
      stopRecording();
      setTrace(outer);
    }
  }

  allocate(bytes: number): Storage {
    const capacity = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
    const storage = new Storage(noBuffer, 0, bytes, this.next, capacity);
    this.next += capacity;
    this.buffers.push(bufferAt(storage, 'made'));
    this.storages.push(storage);
    return storage;
  }

  acquire(bytes: number): Storage {
    return this.allocate(bytes);
  }

  // Memory in a trace is one use of it: which uses may share memory is planned later.
  release(): void {}

  // The call is made later, when the slot holds another number.
  scratch<S extends Scalar>({ tensor: { shape, dtype } }: S): S {
    const tensor = empty(shape, dtype);
    return { tensor, memory: this.elements(tensor, 1) } as Scalar as S;
  }

  /** A placeholder for an argument. */
  give(shape: Shape, dtype: DType): Tensor {
    const x = empty(shape, dtype);
    this.bufferOf(x).kind = 'given';
    return x;
  }

  made(x: Tensor): void {
    this.tensors.push(x);
    this.note(x.storage);
  }

  uses(x: Tensor): void {
    if (!this.note(x.storage)) return;
    this.captured.add(x);
    this.held.add(x.storage);
  }

  // Whether the memory is from outside.
  private note(storage: Storage): boolean {
    if (storage.address >= firstAddress) return false;
    if (!this.outside.has(storage)) {
      this.outside.set(storage, bufferAt(storage, 'captured'));
    }
    return true;
  }

  draws(state: Storage): void {
    this.drawn.add(state);
    if (!this.outside.has(state)) this.outside.set(state, bufferAt(state, 'constant'));
  }

  bounds(message: string | null): void {
    this.messages.push(message);
  }

  elements(x: Tensor, length: number, shapes?: string): TypedArray {
    const buffer = this.find(x.storage.address);
    if (buffer !== null && buffer.kind !== 'captured') {
      this.drain();
      if (buffer.kind === 'made' && !buffer.written) {
        buffer.initial ??= kept(x.storage.byteLength);
        const { initial } = buffer;
        const at = initial.byteOffset + x.offset * itemSize(x.dtype);
        return arrayOver(x.dtype, bufferOf(initial), at, length);
      }
    }
    if (shapes !== undefined) {
      this.refuse(
        shapes,
        "its result's shape depends on values, and a trace has none; do it outside",
      );
    }
    throw new Error(
      `compile: the function reads values of a tensor of shape ${showShape(sizesOf(x))} while it is traced (item, toArray, toString); a trace has none, so do that outside`,
    );
  }

  changes(operation: string, x: View, what: Changed): void {
    const buffer = this.find(x.storage.address);
    if (buffer?.kind === 'made') return;
    if (this.mayChange && buffer?.kind !== 'given' && what === 'elements') {
      this.note(x.storage);
      this.changed.add(x);
      return;
    }
    throw new Error(
      `compile: the function changes ${buffer?.kind === 'given' ? 'an argument' : 'a tensor from outside'} of shape ${showShape(x.shape)} in place (${operation}); it must only compute results, so change a clone() instead`,
    );
  }

  refuse(operation: string, why: string): never {
    throw new Error(`compile: ${operation} cannot be traced: ${why}`);
  }

  /** Memory from outside that calls write to. */
  rewritten(): Map<Storage, Buffer> {
    const isRewritten = ({ kind, written }: Buffer): boolean => kind === 'captured' && written;
    return new Map([...this.outside].filter(([, buffer]) => isRewritten(buffer)));
  }

  /** The buffer that holds `x`, or null. */
  tryBufferOf(x: { readonly storage: Storage }): Buffer | null {
    return this.find(x.storage.address);
  }

  bufferOf(x: { readonly storage: Storage }): Buffer {
    const found = this.tryBufferOf(x);
    if (found === null) throw new Error('internal: compile: a tensor is in no known buffer');
    return found;
  }

  private find(address: number): Buffer | null {
    if (address >= firstAddress) {
      let low = 0;
      let high = this.buffers.length;
      while (high - low > 1) {
        const middle = (low + high) >>> 1;
        if (this.buffers[middle].address <= address) low = middle;
        else high = middle;
      }
      const found = this.buffers[low];
      return found !== undefined && isIn(found, address) ? found : null;
    }
    for (const found of this.outside.values()) if (isIn(found, address)) return found;
    return null;
  }

  /** Takes over the calls recorded since the last time. */
  drain(): void {
    for (const call of readRecording()) this.calls.push(this.callOf(call));
  }

  private callOf({ kernel, args, kinds }: Recorded): Call {
    const name = kernelNames[kernel];
    const effect = effectOf(kernel);
    if (effect === 'answers') {
      this.refuse('a number drawn for JavaScript', 'a trace has no values; draw it outside');
    }
    if (effect === 'outside') this.refuse(name, 'it changes state outside the function');
    const pointers: Pointer[] = [];
    let strided = -1;
    for (let i = 0; i < args.length; i++) {
      const address = args[i];
      const { kind: role, itemSize: size } = partsOfKind(kinds[i]);
      if (role === argumentKind.stridedField && strided < 0) strided = i;
      if (role === argumentKind.number || role === argumentKind.stridedField || address === 0) {
        continue;
      }
      const isField = role === argumentKind.structField;
      const buffer = this.find(address) ?? this.finding(effect, i, address);
      if (buffer === null) {
        if (isField) continue;
        throw new Error(`internal: compile: ${name} was given an address in no known buffer`);
      }
      const { kind } = buffer;
      const writes = isField ? kind === 'made' : role === argumentKind.writeAddress;
      if (writes) {
        const isOwn =
          kind === 'made' ||
          (kind === 'constant' && effect !== null) ||
          (kind === 'captured' && this.mayChange);
        if (!isOwn) {
          throw new Error(
            `compile: ${name} would change ${kind === 'given' ? 'an argument' : 'a tensor from outside'} in place; a compiled function must only compute results`,
          );
        }
        buffer.written = true;
      }
      args[i] = 0;
      pointers.push({ at: i, buffer, offset: address - buffer.address, writes, itemSize: size });
    }
    const message = effect === 'checks' ? (this.messages.shift() ?? undefined) : undefined;
    return { kernel, args, pointers, strided, message };
  }

  // Where index_bounds leaves its finding.
  private finding(effect: KernelEffect | null, argument: number, address: number): Buffer | null {
    if (effect !== 'checks' || argument !== IndexBoundsAt.position) return null;
    const storage = new Storage(noBuffer, 0, 8, address, 8);
    const buffer = bufferAt(storage, 'constant');
    this.outside.set(storage, buffer);
    return buffer;
  }

  /** What calls read from outside is in tensors that the program relies on: it would not see that another is replaced. */
  checkHeld(): void {
    for (const { kernel, pointers } of this.calls) {
      for (const { buffer } of pointers) {
        if (buffer.storage === undefined || this.held.has(buffer.storage)) continue;
        throw new Error(
          `internal: compile: ${kernelNames[kernel]} reads a tensor that is not noted`,
        );
      }
    }
  }

  /** Makes the use of a tensor that outlives the trace an error. */
  close(): void {
    const used = (): never => {
      throw new Error(usedOutside);
    };
    const poison = { get: used, configurable: true };
    const own = new Set(this.storages);
    for (const x of this.tensors)
      if (own.has(x.storage)) Object.defineProperty(x, 'address', poison);
    for (const storage of own) Object.defineProperties(storage, { address: poison, block: poison });
    this.storages.length = 0;
    this.tensors.length = 0;
  }
}

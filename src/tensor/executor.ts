/**
 * Executors: what becomes of the memory that operations request, the kernels that they call and the elements that
 * JavaScript reads. There are two. The native one allocates and computes immediately. A trace (compile/trace.ts) computes
 * nothing: it gives out memory that has addresses but no bytes, and notes the calls (native/binding/recording), the
 * tensors that they take, and what a trace cannot hold. `setTrace` is the one switch between them.
 */
import { arrayOver, itemSize, type DType, type TypedArray } from './dtype';
import { bufferOf, type Storage } from './memory';
import { allocate, acquire, release } from './pool';
import type { Shape } from './shape';

/** What an executor knows of a tensor. */
export interface View {
  readonly storage: Storage;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly offset: number;
}

/** A tensor of one element, and that element. */
export interface Scalar {
  readonly tensor: View;
  readonly memory: TypedArray;
}

export type Changed = 'elements' | 'tensor';

export interface Executor {
  /** Whether calls are noted and made later, if at all: values are not known then. */
  readonly isTrace: boolean;
  /** Packed forms of weights that later calls find again. */
  readonly packedWeights: WeakMap<object, unknown>;
  /** Memory for a tensor. */
  allocate(bytes: number): Storage;
  /** Memory for the engine's own use, until `release`. */
  acquire(bytes: number): Storage;
  release(storage: Storage): void;
  /** A tensor, perhaps a view, has been made. */
  made(x: View): void;
  /** An operation takes `x` as it is. */
  uses(x: View): void;
  /**
   * The elements of `x`, for JavaScript to read or write.
   * @param shapes the operation, where the shape of its result depends on them
   */
  elements(x: View, length: number, shapes?: string): TypedArray;
  /** A number for the next call to read: `slot`, unless calls after it may overwrite that too early. */
  scratch<S extends Scalar>(slot: S): S;
  /** A generator, whose state is `state`, is about to be drawn from. */
  draws(state: Storage): void;
  /** The next call looks for values outside a range; in a trace, what each run says when it finds one. */
  bounds(message: string | null): void;
  /** An in-place operation is about to change `x`: its elements, or the tensor itself (where it is, whether it has a history). */
  changes(operation: string, x: View, what: Changed): void;
  /** `operation` is about to do what a trace cannot hold, for the reason `why`. */
  refuse(operation: string, why: string): void;
}

/** Allocates, computes and reads immediately. */
export const native: Executor = {
  isTrace: false,
  packedWeights: new WeakMap<object, unknown>(),
  allocate,
  acquire,
  release,
  made() {},
  uses() {},
  elements({ storage, dtype, offset }, length) {
    return arrayOver(
      dtype,
      bufferOf(storage),
      storage.byteOffset + offset * itemSize(dtype),
      length,
    );
  },
  scratch: (slot) => slot,
  draws() {},
  bounds() {},
  changes() {},
  refuse() {},
};

// The executor that is on, as one object whose methods V8 inlines: two objects would make every call of an operation
// polymorphic once a trace has run, 20 ns of the 90 of an `add` of 8 elements.
class Switch implements Executor {
  trace: Executor | null = null;
  get isTrace(): boolean {
    return this.trace !== null;
  }
  get packedWeights(): WeakMap<object, unknown> {
    return (this.trace ?? native).packedWeights;
  }
  allocate(bytes: number): Storage {
    return this.trace === null ? allocate(bytes) : this.trace.allocate(bytes);
  }
  acquire(bytes: number): Storage {
    return this.trace === null ? acquire(bytes) : this.trace.acquire(bytes);
  }
  release(storage: Storage): void {
    if (this.trace === null) release(storage);
    else this.trace.release(storage);
  }
  made(x: View): void {
    if (this.trace !== null) this.trace.made(x);
  }
  uses(x: View): void {
    if (this.trace !== null) this.trace.uses(x);
  }
  elements(x: View, length: number, shapes?: string): TypedArray {
    return (this.trace ?? native).elements(x, length, shapes);
  }
  scratch<S extends Scalar>(slot: S): S {
    return this.trace === null ? slot : this.trace.scratch(slot);
  }
  draws(state: Storage): void {
    if (this.trace !== null) this.trace.draws(state);
  }
  bounds(message: string | null): void {
    if (this.trace !== null) this.trace.bounds(message);
  }
  changes(operation: string, x: View, what: Changed): void {
    if (this.trace !== null) this.trace.changes(operation, x, what);
  }
  refuse(operation: string, why: string): void {
    if (this.trace !== null) this.trace.refuse(operation, why);
  }
}
const on = new Switch();

/** The executor that is on. */
export const executor: Executor = on;

/** Puts a trace on, or (null) the native executor; returns the trace that was on before. */
export function setTrace(trace: Executor | null): Executor | null {
  const before = on.trace;
  on.trace = trace;
  return before;
}

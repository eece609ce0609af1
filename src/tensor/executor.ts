/**
 * Executors: what becomes of the memory that operations ask for, the kernels that they call and the elements that
 * JavaScript reads. There are two. The native one does what is asked, at once. A trace (compile/trace.ts) computes
 * nothing: it gives out memory that has addresses but no bytes, and notes the calls (native/binding/recorder), the
 * tensors that they take, and what a trace cannot hold. `setExecutor` is the one switch between them.
 */
import { arrayOver, itemSize, type DType, type TypedArray } from './dtype';
import type { Storage } from './memory';
import { allocate, borrow, giveBack } from './pool';
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

export interface Executor {
  /** Whether calls are noted and made later, if at all: values are not known then. */
  readonly isTrace: boolean;
  /** Packed forms of weights that later calls find again. */
  readonly packedWeights: WeakMap<object, unknown>;
  /** Memory for a tensor. */
  allocate(bytes: number): Storage;
  /** Memory for the engine's own use, until `giveBack`. */
  borrow(bytes: number): Storage;
  giveBack(storage: Storage): void;
  /** A tensor, perhaps a view, has been made. */
  made(x: View): void;
  /** An operation takes `x` as it is. */
  uses(x: View): void;
  /** The elements of `x`, for JavaScript to read or write. */
  elements(x: View, length: number): TypedArray;
  /** A number for the next call to read: `slot`, unless calls after it may overwrite that too early. */
  scratch<S extends Scalar>(slot: S): S;
  /** An in-place operation is about to change `x`. */
  changes(operation: string, x: View): void;
  /** `operation` is about to do what a trace cannot hold, for the reason `why`. */
  refuse(operation: string, why: string): void;
}

class NativeExecutor implements Executor {
  readonly isTrace = false;
  readonly packedWeights = new WeakMap<object, unknown>();
  allocate(bytes: number): Storage {
    return allocate(bytes);
  }
  borrow(bytes: number): Storage {
    return borrow(bytes);
  }
  giveBack(storage: Storage): void {
    giveBack(storage);
  }
  made(): void {}
  uses(): void {}
  elements({ storage, dtype, offset }: View, length: number): TypedArray {
    return arrayOver(dtype, storage.buffer, storage.byteOffset + offset * itemSize(dtype), length);
  }
  scratch<S extends Scalar>(slot: S): S {
    return slot;
  }
  changes(): void {}
  refuse(): void {}
}

export const native: Executor = new NativeExecutor();

/** The executor that is on. */
export let executor: Executor = native;

/** Switches executors; returns the one that was on before. */
export function setExecutor(next: Executor): Executor {
  const before = executor;
  executor = next;
  return before;
}

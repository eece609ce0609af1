/**
 * The add-on's kernels and the argument block that they read their arguments from. The functions of generated.ts write it,
 * in the order of the parameter lists in native/kernels/kernels.inc, and call a kernel that `family` or `kernel` found.
 * Everything has been validated before; the binding checks nothing.
 *
 * Only values that hold their own address (`Memory`) are passed around, never bare addresses: the holder
 * stays alive on the stack while its address is in use.
 */
import { positiveInteger, surplus } from '../check';
import { loadAddon, type AddonInstance } from './load';

/**
 * A native kernel that takes the parameters of `Signature` (a name of generated.ts): it reads its arguments from `args`,
 * and only the generated functions call it.
 */
export interface Kernel<Signature extends string = string> {
  (): void;
  /** Exists for the type checker only: kernels of other parameters are of another type. */
  readonly signature?: Signature;
}

/** What an element type is called in kernel names. */
export type Suffix = 'f32' | 'f64' | 'i32' | 'u8';

/** Something with bytes at a fixed address: a tensor, a storage. */
export interface Memory {
  readonly address: number;
}

export const addon = loadAddon();
/** Of this evaluation of the package alone: another copy in the process has its own. */
export const instance = ((): AddonInstance => {
  const made = addon.createInstance();
  if (made === null) {
    throw new RangeError(
      'ostinato: no memory for the scratch space of a thread (8 MB of addresses); raise the limit of the process (ulimit -v)',
    );
  }
  return made;
})();

/** The argument block: doubles that the next kernel call reads. */
export const args: Float64Array = instance.args;

/** The instruction set in use: `avx512`, `avx2`, `neon` or `scalar`. */
export const isa: string = addon.isa ?? 'none';
/** Every instruction set that this build and this processor have, best first. */
export const availableIsas: readonly string[] = addon.availableIsas;
/** Where an array's bytes are. */
export const addressOf = (array: ArrayBufferView): number => addon.addressOf(array);

/** Doubles that native code finds by their address, which stay alive beside it. */
export class Doubles {
  readonly address: number;
  constructor(readonly values: Float64Array) {
    this.address = addressOf(values);
  }
}

/** The memory at an offset of `bytes` from the start of `memory`, which it keeps alive. */
export const memoryAt = (memory: Memory, bytes: number): Memory =>
  bytes === 0 ? memory : new Interior(memory, bytes);

class Interior implements Memory {
  readonly address: number;
  constructor(
    readonly memory: Memory,
    bytes: number,
  ) {
    this.address = memory.address + bytes;
  }
}

/**
 * How many threads kernels may use (torch.get_num_threads): at first the number of physical cores that
 * the process may run on, or what the environment variable `OSTINATO_NUM_THREADS` says, which must be an integer of at
 * least 1. More than the add-on can use count as the most that it can.
 * @example getNumThreads() > 0 // true
 */
export function getNumThreads(): number {
  if (arguments.length > 0) surplus('getNumThreads', arguments, 0);
  return addon.getNumThreads();
}

/**
 * Sets how many threads kernels may use (torch.set_num_threads), in every thread of JavaScript. Results
 * do not depend on it. More than the add-on can use count as the most that it can.
 * @throws TypeError, RangeError unless `count` is an integer of at least 1.
 * @example setNumThreads(getNumThreads())
 */
export function setNumThreads(count: number): void {
  if (arguments.length > 1) surplus('setNumThreads', arguments, 1, 'count');
  positiveInteger.check('setNumThreads', 'count', count);
  addon.setNumThreads(Math.min(count, addon.maxThreads));
}

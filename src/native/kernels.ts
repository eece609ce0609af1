/**
 * Calls into the add-on. A kernel takes its arguments from the argument block: write them into `args`, in
 * the order of its parameter list in native/kernels/kernels.inc, and call it. Everything has been
 * validated before; the binding checks nothing.
 *
 * Only values that hold their own address (`Memory`) are passed around, never bare addresses: the holder
 * stays alive on the stack while its address is in use.
 */
import { loadAddon } from './load';

/** A native kernel: reads its arguments from `args`, returns nothing. */
export type Kernel = () => void;

/** What an element type is called in kernel names. */
export type Suffix = 'f32' | 'f64' | 'i32' | 'u8';

/** Something with bytes at a fixed address: a tensor, a storage. */
export interface Memory {
  readonly address: number;
}

export const addon = loadAddon();
/** Of this evaluation of the package alone: another copy in the process has its own. */
export const instance = addon.createInstance();

/** The argument block: doubles that the next kernel call reads. */
export const { args } = instance;

/** The instruction set in use: `avx512`, `avx2`, `neon` or `scalar`. */
export const isa: string = addon.isa ?? 'none';
/** Every instruction set that this build and this processor have, best first. */
export const availableIsas: readonly string[] = addon.availableIsas;
/** Where an array's bytes are. */
export const addressOf = (array: ArrayBufferView): number => addon.addressOf(array);

/** The kernel of exactly that name. */
export function kernel(name: string): Kernel {
  const found = instance.kernels[name];
  if (found === undefined) throw new Error(`internal: the add-on has no kernel ${name}`);
  return found;
}

/** A kernel for each element type that it exists for. */
export type KernelFamily = Partial<Record<Suffix, Kernel | undefined>>;

export function family(name: string): KernelFamily {
  // All families have the same fields in the same order, so that reading one is a load at a known place.
  const found: KernelFamily = { f32: undefined, f64: undefined, i32: undefined, u8: undefined };
  for (const suffix of ['f32', 'f64', 'i32', 'u8'] as const) {
    const one = instance.kernels[`${name}_${suffix}`];
    if (one !== undefined) found[suffix] = one;
  }
  if (Object.values(found).every((one) => one === undefined))
    throw new Error(`internal: the add-on has no kernel ${name}`);
  return found;
}

/**
 * How many threads kernels may use (torch.get_num_threads): at first the number of physical cores that
 * the process may run on, or what the environment variable `OSTINATO_NUM_THREADS` says.
 */
export function getNumThreads(): number {
  return addon.getNumThreads();
}

/**
 * Sets how many threads kernels may use (torch.set_num_threads), in every thread of JavaScript. Results
 * do not depend on it.
 * @throws RangeError unless `count` is an integer of at least 1.
 */
export function setNumThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(
      `setNumThreads: the number of threads must be an integer of at least 1, got ${count}`,
    );
  }
  addon.setNumThreads(Math.min(count, addon.maxThreads));
}

/**
 * Runs `rounds` rounds of multiply-adds that depend on nothing but the processor, and returns how many
 * floating-point operations (float32) that were: what benches compare with.
 */
export function fmaPeak(rounds: number): number {
  const flops = new Float64Array(1);
  args[0] = rounds;
  args[1] = addon.addressOf(flops);
  kernel('fma_peak_f32')();
  return flops[0];
}

/**
 * Reads `array` `rounds` times and returns how many bytes (float32, whole vectors only) that were: with a size that
 * one level of the caches holds, that level's bandwidth for benches to compare with.
 */
export function readPeak(array: Float32Array, rounds: number): number {
  const bytes = new Float64Array(1);
  args[0] = addon.addressOf(array);
  args[1] = array.length;
  args[2] = rounds;
  args[3] = addon.addressOf(bytes);
  kernel('read_peak')();
  return bytes[0];
}

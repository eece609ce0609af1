/**
 * The add-on, and this evaluation of the package's own part of it: the argument block, a function for each kernel, a
 * recording (native/binding/instance.h). The functions of calls.ts write the block, in the order of the parameter lists
 * in native/kernels/kernels.inc, and call a kernel that `family` or `kernel` found. Everything has been validated before; the
 * binding checks nothing.
 */
import { loadAddon, type AddonInstance } from './load';

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

/** The numbers that C++ and TypeScript share: native/constants.inc. */
export const { constants } = addon;

/** The instruction set in use: `avx512`, `avx2`, `neon` or `scalar`. */
export const isa: string = addon.isa ?? 'none';
/** Every instruction set that this build and this processor have, best first. */
export const availableIsas: readonly string[] = addon.availableIsas;

/** Finding a kernel of the add-on by its name: checked by the compiler against the list of kernels. */
import type { PlainKernels, TypedKernels } from './kernel-list';
import { instance } from './instance';
import type { Kernel, Suffix } from './kernels';

/** The kernel of that name, one without an element type. */
export function kernel<Name extends keyof PlainKernels>(name: Name): Kernel<PlainKernels[Name]> {
  const found = instance.kernels[name];
  if (found === undefined) throw new Error(`internal: the add-on has no kernel ${name}`);
  return found;
}

/** Names of the kernels with the parameters of `Signature`. */
export type NamesOf<Signature extends string> = {
  [Name in keyof TypedKernels]: TypedKernels[Name] extends Signature ? Name : never;
}[keyof TypedKernels];

/** A kernel for each element type that it exists for. */
export type KernelFamily<Signature extends string = string> = Partial<
  Record<Suffix, Kernel<Signature> | undefined>
>;

/** The kernels of that name by element type. */
export function family<Name extends keyof TypedKernels>(
  name: Name,
): KernelFamily<TypedKernels[Name]> {
  // All families have the same fields in the same order, so that reading one is a load at a known place.
  const found: KernelFamily = { f32: undefined, f64: undefined, i32: undefined, u8: undefined };
  for (const suffix of ['f32', 'f64', 'i32', 'u8'] as const) {
    const one = instance.kernels[`${name}_${suffix}`];
    if (one !== undefined) found[suffix] = one;
  }
  if (Object.values(found).every((one) => one === undefined))
    throw new Error(`internal: the add-on has no kernel ${name}`);
  return found as KernelFamily<TypedKernels[Name]>;
}

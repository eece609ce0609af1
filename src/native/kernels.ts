/** What a kernel of the add-on is to the type checker. */

/**
 * A native kernel that takes the parameters of `Signature` (a name of calls.ts): it reads its arguments from the argument
 * block, and only the generated functions call it.
 */
export interface Kernel<Signature extends string = string> {
  (): void;
  /** Exists for the type checker only: kernels of other parameters are of another type. */
  readonly signature?: Signature;
}

/** What an element type is called in kernel names. */
export type Suffix = 'f32' | 'f64' | 'i32' | 'u8';

/** The option `inplace` of activations and dropout, as functions and as layers. */
import { boolean, optionsTable } from '../../check';

/** Options of functions and layers that can write their result into their argument. */
export interface InplaceOptions {
  /**
   * Whether the result is written into the argument, which is returned; refused where other operations in place are: a leaf
   * that requires gradients. Default: false.
   */
  inplace?: boolean;
}

export const inplaceFields = { inplace: boolean.or(false) };
export const inplaceOptions = optionsTable<InplaceOptions>('silu', inplaceFields);

/** How recorded operations are written: one entry of each. */
import { elementwise } from './elementwise';
import type { Writer } from './emitter';
import { products } from './products';
import { recurrent } from './recurrent';
import { shapes } from './shapes';

export const writers: Readonly<Record<string, Writer>> = {
  ...elementwise,
  ...shapes,
  ...products,
  ...recurrent,
};

/** The kernels that combine the elements of one place. */
import { family, type KernelFamily } from '../../native/families';
import type { DType } from '../../tensor/dtype';

const sums = family('scatter_add');
const products = family('scatter_mul');
export const larger = family('scatter_max');
export const smaller = family('scatter_min');

/** What adds elements of a type: the sum of bools is their or, the larger one. */
export const summing = (dtype: DType): KernelFamily<'IndexCopy'> =>
  dtype === 'bool' ? larger : sums;
/** What multiplies them: the product of bools is their and, the smaller one. */
export const multiplying = (dtype: DType): KernelFamily<'IndexCopy'> =>
  dtype === 'bool' ? smaller : products;

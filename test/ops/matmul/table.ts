// src/ops/matmul: the rows of its contractions, see ../entry.ts. Products of matrices are in matmul.test.ts.
import * as o from 'ostinato';
import type { Entry } from '../entry';

const einsum = (equation: string, ...shapes: number[][]): Entry => ({
  name: `einsum ${equation}`,
  f: (...inputs) => o.einsum(equation, ...inputs),
  shapes: [shapes],
  kinks: [],
});

export const table: readonly Entry[] = [
  einsum('ij,jk->ik', [2, 3], [3, 2]),
  einsum('ij,kj->ki', [2, 3], [2, 3]),
  einsum('bihd,bjhd->bhij', [1, 2, 2, 2], [1, 2, 2, 2]),
  einsum('...ij,jk->...ik', [2, 2, 2], [2, 3]),
  einsum('bi,bi->b', [2, 3], [2, 3]),
  einsum('i,j->ij', [2], [3]),
  einsum('bi,bj->bij', [2, 2], [2, 3]),
  einsum('ibk,bj->jbki', [2, 3, 2], [3, 2]),
  einsum('ab,bc,cd->ad', [2, 2], [2, 3], [3, 1]),
  einsum('iij->ji', [2, 2, 3]),
  einsum('...i->...', [2, 3]),
  { name: 'tensordot', f: (a, b) => o.tensordot(a, b), shapes: [[[2, 2, 3], [2, 3, 2]]] }, // prettier-ignore
  { name: 'inner', f: (a, b) => o.inner(a, b), shapes: [[[2, 3], [2, 3]], [[3], [3]], [[], [2]]] }, // prettier-ignore
  { name: 'kron', f: (a, b) => o.kron(a, b), shapes: [[[2, 2], [3]], [[], [2]]] }, // prettier-ignore
];

// src/ops/rearranging: the rows of its operations, see ../entry.ts.
import * as o from 'ostinato';
import { matrix, ofOne, smooth, type Entry } from '../entry';

// Gradients are moved, not computed.
export const table: readonly Entry[] = [
  ofOne('flip', (x) => (x.ndim === 0 ? o.flip(x, []) : o.flip(x, [0])), smooth),
  ofOne('roll', (x) => o.roll(x, 1, 0), matrix),
  ofOne('tril', (x) => o.tril(x), matrix),
  ofOne('triu', (x) => o.triu(x, 1), matrix),
];

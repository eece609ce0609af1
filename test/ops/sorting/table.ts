// src/ops/sorting: the rows of its operations, see ../entry.ts.
import * as o from 'ostinato';
import { ofOne, type Entry } from '../entry';

// Gradients are moved, not computed.
export const table: readonly Entry[] = [
  ofOne('topk', (x) => o.topk(x, 2)[0], { shapes: [[[2, 3]], [[3]]] }),
  ofOne('topk dim', (x) => o.topk(x, 1, 0, { largest: false })[0], { shapes: [[[2, 3]], [[]]] }),
];

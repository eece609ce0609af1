// src/ops/joining: the rows of its operations, see ../entry.ts.
import * as o from 'ostinato';
import { ofOne, ofTwo, matrix, pair, type Entry } from '../entry';

// Gradients are moved, not computed.
export const table: readonly Entry[] = [
  {
    name: 'cat',
    f: (a, b, c) => o.cat([a, b, c], 1),
    shapes: [
      [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
      [
        [2, 3],
        [2, 0],
        [2, 1],
      ],
    ],
  },
  { name: 'chunk', f: (x) => o.chunk(x, 2, 1), shapes: [[[2, 3]]] },
  ofOne('repeatInterleave', (x) => o.repeatInterleave(x, 2, 0), matrix),
  { name: 'split', f: (x) => o.split(x, [1, 2], 1), shapes: [[[2, 3]]] },
  ofTwo('stack', (a, b) => o.stack([a, b], 1), pair),
  ofOne('tile', (x) => o.tile(x, [2, 1]), matrix),
  { name: 'unbind', f: (x) => o.unbind(x, 0), shapes: [[[2, 3]]] },
];

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
  ofOne('repeat', (x) => x.repeat(2, 1, 2), matrix),
  ofOne('repeatInterleave', (x) => o.repeatInterleave(x, 2, 0), matrix),
  { name: 'split', f: (x) => o.split(x, [1, 2], 1), shapes: [[[2, 3]]] },
  ofTwo('stack', (a, b) => o.stack([a, b], 1), pair),
  ofOne('tile', (x) => o.tile(x, [2, 1]), matrix),
  ofTwo('columnStack', (a, b) => o.columnStack([a, b]), pair),
  ofOne('diff', (x) => o.diff(x, 2, 1), { shapes: [[[2, 4]], [[2, 0]]] }),
  ofTwo('diff of joined', (x, y) => o.diff(x, 1, 0, { prepend: y }), pair),
  ofTwo('dstack', (a, b) => o.dstack([a, b]), pair),
  { name: 'hsplit', f: (x) => o.hsplit(x, [1]), shapes: [[[2, 3]], [[3]]] },
  { name: 'splitWithSizes', f: (x) => o.splitWithSizes(x, [1, 2], 1), shapes: [[[2, 3]]] },
  { name: 'tensorSplit', f: (x) => o.tensorSplit(x, 2, -1), shapes: [[[2, 3]]] },
  { name: 'tensorSplit at indices', f: (x) => o.tensorSplit(x, [2, 1], 1), shapes: [[[2, 3]]] },
  { name: 'unbind', f: (x) => o.unbind(x, 0), shapes: [[[2, 3]]] },
];

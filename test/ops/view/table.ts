// src/ops/view: the rows of its operations, see ../entry.ts.
import * as o from 'ostinato';
import { ofOne, cube, type Entry } from '../entry';

// Gradients are moved, not computed.
export const table: readonly Entry[] = [
  { name: 'atleast2d', f: (a, b) => o.atleast2d(a, b), shapes: [[[], [3]]] },
  ofOne('atleast3d', (x) => o.atleast3d(x), { shapes: [[[]], [[2]], [[2, 3]]] }),
  { name: 'broadcastTensors', f: (a, b) => o.broadcastTensors(a, b), shapes: [[[2, 1], [3]]] },
  ofOne('broadcastTo', (x) => o.broadcastTo(x, [2, 2, 3]), { shapes: [[[2, 3]], [[1, 3]], [[]]] }),
  ofOne('diagonal', (x) => o.diagonal(x, 1), cube),
  ofOne('flatten', (x) => o.flatten(x, 1), cube),
  { name: 'meshgrid', f: (a, b) => o.meshgrid([a, b]), shapes: [[[2], [3]]] },
  ofOne('T', (x) => x.T, cube),
  ofOne('mT', (x) => x.mT, cube),
  ofOne('movedim', (x) => o.movedim(x, 0, 2), cube),
  ofOne('permute', (x) => o.permute(x, [2, 0, 1]), cube),
  ofOne('squeeze', (x) => o.squeeze(x), { shapes: [[[2, 1, 3]]] }),
  ofOne('swapaxes', (x) => o.swapaxes(x, 0, 1), cube),
  ofOne('unflatten', (x) => o.unflatten(x, 1, [3, -1]), { shapes: [[[2, 6]]] }),
  ofOne('unfold', (x) => x.unfold(1, 2, 1), cube),
  ofOne('unfold apart', (x) => x.unfold(-1, 2, 3), { shapes: [[[2, 6]], [[2]]] }),
];

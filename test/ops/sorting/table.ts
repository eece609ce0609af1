// src/ops/sorting: the rows of its operations, see ../entry.ts.
import * as o from 'ostinato';
import { ofOne, type Entry } from '../entry';

// Gradients are moved, not computed.
export const table: readonly Entry[] = [
  ofOne('topk', (x) => o.topk(x, 2)[0], { shapes: [[[2, 3]], [[3]]] }),
  ofOne('topk dim', (x) => o.topk(x, 1, 0, { largest: false })[0], { shapes: [[[2, 3]], [[]]] }),
  ofOne('median', (x) => o.median(x), { shapes: [[[2, 3]], [[]]] }),
  ofOne('median dim', (x) => o.median(x, 1).values, { shapes: [[[2, 3, 2]], [[0, 2]]] }),
  ofOne('nanmedian', (x) => o.nanmedian(x, 0, { keepdim: true }).values, { shapes: [[[3, 2]]] }),
  ofOne('kthvalue', (x) => o.kthvalue(x, 2, 1).values, { shapes: [[[2, 3]]] }),
  ofOne('mode', (x) => o.mode(x).values, { shapes: [[[2, 3]], [[]]] }),
  ofOne('quantile', (x) => o.quantile(x, 0.3, { dim: 1 }), { shapes: [[[2, 4, 2]]] }),
  ofOne('quantile of all', (x) => o.quantile(x, 0.7), { shapes: [[[2, 3]], [[]]] }),
  ofOne('nanquantile', (x) => o.nanquantile(x, 0.3, { dim: 0, keepdim: true }), {
    shapes: [[[4, 2]]],
  }),
];

// src/ops/reduce: the rows of its operations, see ../entry.ts.
import * as o from 'ostinato';
import { alongDim, declaredIn, ofOne, reduction, type Entry } from '../entry';
import { namesIn } from '../exports';

export const table: readonly Entry[] = [
  ...declaredIn(namesIn('reduce')),
  ...alongDim('cumsum', o.cumsum),
  ...reduction('logsumexp', (x, dim, options) => o.logsumexp(x, dim!, options), { all: false }),
  ofOne('max', (x) => o.max(x), { shapes: [[[2, 3]], [[]]] }),
  ofOne('max dim', (x) => o.max(x, 1)[0], { shapes: [[[2, 3, 2]], [[0, 2]]] }),
  ofOne('min', (x) => o.min(x), { shapes: [[[2, 3]], [[]]] }),
  ofOne('min dim', (x) => o.min(x, -1, { keepdim: true })[0], { shapes: [[[2, 3]], [[3]], [[]]] }),
  ...reduction('norm', (x, dim, options) => o.norm(x, 2, dim, options), { empty: false }),
  ...reduction('norm 1', (x, dim, options) => o.norm(x, 1, dim, options)),
  ...reduction('norm 3', (x, dim, options) => o.norm(x, 3, dim, options), { empty: false }),
  ...reduction('norm Infinity', (x, dim, options) => o.norm(x, Infinity, dim, options), {
    empty: false,
  }),
  ...reduction('prod', (x, dim, options) => o.prod(x, dim as number, options), { several: false }),
  ...reduction('std', o.std, { empty: false, shapes: [[[2, 3, 2]]] }),
  ...reduction('variance', o.variance, { empty: false, shapes: [[[2, 3, 2]]] }),
  ofOne('variance correction 0', (x) => o.variance(x, 0, { correction: 0 }), {
    shapes: [[[3, 2]]],
  }),
];

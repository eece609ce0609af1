// src/ops/reduce: the rows of its operations, see ../entry.ts.
import * as o from 'ostinato';
import { alongDim, declaredIn, ofOne, reduction, type Entry } from '../entry';
import { namesIn } from '../exports';

// One 0 in a line, two of them, none.
const places = o.tensor(
  [
    [1, 0, 1, 1],
    [0, 1, 0, 1],
    [1, 1, 1, 1],
  ],
  { dtype: 'float64' },
);

export const table: readonly Entry[] = [
  ...declaredIn(namesIn('reduce')),
  ...alongDim('cumsum', o.cumsum),
  ...alongDim('cumprod', o.cumprod),
  ofOne('cumprod of zeros', (x) => o.cumprod(x.mul(places.to(x.dtype)), 1), { shapes: [[[3, 4]]] }),
  ...alongDim('logcumsumexp', o.logcumsumexp),
  ...alongDim('cummax', (x, dim) => o.cummax(x, dim).values),
  ...alongDim('cummin', (x, dim) => o.cummin(x, dim).values),
  ...reduction('nansum', (x, dim, options) => o.nansum(x, dim, options)),
  ...reduction('nanmean', (x, dim, options) => o.nanmean(x, dim, options), {
    empty: false,
    shapes: [[[2, 3, 2]]],
  }),
  ...reduction('stdMean', (x, dim, options) => o.stdMean(x, dim, options)[0], {
    empty: false,
    shapes: [[[2, 3, 2]]],
  }),
  ...reduction('varMean', (x, dim, options) => o.varMean(x, dim, options)[0], {
    empty: false,
    shapes: [[[2, 3, 2]]],
  }),
  ofOne('aminmax', (x) => [...o.aminmax(x, { dim: 1 })] as unknown as o.Tensor, {
    shapes: [[[2, 3]]],
  }),
  ofOne('trace', (x) => o.trace(x), { shapes: [[[2, 3]], [[3, 2]]] }),
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

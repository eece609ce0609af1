// src/ops/indexing: the rows of its operations, see ../entry.ts.
import * as o from 'ostinato';
import { ofOne, ofTwo, type Entry } from '../entry';

const mask = o.tensor([
  [true, false, true],
  [false, false, true],
]);
const rows = o.tensor([2, 0, 2], { dtype: 'int32' });
const places = o.tensor(
  [
    [0, 1, 0],
    [2, 0, 0],
  ],
  { dtype: 'int32' },
);
const first = o.tensor([0], { dtype: 'int32' });

// Gradients are moved, not computed.
export const table: readonly Entry[] = [
  ofOne('embedding', (x) => o.embedding(rows, x), { shapes: [[[3, 2]]] }),
  ofTwo('indexAdd', (x, s) => o.indexAdd(x, 0, first, s).square(), { shapes: [[[], []]] }),
  ofTwo('indexCopy', (x, s) => o.indexCopy(x, 0, first, s).square(), { shapes: [[[], []]] }),
  ofTwo('maskedFill', (x, value) => o.maskedFill(x, mask, value), { shapes: [[[2, 3], []]] }),
  ofOne('maskedSelect', (x) => o.maskedSelect(x, mask), { shapes: [[[2, 3]], [[3]]] }),
  ...(['sum', 'prod', 'mean', 'amax', 'amin'] as const).flatMap((reduce) =>
    [true, false].map((includeSelf) =>
      ofTwo(
        `scatterReduce ${reduce}, includeSelf ${includeSelf}`,
        (x, src) => o.scatterReduce(x, 0, places, src, reduce, { includeSelf }),
        {
          shapes: [
            [
              [3, 3],
              [2, 3],
            ],
          ],
        },
      ),
    ),
  ),
  ofTwo('maskedScatter', (x, source) => o.maskedScatter(x, mask, source), {
    shapes: [
      [[2, 3], [4]],
      [
        [2, 3],
        [2, 2],
      ],
    ],
  }),
  ofTwo('indexFill', (x, value) => o.indexFill(x, 0, rows, value), { shapes: [[[3, 2], []]] }),
];

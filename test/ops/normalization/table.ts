// src/ops/normalization: the rows of its operations, see ../entry.ts.
import * as o from 'ostinato';
import { alongDim, type Entry } from '../entry';

export const table: readonly Entry[] = [
  ...alongDim('logSoftmax', o.logSoftmax),
  ...alongDim('softmax', o.softmax),
];

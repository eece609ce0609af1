/** The rows of the benchmark, in the order of the table. */
import { custom } from './custom';
import { growths } from './growth';
import { layers } from './layers';
import { micro } from './micro';
import { packing } from './packing';
import { parts } from './parts';
import { rows, single, squares } from './products';
import { programs } from './programs';
import { forward, infer, shapes, streaming, streamingStep, train, training } from './recurrent';
import { product } from './products';
import { processes } from './processes';
import { sessions } from './sessions';
import type { Entry } from './special';
import { threads } from './threads';
import type { Work } from './work';

/** npm run bench:peers */
export const works: readonly Entry[] = [
  ...squares,
  ...rows,
  ...single,
  ...forward,
  ...training,
  ...streaming,
  ...sessions,
  ...parts,
  ...layers,
  ...packing,
  ...micro,
  ...programs,
  ...custom,
  ...threads,
  ...processes,
  ...growths,
];

const { tiny, many, middle } = shapes;

/** npm run bench: the short list, with a goal against PyTorch (or onnxruntime) for each. */
export const quick: readonly Work[] = [
  train('LSTM', many, [{ than: 'torch', times: 8 }]),
  train('LSTM', tiny, [{ than: 'torch', times: 50 }]),
  train('LSTM', middle, [{ than: 'torch', times: 2 }]),
  train('GRU', middle, [{ than: 'torch', times: 2 }]),
  train('RNN', middle, [{ than: 'torch', times: 2 }]),
  infer('LSTM', middle, [{ than: 'torch', times: 1 }]),
  streamingStep(80, 256),
  ...[256, 512, 1024].map((n) => product(n, n, n, [{ peakShare: 0.93 }])),
  ...micro,
  ...programs,
];

/** Where a training is: everything about it that is in no model, optimizer or scheduler. */
import {
  arrayOf,
  count,
  isInstance,
  isPlain,
  number,
  objectOf,
  rule,
  type Plain,
} from '../../check';
import type { BestEpoch, EpochRecord } from './history';
import { refuseFile } from './refuse-file';

/** The numbers of a run, which a checkpoint holds as they are. */
export interface RunState {
  /** Epochs that are finished. */
  epochs: EpochRecord[];
  /** Batches of the present epoch that were trained on. */
  batch: number;
  /** Which ones those were: see `Pass.hash`. */
  hash: number;
  /** Updates so far. */
  step: number;
  /** Of the present epoch: the sum of the losses so far, and its time. */
  lossSum: number;
  seconds: number;
  best: BestEpoch | null;
  /** The best epoch by more than minDelta, and how many have come since. */
  stopping: { best: number | null; waited: number };
  /** Generators when the present epoch began; empty before it has. */
  start: Uint8Array[];
}

export const newState = (): RunState => ({
  epochs: [],
  batch: 0,
  hash: 0,
  step: 0,
  lossSum: 0,
  seconds: 0,
  best: null,
  stopping: { best: null, waited: 0 },
  start: [],
});

const anyBytes = arrayOf(rule<Uint8Array>('bytes', (value) => isInstance(value, Uint8Array)));
const anyRecord = rule<EpochRecord>(
  'an epoch',
  (value) =>
    isPlain(value) &&
    ['epoch', 'loss', 'lr', 'seconds'].every((key) => typeof value[key] === 'number') &&
    (value['validation'] === null || isPlain(value['validation'])),
);
const anyBest = objectOf<BestEpoch>('an epoch', { epoch: count, value: number });
const saved = objectOf('a run', {
  epochs: arrayOf(anyRecord),
  batch: count,
  hash: count,
  step: count,
  lossSum: number,
  seconds: number,
  best: anyBest.orNull,
  stopping: objectOf<RunState['stopping']>('a stop', { best: number.orNull, waited: count }),
  start: anyBytes,
});
const anyNow = anyBytes;

/**
 * The state in a checkpoint, and the generators as they were when it was written.
 * @throws RangeError for what `train.fit` does not write.
 */
export function readState(
  value: unknown,
  generators: number,
): { run: RunState; now: Uint8Array[] } {
  if (value === undefined) refuseFile('train.fit has not written it');
  let run: RunState;
  let now: Uint8Array[];
  try {
    const { epochs, start, ...rest } = saved.check('train.fit', 'run', value);
    run = { ...rest, epochs: [...epochs], start: [...start], stopping: { ...rest.stopping } };
    now = [...anyNow.check('train.fit', 'now', (value as Plain)['now'])];
  } catch (error) {
    refuseFile((error as Error).message.replace(/^train\.fit: /, 'in it, ').replace(/; .*$/, ''));
  }
  const isWithin = run.batch > 0;
  if (now.length !== generators || (isWithin && run.start.length !== generators)) {
    refuseFile(`it has ${now.length} random generators, this training ${generators}`);
  }
  return { run, now };
}

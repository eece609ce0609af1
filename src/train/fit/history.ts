/** What a training has been so far, epoch by epoch, and which of its numbers is watched. */
import { isHigherBetter, nearestOf, type NamedMetrics } from './metrics';

/** Loss and metrics of a validation, by name. */
export type ValidationRecord = { readonly loss: number } & Readonly<Record<string, number>>;

/** One epoch. */
export interface EpochRecord {
  /** From 1 on. */
  readonly epoch: number;
  /** Mean of the losses of its batches, each as it was before its update. */
  readonly loss: number;
  /** Mean loss and metrics on the validation loader; null without one. */
  readonly validation: ValidationRecord | null;
  /** Learning rate of the first parameter group at its end, before a schedule goes on. */
  readonly lr: number;
  /** Time that it took, validation included. */
  readonly seconds: number;
}

/** Why a training ended. */
export type StopReason = 'epochs' | 'earlyStopping' | 'signal' | 'callback' | 'error';

/** The best epoch. */
export interface BestEpoch {
  /** Its number, from 1 on. */
  readonly epoch: number;
  /** Of what was watched. */
  readonly value: number;
}

/** What `train.fit` returns. */
export interface FitHistory {
  /** One for each epoch that was finished. */
  readonly epochs: EpochRecord[];
  /** Updates of the parameters, those before a resumption included. */
  readonly steps: number;
  /** Why it ended: all epochs were made, nothing improved, the signal was aborted, a callback returned false; of an error's history, that. */
  readonly stopped: StopReason;
  /** What was watched: `'validation.loss'`, say. */
  readonly monitor: string;
  /** The epoch in which that was best; null before the first. */
  readonly best: BestEpoch | null;
  /** Whether steps were traced and replayed, as by `compile.step`. */
  readonly compiled: boolean;
  /** Why they were run as they are written; null where they were not. */
  readonly reason: string | null;
  /** The step from which it was resumed; null where it began anew. */
  readonly resumedAt: number | null;
}

/** The same numbers, for whoever may change them. */
export const copyOf = (record: EpochRecord): EpochRecord => ({
  ...record,
  validation: record.validation === null ? null : { ...record.validation },
});

/** The watched number: `'loss'`, `'validation.loss'`, `'validation.accuracy'`, whose `validation.` may be left out but for the loss. */
export class Monitor {
  readonly name: string;
  readonly #isHigher: boolean;
  readonly #key: string | null;

  /** @throws RangeError for what no epoch has. */
  constructor(
    given: string | null,
    mode: 'min' | 'max' | null,
    metrics: NamedMetrics,
    validates: boolean,
  ) {
    const names = [...metrics.keys()];
    const known = validates
      ? ['loss', 'validation.loss', ...names.map((name) => `validation.${name}`)]
      : ['loss'];
    const name = given ?? (validates ? 'validation.loss' : 'loss');
    const found = [name, `validation.${name}`].find((one) => known.includes(one));
    if (found === undefined) {
      const why = validates
        ? nearestOf(name, [...known, ...names])
        : 'without validation only loss can be';
      throw new RangeError(`train.fit: monitor '${name}' is no number of an epoch; ${why}`);
    }
    this.name = found;
    this.#key = found === 'loss' ? null : found.slice('validation.'.length);
    this.#isHigher =
      mode === null ? this.#key !== null && isHigherBetter(metrics, this.#key) : mode === 'max';
  }

  /** The number of an epoch. */
  of({ loss, validation }: Pick<EpochRecord, 'loss' | 'validation'>): number {
    return this.#key === null ? loss : validation![this.#key];
  }

  /** Whether `value` is better than `best` by more than `least`; NaN is not. */
  isBetter(value: number, best: number | null, least: number): boolean {
    if (best === null) return !Number.isNaN(value);
    return this.#isHigher ? value > best + least : value < best - least;
  }
}

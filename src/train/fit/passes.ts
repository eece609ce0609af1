/** Batches of a loader from a place in a pass on, and turns that are given to the event loop. */
import { DataLoader } from '../../data';
import { describeOfAnotherCopy, isInstance, rule } from '../../check';
import { defaultGenerator, type Generator } from '../../random/generator';
import { markBatch } from './batch';
import { Source, unlessAborted, type Batches, type Next } from './source';

export type { Batches } from './source';

const has = (value: unknown, symbol: symbol): boolean => {
  try {
    return typeof (value as Record<symbol, unknown>)[symbol] === 'function';
  } catch {
    return false;
  }
};

/** A loader. */
export const anyBatches = rule<Batches<unknown>>(
  'a DataLoader, or anything else to iterate over',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    describeOfAnotherCopy(value) === undefined &&
    (has(value, Symbol.iterator) || has(value, Symbol.asyncIterator)),
);

/** Whether the loader can say which samples its batches have. */
const isOurs = (loader: unknown): loader is DataLoader<unknown> =>
  isInstance(loader, DataLoader) &&
  loader[Symbol.iterator] === DataLoader.prototype[Symbol.iterator];

/** Batches in a pass; undefined where that is not known. */
export function lengthOf(loader: Batches<unknown>): number | undefined {
  try {
    const { length } = loader as { length?: unknown };
    return Number.isSafeInteger(length) ? (length as number) : undefined;
  } catch {
    return undefined; // of an IterableDataset
  }
}

/** The generators that a loader draws from. */
export const generatorsOf = (loader: Batches<unknown> | null): readonly Generator[] =>
  isInstance(loader, DataLoader) ? loader.generators : [];

/** Generators as one: all states are taken and set together. */
export class GeneratorStates {
  readonly #generators: readonly Generator[];

  constructor(...loaders: readonly (Batches<unknown> | null)[]) {
    this.#generators = [...new Set([defaultGenerator, ...loaders.flatMap(generatorsOf)])];
  }

  take(): Uint8Array[] {
    return this.#generators.map((generator) => generator.getState());
  }

  /** How many there are. */
  get count(): number {
    return this.#generators.length;
  }

  set(states: readonly Uint8Array[]): void {
    this.#generators.forEach((generator, i) => generator.setState(states[i]));
  }
}

const offset = 0x811c9dc5;
const prime = 0x01000193;

/** One pass over a loader. */
export class Pass {
  readonly #source: Source;
  readonly #marks: boolean;
  /** A number that says which samples came so far: FNV-1a of their indices, or of marks of the batches. */
  hash = offset;
  /** Whether a batch may be waited for. */
  readonly isAsync: boolean;
  readonly #note = (value: number): void => {
    this.hash = Math.imul(this.hash ^ value, prime) >>> 0;
  };

  /**
   * @param skipped batches that came before: the first so many of this pass are nothing
   * @param marks whether `hash` is of a loader too that does not say which samples it gives
   */
  constructor(loader: Batches<unknown>, skipped: number, marks: boolean) {
    this.#marks = marks && !isOurs(loader);
    if (isOurs(loader)) {
      const note = (indices: readonly number[]): void => {
        for (const i of indices) this.#note(i);
      };
      this.#source = new Source(loader.pass(skipped, note));
      this.isAsync = false;
      return;
    }
    const given = loader as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
    this.isAsync = has(given, Symbol.asyncIterator);
    this.#source = new Source(
      this.isAsync ? given[Symbol.asyncIterator]!() : given[Symbol.iterator]!(),
    );
  }

  /** The next batch; a promise of it only where the loader gives one. */
  next(): Next | Promise<Next> {
    const given = this.#source.next();
    if (!this.#marks) return given;
    return given instanceof Promise
      ? given.then((next) => this.#marked(next))
      : this.#marked(given);
  }

  #marked(next: Next): Next {
    if (next.done !== true) markBatch(next.value, this.#note);
    return next;
  }

  /** Ends a pass before its end. @throws what the loader throws then. */
  close(): Promise<void> {
    return this.#source.close();
  }

  /** The same where an error is on its way. */
  closeQuietly(): Promise<void> {
    return this.#source.closeQuietly();
  }
}

/**
 * Goes over the batches that a run had before it was interrupted; false when the signal is aborted meanwhile.
 * @throws Error when they are others than those.
 */
export async function skip(
  pass: Pass,
  { batch, hash }: { readonly batch: number; readonly hash: number },
  signal: AbortSignal | null,
): Promise<boolean> {
  for (let i = 0; i < batch; i++) {
    const given = pass.next();
    const next = given instanceof Promise ? await unlessAborted(given, signal) : given;
    if (next === null) return false;
    if (next.done === true) refuseOthers();
  }
  if (pass.hash !== hash) refuseOthers();
  return true;
}

function refuseOthers(): never {
  throw new Error(
    "train.fit: the checkpoint was written within an epoch, and the loader does not give that epoch's batches again; resume with the data, the batch size and the order that the run had",
  );
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** How long steps may follow each other, in ms, before the event loop has a turn. */
export const longestTurn = 10;

/** Gives the event loop a turn where the last one is `longestTurn` ago. */
export class Turns {
  #since = performance.now();

  isDue(): boolean {
    return performance.now() - this.#since >= longestTurn;
  }

  async take(): Promise<void> {
    await turn();
    this.#since = performance.now();
  }
}

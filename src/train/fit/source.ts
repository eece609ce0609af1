/** The iterator of a loader, asked as `for await` asks one, and what waits for it, which an aborted signal ends. */
import { isCallable, refuse } from '../../check';

/** What batches come from: a DataLoader, or anything that can be iterated again for each epoch. */
export type Batches<Batch> = Iterable<Batch> | AsyncIterable<Batch>;

/** What `next()` gives. */
export type Next = IteratorResult<unknown, unknown>;

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

type Method = (this: unknown) => unknown;

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  value instanceof Promise || (isObject(value) && isCallable((value as { then?: unknown }).then));

function checked(result: unknown): Next {
  if (!isObject(result)) {
    refuse('train.fit', "the result of the loader's next()", 'an object { done, value }', result);
  }
  return result as Next;
}

export class Source {
  readonly #iterator: { next(): unknown; return?: unknown };
  /** Whether it has come to its end, or has thrown: it is not to be closed then. */
  #isOver = false;
  #isWaiting = false;

  /** @throws TypeError for what is no iterator. */
  constructor(iterator: unknown) {
    if (!isObject(iterator) || !isCallable((iterator as { next?: unknown }).next)) {
      refuse('train.fit', 'the iterator of the loader', 'one with next()', iterator);
    }
    this.#iterator = iterator as { next(): unknown };
  }

  /** The next result; a promise of it only where the iterator gives one. @throws TypeError for what is none. */
  next(): Next | Promise<Next> {
    this.#isOver = true;
    const given = this.#iterator.next();
    if (isThenable(given)) return this.#awaited(given);
    return this.#seen(given);
  }

  async #awaited(given: PromiseLike<unknown>): Promise<Next> {
    this.#isWaiting = true;
    try {
      return this.#seen(await given);
    } finally {
      this.#isWaiting = false;
    }
  }

  #seen(given: unknown): Next {
    const result = checked(given);
    this.#isOver = result.done === true;
    return result;
  }

  /**
   * Tells it that no more is wanted, unless it has ended. One that is waiting itself is not waited for.
   * @throws TypeError where its `return` is no function, and what that throws.
   */
  async close(): Promise<void> {
    if (this.#isOver && !this.#isWaiting) return;
    this.#isOver = true;
    const { return: close } = this.#iterator;
    if (close === undefined || close === null) return;
    if (!isCallable(close)) {
      refuse('train.fit', "return of the loader's iterator", 'a function', close);
    }
    const closed = (close as Method).call(this.#iterator);
    if (!this.#isWaiting) await closed;
    else Promise.resolve(closed).catch(() => undefined);
  }

  /** The same where an error is on its way, which is the one to be told. */
  async closeQuietly(): Promise<void> {
    try {
      await this.close();
    } catch {
      // As in `for … of`.
    }
  }
}

/** What a promise gives; null where the signal is aborted before. */
export function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | null,
): Promise<T | null> {
  if (signal === null) return promise;
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(null);
    const done = (): void => signal.removeEventListener('abort', stop);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
    promise.then(resolve, reject).finally(done);
  });
}

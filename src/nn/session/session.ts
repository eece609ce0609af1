/** Session: a stream of chunks through a model, with the states of its recurrent layers. */
import {
  boolean,
  guardMethods,
  hideRefusal,
  optionsTable,
  surplus,
  uncloneable,
} from '../../check';
import { deepcopy, refuseCopy } from '../../tensor/deepcopy';
import type { Tensor } from '../../tensor/tensor';
import { keepApart, later, Runner, type Streamed } from './runner';
import { copyOfState, namedStates, statesOf, type States } from './states';

/** Options of `Module.stream` and `Sessions`. */
export interface SessionOptions {
  /**
   * Whether the forward is compiled: traced once for each shape of a chunk, and replayed in one crossing into native code, with the same
   * bits. `compile` says what forward must not do then. A model of many small operations gains most. Default: false.
   */
  compile?: boolean;
}

export const sessionOptions = optionsTable<SessionOptions>('stream', {
  compile: boolean.or(false),
});

/** A model, as sessions run it. */
export interface SessionModel {
  /** What a session runs for each chunk. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- of a module of any class
  forward(...inputs: any[]): any;
}

/** @internal What a session's states are kept in. */
export interface Store {
  readonly runner: Runner;
  push(operation: string, inputs: readonly unknown[]): unknown;
  /** The states; not to be changed. */
  states(): States;
  /** Puts copies of states in the place of all. */
  replace(operation: string, states: States): void;
  /** One that goes on by itself. */
  fork(operation: string): Store;
  close(): void;
}

/** @internal The states of `Module.stream()`: tensors of its own, for any number of rows. */
export class OwnStore implements Store {
  readonly runner: Runner;
  #states: States;

  constructor(runner: Runner, states: States = runner.places.map(() => [])) {
    this.runner = runner;
    this.#states = states;
  }

  push(operation: string, inputs: readonly unknown[]): unknown {
    const before = this.#states;
    const [output, taken] = this.runner.run(operation, inputs, before, null, null);
    keepApart(taken, inputs, output);
    this.#states = later(before, taken);
    return output;
  }

  states(): States {
    return this.#states;
  }

  replace(_operation: string, states: States): void {
    this.#states = states;
  }

  fork(): Store {
    const copy = this.#states.map((calls) => calls.map((state) => state && copyOfState(state)));
    return new OwnStore(this.runner, copy);
  }

  close(): void {
    this.#states = [];
  }
}

const refusal = uncloneable('a Session: send io.toMessage(session.snapshot()) to another thread');

let storeOf: (session: Session) => Store | null;

/** @internal Where a session's states are; null after `close()`. */
export const storeOfSession = (session: Session): Store | null => storeOf(session);

/**
 * A stream of chunks through a model that goes on where the chunk before ended: it owns the states of the model's recurrent layers.
 * Made by `Module.stream()`, and by `Sessions.open()` where many are advanced as one batch.
 *
 * `push` runs the model's `forward` in evaluation (dropout is off, whatever mode the model is in, which it keeps) and without
 * gradients. Each call of a recurrent layer without a state starts from the state that the same call of the chunk before has ended in: `RNN`, `LSTM`,
 * `GRU`, `JANET`, their cells, `Recurrent` and `Stateful`, wherever in the model they are; the second call of a layer within a forward has a state of its
 * own, and a call with the state that the layer has returned before in this forward is its next step. Whatever else depends on more than a chunk is the
 * model's affair: a convolution sees the chunk alone. So for a model of recurrent layers and layers of single steps, chunks give the bits of
 * the whole sequence.
 *
 * Weights may change between chunks (training goes on beside it); modules may not be replaced. The memory of a session is its states.
 *
 * @example
 * class Tagger extends nn.Module {
 *   rnn = new nn.GRU(4, 8, { batchFirst: true });
 *   out = new nn.Linear(8, 2);
 *   forward(x: Tensor) { return this.out.forward(this.rnn.forward(x)[0]); }
 * }
 * const session = new Tagger().stream();
 * for (const chunk of randn([1, 30, 4]).split(10, 1)) session.push(chunk); // [1, 10, 2]
 * const saved = session.snapshot(); // Map { 'rnn.h' => [1, 1, 8] }
 * session.reset(); // the next chunk starts from zeros
 * session.restore(saved); // or goes on from there
 */
export class Session<M extends SessionModel = SessionModel> {
  /** @internal */
  readonly refusal = refusal;
  #store: Store | null;

  static {
    storeOf = (session) => session.#store;
  }

  /** @internal */
  constructor(store: Store) {
    if (arguments.length !== 1 || typeof (store as Partial<Store> | null)?.push !== 'function') {
      throw new TypeError('Session: is made by model.stream() or by open() of nn.Sessions');
    }
    this.#store = store;
  }

  /** @internal */
  [deepcopy.custom](_copy: unknown, where: () => string): never {
    refuseCopy(this, where, 'which runs a model that is not copied; fork() goes on from here');
  }

  #open(method: string): Store {
    if (this.#store === null) throw new Error(`Session.${method}: this session is closed`);
    return this.#store;
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#store === null;
  }

  /**
   * Runs the model's `forward` on the next chunk, from where the chunk before ended. When it throws, the session stays where it was.
   * @param inputs what `forward` takes, without states
   * @returns what `forward` returns
   * @throws Error after `close()`, when modules were replaced, and when `forward` gives a recurrent layer a state of its own; RangeError, TypeError for another
   * number of rows or another element type than the states have; whatever `forward` throws.
   */
  push(...inputs: Parameters<M['forward']>): ReturnType<M['forward']> {
    return this.#open('push').push('Session.push', inputs) as ReturnType<M['forward']>;
  }

  /**
   * A copy of the states by name: `rnn.h`, `rnn.c` for the layer in the field `rnn`. It goes into `io.saveSafetensors` and
   * `io.saveCheckpoint`, and through `io.toMessage`; empty before the first chunk.
   */
  snapshot(): Map<string, Tensor> {
    if (arguments.length > 0) surplus('Session.snapshot', arguments, 0);
    const store = this.#open('snapshot');
    return namedStates(store.runner.places, store.states());
  }

  /**
   * Goes on from a snapshot, of this session or of another one of the same model. When it does not fit, nothing changes. What the state of a `Recurrent`
   * over a cell of your own has to be the cell alone knows: it refuses it at the next `push`.
   * @throws TypeError for what is no snapshot; RangeError for that of another model; Error after `close()`.
   */
  restore(saved: ReadonlyMap<string, Tensor>): void {
    if (arguments.length > 1) surplus('Session.restore', arguments, 1, 'saved');
    const store = this.#open('restore');
    const { places, name } = store.runner;
    store.replace('Session.restore', statesOf('Session.restore', name, places, saved));
  }

  /** Forgets the states: the next chunk begins a sequence. */
  reset(): void {
    if (arguments.length > 0) surplus('Session.reset', arguments, 0);
    const store = this.#open('reset');
    store.replace(
      'Session.reset',
      store.runner.places.map(() => []),
    );
  }

  /** A session of the same model that goes on from here by itself; one of `Sessions` makes another one of them. */
  fork(): Session<M> {
    if (arguments.length > 0) surplus('Session.fork', arguments, 0);
    return new Session<M>(this.#open('fork').fork('Session.fork'));
  }

  /** Gives the states up; nothing can be pushed then. Closing twice does nothing. */
  close(): void {
    if (arguments.length > 0) surplus('Session.close', arguments, 0);
    this.#store?.close();
    this.#store = null;
  }

  /**
   * The session as a `TransformStream`: each chunk that is written is pushed, and what `push` returns is read. The session is
   * not closed at its end.
   * @example
   * const session = new nn.GRU(4, 8).stream();
   * const chunks = new ReadableStream({
   *   start(controller) {
   *     controller.enqueue(randn([10, 1, 4]));
   *     controller.close();
   *   },
   * });
   * for await (const [out] of chunks.pipeThrough(session.transform())) out.shape; // [10, 1, 8]
   */
  transform(): TransformStream<Parameters<M['forward']>[0], ReturnType<M['forward']>> {
    if (arguments.length > 0) surplus('Session.transform', arguments, 0);
    this.#open('transform');
    return new TransformStream<Parameters<M['forward']>[0], ReturnType<M['forward']>>({
      transform: (chunk, controller) => {
        // forward's other inputs are optional.
        const inputs = [chunk] as unknown as Parameters<M['forward']>;
        // eslint-disable-next-line no-restricted-syntax -- one
        controller.enqueue(this.push(...inputs));
      },
    });
  }
}

hideRefusal(Session);
// push is what a stream does in each step.
guardMethods(Session.prototype, undefined, (key) => key !== 'push');

/** @internal What `Module.stream` returns. */
export function streamOf<M extends SessionModel>(
  model: M,
  options: SessionOptions | undefined,
): Session<M> {
  const { compile } = sessionOptions.read(options);
  return new Session<M>(new OwnStore(new Runner('stream', model as unknown as Streamed, compile)));
}

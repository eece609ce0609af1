/** Sessions: many streams through one model, advanced as one batch. Their states are rows of tensors that they share. */
import {
  guardMethods,
  hideRefusal,
  isArray,
  isInstance,
  refuse,
  surplus,
  uncloneable,
} from '../../check';
import { copyInto } from '../../ops/kernels/copy';
import { indexSelect, narrow, tensor, zeros } from '../../ops';
import { putRowsInto, rowsAlong } from '../../ops/indexing/rows';
import { deepcopy, refuseCopy } from '../../tensor/deepcopy';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import type { Carried } from './carried';
import { Module } from '../module';
import { keepApart, later, Runner } from './runner';
import {
  Session,
  sessionOptions,
  storeOfSession,
  type SessionModel,
  type SessionOptions,
  type Store,
} from './session';
import { leavesOf, nested, showPlace, type States } from './states';

const refusal = uncloneable(
  'a group of sessions: send io.toMessage(session.snapshot()) of each to another thread',
);

const placeholder = zeros([]);

/** The states that one call of a layer has ended in: a row for each session. */
class Rows {
  /** How states are nested; its tensors are placeholders. */
  readonly form: Carried;
  /** Each part of all sessions; rows past those in use are unwritten. */
  arenas: Tensor[];
  /** By row: whether that session has a state. */
  #has: Uint8Array;
  #count = 0;

  constructor(
    readonly path: string,
    readonly dim: number,
    state: Carried,
    capacity: number,
  ) {
    this.form = nested(state, () => placeholder);
    this.#has = new Uint8Array(capacity);
    this.arenas = leavesOf(state).map((x) => this.#empty(x, capacity));
  }

  #empty(like: Tensor, rows: number): Tensor {
    const shape = sizesOf(like).map((size, d) => (d === this.dim ? rows : size));
    return zeros(shape, { dtype: like.dtype });
  }

  has(row: number): boolean {
    return this.#has[row] === 1;
  }

  /** How many of these sessions have a state. */
  countOf(rows: readonly number[]): number {
    let count = 0;
    for (let i = 0; i < rows.length; i++) if (this.#has[rows[i]] === 1) count++;
    return count;
  }

  /** Whether no other session has a state. */
  isOf(rows: readonly number[]): boolean {
    return this.countOf(rows) === this.#count;
  }

  drop(row: number): void {
    if (!this.has(row)) return;
    this.#has[row] = 0;
    this.#count--;
  }

  /** Whether the parts have the sizes and element types of these, but for the number of rows. */
  fits(leaves: readonly Tensor[]): boolean {
    return (
      leaves.length === this.arenas.length &&
      this.arenas.every((arena, i) => {
        const x = leaves[i];
        return (
          x.dtype === arena.dtype &&
          x.ndim === arena.ndim &&
          sizesOf(x).every((size, d) => d === this.dim || size === sizesOf(arena)[d])
        );
      })
    );
  }

  /** Makes room for so many rows. */
  reserve(rows: number): void {
    if (this.#has.length < rows) {
      const before = this.#has;
      this.#has = new Uint8Array(Math.max(rows, Math.ceil(before.length * 1.5)));
      this.#has.set(before);
    }
    const { dim } = this;
    if (this.arenas.every((arena) => sizesOf(arena)[dim] >= rows)) return;
    this.arenas = this.arenas.map((arena) => {
      const before = sizesOf(arena)[dim];
      if (before >= rows) return arena;
      const larger = this.#empty(arena, Math.max(rows, Math.ceil(before * 1.5)));
      copyInto(arena, narrow(larger, dim, 0, before));
      return larger;
    });
  }

  /** The states of these rows; zeros of those that have none. */
  gather(index: Tensor, fresh: readonly boolean[] | null): Carried {
    const { dim } = this;
    let next = 0;
    return nested(this.form, () => {
      const all = indexSelect(this.arenas[next++], dim, index);
      fresh?.forEach((isFresh, i) => {
        if (isFresh) narrow(all, dim, i, 1).fill_(0);
      });
      return all;
    });
  }

  scatter(rows: readonly number[], index: Tensor, leaves: readonly Tensor[]): void {
    leaves.forEach((x, i) => {
      const arena = this.arenas[i];
      putRowsInto('Sessions.push', x, rowsAlong(sizesOf(arena), this.dim, index), arena);
    });
    this.#count += rows.length - this.countOf(rows);
    for (let i = 0; i < rows.length; i++) this.#has[rows[i]] = 1;
  }
}

/** A session's row. */
class RowStore implements Store {
  constructor(
    readonly all: Arena,
    readonly row: number,
  ) {}

  get runner(): Runner {
    return this.all.runner;
  }

  push(operation: string, inputs: readonly unknown[]): unknown {
    return this.all.push(operation, [this.row], inputs);
  }

  states(): States {
    return this.all.statesOf(this.row);
  }

  replace(operation: string, states: States): void {
    this.all.replace(operation, this.row, states);
  }

  fork(operation: string): Store {
    const store = this.all.open();
    store.replace(operation, this.states());
    return store;
  }

  close(): void {
    this.all.close(this.row);
  }
}

class Arena {
  /** By layer and call; null before the first state of that call. */
  readonly #calls: (Rows | null)[][];
  readonly #free: number[] = [];
  #rows = 0;
  /** By row: the last call of `repeats` that has seen it. */
  #seen = new Float64Array(0);
  #turn = 0;
  /** Those that are being pushed. */
  #pushed: readonly number[] = [];
  /** The rows of the last push, whose states are `#batch` as a whole and not written yet: the same rows go on from there. */
  #batchRows: readonly number[] = [];
  #batch: States | null = null;

  constructor(readonly runner: Runner) {
    this.#calls = runner.places.map(() => []);
  }

  get size(): number {
    return this.#rows - this.#free.length;
  }

  /** Whether a row comes twice. */
  repeats(rows: readonly number[]): boolean {
    if (this.#isBatch(rows)) return false;
    if (this.#seen.length < this.#rows) this.#seen = new Float64Array(this.#rows * 2);
    this.#turn++;
    for (let i = 0; i < rows.length; i++) {
      if (this.#seen[rows[i]] === this.#turn) return true;
      this.#seen[rows[i]] = this.#turn;
    }
    return false;
  }

  #isBatch(rows: readonly number[]): boolean {
    const before = this.#batchRows;
    if (this.#batch === null || rows.length !== before.length) return false;
    for (let i = 0; i < rows.length; i++) if (rows[i] !== before[i]) return false;
    return true;
  }

  /** Writes the states of the last push to their rows. */
  #settle(): void {
    const batch = this.#batch;
    this.#batch = null;
    if (batch !== null) this.#write(this.#batchRows, batch);
  }

  open(): RowStore {
    const row = this.#free.pop() ?? this.#rows++;
    this.#each((rows) => rows.reserve(this.#rows));
    return new RowStore(this, row);
  }

  #each(visit: (rows: Rows) => void): void {
    for (const calls of this.#calls) for (const rows of calls) if (rows !== null) visit(rows);
  }

  close(row: number): void {
    if (this.#pushed.includes(row)) {
      throw new Error('Session.close: forward is running for this session; close it afterwards');
    }
    this.#settle();
    this.#each((rows) => rows.drop(row));
    this.#free.push(row);
  }

  statesOf(row: number): States {
    this.#settle();
    const index = tensor([row], { dtype: 'int32' });
    return this.#calls.map((calls) =>
      calls.map((rows) => (rows?.has(row) === true ? rows.gather(index, null) : null)),
    );
  }

  replace(operation: string, row: number, states: States): void {
    this.#settle();
    this.#check(operation, [row], states);
    this.#each((rows) => rows.drop(row));
    this.#write([row], states);
  }

  push(operation: string, rows: readonly number[], inputs: readonly unknown[]): unknown {
    let before = this.#isBatch(rows) ? this.#batch : null;
    let fresh: (readonly boolean[] | null)[][] | null = null;
    if (before === null) {
      this.#settle();
      const index = tensor(rows, { dtype: 'int32' });
      before = this.#calls.map((calls, layer) =>
        calls.map((one, call) => {
          const known = one === null ? 0 : one.countOf(rows);
          if (known === 0) return null;
          if (known === rows.length) return one!.gather(index, null);
          const isFresh = rows.map((row) => !one!.has(row));
          fresh ??= this.#calls.map(() => []);
          fresh[layer][call] = isFresh;
          return one!.gather(index, isFresh);
        }),
      );
    }
    this.#pushed = rows;
    let output: unknown;
    let taken: States;
    try {
      [output, taken] = this.runner.run(operation, inputs, before, fresh, rows.length);
    } finally {
      this.#pushed = [];
    }
    this.#check(operation, rows, taken);
    keepApart(taken, inputs, output);
    // Calls that were not made leave rows without a state what they are.
    if (fresh !== null) this.#write(rows, taken);
    else {
      this.#batch = later(before, taken);
      this.#batchRows = rows;
    }
    return output;
  }

  /** @throws RangeError for states that are no rows of what others have. */
  #check(operation: string, rows: readonly number[], states: States): void {
    states.forEach((calls, layer) => {
      const { path, carries } = this.runner.places[layer];
      calls.forEach((state, call) => {
        if (state === null) return;
        const leaves = leavesOf(state);
        const dim = carries.rowDim;
        for (const x of leaves) {
          if (x.ndim > dim + (carries.parts === null ? 0 : 1) && sizesOf(x)[dim] === rows.length)
            continue;
          throw new RangeError(
            `${operation}: ${rows.length} ${rows.length === 1 ? 'session needs' : 'sessions need'} a batch of as many rows, but the state of ${showPlace(path)} is ${showShape(sizesOf(x))}, whose rows are dimension ${dim}`,
          );
        }
        const own = this.#calls[layer][call];
        if (own === null || own === undefined || own.fits(leaves)) return;
        if (own.isOf(rows)) this.#calls[layer][call] = null;
        else {
          throw new RangeError(
            `${operation}: the state of ${showPlace(path)} is another than other sessions have (${leaves.map((x) => `${x.dtype} ${showShape(sizesOf(x))}`).join(', ')}); reset() them, or make new Sessions`,
          );
        }
      });
    });
  }

  #write(rows: readonly number[], states: States): void {
    const index = tensor(rows, { dtype: 'int32' });
    states.forEach((calls, layer) => {
      const { path, carries } = this.runner.places[layer];
      const own = this.#calls[layer];
      calls.forEach((state, call) => {
        while (own.length <= call) own.push(null);
        if (state === null) return;
        const one = (own[call] ??= new Rows(path, carries.rowDim, state, this.#rows));
        one.scatter(rows, index, leavesOf(state));
      });
    });
  }
}

/**
 * Many sessions of one model, which are advanced as one batch: thousands of listeners of a server. Each gets the bits that it would have got
 * alone, since no row of a batch depends on the others. A session that waits costs its row of the states.
 *
 * Row i of the inputs, wherever `forward` has its batch, is session i's; sessions of any age go together. Inputs need a batch dimension.
 *
 * @throws TypeError for what is no module; RangeError for a model whose states cannot be carried, as `Module.stream`.
 * @example
 * const sessions = new nn.Sessions(new nn.GRU(4, 8));
 * const [a, b, c] = [sessions.open(), sessions.open(), sessions.open()];
 * sessions.push([a, b], randn([10, 2, 4])); // [10, 2, 8] and the states
 * sessions.push([c, a], randn([10, 2, 4])); // c begins, a goes on
 * const saved = a.snapshot(); // Map { 'h' => [1, 1, 8] }
 * a.close();
 */
export class Sessions<M extends SessionModel = SessionModel> {
  /** @internal */
  readonly refusal = refusal;
  readonly #arena: Arena;

  /** @param model a module with recurrent layers */
  constructor(model: M, options?: SessionOptions) {
    if (arguments.length > 2) surplus('Sessions', arguments, 2, 'options');
    const { compile } = sessionOptions.read(options, 'Sessions');
    const made: unknown = model;
    if (!isInstance(made, Module)) refuse('Sessions', 'model', 'a Module', made);
    this.#arena = new Arena(new Runner('Sessions', made, compile));
  }

  /** How many sessions are open. */
  get size(): number {
    return this.#arena.size;
  }

  /** A session that begins. Its own `push` takes a batch of one row. */
  open(): Session<M> {
    if (arguments.length > 0) surplus('Sessions.open', arguments, 0);
    return new Session<M>(this.#arena.open());
  }

  /**
   * Runs the model's `forward` on the next chunks of some sessions as one batch. When it throws, all stay where they were.
   * @param sessions of these `Sessions`, each once; session i is row i of the inputs
   * @param inputs what `forward` takes, without states
   * @returns what `forward` returns
   * @throws TypeError for what are no sessions; RangeError for a session that is another's or comes twice, and when the inputs have another number
   * of rows; Error for a closed session; whatever `Session.push` throws.
   */
  push(
    sessions: readonly Session<M>[],
    ...inputs: Parameters<M['forward']>
  ): ReturnType<M['forward']> {
    const name = 'Sessions.push';
    const arena = this.#arena;
    if (!isArray(sessions)) refuse(name, 'sessions', 'an array of sessions', sessions);
    const rows: number[] = [];
    for (let i = 0; i < sessions.length; i++) {
      const session: unknown = sessions[i];
      if (!isInstance(session, Session)) refuse(name, `sessions[${i}]`, 'a Session', session);
      const store = storeOfSession(session);
      if (store === null) throw new Error(`${name}: sessions[${i}] is closed`);
      if (!(store instanceof RowStore) || store.all !== arena) {
        throw new RangeError(`${name}: sessions[${i}] was not opened by these Sessions`);
      }
      rows.push(store.row);
    }
    if (rows.length === 0) throw new RangeError(`${name}: sessions must hold at least one`);
    if (arena.repeats(rows)) {
      throw new RangeError(`${name}: a session comes twice; each has one row of a batch`);
    }
    return arena.push(name, rows, inputs) as ReturnType<M['forward']>;
  }

  /** @internal */
  [deepcopy.custom](_copy: unknown, where: () => string): never {
    refuseCopy(this, where, 'whose sessions others hold; open new ones and restore snapshots');
  }
}

hideRefusal(Sessions);
guardMethods(Sessions.prototype);

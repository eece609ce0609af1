/**
 * Runs a model for its sessions: in evaluation, without gradients, and as the carrier that its recurrent layers ask for their
 * states. Whose states these are is the sessions' affair.
 *
 * The k-th call of a layer without a state, within a forward, goes on where the k-th one of the forward before has ended. A call with a
 * state that the layer has returned in the same forward is the next step of that call: a loop over the steps of a chunk.
 */
import { describe, isArray } from '../../check';
import { setGradMode } from '../../autograd/mode';
import { compile } from '../../compile';
import { itemSize, type DType } from '../../tensor/dtype';
import { executor } from '../../tensor/executor';
import { isTensor } from '../../tensor/rules';
import type { Storage } from '../../tensor/storage';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { carries, setCarrier, type Carried, type Carrier, type Carrying } from './carried';
import { copyOfState, showPlace, type Place, type States } from './states';

/** A module, as far as sessions know of it. */
export interface Streamed {
  training: boolean;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- of a module of any class
  forward(...inputs: any[]): any;
  namedModules(): [path: string, module: Streamed][];
  /** @internal */
  eachMember(visit: (name: string, value: unknown) => void): void;
}

/** A recurrent layer of the model, and its calls in the running forward. */
interface Layer extends Place {
  given: readonly (Carried | null)[];
  fresh: readonly (readonly boolean[] | null)[] | null;
  taken: (Carried | null)[];
  /** Calls without a state so far, and which of them the running call goes on with. */
  calls: number;
  current: number;
}

// Of a layer while no forward runs.
const none: (Carried | null)[] = [];

const isCarrying = (value: object): value is Streamed & Carrying => carries in value;

function tensorsOf(modules: readonly Streamed[]): Tensor[] {
  const found: Tensor[] = [];
  for (const module of modules) {
    for (const name in module) {
      const value = (module as unknown as Record<string, unknown>)[name];
      if (isTensor(value)) found.push(value);
    }
  }
  return found;
}

/** Whether the fields still hold these tensors: what `tensorsOf` would find, without a list. */
function holdStill(modules: readonly Streamed[], tensors: readonly Tensor[]): boolean {
  let at = 0;
  for (const module of modules) {
    for (const name in module) {
      const value = (module as unknown as Record<string, unknown>)[name];
      if (isTensor(value) && value !== tensors[at++]) return false;
    }
  }
  return at === tensors.length;
}

const showRows = (n: number | null): string =>
  n === null ? 'unbatched' : `of ${n} row${n === 1 ? '' : 's'}`;

type Compiled = (inputs: readonly unknown[], given: States) => readonly [unknown, States];

export class Runner implements Carrier {
  readonly places: readonly Place[];
  /** What messages call the model. */
  readonly name: string;
  /** Whether a layer runs rows without a state apart from others, which a compiled forward cannot. */
  readonly splits: boolean;
  readonly #model: Streamed;
  readonly #modules: readonly Streamed[];
  /** Fields that hold modules: what a session runs is what they held when it began. */
  readonly #held: readonly {
    readonly owner: object;
    readonly name: string;
    readonly value: unknown;
  }[];
  readonly #layers: readonly Layer[];
  readonly #layerOf = new Map<object, Layer>();
  /** Which layer was asked for last. */
  #asked: object | null = null;
  #last: Layer | null = null;
  readonly #compiles: boolean;
  #compiled: Compiled | null = null;
  #tensors: readonly Tensor[] = [];
  #operation = '';
  /** How many rows every input must have; null for any number. */
  #batch: number | null = null;
  #isRunning = false;

  /** @throws RangeError for a model without recurrent layers, or with one whose state cannot be carried. */
  constructor(operation: string, model: Streamed, compiles: boolean) {
    this.#model = model;
    this.#compiles = compiles;
    this.name = model.constructor.name;
    const layers: Layer[] = [];
    const modules: Streamed[] = [];
    const held: { owner: object; name: string; value: unknown }[] = [];
    for (const [path, module] of model.namedModules()) {
      modules.push(module);
      module.eachMember((name, value) => {
        if (typeof value !== 'object' || value === null || !('eachMember' in value)) return;
        if (Object.hasOwn(module, name)) held.push({ owner: module, name, value });
      });
      if (!isCarrying(module)) continue;
      const own = module[carries]();
      if (own.refusal !== null) {
        throw new RangeError(`${operation}: ${showPlace(path)} ${own.refusal}`);
      }
      const layer: Layer = {
        ...{ path, carries: own, given: [], fresh: null, taken: [], calls: 0, current: 0 },
      };
      layers.push(layer);
      this.#layerOf.set(module, layer);
    }
    if (layers.length === 0) {
      throw new RangeError(
        `${operation}: ${this.name} has no recurrent layer (RNN, LSTM, GRU, JANET, their cells, Recurrent) in its fields, so there is no state to carry; call forward`,
      );
    }
    this.#modules = modules;
    this.#held = held;
    this.#layers = layers;
    this.places = layers;
    this.splits = layers.some((layer) => !layer.carries.fromZeros);
  }

  /**
   * Runs the model on `inputs`, from the states `given` on.
   * @param fresh by layer and call: which rows have no state yet, where some have
   * @param batch the number of sessions, each of which is a row; null for one session of any rows
   * @returns what forward returns, and the states after it: those of calls that were not made stay null
   */
  run(
    operation: string,
    inputs: readonly unknown[],
    given: States,
    fresh: (readonly (readonly boolean[] | null)[])[] | null,
    batch: number | null,
  ): readonly [output: unknown, states: States] {
    executor.refuse(
      operation,
      'it keeps the state for the next call; compile the session itself: stream({ compile: true })',
    );
    if (this.#isRunning) {
      throw new Error(`${operation}: ${this.name} is running for a session already`);
    }
    for (const { owner, name, value } of this.#held) {
      if ((owner as Record<string, unknown>)[name] === value) continue;
      throw new Error(
        `${operation}: '${name}' of ${owner.constructor.name} is another module than when the session began; open a new one`,
      );
    }
    const training = this.#evaluate();
    const gradMode = setGradMode(false);
    this.#isRunning = true;
    this.#operation = operation;
    this.#batch = batch;
    try {
      const isMixed = fresh !== null && this.splits;
      return this.#compiles && !isMixed
        ? this.#current()(inputs, given)
        : this.#forward(inputs, given, fresh);
    } finally {
      this.#isRunning = false;
      setGradMode(gradMode);
      if (training !== null) for (const module of training) module.training = true;
    }
  }

  // Which modules were in training, all of which are in evaluation now.
  #evaluate(): Streamed[] | null {
    let training: Streamed[] | null = null;
    for (const module of this.#modules) {
      if (!module.training) continue;
      (training ??= []).push(module);
      module.training = false;
    }
    return training;
  }

  // Anew when fields hold other tensors than before, as a Recurrent does.
  #current(): Compiled {
    if (this.#compiled === null || !holdStill(this.#modules, this.#tensors)) {
      this.#tensors = tensorsOf(this.#modules);
      const forward = (inputs: readonly unknown[], given: States): unknown =>
        this.#forward(inputs, given, null);
      this.#compiled = compile(forward as never) as unknown as Compiled;
    }
    return this.#compiled;
  }

  #forward(
    inputs: readonly unknown[],
    given: States,
    fresh: (readonly (readonly boolean[] | null)[])[] | null,
  ): readonly [unknown, States] {
    const layers = this.#layers;
    for (let i = 0; i < layers.length; i++) {
      const layer = layers[i];
      layer.given = given[i];
      layer.fresh = fresh === null ? null : fresh[i];
      layer.taken = [];
      layer.calls = 0;
    }
    const before = setCarrier(this);
    try {
      // eslint-disable-next-line no-restricted-syntax -- what forward takes
      const output: unknown = this.#model.forward(...inputs);
      if (output instanceof Promise) {
        throw new TypeError(
          `${this.#operation}: ${this.name}.forward returned a promise; a session runs synchronous code only`,
        );
      }
      const states: States = [];
      for (const { taken } of layers) states.push(taken);
      return [output, states];
    } finally {
      setCarrier(before);
      for (const layer of layers) layer.given = layer.taken = none;
    }
  }

  #known(layer: Carrying): Layer {
    // A call asks twice.
    if (this.#asked === layer) return this.#last!;
    const known = this.#layerOf.get(layer);
    if (known !== undefined) {
      this.#asked = layer;
      return (this.#last = known);
    }
    throw new Error(
      `${this.#operation}: the model called ${describe(layer)} that it did not have when the session began (in its fields), so its state would be lost; open a new session`,
    );
  }

  start(
    layer: Carrying,
    explicit: Carried | null,
    rows: number | null,
    dtype: DType,
  ): Carried | null {
    const known = this.#known(layer);
    if (explicit !== null) {
      known.current = known.taken.findIndex((state) => state !== null && isSame(state, explicit));
      if (known.current >= 0) return explicit;
      throw new Error(
        `${this.#operation}: ${showPlace(known.path)} was called with a state of the model's own, in whose place a session cannot carry its; leave the state away (null) in the first call of a forward`,
      );
    }
    known.current = known.calls++;
    const { current, given } = known;
    const state = current < given.length ? given[current] : null;
    if (state !== null && known.carries.parts !== null) this.#check(known, state, rows, dtype);
    this.#checkBatch(known, rows);
    return state;
  }

  #checkBatch({ path }: Layer, rows: number | null): void {
    const batch = this.#batch;
    if (batch === null || batch === rows) return;
    const need = batch === 1 ? '1 session needs' : `${batch} sessions need`;
    throw new RangeError(
      `${this.#operation}: ${need} a batch of as many rows, but the input of ${showPlace(path)} is ${showRows(rows)}`,
    );
  }

  #check(
    { path, carries: { rowDim: dim } }: Layer,
    state: Carried,
    rows: number | null,
    dtype: DType,
  ): void {
    const h = isTensor(state) ? state : (state[0] as Tensor);
    const known = h.ndim > dim + 1 ? sizesOf(h)[dim] : null;
    if (known !== rows) {
      throw new RangeError(
        `${this.#operation}: the input of ${showPlace(path)} is ${showRows(rows)}, but the state that it goes on from is ${showRows(known)}; reset() a session before a batch of another size`,
      );
    }
    if (h.dtype !== dtype) {
      throw new TypeError(
        `${this.#operation}: the input of ${showPlace(path)} is ${dtype}, but the state that it goes on from is ${h.dtype}; reset() a session after a change of type`,
      );
    }
  }

  freshRows(layer: Carrying): readonly boolean[] | null {
    const { fresh, current } = this.#known(layer);
    return fresh === null ? null : (fresh[current] ?? null);
  }

  end(layer: Carrying, state: Carried): void {
    const { taken, current } = this.#known(layer);
    while (taken.length < current) taken.push(null);
    taken[current] = state;
  }
}

const isSame = (a: Carried, b: Carried): boolean =>
  a === b ||
  (isArray(a) && isArray(b) && a.length === b.length && a.every((one, i) => isSame(one, b[i])));

/** States after a forward: those of the calls that were made, else those before. */
export function later(before: States, taken: States): States {
  return taken.map((calls, layer) => {
    const old = before[layer];
    if (calls.length >= old.length && !calls.includes(null)) return calls;
    return Array.from(
      { length: Math.max(calls.length, old.length) },
      (_, call) => calls[call] ?? old[call] ?? null,
    );
  });
}

/**
 * Makes the states after a forward what a session keeps: copied where the caller sees its memory in the inputs or the output and may change it, and where it is a small
 * part of a larger memory, which it would keep alive.
 */
export function keepApart(taken: States, inputs: readonly unknown[], output: unknown): void {
  for (const calls of taken) {
    for (let call = 0; call < calls.length; call++) {
      const state = calls[call];
      if (state !== null && isShared(state, inputs, output)) calls[call] = copyOfState(state);
    }
  }
}

function isShared(state: Carried, inputs: readonly unknown[], output: unknown): boolean {
  if (isTensor(state)) {
    const { storage, numel, dtype } = state;
    const isPart = storage.capacity > 2 * numel * itemSize(dtype) + 4096;
    return isPart || isIn(output, storage) || isIn(inputs, storage);
  }
  for (let i = 0; i < state.length; i++) if (isShared(state[i], inputs, output)) return true;
  return false;
}

// Whether a tensor of `value` is in this memory, or who knows what.
function isIn(value: unknown, storage: Storage): boolean {
  if (isTensor(value)) return value.storage === storage;
  if (!isArray(value)) return value !== null && value !== undefined;
  for (let i = 0; i < value.length; i++) if (isIn(value[i], storage)) return true;
  return false;
}

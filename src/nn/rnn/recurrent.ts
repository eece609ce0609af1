/** Recurrent: any cell, unrolled over a sequence. compile/ replays what the cell's JavaScript did once. */
import {
  boolean,
  deepest,
  describe,
  isArray,
  isCallable,
  isInstance,
  optionsTable,
  refuse,
  surplus,
} from '../../check';
import { compile } from '../../compile';
import { Sequence } from '../../compile/sequence';
import { cat, indexSelect, stack, tensor, transpose, unbind } from '../../ops';
import { contiguous } from '../../ops/copying/clone';
import { watch } from '../../ops/declare/watch';
import { deepcopy, emptyOf } from '../../tensor/deepcopy';
import { anyTensor, isTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { Module } from '../module';
import { showBoolean } from '../print';
import { GRUCell, JANETCell, LSTMCell, RNNCell } from './cells';
import {
  carrier,
  carries,
  setCarrier,
  type Carrier,
  type Carries,
  type Carrying,
} from '../session/carried';

/** What a cell passes from one step to the next: a tensor, or an array of states. */
export type CellState = Tensor | readonly CellState[];

/** One step: of x_t and the state before, the state after, or an output and the state after. */
export type CellFunction<S extends CellState> = (
  x: Tensor,
  state?: S | null,
) => S | readonly [output: Tensor, state: S];

/** A module whose `forward` is one step, as that of `RNNCell`, `LSTMCell` and `GRUCell` is. */
export interface CellModule<S extends CellState> extends Module {
  /** One step: of x_t and the state before (null at first), the state after, or an output and the state after. */
  forward(x: Tensor, state?: S | null): S | readonly [output: Tensor, state: S];
}

/** Options of `Recurrent`. */
export interface UnrollOptions {
  /** The input is [N, T, …], and so is the output. Default: false, [T, N, …]. */
  batchFirst?: boolean;
  /**
   * Whether the cell returns `[output, state]`. Default: found out from what it returns. That needs help only where the
   * state is one tensor and `forward` gets no initial state: a pair of tensors is then taken for a state `[h, c]`.
   */
  returnsOutput?: boolean;
  /**
   * Whether steps are traced once for each shape of a step and replayed. Default: true. Without it the cell's JavaScript runs
   * at each step.
   */
  compile?: boolean;
}

const unrollOptions = optionsTable<UnrollOptions, 'returnsOutput'>('Recurrent', {
  batchFirst: boolean.or(false),
  returnsOutput: boolean.optional,
  compile: boolean.or(true),
});

interface Steps<S extends CellState> {
  /** A few steps at a time, for any length. */
  readonly blocks: Sequence;
  /** All steps in one trace: where one step depends on more than its input and its state, and of few steps. */
  readonly whole: (
    input: Tensor,
    state: S | null,
    modes: string,
  ) => readonly [output: Tensor, state: S];
}

// Whether two states are nested alike.
const alike = (a: unknown, b: unknown): boolean =>
  Array.isArray(a)
    ? Array.isArray(b) && a.length === b.length && a.every((one, i) => alike(one, b[i]))
    : isTensor(a) && isTensor(b);

const isState = (value: unknown, depth = 0): value is CellState =>
  isTensor(value) ||
  (isArray(value) &&
    depth < deepest &&
    value.length > 0 &&
    value.every((one) => isState(one, depth + 1)));

/** What the fields of a cell and of the modules below it hold. */
function fieldsOf(cell: unknown): unknown[] {
  const found: unknown[] = [];
  if (!isInstance(cell, Module)) return found;
  for (const module of cell.modules()) {
    for (const name in module) found.push((module as unknown as Record<string, unknown>)[name]);
  }
  return found;
}

const mapState = (state: CellState, f: (x: Tensor) => Tensor): CellState =>
  isTensor(state) ? f(state) : state.map((one) => mapState(one, f));

function joined(a: CellState, b: CellState, join: (a: Tensor, b: Tensor) => Tensor): CellState {
  if (isTensor(a)) return join(a, b as Tensor);
  return a.map((one, i) => joined(one, (b as readonly CellState[])[i], join));
}

const firstOf = (state: CellState): Tensor => (isTensor(state) ? state : firstOf(state[0]));

/**
 * Runs a cell over a sequence: `output[t], state = cell(input[t], state)`. Where `cell` returns its state alone, the
 * (first) tensor of the state is the output.
 *
 * Input [T, N, …], [N, T, …] with `batchFirst`, or [T, I] unbatched; the cell gets [N, …] or [I]. Returns
 * `[output, state]`, the outputs stacked as the input is, and the state after the last step as the cell returned it.
 *
 * The steps are compiled (see `compile`, whose rules the cell must keep): the first runs trace the cell for a few steps at a time, up to 32,
 * and all lengths replay these, forward and backward, with the bits of the cell run step by step. What is traced and kept for it does not grow with
 * the length. Where one backward goes through several calls (the state was not detached between them), the gradient of a weight is summed within
 * each call and then over the calls, which may round otherwise than one sum over all steps: the last bit, with `compile: false` that of the loop.
 *
 * @throws TypeError for a cell that is neither a module nor a function.
 * @example
 * class Leaky extends nn.Module {
 *   w = new nn.Linear(4, 8);
 *   forward(x: Tensor, h: Tensor | null = null): Tensor {
 *     const y = this.w.forward(x).tanh();
 *     return h === null ? y : h.mul(0.9).add(y.mul(0.1));
 *   }
 * }
 * const [out, h] = new nn.Recurrent(new Leaky()).forward(randn([10, 3, 4])); // [10, 3, 8], [3, 8]
 */
export class Recurrent<S extends CellState = CellState> extends Module {
  /** What makes one step. */
  readonly cell: CellModule<S> | CellFunction<S>;
  /** Whether inputs and outputs are [N, T, …] instead of [T, N, …]. */
  readonly batchFirst: boolean;
  readonly #returnsOutput: boolean | undefined;
  readonly #compiles: boolean;
  #steps: Steps<S> | null = null;
  #tensors: readonly Tensor[] = [];

  /** @param cell one step: a module with a `forward(x, state)`, or a function of that form */
  constructor(cell: CellModule<S> | CellFunction<S>, options?: UnrollOptions) {
    if (arguments.length > 2) surplus('Recurrent', arguments, 2, 'options');
    super();
    const { batchFirst, returnsOutput, compile: compiles } = unrollOptions.read(options);
    if (!isCallable(cell) && !isInstance(cell, Module)) {
      refuse('Recurrent', 'cell', 'a Module with a forward(x, state), or a function', cell);
    }
    this.cell = cell;
    this.batchFirst = batchFirst;
    this.#returnsOutput = returnsOutput;
    this.#compiles = compiles;
  }

  /** @internal The copy traces its own cell. */
  override [deepcopy.custom](): Module {
    const options = { returnsOutput: this.#returnsOutput, compile: this.#compiles };
    return emptyOf(Recurrent<S>, this, [this.cell, options]);
  }

  /**
   * Runs the cell over the sequence.
   * @param input [T, N, …], [N, T, …] with `batchFirst`, or [T, I]
   * @param state the state before the first step; without it the cell gets null
   * @throws RangeError for an input without steps; TypeError when the cell returns no state.
   */
  forward(input: Tensor, state: S | null = null): [output: Tensor, state: S] {
    if (arguments.length > 2) surplus('Recurrent.forward', arguments, 2, 'state');
    anyTensor.check('Recurrent.forward', 'input', input);
    const dim = this.batchFirst && input.ndim > 2 ? 1 : 0;
    if (input.ndim === 0 || sizesOf(input)[dim] === 0) {
      throw new RangeError(
        `Recurrent.forward: input must have at least one step, got shape ${showShape(sizesOf(input))}, whose steps are dimension ${dim}`,
      );
    }
    if (state !== null && !isState(state)) {
      refuse('Recurrent.forward', 'state', 'a Tensor or an array of tensors', state);
    }
    const session = carrier();
    return session === null ? this.#run(input, state) : this.#carried(session, input, state);
  }

  #run(input: Tensor, state: S | null): [output: Tensor, state: S] {
    const dim = this.batchFirst && input.ndim > 2 ? 1 : 0;
    // An observer (an exporter) sees the operations of the cell, which a replay does not make.
    if (!this.#compiles || watch.watcher !== null) return this.#unroll(input, state);
    const modes = this.#modes();
    const steps = this.#compiled();
    const x = dim === 0 ? input : transpose(input, 0, 1);
    const found = steps.blocks.call(x, state, modes, input.contiguousLayout);
    if (found === 'plain') return this.#unroll(input, state);
    if (found === 'whole') return [...steps.whole(input, state, modes)];
    const [output, last] = found as [Tensor, S];
    return [dim === 0 ? output : contiguous(transpose(output, 0, 1)), last];
  }

  /** @internal */
  [carries](): Carries {
    const own = this.#knownCell()?.[carries]();
    const parts = own?.parts ?? null;
    return {
      parts:
        parts !== null && parts.length > 1 ? parts.map((_, i) => `state.${i}`) : parts && ['state'],
      ...{ rowDim: 0, fromZeros: false, refusal: null },
      expected: (part, rows) => own?.expected(part, rows) ?? null,
    };
  }

  // A cell that says what its state is. A subclass with a forward of its own may return something else.
  #knownCell(): Carrying | null {
    const cell: unknown = this.cell;
    const isKnown = [RNNCell, LSTMCell, GRUCell, JANETCell].some(
      ({ prototype }) =>
        isInstance(cell, Module) &&
        Reflect.get(cell, 'forward') === Reflect.get(prototype, 'forward'),
    );
    return isKnown ? (cell as Carrying) : null;
  }

  // The state is that of the whole: the cell's own layers are not asked.
  #carried(session: Carrier, input: Tensor, state: S | null): [output: Tensor, state: S] {
    const dim = this.batchFirst ? 0 : 1;
    const rows = input.ndim > 2 ? sizesOf(input)[dim] : null;
    const start = session.start(this, state, rows, input.dtype) as S | null;
    const fresh = session.freshRows(this);
    setCarrier(null);
    try {
      const ran =
        start === null || fresh === null || state !== null
          ? this.#run(input, start)
          : this.#split(input, start, fresh, dim);
      session.end(this, ran[1]);
      return ran;
    } finally {
      setCarrier(session);
    }
  }

  /** Rows without a state get null, as they would alone; `start` has zeros there. */
  #split(
    input: Tensor,
    start: S,
    fresh: readonly boolean[],
    dim: number,
  ): [output: Tensor, state: S] {
    const rowsThat = (isFresh: boolean): number[] =>
      [...fresh.keys()].filter((row) => fresh[row] === isFresh);
    const ints = (rows: number[]): Tensor => tensor(rows, { dtype: 'int32' });
    const [first, others] = [rowsThat(true), rowsThat(false)];
    const aged = mapState(start, (x) => indexSelect(x, 0, ints(others))) as S;
    const [outA, stateA] = this.#run(indexSelect(input, dim, ints(first)), null);
    const [outB, stateB] = this.#run(indexSelect(input, dim, ints(others)), aged);
    const order = [...first, ...others];
    const places = ints(order.map((_, row) => order.indexOf(row)));
    const join = (a: Tensor, b: Tensor, along: number): Tensor =>
      indexSelect(cat([a, b], along), along, places);
    return [join(outA, outB, dim), joined(stateA, stateB, (a, b) => join(a, b, 0)) as S];
  }

  // Anew when the cell's fields hold other tensors than before (parameters, buffers, plain ones): the program has the old ones.
  #compiled(): Steps<S> {
    const tensors = fieldsOf(this.cell).filter(isTensor);
    const known = this.#tensors;
    const same = tensors.length === known.length && tensors.every((x, i) => x === known[i]);
    if (this.#steps === null || !same) {
      this.#tensors = tensors;
      const unroll = (input: Tensor, state: CellState | null, modes: string): [Tensor, S] =>
        this.#within(modes, () => this.#unroll(input, state as S | null));
      const step = (x: Tensor, state: unknown): readonly [Tensor, S] =>
        this.#step(x, state as S | null);
      this.#steps = {
        blocks: new Sequence(
          step,
          () => fieldsOf(this.cell),
          (modes, body) => this.#within(modes, body),
        ),
        whole: compile(unroll),
      };
    }
    return this.#steps;
  }

  // What `train()` and `eval()` have set; a cell may do something else in each.
  #modes(): string {
    const { cell } = this;
    if (!isInstance(cell, Module)) return '';
    let modes = '';
    for (const module of cell.modules()) modes += module.training ? 't' : 'e';
    return modes;
  }

  // In the modes that a forward ran in: its gradient may be traced when others are on.
  #within<R>(modes: string, body: () => R): R {
    const { cell } = this;
    if (!isInstance(cell, Module) || this.#modes() === modes) return body();
    const modules = [...cell.modules()];
    const before = modules.map((module) => module.training);
    const set = (training: (i: number) => boolean): void => {
      for (const [i, module] of modules.entries()) module.training = training(i);
    };
    set((i) => modes[i] === 't');
    try {
      return body();
    } finally {
      set((i) => before[i]);
    }
  }

  #unroll(input: Tensor, initial: S | null): [Tensor, S] {
    const dim = this.batchFirst && input.ndim > 2 ? 1 : 0;
    const outputs: Tensor[] = [];
    let state = initial;
    for (const x of unbind(input, dim)) {
      const [output, next] = this.#step(x, state);
      outputs.push(output);
      state = next;
    }
    return [stack(outputs, dim), state!];
  }

  #step(x: Tensor, state: S | null): readonly [output: Tensor, state: S] {
    const { cell } = this;
    const returned: unknown = typeof cell === 'function' ? cell(x, state) : cell.forward(x, state);
    return this.#parts(returned, state);
  }

  #parts(returned: unknown, before: S | null): readonly [output: Tensor, state: S] {
    if (!isState(returned)) {
      throw new TypeError(
        `Recurrent.forward: the cell must return its state (a Tensor or an array of tensors), or [output, state], got ${describe(returned)}`,
      );
    }
    const pair = Array.isArray(returned) && returned.length === 2 && isTensor(returned[0]);
    const asOutput =
      this.#returnsOutput ??
      (pair && (before === null ? Array.isArray(returned[1]) : !alike(returned, before)));
    if (!asOutput) return [firstOf(returned), returned as S];
    if (!pair) {
      throw new TypeError('Recurrent.forward: the cell must return [output, state]');
    }
    return returned as unknown as readonly [Tensor, S];
  }

  /** @internal */
  override extraRepr(): string {
    return this.batchFirst ? `batchFirst=${showBoolean(true)}` : '';
  }
}

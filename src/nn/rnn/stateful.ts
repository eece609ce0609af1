/** Stateful: a recurrent layer that goes on with a long sequence window by window. */
import { arrayOf, boolean, describe, isInstance, refuse, surplus } from '../../check';
import { detach, maskedFill, reshape, tensor } from '../../ops';
import { watch } from '../../ops/declare/watch';
import { deepcopy, emptyOf, type Copier } from '../../tensor/deepcopy';
import { executor } from '../../tensor/executor';
import { isTensor } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { Module } from '../module';
import { carrier } from '../session/carried';
import { PackedSequence } from '../utils/rnn/packed-sequence';
import { RecurrentBase } from './base';
import type { HiddenStateLayer } from './hidden-state-layer';
import type { LSTM } from './lstm';
import { Recurrent, type CellState } from './recurrent';
import type { GateStates, HiddenStates, LSTMStates, ReturnStates, ThirdResult } from './variants';

/** What `Stateful` takes: a recurrent layer, or any cell as a `Recurrent`. */
export type StatefulLayer = LSTM<ReturnStates> | HiddenStateLayer<ReturnStates> | Recurrent;

/** What the layer returns for an input of type S. */
export type StatefulResult<L, S extends Tensor | PackedSequence> =
  L extends LSTM<infer R>
    ? [out: S, state: [hN: Tensor, cN: Tensor], ...ThirdResult<R, LSTMStates<S>, GateStates<S>>]
    : L extends HiddenStateLayer<infer R>
      ? [out: S, hN: Tensor, ...ThirdResult<R, HiddenStates<S>, GateStates<S>>]
      : L extends Recurrent<infer State>
        ? [output: S, state: State]
        : never;

const anyRows = arrayOf(boolean, 'null, an array of booleans or a bool Tensor');

const mapState = (state: CellState, f: (x: Tensor) => Tensor): CellState =>
  isTensor(state) ? f(state) : state.map((one) => mapState(one, f));

const firstOf = (state: CellState): Tensor => (isTensor(state) ? state : firstOf(state[0]));

/**
 * Carries the state of a recurrent layer from one window of a long sequence to the next: the first call starts from zeros (a
 * `Recurrent`'s cell from null), each other one from the state that the call before has left, detached from its graph, so that
 * gradients end at the start of the window (truncated back-propagation through time: Williams and Peng 1990; Keras'
 * `stateful=True`). Row n of a window must go on with row n of the window before, unless `reset` says that another sequence
 * begins there.
 *
 * The state is in no state dict; `state` reads and sets it. It is copied by `deepcopy`. A forward cannot be compiled, since it
 * keeps its state outside of the graph: compile a function that takes the state.
 *
 * @throws TypeError for a layer that is neither a recurrent layer nor a `Recurrent`.
 * @example
 * const layer = new nn.Stateful(new nn.LSTM(4, 8, { batchFirst: true }));
 * const series = randn([2, 30, 4]);
 * for (const window of series.split(10, 1)) layer.forward(window)[0].sum().backward();
 * layer.forward(series.narrow(1, 0, 10), [true, false]); // row 0 starts from zeros, row 1 goes on
 * layer.resetState(); // so does everything
 */
export class Stateful<L extends StatefulLayer = StatefulLayer> extends Module {
  /** The layer whose state is carried over. */
  readonly layer: L;
  #state: CellState | null = null;

  /** @param layer an `RNN`, `LSTM`, `GRU`, `JANET` or `Recurrent` */
  constructor(layer: L) {
    if (arguments.length > 1) surplus('Stateful', arguments, 1, 'layer');
    super();
    if (!isInstance(layer, RecurrentBase) && !isInstance(layer, Recurrent)) {
      refuse(
        'Stateful',
        'layer',
        'a recurrent layer (RNN, LSTM, GRU, JANET) or a Recurrent',
        layer,
      );
    }
    this.layer = layer;
  }

  /** @internal */
  override [deepcopy.custom](copy: Copier): Module {
    const made = emptyOf(Stateful<L>, this, [this.layer]);
    made.#state = copy(this.#state);
    return made;
  }

  /**
   * The state that the next window starts from, as the layer's `forward` takes it: h, or [h, c] of an LSTM; null at first.
   * Setting it lets the next window start elsewhere.
   */
  get state(): CellState | null {
    return this.#state;
  }
  set state(state: CellState | null) {
    this.#state = state === null ? null : mapState(state, detach);
  }

  /** Forgets the state: the next window starts from zeros, in any batch size. */
  resetState(): void {
    if (arguments.length > 0) surplus('Stateful.resetState', arguments, 0);
    this.#state = null;
  }

  /**
   * Runs the layer over the next window.
   * @param input as the layer takes it
   * @param reset bool [N] or N booleans: the rows that start from zeros; null for none
   * @returns what the layer returns; its state has a graph, of this window
   * @throws RangeError for another number of rows than the state has, or than `reset` has; TypeError, RangeError when the input
   * does not fit the layer; Error in a compiled function.
   */
  forward(input: Tensor, reset?: Tensor | readonly boolean[] | null): StatefulResult<L, Tensor>;
  forward(
    input: PackedSequence,
    reset?: Tensor | readonly boolean[] | null,
  ): StatefulResult<L, PackedSequence>;
  // Once more: the last one is what Parameters and ReturnType see, and so `Session.push`.
  forward(input: Tensor, reset?: Tensor | readonly boolean[] | null): StatefulResult<L, Tensor>;
  forward(
    input: Tensor | PackedSequence,
    reset: Tensor | readonly boolean[] | null = null,
  ): unknown {
    if (arguments.length > 2) surplus('Stateful.forward', arguments, 2, 'reset');
    if (carrier() === null) {
      executor.refuse(
        'Stateful.forward',
        'it keeps the state for the next call; compile a function that takes the state and returns it',
      );
      if (watch.watcher !== null) {
        throw new RangeError(
          'exportOnnx: cannot be written: Stateful.forward keeps the state for the next call, which a network cannot; export its layer, which takes the state and returns it',
        );
      }
    }
    const starts = reset === null ? null : this.#rowsOf(reset);
    if (carrier() !== null) return this.#carried(input, starts);
    const before = this.#state;
    if (before !== null) this.#checkRows(input, firstOf(before));
    const start =
      before === null || starts === null
        ? before
        : mapState(before, (x) => maskedFill(x, this.#alongRows(starts, x), 0));
    const layer = this.layer as unknown as Recurrent;
    const result = layer.forward(input as Tensor, start);
    this.#state = mapState(result[1], detach);
    return result;
  }

  // A session carries the layer's state in place of this one.
  #carried(input: Tensor | PackedSequence, starts: Tensor | null): unknown {
    if (starts !== null) {
      throw new Error(
        'Stateful.forward: rows cannot start again while a session owns the state; pass no reset, and reset() the session',
      );
    }
    return (this.layer as unknown as Recurrent).forward(input as Tensor);
  }

  // Rows are dimension 1 of [numLayers · directions, N, features], and dimension 0 of what a cell returns.
  get #rowDim(): number {
    return isInstance(this.layer, Recurrent) ? 0 : 1;
  }

  #rowsOf(reset: Tensor | readonly boolean[]): Tensor {
    const name = 'Stateful.forward';
    if (!isTensor(reset)) return tensor(anyRows.check(name, 'reset', reset), { dtype: 'bool' });
    if (reset.dtype !== 'bool' || reset.ndim !== 1) {
      throw new TypeError(
        `${name}: reset must be null, an array of booleans or a bool Tensor [N], got ${describe(reset)}`,
      );
    }
    return reset;
  }

  /** `starts` [N] as a mask that broadcasts over the state. */
  #alongRows(starts: Tensor, state: Tensor): Tensor {
    const dim = this.#rowDim;
    const rows = state.ndim > dim + 1 ? sizesOf(state)[dim] : null;
    if (rows === null || sizesOf(starts)[0] !== rows) {
      const has = rows === null ? 'no rows (it is unbatched); call resetState()' : `${rows} rows`;
      throw new RangeError(
        `Stateful.forward: reset has ${sizesOf(starts)[0]} rows, but the state ${showShape(sizesOf(state))} has ${has}`,
      );
    }
    return reshape(
      starts,
      sizesOf(state).map((_, d) => (d === dim ? rows : 1)),
    );
  }

  #checkRows(input: Tensor | PackedSequence, state: Tensor): void {
    const { layer } = this;
    const dim = this.#rowDim;
    let rows: number[] = [];
    if (isInstance(input, PackedSequence)) rows = [input.batch];
    else if (isTensor(input) && input.ndim > 2) rows = [sizesOf(input)[layer.batchFirst ? 0 : 1]];
    const known = state.ndim > dim + 1 ? [sizesOf(state)[dim]] : [];
    if (sameShape(rows, known)) return;
    const show = ([n]: number[]): string => (n === undefined ? 'unbatched' : `of ${n} rows`);
    throw new RangeError(
      `Stateful.forward: the input is ${show(rows)}, but the state is ${show(known)}; call resetState() before a batch of another size`,
    );
  }
}

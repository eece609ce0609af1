/** Recurrent: any cell, unrolled over a sequence. compile/ replays what the cell's JavaScript did once. */
import { compile } from '../../compile';
import { stack, unbind } from '../../ops';
import { showShape } from '../../tensor/shape';
import { Tensor } from '../../tensor/tensor';
import { Module } from '../module';
import type { Parameter } from '../parameter';

/** What a cell hands from one step to the next: a tensor, or an array of states. */
export type CellState = Tensor | readonly CellState[];

/** One step: of x_t and the state before, the state after, or an output and the state after. */
export type CellFunction<S extends CellState> = (
  x: Tensor,
  state?: S | null,
) => S | readonly [output: Tensor, state: S];

/** A module whose `forward` is one step, as that of `RNNCell`, `LSTMCell` and `GRUCell` is. */
export interface CellModule<S extends CellState> extends Module {
  forward(x: Tensor, state?: S | null): S | readonly [output: Tensor, state: S];
}

export interface UnrollOptions {
  /** The input is [N, T, …] and so is the output (default false: [T, N, …]). */
  batchFirst?: boolean;
  /**
   * Whether the cell returns `[output, state]`. Need not be said unless the state is one tensor and `forward` gets no
   * initial state: then a pair of tensors is taken for a state `[h, c]`.
   */
  returnsOutput?: boolean;
  /**
   * Whether steps are traced once for each shape and replayed (default true). Without it the cell's JavaScript runs
   * at each step; it may then draw random numbers, as dropout does, and be differentiated twice.
   */
  compile?: boolean;
}

type Steps<S extends CellState> = (
  input: Tensor,
  state: S | null,
  modes: string,
) => readonly [output: Tensor, state: S];

// Whether two states are nested alike.
const alike = (a: unknown, b: unknown): boolean =>
  Array.isArray(a)
    ? Array.isArray(b) && a.length === b.length && a.every((one, i) => alike(one, b[i]))
    : a instanceof Tensor && b instanceof Tensor;

const isState = (value: unknown): value is CellState =>
  value instanceof Tensor || (Array.isArray(value) && value.length > 0 && value.every(isState));

const firstOf = (state: CellState): Tensor => (state instanceof Tensor ? state : firstOf(state[0]));

/**
 * Runs a cell over a sequence: `output[t], state = cell(input[t], state)`. Where `cell` returns its state alone, the
 * (first) tensor of the state is the output.
 *
 * Input [T, N, …], [N, T, …] with `batchFirst`, or [T, I] unbatched; the cell gets [N, …] or [I]. Returns
 * `[output, state]`, the outputs stacked as the input is, and the state after the last step as the cell returned it.
 *
 * The whole sequence is compiled (see `compile`, whose rules the cell must keep): its first run with a shape traces the
 * cell, later ones replay all steps in one call, forward and backward, with the same bits.
 *
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
  readonly cell: CellModule<S> | CellFunction<S>;
  readonly batchFirst: boolean;
  readonly #returnsOutput: boolean | undefined;
  readonly #compiles: boolean;
  #steps: Steps<S> | null = null;
  #parameters: readonly Parameter[] = [];

  constructor(cell: CellModule<S> | CellFunction<S>, options: UnrollOptions = {}) {
    super();
    if (
      typeof cell !== 'function' &&
      typeof (cell as Partial<CellModule<S>>)?.forward !== 'function'
    ) {
      throw new TypeError(
        `Recurrent: cell must be a Module with a forward(x, state), or a function, got ${cell === null ? 'null' : typeof cell}`,
      );
    }
    this.cell = cell;
    this.batchFirst = options.batchFirst ?? false;
    this.#returnsOutput = options.returnsOutput;
    this.#compiles = options.compile ?? true;
  }

  /**
   * @param state the state before the first step; without it the cell gets null
   * @throws RangeError for an input without steps; TypeError when the cell returns no state.
   */
  forward(input: Tensor, state: S | null = null): [output: Tensor, state: S] {
    if (!(input instanceof Tensor)) {
      throw new TypeError(`Recurrent.forward: input must be a Tensor, got ${typeof input}`);
    }
    const dim = this.batchFirst && input.ndim > 2 ? 1 : 0;
    if (input.ndim === 0 || input.shape[dim] === 0) {
      throw new RangeError(
        `Recurrent.forward: input must have at least one step, got shape ${showShape(input.shape)}, whose steps are dimension ${dim}`,
      );
    }
    if (state !== null && !isState(state)) {
      throw new TypeError(
        `Recurrent.forward: state must be a Tensor or an array of tensors, got ${typeof state}`,
      );
    }
    const [output, last] = this.#compiles
      ? this.#compiled()(input, state, this.#modes())
      : this.#unroll(input, state);
    return [output, last];
  }

  // Anew when the cell has other parameters than before: the program holds the old ones.
  #compiled(): Steps<S> {
    const parameters = this.parameters();
    const known = this.#parameters;
    const same = parameters.length === known.length && parameters.every((p, i) => p === known[i]);
    if (this.#steps === null || !same) {
      this.#parameters = parameters;
      // `modes` is there to be part of the signature.
      const unroll = (input: Tensor, state: CellState | null, modes: string): [Tensor, S] => {
        void modes;
        return this.#unroll(input, state as S | null);
      };
      this.#steps = compile(unroll);
    }
    return this.#steps;
  }

  // What `train()` and `eval()` have set; a cell may do something else in each.
  #modes(): string {
    const { cell } = this;
    if (!(cell instanceof Module)) return '';
    let modes = '';
    for (const module of cell.modules()) modes += module.training ? 't' : 'e';
    return modes;
  }

  #unroll(input: Tensor, initial: S | null): [Tensor, S] {
    const { cell } = this;
    const dim = this.batchFirst && input.ndim > 2 ? 1 : 0;
    const outputs: Tensor[] = [];
    let state = initial;
    for (const x of unbind(input, dim)) {
      const returned: unknown =
        typeof cell === 'function' ? cell(x, state) : cell.forward(x, state);
      const [output, next] = this.#parts(returned, state);
      outputs.push(output);
      state = next;
    }
    return [stack(outputs, dim), state!];
  }

  #parts(returned: unknown, before: S | null): readonly [output: Tensor, state: S] {
    if (!isState(returned)) {
      throw new TypeError(
        'Recurrent.forward: the cell must return its state (a Tensor or an array of tensors), or [output, state]',
      );
    }
    const pair = Array.isArray(returned) && returned.length === 2 && returned[0] instanceof Tensor;
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
    return this.batchFirst ? 'batchFirst=true' : '';
  }
}

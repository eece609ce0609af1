/**
 * RNNCell, LSTMCell, GRUCell, JANETCell: one step at a time, with the caller holding the state. They run the fused sequence
 * kernels on a sequence of one step.
 */
import { boolean, oneOf, optionsTable, positiveInteger, surplus } from '../../check';
import { squeeze, unsqueeze } from '../../ops';
import { cells, type CellKind, type CellSizes } from '../../ops/sequence/cells';
import { sequence } from '../../ops/sequence/sequence';
import { contiguous } from '../../ops/copying/clone';
import { deepcopy, emptyOf } from '../../tensor/deepcopy';
import type { DType } from '../../tensor/dtype';
import { anyTensor, floatDType, isTensor } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { uniform_ } from '../init';
import { Module } from '../module';
import { Parameter, type Learned } from '../parameter';
import { showBoolean } from '../print';
import { pairOfStates } from './lstm';
import { cellNames } from './parameters';
import { checkBuilt, directionWeights } from './weights';
import { carrier, carries, carryOn, type Carries } from '../session/carried';

/** Options of `LSTMCell`, `GRUCell` and `JANETCell`. */
export interface CellOptions<Bias extends boolean = boolean> {
  /** Whether the cell has biases. Default: true. */
  bias?: Bias;
  /** Of the parameters: `'float32'` (default) or `'float64'`. */
  dtype?: DType;
}

/** Options of `RNNCell`. */
export interface RNNCellOptions<Bias extends boolean = boolean> extends CellOptions<Bias> {
  /** The activation: `'tanh'` (default) or `'relu'`. */
  nonlinearity?: 'tanh' | 'relu';
}

const cellFields = { bias: boolean.or(true), dtype: floatDType.or('float32') };
const lstmCellOptions = optionsTable<CellOptions>('LSTMCell', cellFields);
const gruCellOptions = optionsTable<CellOptions>('GRUCell', cellFields);
const janetCellOptions = optionsTable<CellOptions>('JANETCell', cellFields);
const rnnCellOptions = optionsTable<RNNCellOptions>('RNNCell', {
  ...cellFields,
  nonlinearity: oneOf('tanh', 'relu').or('tanh'),
});

/** What the cells have in common: parameters, checks, one step of the fused kernels. */
abstract class CellBase<Bias extends boolean> extends Module {
  /** Features of an input. */
  readonly inputSize: number;
  /** Features of the state: H. */
  readonly hiddenSize: number;
  /** Whether the cell has biases. */
  readonly bias: boolean;
  /** [G · hiddenSize, inputSize], with G gates: RNN 1, LSTM 4, GRU 3, JANET 2. */
  readonly weight_ih: Parameter;
  /** [G · hiddenSize, hiddenSize]. */
  readonly weight_hh: Parameter;
  /** [G · hiddenSize]; null with `bias: false`. */
  readonly bias_ih: Learned<Bias>;
  /** [G · hiddenSize]; null with `bias: false`. */
  readonly bias_hh: Learned<Bias>;
  readonly #kind: CellKind;
  readonly #sizes: CellSizes;
  /** What errors of a call begin with. */
  readonly #operation: string;

  /** @internal `draws`: whether the parameters get values, which a copy brings along. */
  constructor(
    kind: CellKind,
    inputSize: number,
    hiddenSize: number,
    { bias, dtype }: Readonly<Required<CellOptions>>,
    draws = true,
  ) {
    super();
    this.#kind = kind;
    const name = `${cells[kind].name}Cell`;
    this.#operation = `${name}.forward`;
    this.inputSize = positiveInteger.check(name, 'inputSize', inputSize);
    this.hiddenSize = positiveInteger.check(name, 'hiddenSize', hiddenSize);
    this.bias = bias;
    this.#sizes = { inputSize, hiddenSize, projSize: 0 };
    const rows = cells[kind].gates * hiddenSize;
    this.weight_ih = new Parameter(empty([rows, inputSize], dtype));
    this.weight_hh = new Parameter(empty([rows, hiddenSize], dtype));
    const biasOf = (): Learned<Bias> =>
      (bias ? new Parameter(empty([rows], dtype)) : null) as Learned<Bias>;
    this.bias_ih = biasOf();
    this.bias_hh = biasOf();
    if (draws) this.resetParameters();
  }

  /** @internal */
  override [deepcopy.custom](): Module {
    const { inputSize, hiddenSize } = this.#sizes;
    const options: Required<CellOptions> = { bias: false, dtype: 'float32' };
    return emptyOf(CellBase, this, [this.#kind, inputSize, hiddenSize, options, false]);
  }

  /** Draws all parameters anew, uniform in ±1/√hiddenSize, in their order. */
  resetParameters(): void {
    if (arguments.length > 0) surplus(`${this.constructor.name}.resetParameters`, arguments, 0);
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) uniform_(parameter, -bound, bound);
  }

  #check(input: Tensor, states: readonly (Tensor | null)[]): void {
    const name = this.#operation;
    checkBuilt(name, 'inputSize', this.inputSize, this.#sizes.inputSize);
    checkBuilt(name, 'hiddenSize', this.hiddenSize, this.#sizes.hiddenSize);
    anyTensor.check(name, 'input', input);
    if (input.ndim !== 1 && input.ndim !== 2) {
      throw new RangeError(
        `${name}: input must be [inputSize] or [N, inputSize], got ${showShape(sizesOf(input))}`,
      );
    }
    const features = sizesOf(input)[input.ndim - 1];
    if (features !== this.inputSize) {
      throw new RangeError(
        `${name}: input has ${features} features, but this cell was built with inputSize ${this.inputSize} (input ${showShape(sizesOf(input))})`,
      );
    }
    if (isTensor(this.weight_ih) && input.dtype !== this.weight_ih.dtype) {
      throw new TypeError(
        `${name}: input is ${input.dtype}, but the weights are ${this.weight_ih.dtype}`,
      );
    }
    const expected = [...sizesOf(input).slice(0, -1), this.hiddenSize];
    for (const [i, state] of states.entries()) {
      if (state === null) continue;
      anyTensor.check(name, i === 0 ? 'h' : 'c', state);
      if (!sameShape(sizesOf(state), expected)) {
        throw new RangeError(
          `${name}: ${i === 0 ? 'h' : 'c'} must have shape ${showShape(expected)}, got ${showShape(sizesOf(state))}`,
        );
      }
      if (state.dtype !== input.dtype) {
        throw new TypeError(
          `${name}: ${i === 0 ? 'h' : 'c'} is ${state.dtype}, but the input is ${input.dtype}`,
        );
      }
    }
  }

  /** @internal */
  [carries](): Carries {
    return {
      parts: cells[this.#kind].hasCellState ? ['h', 'c'] : ['h'],
      rowDim: 0,
      fromZeros: true,
      refusal: null,
      expected: (_part, rows) => {
        const { hiddenSize } = this.#sizes;
        return {
          shape: rows === null ? [hiddenSize] : [rows, hiddenSize],
          dtype: this.weight_ih.dtype,
        };
      },
    };
  }

  /** The state after one step: hidden, and for the LSTM cell. */
  protected step(
    input: Tensor,
    h: Tensor | null,
    c: Tensor | null,
    relu: boolean,
  ): [Tensor, Tensor | null] {
    const session = carrier();
    if (session === null || !isTensor(input) || input.ndim === 0 || input.ndim > 2) {
      return this.#step(input, h, c, relu);
    }
    const rows = input.ndim === 1 ? null : sizesOf(input)[0];
    return carryOn(
      session,
      this,
      h && { h, c },
      rows,
      input.dtype,
      (from) => this.#step(input, from && from.h, from && from.c, relu),
      ([hN, cN]) => ({ h: hN, c: cN }),
    );
  }

  #step(input: Tensor, h: Tensor | null, c: Tensor | null, relu: boolean): [Tensor, Tensor | null] {
    this.#check(input, [h, c]);
    const unbatched = input.ndim === 1;
    // One step of a batch: [N, …] is [1, N, …], for inputs and for states.
    const lift = (x: Tensor): Tensor => unsqueeze(unbatched ? unsqueeze(x, 0) : x, 0);
    const lower = (x: Tensor): Tensor => (unbatched ? squeeze(squeeze(x, 0), 0) : squeeze(x, 0));
    const [, hN, cN] = sequence(
      this.#kind,
      lift(input),
      h && contiguous(lift(h)),
      c && contiguous(lift(c)),
      [directionWeights(this.#operation, this.#kind, this.#sizes, this, cellNames, input.dtype)],
      {
        sizes: this.#sizes,
        batchFirst: false,
        relu,
        batchSizes: null,
        batch: unbatched ? 1 : sizesOf(input)[0],
        variants: null,
        returnsCells: false,
        returnsGates: false,
        gradFnNames: ['StackBackward0', 'StackBackward0'],
      },
    );
    return [lower(hN), cN && lower(cN)];
  }

  /** @internal */
  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.bias ? '' : `, bias=${showBoolean(false)}`}`;
  }
}

/**
 * One step of an Elman network (torch.nn.RNNCell): h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or max(…, 0) with
 * `nonlinearity: 'relu'`.
 *
 * Parameters: `weight_ih` [hiddenSize, inputSize], `weight_hh` [hiddenSize, hiddenSize], `bias_ih` and `bias_hh`
 * [hiddenSize], all uniform in ±1/√hiddenSize at first.
 *
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const cell = new nn.RNNCell(10, 20);
 * let h = zeros([3, 20]);
 * for (const x of randn([6, 3, 10]).unbind(0)) h = cell.forward(x, h);
 */
export class RNNCell<Bias extends boolean = true> extends CellBase<Bias> {
  /** The activation: tanh or relu. */
  readonly nonlinearity: 'tanh' | 'relu';

  /**
   * @param inputSize features of an input
   * @param hiddenSize features of the state
   */
  constructor(inputSize: number, hiddenSize: number, options?: RNNCellOptions<Bias>) {
    if (arguments.length > 3) surplus('RNNCell', arguments, 3, 'options');
    const read = rnnCellOptions.read(options);
    super('rnn', inputSize, hiddenSize, read);
    this.nonlinearity = read.nonlinearity;
  }

  /**
   * The state after one step.
   * @param input [N, inputSize] or [inputSize]
   * @param h [N, hiddenSize] or [hiddenSize]; zeros when absent
   * @returns h', of the same shape as h
   * @throws RangeError, TypeError when the input or the state does not fit the cell.
   */
  forward(input: Tensor, h?: Tensor | null): Tensor {
    if (arguments.length > 2) surplus('RNNCell.forward', arguments, 2, 'h');
    return this.step(input, h ?? null, null, this.nonlinearity === 'relu')[0];
  }
}

/**
 * One step of a gated recurrent unit (torch.nn.GRUCell; Cho et al. 2014):
 *
 *     r = σ(W_ir x + b_ir + W_hr h + b_hr),  z = σ(W_iz x + b_iz + W_hz h + b_hz)
 *     n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn)),  h' = (1 − z) ⊙ n + z ⊙ h
 *
 * Parameters, rows in the order r, z, n: `weight_ih` [3 · hiddenSize, inputSize], `weight_hh`
 * [3 · hiddenSize, hiddenSize], `bias_ih` and `bias_hh` [3 · hiddenSize], all uniform in ±1/√hiddenSize at first.
 *
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const cell = new nn.GRUCell(10, 20);
 * cell.forward(randn([3, 10]), zeros([3, 20])).shape; // [3, 20]
 */
export class GRUCell<Bias extends boolean = true> extends CellBase<Bias> {
  /**
   * @param inputSize features of an input
   * @param hiddenSize features of the state
   */
  constructor(inputSize: number, hiddenSize: number, options?: CellOptions<Bias>) {
    if (arguments.length > 3) surplus('GRUCell', arguments, 3, 'options');
    super('gru', inputSize, hiddenSize, gruCellOptions.read(options));
  }

  /**
   * The state after one step.
   * @param input [N, inputSize] or [inputSize]
   * @param h [N, hiddenSize] or [hiddenSize]; zeros when absent
   * @returns h', of the same shape as h
   * @throws RangeError, TypeError when the input or the state does not fit the cell.
   */
  forward(input: Tensor, h?: Tensor | null): Tensor {
    if (arguments.length > 2) surplus('GRUCell.forward', arguments, 2, 'h');
    return this.step(input, h ?? null, null, false)[0];
  }
}

/**
 * One step of JANET, the LSTM that has a forget gate only (van der Westhuizen and Lasenby 2018, β = 1; PyTorch has no such
 * cell):
 *
 *     s = W_if x + b_if + W_hf h + b_hf,  g = tanh(W_ig x + b_ig + W_hg h + b_hg)
 *     h' = σ(s) ⊙ h + (1 − σ(s − 1)) ⊙ g
 *
 * Parameters, rows in the order f, g: `weight_ih` [2 · hiddenSize, inputSize], `weight_hh` [2 · hiddenSize, hiddenSize],
 * `bias_ih` and `bias_hh` [2 · hiddenSize], all uniform in ±1/√hiddenSize at first.
 *
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const cell = new nn.JANETCell(10, 20);
 * cell.forward(randn([3, 10]), zeros([3, 20])).shape; // [3, 20]
 */
export class JANETCell<Bias extends boolean = true> extends CellBase<Bias> {
  /**
   * @param inputSize features of an input
   * @param hiddenSize features of the state
   */
  constructor(inputSize: number, hiddenSize: number, options?: CellOptions<Bias>) {
    if (arguments.length > 3) surplus('JANETCell', arguments, 3, 'options');
    super('janet', inputSize, hiddenSize, janetCellOptions.read(options));
  }

  /**
   * The state after one step.
   * @param input [N, inputSize] or [inputSize]
   * @param h [N, hiddenSize] or [hiddenSize]; zeros when absent
   * @returns h', of the same shape as h
   * @throws RangeError, TypeError when the input or the state does not fit the cell.
   */
  forward(input: Tensor, h?: Tensor | null): Tensor {
    if (arguments.length > 2) surplus('JANETCell.forward', arguments, 2, 'h');
    return this.step(input, h ?? null, null, false)[0];
  }
}

/**
 * One step of long short-term memory (torch.nn.LSTMCell; Hochreiter and Schmidhuber 1997):
 *
 *     i, f, o = σ(W_i* x + b_i* + W_h* h + b_h*),  g = tanh(W_ig x + b_ig + W_hg h + b_hg)
 *     c' = f ⊙ c + i ⊙ g,  h' = o ⊙ tanh(c')
 *
 * Parameters, rows in the order i, f, g, o: `weight_ih` [4 · hiddenSize, inputSize], `weight_hh`
 * [4 · hiddenSize, hiddenSize], `bias_ih` and `bias_hh` [4 · hiddenSize], all uniform in ±1/√hiddenSize at first.
 *
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const cell = new nn.LSTMCell(10, 20);
 * const [h, c] = cell.forward(randn([3, 10]), [zeros([3, 20]), zeros([3, 20])]); // [3, 20], [3, 20]
 */
export class LSTMCell<Bias extends boolean = true> extends CellBase<Bias> {
  /**
   * @param inputSize features of an input
   * @param hiddenSize features of the state
   */
  constructor(inputSize: number, hiddenSize: number, options?: CellOptions<Bias>) {
    if (arguments.length > 3) surplus('LSTMCell', arguments, 3, 'options');
    super('lstm', inputSize, hiddenSize, lstmCellOptions.read(options));
  }

  /**
   * The state after one step.
   * @param input [N, inputSize] or [inputSize]
   * @param state [h, c], each [N, hiddenSize] or [hiddenSize]; zeros when absent
   * @returns [h', c']
   * @throws RangeError, TypeError when the input or a state does not fit the cell.
   */
  forward(input: Tensor, state?: readonly [Tensor, Tensor] | null): [h: Tensor, c: Tensor] {
    if (arguments.length > 2) surplus('LSTMCell.forward', arguments, 2, 'state');
    const pair = pairOfStates('LSTMCell.forward', state);
    const [h, c] = this.step(input, pair && pair[0], pair && pair[1], false);
    return [h, c!];
  }
}

/**
 * RNNCell, LSTMCell, GRUCell: one step at a time, with the caller holding the state. They run the fused sequence
 * kernels on a sequence of one step.
 */
import { squeeze, unsqueeze } from '../../ops';
import { cells, type CellKind } from '../../ops/sequence/cells';
import { sequence } from '../../ops/sequence/sequence';
import { contiguous } from '../../ops/clone';
import { showShape } from '../../tensor/shape';
import { empty, Tensor } from '../../tensor/tensor';
import { uniform_ } from '../init';
import { Module } from '../module';
import { Parameter } from '../parameter';
import { checkSize } from './base';

abstract class CellBase extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly bias: boolean;
  readonly weight_ih: Parameter;
  readonly weight_hh: Parameter;
  readonly bias_ih: Parameter | null;
  readonly bias_hh: Parameter | null;
  readonly #kind: CellKind;

  constructor(
    kind: CellKind,
    inputSize: number,
    hiddenSize: number,
    { bias = true }: { bias?: boolean },
  ) {
    super();
    this.#kind = kind;
    const name = `${cells[kind].name}Cell`;
    this.inputSize = checkSize(name, 'inputSize', inputSize);
    this.hiddenSize = checkSize(name, 'hiddenSize', hiddenSize);
    this.bias = bias;
    const rows = cells[kind].gates * hiddenSize;
    this.weight_ih = new Parameter(empty([rows, inputSize]));
    this.weight_hh = new Parameter(empty([rows, hiddenSize]));
    this.bias_ih = bias ? new Parameter(empty([rows])) : null;
    this.bias_hh = bias ? new Parameter(empty([rows])) : null;
    this.resetParameters();
  }

  /** Draws all weights and biases from the uniform distribution on ±1/√hiddenSize. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) uniform_(parameter, -bound, bound);
  }

  #check(input: Tensor, states: readonly (Tensor | null)[]): void {
    const name = `${cells[this.#kind].name}Cell.forward`;
    if (!(input instanceof Tensor)) {
      throw new TypeError(`${name}: input must be a Tensor, got ${typeof input}`);
    }
    if (input.ndim !== 1 && input.ndim !== 2) {
      throw new RangeError(
        `${name}: input must be [inputSize] or [N, inputSize], got ${showShape(input.shape)}`,
      );
    }
    const features = input.shape[input.ndim - 1];
    if (features !== this.inputSize) {
      throw new RangeError(
        `${name}: input has ${features} features, but this cell was built with inputSize ${this.inputSize} (input ${showShape(input.shape)})`,
      );
    }
    if (input.dtype !== this.weight_ih.dtype) {
      throw new TypeError(
        `${name}: input is ${input.dtype}, but the weights are ${this.weight_ih.dtype}`,
      );
    }
    const expected = [...input.shape.slice(0, -1), this.hiddenSize];
    for (const [i, state] of states.entries()) {
      if (state === null) continue;
      if (!(state instanceof Tensor) || showShape(state.shape) !== showShape(expected)) {
        throw new RangeError(
          `${name}: ${i === 0 ? 'h' : 'c'} must have shape ${showShape(expected)}, got ${state instanceof Tensor ? showShape(state.shape) : typeof state}`,
        );
      }
      if (state.dtype !== input.dtype) {
        throw new TypeError(
          `${name}: ${i === 0 ? 'h' : 'c'} is ${state.dtype}, but the input is ${input.dtype}`,
        );
      }
    }
  }

  /** The state after one step: hidden, and for the LSTM cell. */
  protected step(
    input: Tensor,
    h: Tensor | null,
    c: Tensor | null,
    relu: boolean,
  ): [Tensor, Tensor | null] {
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
      [[this.weight_ih, this.weight_hh, this.bias_ih, this.bias_hh, null]],
      {
        sizes: { inputSize: this.inputSize, hiddenSize: this.hiddenSize, projSize: 0 },
        batchFirst: false,
        relu,
        batchSizes: null,
        batch: unbatched ? 1 : input.shape[0],
        gradFnNames: ['StackBackward0', 'StackBackward0'],
      },
    );
    return [lower(hN), cN && lower(cN)];
  }

  /** @internal */
  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.bias ? '' : ', bias=false'}`;
  }
}

/**
 * One step of an Elman network (torch.nn.RNNCell): h' = tanh(W_ih x + b_ih + W_hh h + b_hh).
 * @example
 * const cell = new nn.RNNCell(10, 20);
 * let h = zeros([3, 20]);
 * for (const x of randn([6, 3, 10]).unbind(0)) h = cell.forward(x, h);
 */
export class RNNCell extends CellBase {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(
    inputSize: number,
    hiddenSize: number,
    options: { bias?: boolean; nonlinearity?: 'tanh' | 'relu' } = {},
  ) {
    const nonlinearity = options.nonlinearity ?? 'tanh';
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu') {
      throw new RangeError(
        `RNNCell: nonlinearity must be 'tanh' or 'relu', got '${String(nonlinearity)}'`,
      );
    }
    super('rnn', inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  /** @param input [N, inputSize] or [inputSize]; @param h [N, hiddenSize] or [hiddenSize], zeros when absent */
  forward(input: Tensor, h: Tensor | null = null): Tensor {
    return this.step(input, h, null, this.nonlinearity === 'relu')[0];
  }
}

/** One step of a gated recurrent unit (torch.nn.GRUCell); see `GRU` for the equations. */
export class GRUCell extends CellBase {
  constructor(inputSize: number, hiddenSize: number, options: { bias?: boolean } = {}) {
    super('gru', inputSize, hiddenSize, options);
  }

  /** @param input [N, inputSize] or [inputSize]; @param h [N, hiddenSize] or [hiddenSize], zeros when absent */
  forward(input: Tensor, h: Tensor | null = null): Tensor {
    return this.step(input, h, null, false)[0];
  }
}

/** One step of long short-term memory (torch.nn.LSTMCell); see `LSTM` for the equations. */
export class LSTMCell extends CellBase {
  constructor(inputSize: number, hiddenSize: number, options: { bias?: boolean } = {}) {
    super('lstm', inputSize, hiddenSize, options);
  }

  /**
   * @param input [N, inputSize] or [inputSize]
   * @param state [h, c], each [N, hiddenSize] or [hiddenSize]; zeros when absent
   * @returns [h', c']
   */
  forward(input: Tensor, state: readonly [Tensor, Tensor] | null = null): [Tensor, Tensor] {
    if (state !== null && (!Array.isArray(state) || state.length !== 2)) {
      throw new TypeError('LSTMCell.forward: the state must be a pair [h, c]');
    }
    const [h, c] = this.step(input, state?.[0] ?? null, state?.[1] ?? null, false);
    return [h, c!];
  }
}

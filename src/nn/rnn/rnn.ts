/** RNN: the plain (Elman) recurrent layer. */
import type { Tensor } from '../../tensor/tensor';
import type { PackedSequence } from '../utils/rnn/packed-sequence';
import { RecurrentBase, type RecurrentOptions } from './base';

export interface RNNOptions extends RecurrentOptions {
  /** What the sum goes through: `tanh` (default) or `relu`. */
  nonlinearity?: 'tanh' | 'relu';
}

/**
 * Elman network over whole sequences (torch.nn.RNN): h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh).
 *
 * Input [T, N, inputSize], [N, T, inputSize] with `batchFirst`, [T, inputSize] unbatched, or a `PackedSequence`. Output
 * `[out, hN]`: out [T, N, D · hiddenSize] (D = 2 if bidirectional, else 1), hN [D · numLayers, N, hiddenSize].
 *
 * @example
 * const rnn = new nn.RNN(4, 32, { batchFirst: true });
 * const [out, hN] = rnn.forward(randn([2, 10, 4])); // [2, 10, 32], [1, 2, 32]
 */
export class RNN extends RecurrentBase {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    const nonlinearity = options.nonlinearity ?? 'tanh';
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu') {
      throw new RangeError(
        `RNN: nonlinearity must be 'tanh' or 'relu', got '${String(nonlinearity)}'`,
      );
    }
    super('rnn', inputSize, hiddenSize, options, nonlinearity === 'relu');
    this.nonlinearity = nonlinearity;
  }

  /** @throws RangeError, TypeError when the input or the state does not fit the layer. */
  forward(input: Tensor, h0?: Tensor | null): [Tensor, Tensor];
  forward(input: PackedSequence, h0?: Tensor | null): [PackedSequence, Tensor];
  forward(input: Tensor | PackedSequence, h0?: Tensor | null): [Tensor | PackedSequence, Tensor] {
    const [out, hN] = this.run(input as Tensor, h0 ? { h: h0, c: null } : null);
    return [out, hN];
  }
}

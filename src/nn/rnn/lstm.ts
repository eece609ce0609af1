/** LSTM: long short-term memory, optionally with a projected state. */
import type { Tensor } from '../../tensor/tensor';
import type { PackedSequence } from '../utils/rnn/packed-sequence';
import { RecurrentBase, type RecurrentOptions } from './base';

export interface LSTMOptions extends RecurrentOptions {
  /** Features that the hidden state is projected to (Sak et al. 2014); 0, the default, for no projection. */
  projSize?: number;
}

/** Hidden and cell state: [D · numLayers, N, projSize or hiddenSize] and [D · numLayers, N, hiddenSize]. */
export type LSTMState = readonly [h: Tensor, c: Tensor];

/**
 * Long short-term memory over whole sequences (torch.nn.LSTM; Hochreiter & Schmidhuber 1997), gates i, f, g, o:
 * c_t = σ(f)·c_{t−1} + σ(i)·tanh(g), h_t = σ(o)·tanh(c_t).
 *
 * Input as `RNN`. Output `[out, [hN, cN]]`: out [T, N, D · S], S = projSize or else hiddenSize.
 *
 * @example
 * const lstm = new nn.LSTM(1, 256, { numLayers: 2, batchFirst: true });
 * const [out, [hN, cN]] = lstm.forward(randn([4, 3, 1])); // [4, 3, 256], [2, 4, 256], [2, 4, 256]
 */
export class LSTM extends RecurrentBase {
  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    super('lstm', inputSize, hiddenSize, options);
  }

  /** @throws RangeError, TypeError when the input or a state does not fit the layer. */
  forward(input: Tensor, state?: LSTMState | null): [Tensor, [Tensor, Tensor]];
  forward(input: PackedSequence, state?: LSTMState | null): [PackedSequence, [Tensor, Tensor]];
  forward(
    input: Tensor | PackedSequence,
    state?: LSTMState | null,
  ): [Tensor | PackedSequence, [Tensor, Tensor]] {
    if (state !== undefined && state !== null && (!Array.isArray(state) || state.length !== 2)) {
      throw new TypeError('LSTM.forward: the state must be a pair [h0, c0]');
    }
    const [out, hN, cN] = this.run(input as Tensor, state ? { h: state[0], c: state[1] } : null);
    return [out, [hN, cN!]];
  }
}

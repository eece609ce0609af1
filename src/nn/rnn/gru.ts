/** GRU: the gated recurrent unit. */
import type { Tensor } from '../../tensor/tensor';
import type { PackedSequence } from '../utils/rnn/packed-sequence';
import { RecurrentBase, type RecurrentOptions } from './base';

/**
 * Gated recurrent unit over whole sequences (torch.nn.GRU; Cho et al. 2014), gates r, z, n, the reset applied after
 * the hidden product: n = tanh(W_in x + b_in + r·(W_hn h + b_hn)), h_t = (1 − z)·n + z·h_{t−1}.
 *
 * Shapes as `RNN`.
 *
 * @example
 * const gru = new nn.GRU(100, 256);
 * const [out, hN] = gru.forward(randn([7, 1, 100])); // [7, 1, 256], [1, 1, 256]
 */
export class GRU extends RecurrentBase {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super('gru', inputSize, hiddenSize, options);
  }

  /** @throws RangeError, TypeError when the input or the state does not fit the layer. */
  forward(input: Tensor, h0?: Tensor | null): [Tensor, Tensor];
  forward(input: PackedSequence, h0?: Tensor | null): [PackedSequence, Tensor];
  forward(input: Tensor | PackedSequence, h0?: Tensor | null): [Tensor | PackedSequence, Tensor] {
    const [out, hN] = this.run(input as Tensor, h0 ? { h: h0, c: null } : null);
    return [out, hN];
  }
}

/** JANET: the LSTM that has a forget gate only. */
import { optionsTable, surplus } from '../../check';
import { recurrentFields, type RecurrentOptions } from './base';
import { HiddenStateLayer } from './hidden-state-layer';
import { forgetFields, type ForgetOptions } from './initial';
import type { ReturnStates } from './variants';

/** Options of `JANET`. */
export interface JANETOptions<R extends ReturnStates = ReturnStates>
  extends RecurrentOptions<R>, ForgetOptions {}

const janetOptions = optionsTable<JANETOptions>('JANET', { ...recurrentFields, ...forgetFields });

/**
 * An LSTM of which the forget gate alone is left, over whole sequences (JANET: van der Westhuizen and Lasenby 2018, "The
 * unreasonable effectiveness of the forget gate", arXiv:1804.04849, with β = 1; PyTorch has no such layer). It has half of an
 * LSTM's weights. For each layer and direction
 *
 *     s_t = W_if x_t + b_if + W_hf h_{t−1} + b_hf
 *     g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)
 *     h_t = σ(s_t) ⊙ h_{t−1} + (1 − σ(s_t − 1)) ⊙ g_t
 *
 * where x_t is the input of the layer, h_0 the state given (zeros unless given). With D = 2 if bidirectional, else 1:
 *
 * | | shape |
 * |---|---|
 * | input | [T, N, inputSize]; [N, T, inputSize] with `batchFirst`; [T, inputSize] unbatched; or a `PackedSequence` |
 * | h0, hN | [D · numLayers, N, hiddenSize]; [D · numLayers, hiddenSize] unbatched |
 * | out | [T, N, D · hiddenSize], laid out as the input: h_t of the last layer, directions concatenated |
 *
 * Parameters, for layer k, the gates' rows in the order f, g: `weight_ih_lk` [2 · hiddenSize, inputSize] (above layer 0
 * [2 · hiddenSize, D · hiddenSize]), `weight_hh_lk` [2 · hiddenSize, hiddenSize], `bias_ih_lk` and `bias_hh_lk`
 * [2 · hiddenSize], with the suffix `_reverse` for the second direction; all start uniform in ±1/√hiddenSize. For
 * dependencies over up to T steps the paper starts the forget gate's bias, the first hiddenSize elements, at log u with u
 * uniform in [1, T − 1].
 *
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const janet = new nn.JANET(100, 256);
 * const [out, hN] = janet.forward(randn([7, 1, 100])); // [7, 1, 256], [1, 1, 256]
 */
export class JANET<R extends ReturnStates = 'last'> extends HiddenStateLayer<R> {
  /**
   * @param inputSize features of an input
   * @param hiddenSize features of the state
   */
  constructor(inputSize: number, hiddenSize: number, options?: JANETOptions<R>) {
    if (arguments.length > 3) surplus('JANET', arguments, 3, 'options');
    const read = janetOptions.read(options);
    super('janet', inputSize, hiddenSize, read, { unitForgetBias: read.unitForgetBias });
  }
}

/** RNN: the plain (Elman) recurrent layer. */
import { oneOf, optionsTable, surplus } from '../../check';
import { recurrentFields, type RecurrentOptions } from './base';
import { HiddenStateLayer } from './hidden-state-layer';
import type { ReturnStates } from './variants';

/** Options of `RNN`. */
export interface RNNOptions<R extends ReturnStates = ReturnStates> extends RecurrentOptions<R> {
  /** The activation: `'tanh'` (default) or `'relu'`. */
  nonlinearity?: 'tanh' | 'relu';
}

const rnnOptions = optionsTable<RNNOptions>('RNN', {
  ...recurrentFields,
  nonlinearity: oneOf('tanh', 'relu').or('tanh'),
});

/**
 * Elman network over whole sequences (torch.nn.RNN; Elman 1990). For each layer and direction
 *
 *     a_t = W_ih x_t + b_ih + W_hh h_{t−1} + b_hh
 *     h_t = tanh(a_t), or max(a_t, 0) with `nonlinearity: 'relu'`
 *
 * where x_t is the input of the layer, h_0 the state given (zeros unless given). With D = 2 if bidirectional, else 1:
 *
 * | | shape |
 * |---|---|
 * | input | [T, N, inputSize]; [N, T, inputSize] with `batchFirst`; [T, inputSize] unbatched; or a `PackedSequence` |
 * | h0, hN | [D · numLayers, N, hiddenSize]; [D · numLayers, hiddenSize] unbatched |
 * | out | [T, N, D · hiddenSize], laid out as the input: h_t of the last layer, directions concatenated |
 *
 * Parameters, for layer k: `weight_ih_lk` [hiddenSize, inputSize] (above layer 0 [hiddenSize, D · hiddenSize]),
 * `weight_hh_lk` [hiddenSize, hiddenSize], `bias_ih_lk` and `bias_hh_lk` [hiddenSize], with the suffix `_reverse` for the
 * second direction; all start uniform in ±1/√hiddenSize.
 *
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const rnn = new nn.RNN(4, 32, { batchFirst: true });
 * const [out, hN] = rnn.forward(randn([2, 10, 4])); // [2, 10, 32], [1, 2, 32]
 */
export class RNN<R extends ReturnStates = 'last'> extends HiddenStateLayer<R> {
  /** The activation: tanh or relu. */
  readonly nonlinearity: 'tanh' | 'relu';

  /**
   * @param inputSize features of an input
   * @param hiddenSize features of the state
   */
  constructor(inputSize: number, hiddenSize: number, options?: RNNOptions<R>) {
    if (arguments.length > 3) surplus('RNN', arguments, 3, 'options');
    const read = rnnOptions.read(options);
    super('rnn', inputSize, hiddenSize, read, { relu: read.nonlinearity === 'relu' });
    this.nonlinearity = read.nonlinearity;
  }
}

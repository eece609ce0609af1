/** GRU: the gated recurrent unit. */
import { boolean, optionsTable, probability, surplus } from '../../check';
import { recurrentFields, type RecurrentOptions } from './base';
import { HiddenStateLayer } from './hidden-state-layer';
import { anyStates, type NormalizationOptions, type ReturnStates } from './variants';

/** Options of `GRU`. */
export interface GRUOptions<R extends ReturnStates = ReturnStates>
  extends RecurrentOptions<R>, NormalizationOptions {
  /**
   * Probability that a unit keeps its state of the step before (zoneout: Krueger et al. 2017, arXiv:1606.01305):
   * h_t = k ⊙ h_{t−1} + (1 − k) ⊙ h̃_t, with h̃_t of the plain cell and k drawn for each step, 1 with this probability and else
   * 0. In evaluation k is the probability itself. Default: 0.
   */
  zoneout?: number;
}

const gruOptions = optionsTable<GRUOptions>('GRU', {
  ...recurrentFields,
  returnStates: anyStates.or('last'),
  zoneout: probability.or(0),
  layerNorm: boolean.or(false),
});

/**
 * Gated recurrent unit over whole sequences (torch.nn.GRU; Cho et al. 2014, the reset applied after the hidden product).
 * For each layer and direction
 *
 *     r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)
 *     z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)
 *     n_t = tanh(W_in x_t + b_in + r_t ⊙ (W_hn h_{t−1} + b_hn))
 *     h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}
 *
 * where x_t is the input of the layer, h_0 the state given (zeros unless given). With D = 2 if bidirectional, else 1:
 *
 * | | shape |
 * |---|---|
 * | input | [T, N, inputSize]; [N, T, inputSize] with `batchFirst`; [T, inputSize] unbatched; or a `PackedSequence` |
 * | h0, hN | [D · numLayers, N, hiddenSize]; [D · numLayers, hiddenSize] unbatched |
 * | out | [T, N, D · hiddenSize], laid out as the input: h_t of the last layer, directions concatenated |
 *
 * Parameters, for layer k, the gates' rows in the order r, z, n: `weight_ih_lk` [3 · hiddenSize, inputSize] (above layer 0
 * [3 · hiddenSize, D · hiddenSize]), `weight_hh_lk` [3 · hiddenSize, hiddenSize], `bias_ih_lk` and `bias_hh_lk`
 * [3 · hiddenSize], with the suffix `_reverse` for the second direction; all start uniform in ±1/√hiddenSize.
 *
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const gru = new nn.GRU(100, 256);
 * const [out, hN] = gru.forward(randn([7, 1, 100])); // [7, 1, 256], [1, 1, 256]
 */
export class GRU<R extends ReturnStates = 'last'> extends HiddenStateLayer<R> {
  /** Probability that a unit keeps its state of the step before. */
  readonly zoneout: number;
  /** Whether the gates are layer-normalized. */
  readonly layerNorm: boolean;

  /**
   * @param inputSize features of an input
   * @param hiddenSize features of the state
   */
  constructor(inputSize: number, hiddenSize: number, options?: GRUOptions<R>) {
    if (arguments.length > 3) surplus('GRU', arguments, 3, 'options');
    const read = gruOptions.read(options);
    const { zoneout, layerNorm } = read;
    super('gru', inputSize, hiddenSize, read, { zoneout: { h: zoneout, c: 0 }, layerNorm });
    this.zoneout = zoneout;
    this.layerNorm = layerNorm;
  }
}

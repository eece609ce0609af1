/** LSTM: long short-term memory, optionally with a projected state. */
import {
  boolean,
  count,
  either,
  isArray,
  optionsTable,
  pairOf,
  probability,
  refuse,
  surplus,
} from '../../check';
import type { Tensor } from '../../tensor/tensor';
import type { PackedSequence } from '../utils/rnn/packed-sequence';
import { RecurrentBase, recurrentFields, type RecurrentOptions } from './base';
import { forgetFields, type ForgetOptions } from './initial';
import {
  anyStates,
  thirdResult,
  type GateStates,
  type LSTMStates,
  type NormalizationOptions,
  type PeepholeOptions,
  type ReturnStates,
  type ThirdResult,
  type ZoneoutOptions,
} from './variants';

/** Options of `LSTM`. */
export interface LSTMOptions<R extends ReturnStates = ReturnStates>
  extends
    RecurrentOptions<R>,
    ForgetOptions,
    ZoneoutOptions,
    PeepholeOptions,
    NormalizationOptions {
  /** Features that the hidden state is projected to (Sak et al. 2014). Default: 0, no projection. */
  projSize?: number;
}

/** Hidden and cell state: [D · numLayers, N, projSize or hiddenSize] and [D · numLayers, N, hiddenSize]. */
export type LSTMState = readonly [h: Tensor, c: Tensor];

type Either = Tensor | PackedSequence;
type Pair = [hN: Tensor, cN: Tensor];
type All<R extends ReturnStates, S extends Either> = ThirdResult<R, LSTMStates<S>, GateStates<S>>;

const lstmOptions = optionsTable<LSTMOptions>('LSTM', {
  ...recurrentFields,
  returnStates: anyStates.or('last'),
  projSize: count.or(0),
  zoneout: either<number | readonly [number, number]>(
    probability,
    pairOf(probability, 'a pair [h, c] of probabilities'),
  ).or(0),
  peephole: boolean.or(false),
  layerNorm: boolean.or(false),
  ...forgetFields,
});

/** The state as a pair, null when there is none. @throws TypeError for anything else. */
export function pairOfStates(
  operation: string,
  state: LSTMState | null | undefined,
): LSTMState | null {
  if (state === undefined || state === null) return null;
  if (!isArray(state) || state.length !== 2) refuse(operation, 'state', 'a pair [h, c]', state);
  return state;
}

/**
 * Long short-term memory over whole sequences (torch.nn.LSTM; Hochreiter and Schmidhuber 1997, with the forget gate of
 * Gers et al. 2000). For each layer and direction
 *
 *     i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)
 *     f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)
 *     g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)
 *     o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)
 *     c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t
 *     h_t = o_t ⊙ tanh(c_t); with projSize > 0 h_t = W_hr (o_t ⊙ tanh(c_t))
 *
 * where x_t is the input of the layer, h_0 and c_0 the state given (zeros unless given). With D = 2 if bidirectional, else
 * 1, and S = projSize or else hiddenSize:
 *
 * | | shape |
 * |---|---|
 * | input | [T, N, inputSize]; [N, T, inputSize] with `batchFirst`; [T, inputSize] unbatched; or a `PackedSequence` |
 * | h0, hN | [D · numLayers, N, S]; [D · numLayers, S] unbatched |
 * | c0, cN | [D · numLayers, N, hiddenSize]; [D · numLayers, hiddenSize] unbatched |
 * | out | [T, N, D · S], laid out as the input: h_t of the last layer, directions concatenated |
 *
 * Parameters, for layer k, the gates' rows in the order i, f, g, o: `weight_ih_lk` [4 · hiddenSize, inputSize] (above
 * layer 0 [4 · hiddenSize, D · S]), `weight_hh_lk` [4 · hiddenSize, S], `bias_ih_lk` and `bias_hh_lk` [4 · hiddenSize], and
 * with a projection `weight_hr_lk` [projSize, hiddenSize]; with the suffix `_reverse` for the second direction. All start
 * uniform in ±1/√hiddenSize, unless `orthogonal` or `unitForgetBias` say otherwise.
 *
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const lstm = new nn.LSTM(1, 256, { numLayers: 2, batchFirst: true });
 * const [out, [hN, cN]] = lstm.forward(randn([4, 3, 1])); // [4, 3, 256], [2, 4, 256], [2, 4, 256]
 */
export class LSTM<R extends ReturnStates = 'last'> extends RecurrentBase {
  declare readonly returnStates: R;
  /** Probability that a unit keeps its state of the step before: of h and c, or one for both. */
  readonly zoneout: number | readonly [h: number, c: number];
  /** Whether the gates see the cell state. */
  readonly peephole: boolean;
  /** Whether the gates and the cell state are layer-normalized. */
  readonly layerNorm: boolean;

  /**
   * @param inputSize features of an input
   * @param hiddenSize features of the cell state
   */
  constructor(inputSize: number, hiddenSize: number, options?: LSTMOptions<R>) {
    if (arguments.length > 3) surplus('LSTM', arguments, 3, 'options');
    const read = lstmOptions.read(options);
    const { projSize, zoneout, peephole, layerNorm, unitForgetBias } = read;
    const [h, c] = typeof zoneout === 'number' ? [zoneout, zoneout] : zoneout;
    const details = { projSize, zoneout: { h, c }, peephole, layerNorm, unitForgetBias };
    super('lstm', inputSize, hiddenSize, read, details);
    this.zoneout = zoneout;
    this.peephole = peephole;
    this.layerNorm = layerNorm;
  }

  /**
   * Runs all layers over the sequence.
   * @param state [h0, c0], the state before the first step; zeros when absent
   * @returns [out, [hN, cN]], the pair being the state after the last step; with `returnStates: 'all'` also the states of every
   * step, `{ h, c }`, with `'gates'` `{ h, c, gates }`
   * @throws RangeError, TypeError when the input or a state does not fit the layer.
   */
  // Those without a state come first: they are the same in all layers, so that a union of layers can be called.
  forward(input: Tensor): [out: Tensor, state: Pair, ...All<R, Tensor>];
  forward(input: PackedSequence): [out: PackedSequence, state: Pair, ...All<R, PackedSequence>];
  forward(input: Either): [out: Either, state: Pair, ...All<R, Either>];
  forward(input: Tensor, state?: LSTMState | null): [out: Tensor, state: Pair, ...All<R, Tensor>];
  forward(
    input: PackedSequence,
    state?: LSTMState | null,
  ): [out: PackedSequence, state: Pair, ...All<R, PackedSequence>];
  forward(input: Either, state?: LSTMState | null): [out: Either, state: Pair, ...All<R, Either>];
  // Once more: the last one is what Parameters and ReturnType see, and so `Session.push`.
  forward(input: Tensor): [out: Tensor, state: Pair, ...All<R, Tensor>];
  forward(input: Either, state?: LSTMState | null): unknown {
    if (arguments.length > 2) surplus('LSTM.forward', arguments, 2, 'state');
    const pair = pairOfStates('LSTM.forward', state);
    const [out, hN, cN, all] = this.run(input, pair && { h: pair[0], c: pair[1] });
    return all === null
      ? [out, [hN, cN!]]
      : [out, [hN, cN!], thirdResult(all, true, this.returnStates)];
  }
}

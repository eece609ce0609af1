/**
 * What recurrent layers have beyond PyTorch's: regularization by masks, and the states of every step as results. stack.ts
 * applies it.
 */
import { boolean, oneOf, probability, type Fields, type Rule } from '../../check';
import type { DirectionVariant, DirectionWeights } from '../../ops/sequence/call';
import { constant } from '../../ops/creation/factories';
import { bernoulli_ } from '../../random/bernoulli';
import type { DType } from '../../tensor/dtype';
import { empty, type Tensor } from '../../tensor/tensor';
import { dropout } from '../functional/dropout';
import type { PackedSequence } from '../utils/rnn/packed-sequence';
import { showBoolean } from '../print';

/** Which states a recurrent layer returns: those after the last step, those of every step too, or also the gates. */
export type ReturnStates = 'last' | 'all' | 'gates';

/** Options that PyTorch's layers do not have. */
export interface VariantOptions<R extends ReturnStates = ReturnStates> {
  /**
   * Probability of setting a feature of the input to 0 while training, with one mask for all steps of a sequence (variational
   * or locked dropout: Gal and Ghahramani 2016, arXiv:1512.05287). What is kept is multiplied by 1 / (1 − p). Default: 0.
   */
  inputDropout?: number;
  /** The same for the output of the last layer. Default: 0. */
  outputDropout?: number;
  /** Whether `dropout`, between two layers, has one mask for all steps too, instead of one for each. Default: false. */
  lockedDropout?: boolean;
  /**
   * Probability of setting an element of each `weight_hh` to 0 for one forward while training, the others being multiplied by
   * 1 / (1 − p) (DropConnect on the recurrent weights: the weight-dropped LSTM of Merity et al. 2018, arXiv:1708.02182). The
   * parameters themselves do not change. Default: 0.
   */
  weightDropout?: number;
  /**
   * Probability of setting a feature of h to 0 before the product with `weight_hh` while training, with one mask for all steps
   * of a sequence, layer and direction (variational dropout of the recurrent connections: Gal and Ghahramani 2016,
   * arXiv:1512.05287; Keras' `recurrent_dropout`). What is kept is multiplied by 1 / (1 − p); where h enters otherwise (GRU's
   * z ⊙ h) and in the output it is whole. Not with `projSize`. Default: 0.
   */
  recurrentDropout?: number;
  /**
   * With `'all'`, `forward` returns a third result, the states of every step and layer, differentiable as the others; with
   * `'gates'` (LSTM, GRU) also the gates. Default: `'last'`.
   */
  returnStates?: R;
}

/** Of the layers that have gates to return. */
export const anyStates = oneOf('last', 'all', 'gates');
/** Of those without. */
const withoutGates: Rule<ReturnStates> = oneOf('last', 'all');

export const variantFields: Fields<VariantOptions> = {
  inputDropout: probability.or(0),
  outputDropout: probability.or(0),
  lockedDropout: boolean.or(false),
  weightDropout: probability.or(0),
  recurrentDropout: probability.or(0),
  returnStates: withoutGates.or('last'),
};

/** Options of the layers that have zoneout. */
export interface ZoneoutOptions {
  /**
   * Probability that a unit keeps its state of the step before (zoneout: Krueger et al. 2017, arXiv:1606.01305):
   * h_t = k ⊙ h_{t−1} + (1 − k) ⊙ h̃_t, with h̃_t of the plain cell and k drawn for each step, 1 with this probability and else
   * 0. In evaluation k is the probability itself. For an LSTM a pair [h, c] of probabilities, or one for both; its h̃_t is made
   * of the c̃_t that has not been zoned out. Not with `projSize`. Default: 0.
   */
  zoneout?: number | readonly [h: number, c: number];
}

/** Options of the layers that can be normalized. */
export interface NormalizationOptions {
  /**
   * Whether the gates are layer-normalized (Ba, Kiros and Hinton 2016, arXiv:1607.06450): LN(W_ih x_t) and LN(W_hh h_{t−1}) in
   * place of the products, each over all of its G · hiddenSize elements, with the gains `norm_ih_lk` and `norm_hh_lk`
   * [G · hiddenSize] before the biases are added; and in an LSTM h_t = o_t ⊙ tanh(LN(c_t)), with the gain `norm_ch_lk` and the bias
   * `bias_ch_lk` [hiddenSize]. LN(v) = (v − mean) / √(variance + 1e-5). Gains start as 1, `bias_ch` as 0. Not with `projSize`,
   * `recurrentDropout`, `zoneout`, `peephole` or the gates as results. Default: false.
   */
  layerNorm?: boolean;
}

/** Options of the LSTM alone. */
export interface PeepholeOptions {
  /**
   * Whether the gates see the cell state (peephole connections: Gers and Schmidhuber 2000, "Recurrent nets that time and count";
   * Graves 2013, arXiv:1308.0850): i_t and f_t have the term p ⊙ c_{t−1} more, o_t the term p ⊙ c_t, before their σ.
   * `weight_ch_lk` [3 · hiddenSize] holds p of i, f and o. Default: false.
   */
  peephole?: boolean;
}

/** The states of every step, the lowest layer first, each laid out as the output, with its D · S features. */
export interface HiddenStates<S extends Tensor | PackedSequence = Tensor | PackedSequence> {
  /** h_t of each layer: [T, N, D · S]; that of the last layer is the output before `outputDropout`. */
  readonly h: readonly S[];
}

/** The states of every step, the lowest layer first, each laid out as the output. */
export interface LSTMStates<
  S extends Tensor | PackedSequence = Tensor | PackedSequence,
> extends HiddenStates<S> {
  /** c_t of each layer: [T, N, D · hiddenSize]. */
  readonly c: readonly S[];
}

/** The gates of every step, the lowest layer first, each laid out as the output. */
export interface GateStates<S extends Tensor | PackedSequence = Tensor | PackedSequence> {
  /**
   * The activated gates of each layer: [T, N, D · G · hiddenSize], of each direction in the order of the weights' rows: i, f, g, o
   * of an LSTM, r, z, n of a GRU.
   */
  readonly gates: readonly S[];
}

/** What `forward` returns after the last states. */
export type ThirdResult<R extends ReturnStates, States, Gates = unknown> = R extends 'last'
  ? []
  : R extends 'gates'
    ? [states: States & Gates]
    : [states: States];

/** h of every step and layer, c of those that have one, and the gates where they are asked for. */
export interface AllStates<S> {
  readonly h: S[];
  readonly c: S[];
  readonly gates: S[];
}

export const mapStates = <A, B>(states: AllStates<A>, f: (x: A) => B): AllStates<B> => ({
  h: states.h.map(f),
  c: states.c.map(f),
  gates: states.gates.map(f),
});

/** As a user gets them. */
export function thirdResult<S>(
  { h, c, gates }: AllStates<S>,
  hasCellState: boolean,
  returnStates: ReturnStates,
): object {
  return { h, ...(hasCellState ? { c } : {}), ...(returnStates === 'gates' ? { gates } : {}) };
}

/** The weights of a layer with W_hh ⊙ mask / (1 − p) in place of W_hh, a mask for each direction. */
export const dropWeights = (weights: readonly DirectionWeights[], p: number): DirectionWeights[] =>
  weights.map(([ih, hh, ...others]) => [ih, dropout(hh, p), ...others]);

/** The shares that zoneout keeps of h and of c. */
export interface Zoneout {
  readonly h: number;
  readonly c: number;
}

/** What is drawn for a direction. */
interface Draws {
  readonly recurrentDropout: number;
  readonly zoneout: Zoneout;
  readonly training: boolean;
  /** [N, H], and those of the states of all steps: [T, N, H], or (packed) [R, H]. */
  readonly stateShape: readonly number[];
  readonly stepsShape: readonly number[];
  readonly hasCellState: boolean;
  readonly dtype: DType;
}

// In evaluation the expected share, the same for all.
function keptShare(p: number, { training, stepsShape, dtype }: Draws): Tensor | null {
  if (p === 0) return null;
  if (!training) return constant([stepsShape[stepsShape.length - 1]], p, dtype);
  return bernoulli_(empty([...stepsShape], dtype), p);
}

/** The masks of one direction, drawn in the order recurrent dropout, zoneout of h, zoneout of c; null for the plain cell. */
export function drawVariant(draws: Draws): DirectionVariant | null {
  const { recurrentDropout, zoneout, training, stateShape, hasCellState, dtype } = draws;
  const recurrent = training && recurrentDropout > 0;
  if (!recurrent && zoneout.h === 0 && zoneout.c === 0) return null;
  return {
    recurrentMask: recurrent
      ? dropout(constant([...stateShape], 1, dtype), recurrentDropout)
      : null,
    zoneoutH: keptShare(zoneout.h, draws),
    zoneoutC: hasCellState ? keptShare(zoneout.c, draws) : null,
  };
}

/** What a layer prints of those that are not the defaults. */
export function showVariants(
  layer: Readonly<Required<VariantOptions>> &
    Partial<ZoneoutOptions & PeepholeOptions & NormalizationOptions>,
): string[] {
  const parts: string[] = [];
  if (layer.inputDropout !== 0) parts.push(`inputDropout=${layer.inputDropout}`);
  if (layer.outputDropout !== 0) parts.push(`outputDropout=${layer.outputDropout}`);
  if (layer.lockedDropout) parts.push(`lockedDropout=${showBoolean(true)}`);
  if (layer.weightDropout !== 0) parts.push(`weightDropout=${layer.weightDropout}`);
  if (layer.recurrentDropout !== 0) parts.push(`recurrentDropout=${layer.recurrentDropout}`);
  const { zoneout = 0 } = layer;
  if (typeof zoneout !== 'number') parts.push(`zoneout=(${zoneout.join(', ')})`);
  else if (zoneout !== 0) parts.push(`zoneout=${zoneout}`);
  if (layer.peephole === true) parts.push(`peephole=${showBoolean(true)}`);
  if (layer.layerNorm === true) parts.push(`layerNorm=${showBoolean(true)}`);
  if (layer.returnStates !== 'last') parts.push(`returnStates=${layer.returnStates}`);
  return parts;
}

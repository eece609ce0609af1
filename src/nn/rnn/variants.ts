/**
 * What recurrent layers have beyond PyTorch's: regularization by masks, and the states of every step as results. base.ts
 * applies it.
 */
import { boolean, oneOf, probability, type Fields } from '../../check';
import type { DirectionWeights } from '../../ops/sequence/call';
import type { Tensor } from '../../tensor/tensor';
import { dropout } from '../functional/dropout';
import type { PackedSequence } from '../utils/rnn/packed-sequence';
import { showBoolean } from '../print';

/** Which states a recurrent layer returns: those after the last step, or those of every step too. */
export type ReturnStates = 'last' | 'all';

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
   * With `'all'`, `forward` returns a third result, the states of every step and layer, differentiable as the others.
   * Default: `'last'`.
   */
  returnStates?: R;
}

export const variantFields: Fields<VariantOptions> = {
  inputDropout: probability.or(0),
  outputDropout: probability.or(0),
  lockedDropout: boolean.or(false),
  weightDropout: probability.or(0),
  returnStates: oneOf('last', 'all').or('last'),
};

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

/** What `forward` returns after the last states. */
export type ThirdResult<R extends ReturnStates, States> = R extends 'all' ? [states: States] : [];

/** h of every step and layer, and c of those that have one. */
export interface AllStates<S> {
  readonly h: S[];
  readonly c: S[];
}

export const mapStates = <A, B>({ h, c }: AllStates<A>, f: (x: A) => B): AllStates<B> => ({
  h: h.map(f),
  c: c.map(f),
});

/** The weights of a layer with W_hh ⊙ mask / (1 − p) in place of W_hh, a mask for each direction. */
export const dropWeights = (weights: readonly DirectionWeights[], p: number): DirectionWeights[] =>
  weights.map(([ih, hh, ...others]) => [ih, dropout(hh, p), ...others]);

/** What a layer prints of those that are not the defaults. */
export function showVariants(layer: Readonly<Required<VariantOptions>>): string[] {
  const parts: string[] = [];
  if (layer.inputDropout !== 0) parts.push(`inputDropout=${layer.inputDropout}`);
  if (layer.outputDropout !== 0) parts.push(`outputDropout=${layer.outputDropout}`);
  if (layer.lockedDropout) parts.push(`lockedDropout=${showBoolean(true)}`);
  if (layer.weightDropout !== 0) parts.push(`weightDropout=${layer.weightDropout}`);
  if (layer.returnStates !== 'last') parts.push(`returnStates=${layer.returnStates}`);
  return parts;
}

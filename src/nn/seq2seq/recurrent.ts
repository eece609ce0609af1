/** The recurrent layer of an encoder or decoder, of any kind, with its state in one form: [h], or [h, c] for the LSTM. */
import { arrayOf, oneOf } from '../../check';
import { indexSelect } from '../../ops';
import { anyTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import { GRU, LSTM, RNN, type RecurrentOptions } from '../rnn';
import type { PackedSequence } from '../utils/rnn/packed-sequence';

/** Which recurrent layer: `RNN`, `LSTM` or `GRU`. */
export type Cell = 'rnn' | 'lstm' | 'gru';

export const anyCell = oneOf('rnn', 'lstm', 'gru');

/** A layer over sequences. */
export type RecurrentLayer = RNN | LSTM | GRU;
/** [h], or [h, c] of an LSTM; each [numLayers · directions, N, features]. */
export type RecurrentState = readonly Tensor[];

export const anyState = arrayOf(anyTensor, 'an array of tensors, [h] or [h, c]');

const layers = { rnn: RNN, lstm: LSTM, gru: GRU } as const;

export function makeRecurrent(
  cell: Cell,
  inputSize: number,
  hiddenSize: number,
  options: RecurrentOptions<'last'>,
): RecurrentLayer {
  return new layers[cell](inputSize, hiddenSize, { ...options, batchFirst: true });
}

export function runRecurrent(
  layer: RecurrentLayer,
  input: Tensor,
  state: RecurrentState | null,
): [Tensor, RecurrentState];
export function runRecurrent(
  layer: RecurrentLayer,
  input: PackedSequence,
  state: RecurrentState | null,
): [PackedSequence, RecurrentState];
export function runRecurrent(
  layer: RecurrentLayer,
  input: Tensor | PackedSequence,
  state: RecurrentState | null,
): [Tensor | PackedSequence, RecurrentState] {
  const x = input as Tensor;
  if (layer instanceof LSTM) return layer.forward(x, state && [state[0], state[1]]);
  const [out, h] = layer.forward(x, state && state[0]);
  return [out, [h]];
}

/** The state of other rows. */
export const selectState = (state: RecurrentState, rows: Tensor): RecurrentState =>
  state.map((part) => indexSelect(part, 1, rows));

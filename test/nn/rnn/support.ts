/** What the tests of recurrent layers share. */
import { nn, type Tensor } from 'ostinato';

export const layers = { RNN: nn.RNN, LSTM: nn.LSTM, GRU: nn.GRU, JANET: nn.JANET };
export type RecurrentLayer = InstanceType<(typeof layers)[keyof typeof layers]>;

const { RNNCell, LSTMCell, GRUCell, JANETCell } = nn;
export const cells = { RNNCell, LSTMCell, GRUCell, JANETCell };

/** Any layer's forward: they take different states, which a union's call signature cannot say. */
export function forward(
  layer: RecurrentLayer,
  x: Tensor,
  state?: unknown,
): [Tensor, Tensor | [Tensor, Tensor]] {
  return (layer as nn.RNN).forward(x, state as Tensor);
}

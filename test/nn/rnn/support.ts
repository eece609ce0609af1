/** What the tests of recurrent layers share. */
import type { nn, Tensor } from 'ostinato';

/** Any layer's forward: the three take different states, which a union's call signature cannot say. */
export function forward(
  layer: nn.RNN | nn.LSTM | nn.GRU,
  x: Tensor,
  state?: unknown,
): [Tensor, Tensor | [Tensor, Tensor]] {
  return (layer as nn.RNN).forward(x, state as Tensor);
}

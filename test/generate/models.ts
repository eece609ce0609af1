// Small models whose distributions are known.
import { nn, tensor, type Tensor } from 'ostinato';

/** A Markov chain: the scores of the next token are a row of a table. The state counts the steps, [1, N, 1]. */
export function chain(
  table: readonly (readonly number[])[],
  dtype: 'float32' | 'float64' = 'float64',
) {
  const weight = tensor(table, { dtype });
  const calls: number[][] = [];
  const model = (input: Tensor, state?: Tensor): [Tensor, Tensor] => {
    calls.push([...input.shape]);
    const [T, N] = input.shape;
    const before = state ?? tensor(new Float32Array(N)).reshape([1, N, 1]);
    return [nn.functional.embedding(input, weight), before.add(T)];
  };
  return { model, calls };
}

/** Logarithms of probabilities, so that softmax gives them back. */
export const logs = (rows: readonly (readonly number[])[]): number[][] =>
  rows.map((row) => row.map((p) => Math.log(p)));

/** A recurrent model over tokens, time first. */
export class TokenNet extends nn.Module {
  embedding: nn.Embedding;
  rnn: nn.LSTM;
  head: nn.Linear;
  constructor(vocabulary: number) {
    super();
    this.embedding = new nn.Embedding(vocabulary, 8);
    this.rnn = new nn.LSTM(8, 16);
    this.head = new nn.Linear(16, vocabulary);
  }
  forward(input: Tensor, state?: [Tensor, Tensor]): [Tensor, [Tensor, Tensor]] {
    const [out, next] = this.rnn.forward(this.embedding.forward(input), state);
    return [this.head.forward(out), next];
  }
}

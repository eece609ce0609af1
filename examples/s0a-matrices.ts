// S0a: an RNN learns sequences of 2×2 matrices, then writes ten of its own
//
// A recurrent network reads a sequence one step at a time and carries a hidden state from step to step. Here a step is a
// 2×2 matrix, flattened to 4 numbers; a linear layer turns each hidden state into the next matrix. After training, the
// network runs on by itself: what it writes is what it reads next.
import { join } from 'node:path';
import { manualSeed, nn, noGrad, optim, plot, randn, tqdm, zeros, type Tensor } from 'ostinato';

const hiddenSize = 32;

export class MatrixRNN extends nn.Module {
  rnn = new nn.RNN(4, hiddenSize, { batchFirst: true });
  fc = new nn.Linear(hiddenSize, 4);

  /** x [N, T, 4] and the state [1, N, 32] give an output for each step [N, T, 4] and the state after the last. */
  forward(x: Tensor, hidden: Tensor): [Tensor, Tensor] {
    const [out, state] = this.rnn.forward(x, hidden);
    return [this.fc.forward(out), state];
  }
}

/** Trains on whole sequences and returns the loss of each epoch. */
export function train(
  model: MatrixRNN,
  inputs: Tensor,
  targets: Tensor,
  { epochs = 100, print = tqdm.write } = {},
): number[] {
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const lossFn = new nn.MSELoss();
  const losses: number[] = [];
  const bar = tqdm(
    Array.from({ length: epochs }, (_, i) => i + 1),
    { desc: 'training' },
  );
  for (const epoch of bar) {
    const hidden = zeros([1, inputs.shape[0], hiddenSize], { dtype: inputs.dtype });
    const [outputs] = model.forward(inputs, hidden);
    const loss = lossFn.forward(outputs, targets);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    losses.push(loss.item());
    bar.setPostfix({ loss: loss.item() });
    if (epoch % 10 === 0) print(`epoch ${epoch}, loss ${loss.item().toFixed(4)}`);
  }
  return losses;
}

/** Writes matrices one after another from a first one [1, 1, 4]: each output is the next input. */
export function generate(model: MatrixRNN, seed: Tensor, count: number): Tensor[] {
  return noGrad(() => {
    const matrices: Tensor[] = [];
    let input = seed;
    let hidden = zeros([1, 1, hiddenSize], { dtype: seed.dtype });
    for (let step = 0; step < count; step++) {
      [input, hidden] = model.forward(input, hidden);
      matrices.push(input.view([2, 2]));
    }
    return matrices;
  });
}

export function run(print = tqdm.write): { losses: number[]; matrices: Tensor[] } {
  manualSeed(0);
  const model = new MatrixRNN();
  // Two sequences of ten matrices. They are noise: what can be learned of them is learned by heart.
  const inputs = randn([2, 10, 4]);
  const targets = randn([2, 10, 4]);
  const losses = train(model, inputs, targets, { print });
  const matrices = generate(model, randn([1, 1, 4]), 10);
  for (const [i, matrix] of matrices.entries()) print(`matrix ${i + 1}\n${matrix.toString()}`);
  return { losses, matrices };
}

if (require.main === module) {
  const { losses, matrices } = run();
  const out = join(__dirname, 'out');
  const curve = plot.curve(losses, { title: 'Training', x: 'epoch', y: 'mean squared error' });
  console.log(`picture: ${plot.save(join(out, 's0a-loss.svg'), curve)}`);
  const titles = matrices.map((_, i) => `step ${i + 1}`);
  const cells = plot.matrices(matrices, { title: 'Generated matrices', titles });
  console.log(`picture: ${plot.save(join(out, 's0a-matrices.svg'), cells)}`);
}

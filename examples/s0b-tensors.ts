// S0b: an LSTM learns sequences of 2×2×2 tensors, then writes fifteen of its own
//
// As s0a, with two differences: a step is a 2×2×2 tensor, flattened to 8 numbers, and the layer is an LSTM, which carries
// two states: h, which it shows to the layer above, and c, the cell that it keeps to itself.
import { join } from 'node:path';
import { manualSeed, nn, noGrad, optim, plot, randn, tqdm, zeros, type Tensor } from 'ostinato';

const hiddenSize = 64;

export class TensorLSTM extends nn.Module {
  lstm = new nn.LSTM(8, hiddenSize, { batchFirst: true });
  fc = new nn.Linear(hiddenSize, 8);

  /** x [N, T, 8] and the states, each [1, N, 64], give [N, T, 8] and the states after the last step. */
  forward(x: Tensor, states: [Tensor, Tensor]): [Tensor, [Tensor, Tensor]] {
    const [out, next] = this.lstm.forward(x, states);
    return [this.fc.forward(out), next];
  }
}

function zeroStates(like: Tensor): [Tensor, Tensor] {
  const shape = [1, like.shape[0], hiddenSize];
  return [zeros(shape, { dtype: like.dtype }), zeros(shape, { dtype: like.dtype })];
}

/** Trains on whole sequences and returns the loss of each epoch. */
export function train(
  model: TensorLSTM,
  inputs: Tensor,
  targets: Tensor,
  { epochs = 150, print = tqdm.write } = {},
): number[] {
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.005 });
  const lossFn = new nn.MSELoss();
  const losses: number[] = [];
  const bar = tqdm(
    Array.from({ length: epochs }, (_, i) => i + 1),
    { desc: 'training' },
  );
  for (const epoch of bar) {
    const [outputs] = model.forward(inputs, zeroStates(inputs));
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

/** Writes tensors one after another from a first one [1, 1, 8]: each output is the next input. */
export function generate(model: TensorLSTM, seed: Tensor, count: number): Tensor[] {
  return noGrad(() => {
    const tensors: Tensor[] = [];
    let input = seed;
    let states = zeroStates(seed);
    for (let step = 0; step < count; step++) {
      [input, states] = model.forward(input, states);
      tensors.push(input.view([2, 2, 2]));
    }
    return tensors;
  });
}

export function run(print = tqdm.write): { losses: number[]; tensors: Tensor[] } {
  manualSeed(0);
  const model = new TensorLSTM();
  const inputs = randn([3, 15, 8]);
  const targets = randn([3, 15, 8]);
  const losses = train(model, inputs, targets, { print });
  const tensors = generate(model, randn([1, 1, 8]), 15);
  for (const [i, each] of tensors.entries()) print(`tensor ${i + 1}\n${each.toString()}`);
  return { losses, tensors };
}

if (require.main === module) {
  const { losses, tensors } = run();
  const out = join(__dirname, 'out');
  const curve = plot.curve(losses, { title: 'Training', x: 'epoch', y: 'mean squared error' });
  console.log(`picture: ${plot.save(join(out, 's0b-loss.svg'), curve)}`);
  // The two matrices of a tensor, one below the other.
  const stacked = tensors.map((each) => each.view([4, 2]));
  const titles = tensors.map((_, i) => `step ${i + 1}`);
  const cells = plot.matrices(stacked, { title: 'Generated tensors', titles, perRow: 5 });
  console.log(`picture: ${plot.save(join(out, 's0b-tensors.svg'), cells)}`);
}

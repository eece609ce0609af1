// S4: a network from scratch, of three numbers, that learns to add up a signal
//
// The smallest recurrent network: its state is one number, and a step is
//   state ← state · stateWeight + frame · inputWeight + bias
// With both weights 1 and the bias 0 it adds. No layer, no optimizer: tensors, backward, and gradient descent by hand.
import { join } from 'node:path';
import { cumsum, manualSeed, noGrad, plot, rand, tensor, tqdm, zeros, type Tensor } from 'ostinato';

/** The weights, 0-dimensional tensors that gradients are computed for. */
export interface Weights {
  bias: Tensor;
  inputWeight: Tensor;
  stateWeight: Tensor;
}

export function drawWeights(): Weights {
  const bias = rand([], { requiresGrad: true });
  const inputWeight = rand([], { requiresGrad: true });
  const stateWeight = rand([], { requiresGrad: true });
  return { bias, inputWeight, stateWeight };
}

/** One step. A frame is a number, or one number for each signal of a batch. */
export function cell(
  { bias, inputWeight, stateWeight }: Weights,
  frame: Tensor,
  state: Tensor,
): Tensor {
  return state.mul(stateWeight).add(frame.mul(inputWeight)).add(bias);
}

/** Runs over the frames of a signal [T] and returns the last state: the total. */
export function total(weights: Weights, signal: Tensor): Tensor {
  let state = zeros([], { dtype: signal.dtype });
  for (let frame = 0; frame < signal.shape[0]; frame++)
    state = cell(weights, signal.at(frame), state);
  return state;
}

/** The state after every step: the partial sums of a signal [T], or of a batch of signals [T, N]. */
export function partialSums(weights: Weights, signal: Tensor): Tensor {
  const result = zeros(signal.shape, { dtype: signal.dtype });
  let state = zeros(signal.shape.slice(1), { dtype: signal.dtype });
  for (let frame = 0; frame < signal.shape[0]; frame++) {
    state = cell(weights, signal.at(frame), state);
    result.setAt([frame], state); // PyTorch's result[frame] = state; gradients flow through it
  }
  return result;
}

/** Gradient descent on the mean squared error of `predict` to `target`; returns the loss of each epoch. */
export function train(
  weights: Weights,
  predict: () => Tensor,
  target: Tensor,
  { epochs = 1000, lr = 0.01, desc = '' } = {},
): number[] {
  const parameters = Object.values(weights) as Tensor[];
  const losses: number[] = [];
  for (const epoch of tqdm(Array(epochs).keys(), { total: epochs, desc })) {
    const loss = predict().sub(target).square().mean();
    loss.backward();
    noGrad(() => {
      for (const weight of parameters) {
        weight.sub_(weight.grad!.mul(lr));
        weight.grad = null;
      }
    });
    losses[epoch] = loss.item();
  }
  return losses;
}

export interface Outcome {
  losses: number[];
  /** bias, inputWeight, stateWeight after training. */
  learned: [bias: number, inputWeight: number, stateWeight: number];
}

const outcome = (losses: number[], { bias, inputWeight, stateWeight }: Weights): Outcome => ({
  losses,
  learned: [bias.item(), inputWeight.item(), stateWeight.item()],
});

export function run(print = tqdm.write): { one: Outcome; partial: Outcome; batch: Outcome } {
  const tell = (what: string, { losses, learned: [b, w, s] }: Outcome): void =>
    print(
      `${what}: loss ${losses[0].toPrecision(3)} → ${losses.at(-1)!.toPrecision(2)}; ` +
        `bias ${b.toFixed(3)}, input weight ${w.toFixed(3)}, state weight ${s.toFixed(3)}`,
    );

  // One total: five numbers in, one out. Many weights give the right total of one signal, so that the loss reaches 0
  // but the weights need not be 0, 1, 1.
  manualSeed(4);
  const signal = rand([5]);
  let weights = drawWeights();
  const sum = signal.sum();
  const one = outcome(
    train(weights, () => total(weights, signal), sum, { desc: 'one total' }),
    weights,
  );
  tell('one total', one);

  // All partial sums of the signal: five numbers to get right.
  weights = drawWeights();
  const sums = cumsum(signal, 0);
  const partial = outcome(
    train(weights, () => partialSums(weights, signal), sums, { desc: 'partial sums' }),
    weights,
  );
  tell('partial sums', partial);

  // A hundred signals side by side [5, 100]: now only adding will do.
  weights = drawWeights();
  const signals = rand([5, 100]);
  const batch = outcome(
    train(weights, () => partialSums(weights, signals), cumsum(signals, 0), { desc: 'batch' }),
    weights,
  );
  tell('a batch of signals', batch);
  print(
    `partial sums of [1, 2, 3, 4, 5]: ${partialSums(weights, tensor([1, 2, 3, 4, 5])).toString()}`,
  );
  return { one, partial, batch };
}

if (require.main === module) {
  const { one, partial, batch } = run();
  const curve = plot.curve(
    { 'one total': one.losses, 'partial sums': partial.losses, 'a batch': batch.losses },
    { title: 'Learning to add', x: 'epoch', y: 'squared error', logY: true },
  );
  console.log(`picture: ${plot.save(join(__dirname, 'out', 's4-loss.svg'), curve)}`);
}

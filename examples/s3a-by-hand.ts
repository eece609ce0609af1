// S3a: a recurrent network by hand: three matrices, two biases and a loop
//
//   hₜ = Whi·hₜ₋₁ + Wxi·xₜ + b1        the hidden state takes in one number
//   yₜ = tanh(Who·hₜ + b2)             the output looks at the state
//
// The recurrence has no tanh, and the picture shows why networks that are trained have one: with weights between
// 0 and 1 the state grows fivefold at each step, and from the second step on every output is 1.
import { join } from 'node:path';
import { cat, manualSeed, plot, rand, tqdm, zeros, type Tensor } from 'ostinato';

const [hidden, steps] = [10, 10];

export interface Weights {
  Whi: Tensor;
  Wxi: Tensor;
  Who: Tensor;
  b1: Tensor;
  b2: Tensor;
}

/** Uniform in [0, 1). */
export function drawWeights(): Weights {
  const Whi = rand([hidden, hidden]);
  const Wxi = rand([hidden, 1]);
  const Who = rand([hidden, hidden]);
  const b1 = rand([hidden, 1]);
  const b2 = rand([hidden, 1]);
  return { Whi, Wxi, Who, b1, b2 };
}

/** One column for each step: outputs [10, steps], and the states that led to them [10, steps]. */
export function unroll({ Whi, Wxi, Who, b1, b2 }: Weights, x: Tensor): [Tensor, Tensor] {
  let h = zeros([hidden, 1], { dtype: x.dtype });
  const states: Tensor[] = [];
  const outputs: Tensor[] = [];
  for (let t = 0; t < x.shape[0]; t++) {
    h = Whi.matmul(h)
      .add(Wxi.mul(x.at(t)))
      .add(b1);
    states.push(h);
    outputs.push(Who.matmul(h).add(b2).tanh());
  }
  return [cat(outputs, 1), cat(states, 1)];
}

export function run(print = tqdm.write): { output: Tensor; states: Tensor } {
  manualSeed(0);
  const weights = drawWeights();
  const [output, states] = unroll(weights, rand([steps]));
  print(`output [${output.shape.join(', ')}], a column for each step\n${output.toString()}`);
  const largest = states.abs().amax(0);
  print(`largest state of each step\n${largest.toString()}`);
  return { output, states };
}

if (require.main === module) {
  const { output, states } = run();
  const out = join(__dirname, 'out');
  const cells = plot.matrix(output, { title: 'tanh(Who·h + b2)', x: 'step', y: 'unit' });
  console.log(`picture: ${plot.save(join(out, 's3a-output.svg'), cells)}`);
  const growth = plot.curve(states.abs().amax(0), {
    title: 'Without tanh the state grows',
    x: 'step',
    y: 'largest |h|',
    logY: true,
  });
  console.log(`picture: ${plot.save(join(out, 's3a-states.svg'), growth)}`);
}

// S0c: an RNN that reads 32 numbers and writes 64: feeding its output back needs a way from 64 to 32
//
// The program that this follows fed its 64-wide output straight back into its 32-wide input, which cannot work. The
// example shows that call and its error, and then closes the loop: a second linear layer learns to guess the next input
// from the present output, between the two.
import { join } from 'node:path';
import {
  manualSeed,
  nn,
  noGrad,
  optim,
  plot,
  randn,
  slice,
  stack,
  tqdm,
  zeros,
  type Tensor,
} from 'ostinato';

const hiddenSize = 128;
const zeroState = (like: Tensor): Tensor =>
  zeros([1, like.shape[0], hiddenSize], { dtype: like.dtype });

export class EmbeddingRNN extends nn.Module {
  rnn = new nn.RNN(32, hiddenSize, { batchFirst: true });
  fc = new nn.Linear(hiddenSize, 64);

  /** x [N, T, 32] and the state [1, N, 128] give [N, T, 64] and the state after the last step. */
  forward(x: Tensor, hidden: Tensor): [Tensor, Tensor] {
    const [out, state] = this.rnn.forward(x, hidden);
    return [this.fc.forward(out), state];
  }
}

/** Trains on whole sequences and returns the loss of each epoch. */
export function train(
  model: EmbeddingRNN,
  inputs: Tensor,
  targets: Tensor,
  { epochs = 200, print = tqdm.write } = {},
): number[] {
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.001 });
  const lossFn = new nn.MSELoss();
  const losses: number[] = [];
  const bar = tqdm(
    Array.from({ length: epochs }, (_, i) => i + 1),
    { desc: 'training' },
  );
  for (const epoch of bar) {
    const [outputs] = model.forward(inputs, zeroState(inputs));
    const loss = lossFn.forward(outputs, targets);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    losses.push(loss.item());
    bar.setPostfix({ loss: loss.item() });
    if (epoch % 20 === 0) print(`epoch ${epoch}, loss ${loss.item().toFixed(4)}`);
  }
  return losses;
}

/** Trains `back` (64 → 32) to guess input t + 1 from the model's output t, the model itself left as it is. */
export function trainWayBack(
  back: nn.Linear,
  model: EmbeddingRNN,
  inputs: Tensor,
  { epochs = 200 } = {},
): number[] {
  const [outputs] = noGrad(() => model.forward(inputs, zeroState(inputs)));
  const last = inputs.shape[1] - 1;
  const from = outputs.at(':', slice(0, last));
  const to = inputs.at(':', slice(1, last + 1));
  const optimizer = new optim.Adam(back.parameters(), { lr: 0.01 });
  return [...tqdm(Array(epochs).keys(), { desc: 'way back', total: epochs })].map(() => {
    const loss = nn.functional.mseLoss(back.forward(from), to);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss.item();
  });
}

/** The call that cannot work: the output [1, 1, 64] as the next input. */
export function feedOutputBack(model: EmbeddingRNN, seed: Tensor): void {
  const [output, hidden] = model.forward(seed, zeroState(seed));
  model.forward(output, hidden);
}

/** Writes embeddings [64] from a first input [1, 1, 32], through `back`. */
export function generate(
  model: EmbeddingRNN,
  back: nn.Linear,
  seed: Tensor,
  count: number,
): Tensor[] {
  return noGrad(() => {
    const embeddings: Tensor[] = [];
    let input = seed;
    let hidden = zeroState(seed);
    for (let step = 0; step < count; step++) {
      const [output, next] = model.forward(input, hidden);
      embeddings.push(output.view([64]));
      input = back.forward(output);
      hidden = next;
    }
    return embeddings;
  });
}

export function run(print = tqdm.write): {
  losses: number[];
  error: string;
  wayBack: number[];
  embeddings: Tensor[];
} {
  manualSeed(0);
  const model = new EmbeddingRNN();
  const inputs = randn([4, 20, 32]);
  const targets = randn([4, 20, 64]);
  const losses = train(model, inputs, targets, { print });

  const seed = randn([1, 1, 32]);
  let error = '';
  try {
    feedOutputBack(model, seed);
  } catch (thrown) {
    error = String(thrown);
    print(`feeding the output straight back: ${error}`);
  }

  const back = new nn.Linear(64, 32);
  const wayBack = trainWayBack(back, model, inputs);
  print(
    `the way back: loss ${wayBack[0].toFixed(4)} at first, ${wayBack.at(-1)!.toFixed(4)} at last`,
  );
  const embeddings = generate(model, back, seed, 20);
  for (const [i, each] of embeddings.entries()) {
    const first = Array.from(each.at('0:4').toTypedArray(), (x) => x.toFixed(3)).join(', ');
    print(`embedding ${i + 1} [${each.shape.join()}]: ${first}, …`);
  }
  return { losses, error, wayBack, embeddings };
}

if (require.main === module) {
  const { losses, wayBack, embeddings } = run();
  const out = join(__dirname, 'out');
  const curve = plot.curve(
    { 'the RNN': losses, 'the way back': wayBack },
    { title: 'Training', x: 'epoch', y: 'mean squared error' },
  );
  console.log(`picture: ${plot.save(join(out, 's0c-loss.svg'), curve)}`);
  const cells = plot.matrix(stack(embeddings), { title: 'Generated embeddings', y: 'step' });
  console.log(`picture: ${plot.save(join(out, 's0c-embeddings.svg'), cells)}`);
}

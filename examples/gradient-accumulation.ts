// Gradient accumulation: the step of a large batch, in the memory of a small one
//
// backward() adds to grad. The gradient of a mean over 32 samples is the mean of the gradients over 4 × 8, so that four backward passes
// with a quarter of each loss, and one step after them, are the step of the whole batch.
import { manualSeed, nn, noGrad, optim, randn, tqdm } from 'ostinato';
import type { Tensor } from 'ostinato';

const batch = 32;
const makeModel = (): nn.GRU => new nn.GRU(3, 16);

/** The mean squared distance of the last state's first number from the sum of the first inputs: x [T, N, 3]. */
const lossOf = (model: nn.GRU, x: Tensor): Tensor =>
  nn.functional.mseLoss(model.forward(x)[0].at(-1, ':', 0), x.select(2, 0).mean(0));

export interface Outcome {
  /** The largest difference of any weight from training on whole batches. */
  difference: number;
  /** The loss of a batch that was not trained on, before and after. */
  before: number;
  after: number;
}

export function run({ steps = 60, parts = 4 } = {}, print = tqdm.write): Outcome {
  manualSeed(0);
  const [whole, accumulated] = [makeModel(), makeModel()];
  accumulated.loadStateDict(whole.stateDict());
  const optimizers = [whole, accumulated].map((model) => new optim.Adam(model.parameters(), { lr: 0.01 })); // prettier-ignore
  const held = randn([20, batch, 3]);
  const lossOfHeld = (): number => noGrad(() => lossOf(accumulated, held).item());
  const before = lossOfHeld();
  for (let step = 0; step < steps; step++) {
    const x = randn([20, batch, 3]);
    for (const optimizer of optimizers) optimizer.zeroGrad();
    lossOf(whole, x).backward();
    for (const part of x.chunk(parts, 1)) lossOf(accumulated, part).div(parts).backward();
    for (const optimizer of optimizers) optimizer.step();
  }
  const after = lossOfHeld();
  const theirs = accumulated.parameters();
  const differences = whole.parameters().map((p, i) => p.sub(theirs[i]).abs().max().item()); // prettier-ignore
  const difference = Math.max(...differences);
  print(`${steps} steps: loss ${before.toFixed(4)} → ${after.toFixed(4)}`);
  print(`weights differ from those of whole batches by ${difference.toExponential(1)} at most`);
  return { difference, before, after };
}

if (require.main === module) run();

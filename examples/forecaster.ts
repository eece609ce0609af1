// Probabilistic forecaster (DeepAR): an LSTM gives a distribution of the next value, and sample paths give bands
//
// Salinas et al. 2017 (arXiv:1704.04110). One model for many series of unlike size: each is divided by its own mean, and multiplied
// again at the end. At each step the network reads the value before and the hour, and gives mean and standard deviation of a
// normal distribution; training maximizes the likelihood of what came. To forecast, each path draws a value and reads it next.
import { join } from 'node:path';
import { arange, cat, distributions, manualSeed, nn, noGrad, optim, plot, quantile, rand, randn, stack, tensor, tqdm } from 'ostinato'; // prettier-ignore
import type { Tensor } from 'ostinato';

const day = 24;
const [known, ahead] = [7 * day, 2 * day];

/** n series of 9 days, [n, 216]: a daily wave of its own size and phase, with noise that is larger by day than by night. */
export function series(n: number): Tensor {
  const hours = arange(known + ahead, { dtype: 'float32' });
  const level = rand([n, 1]).mul(3).exp().mul(5); // 5 to 100
  const wave = hours.div(day).add(rand([n, 1]).mul(0.2)).mul(2 * Math.PI).sin(); // prettier-ignore
  const noise = randn([n, known + ahead]).mul(wave.mul(0.08).add(0.1));
  return wave.mul(0.5).add(1).add(noise).mul(level);
}

/** Sine and cosine of the hour of each step, [steps, 2]. */
function clock(start: number, steps: number): Tensor {
  const angle = arange(start, start + steps, 1, { dtype: 'float32' }).mul((2 * Math.PI) / day);
  return stack([angle.sin(), angle.cos()], 1);
}

type State = [h: Tensor, c: Tensor];

class Forecaster extends nn.Module {
  lstm = new nn.LSTM(3, 40, { batchFirst: true });
  fc = new nn.Linear(40, 2);

  /** Values [N, T] and the hours that follow each, [T, 2], give the distribution of the values a step later, [N, T]. */
  forward(values: Tensor, hours: Tensor, state?: State): [distributions.Normal, State] {
    const input = cat([values.unsqueeze(2), hours.expand([values.shape[0], -1, 2])], 2);
    const [out, next] = this.lstm.forward(input, state);
    const [mean, raw] = this.fc.forward(out).unbind(2);
    return [new distributions.Normal(mean, nn.functional.softplus(raw).add(1e-3)), next];
  }
}

/** `paths` drawn continuations of each series [N, known]: [N, paths, ahead]. */
export function forecast(model: Forecaster, past: Tensor, paths: number): Tensor {
  return noGrad(() => {
    const scale = past.mean(1, { keepdim: true });
    const n = past.shape[0] * paths;
    const rows = past.div(scale).repeatInterleave(paths, 0); // each path is a row of the batch
    let [next, state] = model.forward(rows, clock(1, known));
    let value = next.sample().at(':', '-1:'); // [n, 1]
    const values = [value];
    for (let t = 1; t < ahead; t++) {
      [next, state] = model.forward(value, clock(known + t, 1), state);
      values.push((value = next.sample()));
    }
    return cat(values, 1).view([n / paths, paths, ahead]).mul(scale.unsqueeze(2)); // prettier-ignore
  });
}

export interface Outcome {
  model: Forecaster;
  /** The share of values between the 10 % and the 90 % quantile, where 80 % should be. */
  coverage: number;
  /** Mean absolute error of the median, over that of a forecast that says what was a day before. */
  error: number;
  /** The first series [216] and the 10 %, 50 % and 90 % quantiles of its forecast, [3, ahead]. */
  first: Tensor;
  bands: Tensor;
}

export function run({ epochs = 60, paths = 200 } = {}, print = tqdm.write): Outcome {
  manualSeed(0);
  const training = series(128);
  const tested = series(50);
  const model = new Forecaster();
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 });
  const schedule = new optim.lrScheduler.CosineAnnealingLR(optimizer, epochs);
  const steps = known + ahead - 1;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let total = 0;
    for (const batch of training.split(8)) {
      const scaled = batch.div(batch.narrow(1, 0, known).mean(1, { keepdim: true }));
      const [next] = model.forward(scaled.narrow(1, 0, steps), clock(1, steps));
      const loss = next
        .logProb(scaled.narrow(1, 1, steps))
        .mean()
        .neg();
      optimizer.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm_(model.parameters(), 1);
      optimizer.step();
      total += loss.item();
    }
    schedule.step();
    if (epoch % 10 === 0) print(`epoch ${epoch}: −log likelihood ${(total / 16).toFixed(3)}`);
  }

  const [past, future] = [tested.narrow(1, 0, known), tested.narrow(1, known, ahead)];
  const bands = quantile(forecast(model, past, paths), tensor([0.1, 0.5, 0.9]), { dim: 1 }); // [3, N, ahead]
  const [low, median, high] = bands.unbind(0);
  const inside = future.ge(low).logicalAnd(future.le(high));
  const coverage = inside.to('float32').mean().item();
  const dayBefore = past.narrow(1, known - day, day).repeat([1, ahead / day]);
  const error = future.sub(median).abs().mean().div(future.sub(dayBefore).abs().mean()).item();
  print(`${(100 * coverage).toFixed(1)} % of the values are in the 80 % band`);
  print(`error of the median: ${error.toFixed(2)} times that of yesterday's values`);
  return { model, coverage, error, first: tested.at(0), bands: bands.at(':', 0) };
}

if (require.main === module) {
  const { first, bands } = run();
  const start = known - 2 * day;
  const points = (values: Tensor, from: number) => [...values.toTypedArray()].map((y, i): [number, number] => [from + i, y]); // prettier-ignore
  const [low, median, high] = bands.unbind(0).map((band) => points(band, known));
  const chart = plot.curve(
    { observed: points(first.at(`${start}:`), start), '10 %': low, median, '90 %': high },
    { title: 'Two days ahead', x: 'hour', y: 'value' },
  );
  console.log(`picture: ${plot.save(join(__dirname, 'out', 'forecaster.svg'), chart)}`);
}

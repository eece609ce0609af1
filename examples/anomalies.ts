// Anomalies in a series: an LSTM autoencoder learns what is usual, and what it cannot rebuild is not
//
// The encoder reads a window of 16 steps and keeps 4 numbers of it; the decoder makes the window of these again. It is trained on
// a part of the series in which nothing happens. Windows of the other part that it rebuilds badly are anomalies: those with an
// error above every one that it makes on usual windows which it has not been trained on, and a little more.
import { join } from 'node:path';
import { arange, data, manualSeed, nn, noGrad, optim, plot, randn, tqdm, zeros, type Tensor } from 'ostinato'; // prettier-ignore

const F = nn.functional;
const steps = 16;

/** Two waves of periods 16 and 6.4 with noise, [length]. */
function usual(length: number): Tensor {
  const time = arange(length, { dtype: 'float32' }).mul(2 * Math.PI);
  return time
    .div(16)
    .sin()
    .add(time.div(6.4).sin().mul(0.5))
    .add(randn([length]).mul(0.05));
}

/** Where something is wrong: from a step on, for so many steps. */
export const events = [
  { what: 'stuck', start: 200, length: 24 },
  { what: 'spike', start: 400, length: 1 },
  { what: 'weaker', start: 600, length: 40 },
  { what: 'faster', start: 800, length: 32 },
];

/** A series of 1000 steps with the four events. */
export function eventful(): Tensor {
  const series = usual(1000);
  const [stuck, spike, weaker, faster] = events.map(({ start, length }) =>
    series.narrow(0, start, length),
  ); // views of the series
  stuck.fill_(stuck.at(0).item());
  spike.add_(1.5);
  weaker.mul_(0.5);
  faster.copy_(arange(32, { dtype: 'float32' }).mul((2 * Math.PI) / 10).sin()); // prettier-ignore
  return series;
}

class Autoencoder extends nn.Module {
  encoder = new nn.LSTM(1, 32, { batchFirst: true });
  narrow = new nn.Linear(32, 4);
  decoder = new nn.LSTM(4, 32, { batchFirst: true });
  fc = new nn.Linear(32, 1);

  /** Windows [N, T, 1] as they are rebuilt, [N, T, 1]. */
  forward(x: Tensor): Tensor {
    const [, [h]] = this.encoder.forward(x);
    const code = this.narrow.forward(h.at(0)); // [N, 4]: all that is kept
    const repeated = code.unsqueeze(1).expand(-1, x.shape[1], -1); // Keras' RepeatVector
    return this.fc.forward(this.decoder.forward(repeated)[0]); // Linear works on each step
  }
}

/** The squared error of each window of a series [length]: [length − 15]. */
function errors(model: Autoencoder, series: Tensor): Tensor {
  const windows = series.unfold(0, steps, 1).unsqueeze(2); // [N, 16, 1], views of the series
  return noGrad(() =>
    F.mseLoss(model.forward(windows), windows, { reduction: 'none' }).mean([1, 2]),
  );
}

export interface Outcome {
  series: Tensor;
  /** The error of the window that ends at each step, over the threshold; 0 for the first 15. */
  scores: Tensor;
  /** The steps at which windows with a score above 1 end. */
  alarms: number[];
}

export function run({ epochs = 40 } = {}, print = tqdm.write): Outcome {
  manualSeed(0);
  const training = usual(1200).unfold(0, steps, 1).unsqueeze(2);
  const model = new Autoencoder();
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 });
  const schedule = new optim.lrScheduler.CosineAnnealingLR(optimizer, epochs);
  const loader = new data.DataLoader(new data.TensorDataset(training), { batchSize: 32, shuffle: true }); // prettier-ignore
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let total = 0;
    for (const [windows] of loader) {
      const loss = F.mseLoss(model.forward(windows), windows);
      optimizer.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm_(model.parameters(), 1);
      optimizer.step();
      total += loss.item();
    }
    schedule.step();
    if (epoch % 10 === 0) print(`epoch ${epoch}: error ${(total / loader.length).toFixed(4)}`);
  }

  const threshold = errors(model, usual(1000)).max().item() * 1.2;
  const series = eventful();
  const scores = zeros([1000]);
  scores.narrow(0, steps - 1, 1000 - steps + 1).copy_(errors(model, series).div(threshold));
  const alarms = [...scores.gt(1).nonzero().flatten().toTypedArray()];
  for (const { what, start, length } of events) {
    const seen = alarms.find((t) => t >= start && t < start + length + steps);
    print(
      `${what} at ${start}: ${seen === undefined ? 'missed' : `alarm ${seen - start} steps later`}`,
    );
  }
  return { series, scores, alarms };
}

if (require.main === module) {
  const { series, scores } = run();
  const chart = plot.curve({ series, 'error / threshold': scores.clamp({ max: 4 }).add(3) }, { title: 'Anomalies', x: 'step', width: 1100 }); // prettier-ignore
  console.log(`picture: ${plot.save(join(__dirname, 'out', 'anomalies.svg'), chart)}`);
}

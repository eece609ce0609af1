// S3c: an LSTM learns to add up three numbers, many to one, and a loss that hides a mistake
//
// The sequences are [1, 2, 3], [4, 5, 6], … [298, 299, 300]; the target is their sum. Only the last time step goes on
// to the linear layer: many steps in, one number out.
//
// The program that this follows gave the loss predictions [4, 1] and targets [4]. Broadcasting makes [4, 4] of
// them, each prediction is compared with every target of its batch, and the best that can be learned is the mean: the
// loss stays above the variance of the sums, 67,493. Both forms are run; the first warns.
import { join } from 'node:path';
import {
  arange,
  data,
  manualSeed,
  nn,
  noGrad,
  optim,
  plot,
  tensor,
  tqdm,
  type Tensor,
} from 'ostinato';

export class SumNet extends nn.Module {
  rnn = new nn.LSTM(1, 256, { numLayers: 2, batchFirst: true });
  fc = new nn.Linear(256, 1);

  /** x [N, 3, 1] gives [N, 1]. */
  forward(x: Tensor): Tensor {
    const [out] = this.rnn.forward(x);
    return this.fc.forward(out.at(':', -1, ':'));
  }
}

/** The numbers 1 … 3n, three by three [n, 3, 1], and the sum of each row [n]. */
export function threes(n: number): data.TensorDataset {
  const x = arange(1, 3 * n + 1, 1, { dtype: 'float32' }).view([n, 3, 1]);
  return new data.TensorDataset(x, x.sum([1, 2]));
}

export interface Training {
  epochs: number;
  lr?: number;
  /** Whether predictions are given to the loss as [4, 1], against targets [4]. */
  broadcast?: boolean;
  onBatch?: (loss: number) => void;
  /** Takes a line after each tenth of the epochs. */
  print?: (line: string) => void;
}

/** Trains on batches of 4 in random order and returns the average loss of each epoch. */
export function train(
  model: SumNet,
  dataset: data.Dataset<Tensor[]>,
  { epochs, lr = 1e-3, broadcast = false, onBatch, print }: Training,
): number[] {
  const loader = new data.DataLoader(dataset, { batchSize: 4, shuffle: true });
  const optimizer = new optim.Adam(model.parameters(), { lr });
  const lossFn = new nn.MSELoss();
  const averages: number[] = [];
  const bar = tqdm(Array(epochs).keys(), {
    total: epochs,
    desc: broadcast ? '[4, 1] against [4]' : '[4] against [4]',
    unit: 'epoch',
  });
  for (const epoch of bar) {
    let total = 0;
    for (const [x, y] of loader) {
      const predictions = model.forward(x);
      const loss = lossFn.forward(broadcast ? predictions : predictions.view([-1]), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      total += loss.item();
      onBatch?.(loss.item());
    }
    averages[epoch] = total / loader.length;
    bar.setPostfix({ loss: averages[epoch] });
    if ((epoch + 1) % Math.ceil(epochs / 10) === 0) {
      print?.(`  epoch ${epoch + 1} of ${epochs}: average loss ${show(averages[epoch])}`);
    }
  }
  return averages;
}

export interface Outcome {
  broadcast: number[];
  corrected: number[];
  predictions: number[];
}

export function run(
  { broadcastEpochs = 100, epochs = 1000, lr = 1e-3 } = {},
  print = tqdm.write,
): Outcome {
  const dataset = threes(100);

  manualSeed(0);
  const broken = new SumNet();
  print('predictions [4, 1] against targets [4]:');
  const broadcast = train(broken, dataset, { epochs: broadcastEpochs, lr, broadcast: true, print });
  print(`average loss ${show(broadcast[0])} at first, ${show(broadcast.at(-1)!)} at last`);

  manualSeed(0);
  const model = new SumNet();
  print('predictions [4] against targets [4]:');
  const corrected = train(model, dataset, { epochs, lr, print });
  print(`average loss ${show(corrected[0])} at first, ${show(corrected.at(-1)!)} at last`);

  const asked = tensor([[1, 2, 3], [100, 101, 102], [250, 251, 252]]).unsqueeze(2); // prettier-ignore
  const predictions = noGrad(() => [...model.forward(asked).toTypedArray()]);
  print(`1 + 2 + 3 ≈ ${predictions[0].toFixed(1)}`);
  print(`100 + 101 + 102 ≈ ${predictions[1].toFixed(1)}`);
  print(`250 + 251 + 252 ≈ ${predictions[2].toFixed(1)}`);
  return { broadcast, corrected, predictions };
}

const show = (loss: number): string => loss.toLocaleString('en', { maximumFractionDigits: 1 });

if (require.main === module) {
  const { broadcast, corrected } = run();
  const curve = plot.curve(
    { '[4, 1] against [4]': broadcast, '[4] against [4]': corrected },
    { title: 'Sum of three numbers', x: 'epoch', y: 'average loss', logY: true },
  );
  console.log(`picture: ${plot.save(join(__dirname, 'out', 's3c-loss.svg'), curve)}`);
}

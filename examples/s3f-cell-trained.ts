// S3f: the cell of s3e unrolled over time and trained, with a number that PyTorch printed
//
// The seed is set before anything is drawn. The same seed draws PyTorch's numbers in PyTorch's order, so the untrained
// model's answer to [1, 2, 3, 4, 5] is the one of the PyTorch program: -0.0731. That program trains for 100 epochs, which
// takes some minutes; 30 show the same curve (`npm run example -- s3f 100` runs them all).
import { join } from 'node:path';
import {
  arange,
  data,
  manualSeed,
  nn,
  noGrad,
  optim,
  plot,
  randn,
  slice,
  tensor,
  tqdm,
  zeros,
  type Tensor,
} from 'ostinato';

const hidden = 300;

export class UnrolledCell extends nn.Module {
  Wax = new nn.Parameter(randn([1, hidden]));
  Waa = new nn.Parameter(randn([hidden, hidden]));
  ba = new nn.Parameter(zeros([1, hidden]));
  fc = new nn.Linear(hidden, 1);

  /** Sequences [N, T] give one number each [N, 1]. */
  forward(x: Tensor): Tensor {
    let a = zeros([x.shape[0], hidden], { dtype: x.dtype });
    for (let t = 0; t < x.shape[1]; t++) {
      const xt = x.at(':', slice(t, t + 1));
      a = xt.matmul(this.Wax).add(a.matmul(this.Waa)).add(this.ba).tanh();
    }
    return this.fc.forward(a);
  }
}

/** The numbers 1 … 3n, three by three [n, 3], and the sum of each row [n]. */
export function threes(n: number): data.TensorDataset {
  const x = arange(1, 3 * n + 1, 1, { dtype: 'float32' }).view([n, 3]);
  return new data.TensorDataset(x, x.sum(1));
}

export interface Training {
  epochs: number;
  /** Stop after so many batches. */
  batches?: number;
  onBatch?: (loss: number) => void;
  /** Takes a line after each tenth of the epochs. */
  print?: (line: string) => void;
}

/** Trains on batches of 4 in random order and returns the average loss of each epoch. */
export function train(
  model: UnrolledCell,
  dataset: data.Dataset<Tensor[]>,
  { epochs, batches = Infinity, onBatch, print }: Training,
): number[] {
  const loader = new data.DataLoader(dataset, { batchSize: 4, shuffle: true });
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  const lossFn = new nn.MSELoss();
  const averages: number[] = [];
  const bar = tqdm(Array(epochs).keys(), { total: epochs, desc: 'training', unit: 'epoch' });
  let done = 0;
  for (const epoch of bar) {
    let total = 0;
    for (const [x, y] of tqdm(loader, { desc: 'epoch', unit: 'batch' })) {
      const predictions = model.forward(x);
      const loss = lossFn.forward(predictions.view([-1]), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      total += loss.item();
      onBatch?.(loss.item());
      if (++done === batches) return averages;
    }
    averages[epoch] = total / loader.length;
    bar.setPostfix({ loss: averages[epoch] });
    if ((epoch + 1) % Math.ceil(epochs / 10) === 0) {
      print?.(`  epoch ${epoch + 1} of ${epochs}: off by ${rms(averages[epoch])}`);
    }
  }
  return averages;
}

const showInteger = (x: number): string => Math.round(x).toLocaleString('en');
const rms = (meanSquare: number): string => showInteger(Math.sqrt(meanSquare));

export function run(
  { samples = 10_000, epochs = 30 } = {},
  print = tqdm.write,
): { before: string; losses: number[] } {
  manualSeed(123);
  const model = new UnrolledCell();
  const before = model.forward(tensor([[1, 2, 3, 4, 5]])).toString();
  print(`untrained, [1, 2, 3, 4, 5] gives ${before}; PyTorch printed -0.0731`);
  const largest = 9 * samples - 3;
  print(
    `training on sums from 6 to ${showInteger(largest)}, root mean square of what it is off by:`,
  );
  const losses = train(model, threes(samples), { epochs, print });
  const last = tensor([[largest / 3 - 1, largest / 3, largest / 3 + 1]]);
  const answer = noGrad(() => model.forward(last).item());
  print(`the largest sum, ${showInteger(largest)}: the network says ${showInteger(answer)}`);
  print(
    '(not converged, as the PyTorch program is not: targets this large want more epochs or scaling)',
  );
  return { before, losses };
}

if (require.main === module) {
  const { losses } = run(process.argv[2] === undefined ? {} : { epochs: Number(process.argv[2]) });
  const curve = plot.curve(losses, {
    title: 'The unrolled cell',
    x: 'epoch',
    y: 'average loss',
    logY: true,
  });
  console.log(`picture: ${plot.save(join(__dirname, 'out', 's3f-loss.svg'), curve)}`);
}

// S3b: data for sequence models: windows, datasets, loaders, splits and padding
//
// A model is trained on batches; a Dataset says how to get one sample, a DataLoader puts samples together in
// random order. Sequences of unequal lengths are padded to one length, and their lengths kept beside them.
import { arange, data, manualSeed, nn, slice, tensor, tqdm, type Tensor } from 'ostinato';

/** Windows of a series: sample i is the numbers i … i + size − 1 and the one that follows. */
export class Windows extends data.Dataset<[window: Tensor, next: Tensor]> {
  readonly length: number;
  readonly #series: Tensor;
  readonly #size: number;

  constructor(series: Tensor, size: number) {
    super();
    this.#series = series;
    this.#size = size;
    this.length = series.shape[0] - size;
  }

  get(i: number): [Tensor, Tensor] {
    return [this.#series.at(slice(i, i + this.#size)), this.#series.at(i + this.#size)];
  }
}

/** The numbers 1 … 3n, three by three, as n sequences [n, 3, 1], and the sum of each [n]. */
export function threes(n: number): { x: Tensor; sums: Tensor } {
  const x = arange(1, 3 * n + 1, 1, { dtype: 'float32' }).view([n, 3, 1]);
  return { x, sums: x.sum([1, 2]) };
}

/** Sentences of one to five words, by number. */
export class Sentences extends data.Dataset<number[]> {
  readonly length = 5;
  get(i: number): number[] {
    return Array.from({ length: i + 1 }, (_, t) => 10 * (i + 1) + t);
  }
}

export function run(print = tqdm.write): {
  firstWindow: [Tensor, Tensor];
  firstSum: Tensor[];
  seen: number[];
  next: number[];
  split: (readonly number[])[];
  padded: Tensor[];
} {
  manualSeed(0);

  // Windows of 0 … 999: five numbers in, the next one out.
  const windows = new Windows(arange(1000), 5);
  const firstWindow = windows.get(0);
  print(`first of ${windows.length} windows: ${firstWindow.join(' → ')}`);

  // Rows of tensors as samples.
  const { x, sums } = threes(100);
  const dataset = new data.TensorDataset(x, sums);
  const firstSum = dataset.get(0);
  print(`first sum: ${firstSum[0].view([-1]).toString()} → ${firstSum[1].toString()}`);

  // A shuffling loader: every sample once an epoch, in batches of 4.
  const loader = new data.DataLoader(dataset, { batchSize: 4, shuffle: true });
  const seen: number[] = [];
  for (const [, sum] of tqdm(loader, { desc: 'one epoch' })) {
    seen.push(...sum.toArray<number[]>());
  }
  print(`one epoch: ${loader.length} batches, ${new Set(seen).size} different samples`);
  const [[, sumsOfNext]] = [...loader];
  print(`first batch of the next epoch has sums ${sumsOfNext.toString()}`);

  // Training, validation and test parts.
  const split = data.randomSplit(dataset, [0.7, 0.2, 0.1]).map((part) => part.indices);
  print(`split at random into ${split.map((part) => part.length).join(', ')} samples`);

  // Sentences of unequal lengths: padded with 0, the lengths beside them, and packed for a recurrent layer.
  const sentences = new data.DataLoader(new Sentences(), {
    batchSize: 5,
    collateFn: data.paddingCollate({ batchFirst: true }),
  });
  const [batch, lengths] = [...sentences][0];
  print(`padded\n${batch.toString()}\nlengths ${lengths.toString()}`);
  const { packPaddedSequence, padPackedSequence, padSequence } = nn.utils.rnn;
  const packed = packPaddedSequence(batch, lengths, { batchFirst: true, enforceSorted: false });
  print(`packed: ${packed.data.shape[0]} words, ${packed.batchSizes.toString()} at each step`);
  const [unpacked] = padPackedSequence(packed, { batchFirst: true });
  // The same by hand, from a list of tensors.
  const byHand = padSequence(
    Array.from({ length: 5 }, (_, i) => tensor(Int32Array.from(new Sentences().get(i)))),
    { batchFirst: true },
  );
  const next = sumsOfNext.toArray<number[]>();
  return { firstWindow, firstSum, seen, next, split, padded: [batch, unpacked, byHand] };
}

if (require.main === module) run();

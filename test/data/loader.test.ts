// Datasets, collating and loaders: what a batch holds, and what is refused.
import { arange, data, tensor, zeros, type Tensor } from 'ostinato';

class Squares extends data.Dataset<[number, Tensor]> {
  length = 5;
  get(i: number): [number, Tensor] {
    return [i, tensor([i, i * i])];
  }
}

test('numbers and tensors become batches', () => {
  const [[i, x], [last]] = [...new data.DataLoader(new Squares(), { batchSize: 3 })];
  expect([i.dtype, i.toArray()]).toEqual(['int32', [0, 1, 2]]);
  expect(x.toArray()).toEqual([
    [0, 0],
    [1, 1],
    [2, 4],
  ]);
  expect(last.toArray()).toEqual([3, 4]);
});

test('every sample comes once in a shuffled pass', () => {
  const loader = new data.DataLoader(new data.TensorDataset(arange(103)), {
    batchSize: 10,
    shuffle: true,
  });
  expect(loader.length).toBe(11);
  const seen = [...loader].flatMap(([x]) => x.toArray<number[]>());
  expect(seen).not.toEqual([...seen].sort((a, b) => a - b));
  expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 103 }, (_, i) => i));
});

test('objects, booleans, strings and typed arrays are collated part by part', () => {
  const batch = data.defaultCollate([
    { word: 'a', ok: true, x: Float32Array.of(1, 2), y: 0.5 },
    { word: 'b', ok: false, x: Float32Array.of(3, 4), y: 1 },
  ]) as { word: string[]; ok: Tensor; x: Tensor; y: Tensor };
  expect(batch.word).toEqual(['a', 'b']);
  expect(batch.ok.toArray()).toEqual([true, false]);
  expect(batch.x.toArray()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect([batch.y.dtype, batch.y.toArray()]).toEqual(['float32', [0.5, 1]]);
});

test('an iterable dataset is batched in its own order', () => {
  class Words extends data.IterableDataset<string> {
    *[Symbol.iterator](): Iterator<string> {
      yield* ['a', 'b', 'c'];
    }
  }
  expect([...new data.DataLoader(new Words(), { batchSize: 2 })]).toEqual([['a', 'b'], ['c']]);
  expect([...new data.DataLoader(new Words(), { batchSize: 2, dropLast: true })]).toEqual([
    ['a', 'b'],
  ]);
  expect(() => new data.DataLoader(new Words()).length).toThrow(
    'DataLoader.length: an IterableDataset does not say how long it is',
  );
  expect(() => new data.DataLoader(new Words(), { shuffle: true })).toThrow(
    'DataLoader: an IterableDataset has an order of its own; leave out shuffle, sampler and batchSampler',
  );
});

test('datasets are joined and cut', () => {
  const both = new data.ConcatDataset([new Squares(), new data.Subset(new Squares(), [4, 2])]);
  expect(both.length).toBe(7);
  expect([0, 4, 5, 6].map((i) => both.get(i)[0])).toEqual([0, 4, 4, 2]);
});

test('an array of samples is a dataset, as a list is in PyTorch', () => {
  const loader = new data.DataLoader([3, 1, 2], { batchSize: 2 });
  expect([...loader].map((batch) => batch.toArray())).toEqual([[3, 1], [2]]);
  const pairs: [number, string][] = [
    [0, 'a'],
    [1, 'b'],
  ];
  const shuffled = new data.DataLoader(pairs, { shuffle: true });
  expect([...shuffled].map(([x, [letter]]) => [x.item(), letter]).sort()).toEqual(pairs);
  expect(
    [new data.Subset([5, 6, 7], [2, 0])].flatMap((part) => [part.get(0), part.get(1)]),
  ).toEqual([7, 5]);
  expect(new data.ConcatDataset([[[3, zeros([1])]], new Squares()]).length).toBe(6);
  expect(data.randomSplit(['a', 'b', 'c'], [1, 2]).map((part) => part.length)).toEqual([1, 2]);
});

test('every dataset is iterated over, as in PyTorch', () => {
  const rows = new data.TensorDataset(arange(4), arange(4).mul(10));
  const [half] = data.randomSplit([7, 8], [2, 0]);
  class Cubes extends data.Dataset<number> {
    length = 3;
    get(i: number): number {
      return i * i * i;
    }
  }
  expect(Array.from(rows, ([x, y]) => [x.item(), y.item()])).toEqual([[0, 0], [1, 10], [2, 20], [3, 30]]); // prettier-ignore
  expect([...half].sort()).toEqual([7, 8]);
  expect([...new Cubes()]).toEqual([0, 1, 8]);
  expect([...new data.ConcatDataset([new Cubes(), [5]])]).toEqual([0, 1, 8, 5]);
  expect([...new data.StackDataset(new Cubes(), [5, 6, 7])]).toEqual([[0, 5], [1, 6], [8, 7]]); // prettier-ignore
  const windows = new data.WindowDataset(arange(4), 2);
  expect(Array.from(windows, ([x, y]) => [x.toArray(), y.toArray()])).toEqual([[[0, 1], [2]], [[1, 2], [3]]]); // prettier-ignore
  // Samples are neither datasets nor indices.
  expect(() => new data.ConcatDataset(rows as never)).toThrow(
    'ConcatDataset: datasets must be several datasets in an array, got a TensorDataset',
  );
  expect(() => new data.DataLoader(rows, { sampler: new Cubes() })).toThrow(
    'DataLoader: sampler must be a sampler: an iterable with a length, got a Cubes',
  );
});

test('a batch sampler decides the batches', () => {
  const batchSampler = {
    length: 2,
    *[Symbol.iterator]() {
      yield [4, 0];
      yield [1];
    },
  };
  const loader = new data.DataLoader(new Squares(), { batchSampler });
  expect([...loader].map(([i]) => i.toArray())).toEqual([[4, 0], [1]]);
});

const endless: unknown[] = [];
endless.push(endless);
test.each<[string, () => unknown, string]>([
  [
    'empty dataset',
    () => new data.DataLoader(new data.TensorDataset(zeros([0, 3]))),
    'DataLoader: the dataset is empty',
  ],
  [
    'no dataset',
    () => new data.DataLoader(new Set([1, 2]) as never),
    'DataLoader: dataset must be a Dataset, an IterableDataset or an array of samples, got a Set',
  ],
  [
    'batch size',
    () => new data.DataLoader(new Squares(), { batchSize: 0 }),
    'DataLoader: batchSize must be an integer of at least 1, got 0',
  ],
  [
    'NaN batch size',
    () => new data.DataLoader(new Squares(), { batchSize: NaN }),
    'DataLoader: batchSize must be an integer of at least 1, got NaN',
  ],
  [
    'shuffle and sampler',
    () =>
      new data.DataLoader(new Squares(), {
        shuffle: true,
        sampler: new data.SequentialSampler(new Squares()),
      }),
    'DataLoader: give either shuffle or a sampler, not both',
  ],
  [
    'first sizes',
    () => new data.TensorDataset(zeros([3]), zeros([4])),
    'TensorDataset: tensors must have the same first size: tensor 0 is [3], tensor 1 is [4]',
  ],
  [
    'no rows',
    () => new data.TensorDataset(tensor(1)),
    'TensorDataset: tensor 0 has no dimension to cut along',
  ],
  [
    'index',
    () => new data.TensorDataset(zeros([3])).get(3),
    'TensorDataset.get: sample 3 is out of range for 3 samples',
  ],
  [
    'subset',
    () => new data.Subset(new Squares(), [5]),
    'Subset: sample 5 is out of range for 5 samples',
  ],
  [
    'split',
    () => data.randomSplit(new Squares(), [3, 3]),
    'randomSplit: lengths [3, 3] sum to 6, but the dataset has 5 samples',
  ],
  [
    'split of fractions',
    () => data.randomSplit(new Squares(), [2.5, 2.5]),
    'randomSplit: lengths must be integers of at least 0, or fractions that sum to 1, got [2.5, 2.5]',
  ],
  [
    'shapes',
    () => data.defaultCollate([zeros([2]), zeros([3])]),
    'defaultCollate: samples must have one shape to be stacked: sample 0 is [2], sample 1 is [3]; pad sequences of unequal length with collateFn: data.paddingCollate()',
  ],
  [
    'kinds',
    () => data.defaultCollate([1, true]),
    'defaultCollate: sample 0 is a number, sample 1 is true',
  ],
  [
    'parts',
    () => data.defaultCollate([[1, 2], [1]]),
    'defaultCollate: sample 0 has 2 parts, sample 1 has 1',
  ],
  [
    'other names',
    () => data.defaultCollate([{ x: 1 }, { y: 1 }]),
    'defaultCollate: sample 0 has the part x, sample 1 has not',
  ],
  [
    'an object and none',
    () => data.defaultCollate([{ x: 1 }, null]),
    'defaultCollate: sample 0 is an object, sample 1 is null',
  ],
  [
    'a dataset that answers later',
    () => data.defaultCollate([Promise.resolve(1)]),
    'defaultCollate: sample 0 is a promise; a dataset gives its samples at once',
  ],
  [
    'no sample',
    () => data.defaultCollate(['a', undefined]),
    'defaultCollate: sample 1 is undefined',
  ],
  [
    'an array that holds itself',
    () => data.defaultCollate([endless]),
    'defaultCollate: a sample must be nested at most 100 deep; what holds itself has no end',
  ],
  [
    'weights',
    () => new data.WeightedRandomSampler([1, -1], 2),
    'WeightedRandomSampler: weights[1] must be a finite number of at least 0, got -1',
  ],
])('bad input: %s', (_what, act, message) => {
  expect(act).toThrow(message);
});

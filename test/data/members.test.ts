/** What loaders, samplers and datasets let be read, and what `console.log` shows of them. */
import { inspect } from 'node:util';
import { arange, data, Generator, nn, tensor } from 'ostinato';

const rows = new data.TensorDataset(arange(10));

test('a loader has the dataset, the samplers and what makes its batches', () => {
  const loader = new data.DataLoader(rows, { batchSize: 4, dropLast: true, numWorkers: 0 });
  expect(loader.dataset).toBe(rows);
  expect(loader.dataset.length).toBe(10);
  expect([...loader.sampler!]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([...loader.batchSampler!]).toEqual([[0, 1, 2, 3], [4, 5, 6, 7]]); // prettier-ignore
  expect([loader.dropLast, loader.collateFn]).toEqual([true, data.defaultCollate]);
  expect(new data.DataLoader(rows, { shuffle: true }).sampler).toBeInstanceOf(data.RandomSampler);
  const list = [1, 2, 3];
  expect(new data.DataLoader(list).dataset).toBe(list);
  const batchSampler = new data.BatchSampler(new data.SequentialSampler(list), 2);
  const batched = new data.DataLoader(list, { batchSampler });
  expect([batched.sampler, batched.batchSampler]).toEqual([null, batchSampler]);
  class Stream extends data.IterableDataset<number> {
    *[Symbol.iterator]() {
      yield 1;
    }
  }
  const streamed = new data.DataLoader(new Stream());
  expect(streamed.dataset).toBeInstanceOf(Stream);
  expect([streamed.sampler, streamed.batchSampler]).toEqual([null, null]);
  expect(() => new data.DataLoader(rows, { numWorkers: 2 as never })).toThrow(
    new TypeError('DataLoader: numWorkers must be 0: batches are made in this thread, got 2'),
  );
});

test('samplers have what they were made of', () => {
  const list = [7, 8, 9];
  expect(new data.SequentialSampler(list).dataSource).toBe(list);
  expect(new data.RandomSampler(list).dataSource).toBe(list);
  const sampler = new data.SequentialSampler(list);
  const batches = new data.BatchSampler(sampler, 2);
  expect([batches.sampler, batches.batchSize, batches.dropLast]).toEqual([sampler, 2, false]);
});

test('a tensor in place of a list of numbers', () => {
  const generator = (): Generator => new Generator().manualSeed(3);
  const weights = new data.WeightedRandomSampler(tensor([0, 1, 0]), 2);
  expect([...weights]).toEqual([1, 1]);
  expect(weights.weights).toEqual([0, 1, 0]);
  const indices = tensor([4, 2], { dtype: 'int32' });
  expect([...new data.SubsetRandomSampler(indices, { generator: generator() })]).toEqual([
    ...new data.SubsetRandomSampler([4, 2], { generator: generator() }),
  ]);
  expect(new data.Subset(rows, indices).indices).toEqual([4, 2]);
  const lengths = tensor([3, 1, 3, 1], { dtype: 'int32' });
  expect([...new data.BucketBatchSampler(lengths, 2)]).toEqual([...new data.BucketBatchSampler([3, 1, 3, 1], 2)]); // prettier-ignore
  expect(() => new data.WeightedRandomSampler(tensor([[1, 2]]), 1)).toThrow(
    'WeightedRandomSampler: weights[0] must be a finite number of at least 0, got a Tensor',
  );
});

test('console.log shows no field that is there for structuredClone', () => {
  class Squares extends data.Dataset<number> {
    readonly length = 3;
    readonly self = this;
    get(i: number): number {
      return i * i;
    }
  }
  expect(inspect(new Squares(), { depth: null })).toBe(
    '<ref *1> Squares { length: 3, self: [Circular *1] }',
  );
  expect(inspect(new data.DataLoader(rows, { batchSize: 4 }))).toBe('DataLoader { batchSize: 4 }');
  expect(inspect(new Generator())).toBe('Generator {}');
  for (const value of [
    rows,
    new data.SequentialSampler(rows),
    new data.BucketBatchSampler([1], 1),
  ]) {
    expect(inspect(value)).not.toContain('refusal');
    expect(inspect(value)).toMatch(new RegExp(`^${value.constructor.name} {`));
    expect(() => structuredClone(value)).toThrow(/^Symbol\(.*\) could not be cloned\.$/);
  }
});

test('running statistics have names in camelCase, too, that are not in the state dict', () => {
  for (const layer of [
    new nn.BatchNorm1d(3),
    new nn.InstanceNorm1d(3, { trackRunningStats: true }),
  ]) {
    expect(layer.runningMean).toBe(layer.running_mean);
    expect(layer.runningVar).toBe(layer.running_var);
    expect(layer.numBatchesTracked).toBe(layer.num_batches_tracked);
    expect([...layer.stateDict().keys()]).not.toContain('runningMean');
  }
});

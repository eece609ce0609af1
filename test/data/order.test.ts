// The order in which loaders, samplers and splits take samples is PyTorch's for the same seed (fixtures:
// test/fixtures/data.py), and so is the generator's state afterwards.
import { arange, data, Generator, manualSeed, rand, type Tensor } from 'ostinato';
import fixture from '../fixtures/data.json';

const dataset = new data.TensorDataset(arange(10));
const batches = (loader: Iterable<Tensor[]>): unknown[] => [...loader].map(([x]) => x.toArray());
const drawn = (expected: readonly number[]): void => {
  rand([3])
    .toTypedArray()
    .forEach((x, i) => expect(x).toBeCloseTo(expected[i], 6));
};

test('a shuffling loader', () => {
  manualSeed(0);
  const loader = new data.DataLoader(dataset, { batchSize: 4, shuffle: true });
  expect([batches(loader), batches(loader)]).toEqual(fixture.shuffled);
  drawn(fixture.afterShuffled);
});

test('a loader in order, the last batch dropped', () => {
  manualSeed(1);
  expect(batches(new data.DataLoader(dataset, { batchSize: 3, dropLast: true }))).toEqual(
    fixture.ordered,
  );
  drawn(fixture.afterOrdered);
});

test('a shuffling loader with a generator of its own', () => {
  manualSeed(2);
  const generator = new Generator().manualSeed(5);
  const loader = (): unknown[] =>
    batches(new data.DataLoader(dataset, { batchSize: 4, shuffle: true, generator }));
  expect([loader(), loader()]).toEqual(fixture.ownGenerator);
  drawn(fixture.afterOwnGenerator);
});

test('samplers', () => {
  manualSeed(3);
  expect([...new data.RandomSampler(dataset, { replacement: true, numSamples: 40 })]).toEqual(
    fixture.replacement,
  );
  expect([...new data.RandomSampler(dataset, { numSamples: 25 })]).toEqual(fixture.more);
  manualSeed(4);
  expect([...new data.WeightedRandomSampler([1, 2, 3, 0, 4], 20)]).toEqual(fixture.weighted);
  expect([...new data.WeightedRandomSampler([1, 2, 3, 0.5, 4], 4, { replacement: false })]).toEqual(
    fixture.weightedOnce,
  );
});

// What torch.utils.data gives after torch.manual_seed(7).
test('samplers of indices and of batches', () => {
  const { BatchSampler, SequentialSampler, SubsetRandomSampler } = data;
  manualSeed(7);
  expect([...new SubsetRandomSampler([3, 1, 4, 1, 5, 9, 2, 6])]).toEqual([6, 3, 1, 5, 1, 9, 4, 2]);
  const subset = new SubsetRandomSampler([10, 20, 30, 40, 50]);
  expect([...new BatchSampler(subset, 2)]).toEqual([[50, 20], [10, 40], [30]]);
  const inOrder = new SequentialSampler([0, 0, 0, 0, 0]);
  expect([...new BatchSampler(inOrder, 2, true)]).toEqual([[0, 1], [2, 3]]); // prettier-ignore
});

test('random splits by lengths and by fractions', () => {
  manualSeed(5);
  const eleven = new data.TensorDataset(arange(11));
  const indices = (lengths: number[]): unknown =>
    data.randomSplit(eleven, lengths).map((part) => part.indices);
  expect(indices([5, 4, 2])).toEqual(fixture.split);
  expect(indices([0.5, 0.3, 0.2])).toEqual(fixture.fractions);
});

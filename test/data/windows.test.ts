/** Windows over series, and batches of about one length. */
import { arange, data, manualSeed, randn, type Tensor } from 'ostinato';

const { BucketBatchSampler, WindowDataset } = data;
const show = ([x, y]: [Tensor, Tensor]): unknown => [x.toArray(), y.toArray()];

describe('WindowDataset', () => {
  test.each([
    [{}, 7, [[0, 1, 2], [3]], [[6, 7, 8], [9]]],
    [
      { horizon: 2 },
      6,
      [
        [0, 1, 2],
        [3, 4],
      ],
      [
        [5, 6, 7],
        [8, 9],
      ],
    ],
    [
      { horizon: 2, stride: 2 },
      3,
      [
        [0, 1, 2],
        [3, 4],
      ],
      [
        [4, 5, 6],
        [7, 8],
      ],
    ],
    [
      { shift: 1 },
      7,
      [
        [0, 1, 2],
        [1, 2, 3],
      ],
      [
        [6, 7, 8],
        [7, 8, 9],
      ],
    ],
    [
      { shift: 5, stride: 2 },
      2,
      [
        [0, 1, 2],
        [5, 6, 7],
      ],
      [
        [2, 3, 4],
        [7, 8, 9],
      ],
    ],
  ] as const)('%j', (options, length, first, last) => {
    const windows = new WindowDataset(arange(10), 3, options);
    expect(windows.length).toBe(length);
    expect(show(windows.get(0))).toEqual(first);
    expect(show(windows.get(length - 1))).toEqual(last);
  });

  test('several series of several columns: no window reaches across, and memory is shared', () => {
    const series = [5, 3, 6].map((steps) => randn([steps, 2]));
    const windows = new WindowDataset(series, 3, { strict: false });
    expect(windows.length).toBe(2 + 0 + 3);
    const starts = [[0, 0], [0, 1], [2, 0], [2, 1], [2, 2]];
    for (const [i, [which, start]] of starts.entries()) {
      const [x, y] = windows.get(i);
      expect(x.toArray()).toEqual(series[which].narrow(0, start, 3).toArray());
      expect(y.toArray()).toEqual(series[which].narrow(0, start + 3, 1).toArray());
      expect(x.storage).toBe(series[which].storage);
    }
  }); // prettier-ignore

  test('through a loader', () => {
    const loader = new data.DataLoader(new WindowDataset(arange(10), 4, { shift: 1 }), {
      batchSize: 4,
    });
    expect([...loader].map(([x]) => x.shape)).toEqual([[4, 4], [2, 4]]); // prettier-ignore
  });

  test.each([
    [() => new WindowDataset(arange(3), 3), RangeError, 'WindowDataset: series 0 has 3 steps, fewer than the 4 of a window and its target; { strict: false } leaves it out'],
    [() => new WindowDataset([], 3), RangeError, 'WindowDataset: there are no series'],
    [() => new WindowDataset([randn([])], 3), RangeError, 'WindowDataset: series 0 has no dimension to go along'],
    [() => new WindowDataset(arange(9), 3, { shift: 1, horizon: 2 }), TypeError, 'WindowDataset: shift says how long the target is; leave out horizon'],
    [() => new WindowDataset(arange(9), 0), RangeError, 'WindowDataset: length must be an integer of at least 1, got 0'],
    [() => new WindowDataset(arange(9), 3).get(6), RangeError, 'WindowDataset.get: sample 6 is out of range for 6 samples'],
  ] as const)('%p is refused', (call, Kind, message) => {
    expect(call).toThrow(new Kind(message));
  }); // prettier-ignore
});

describe('datasets of datasets', () => {
  class Countdown extends data.IterableDataset<number> {
    constructor(private readonly from: number) {
      super();
    }
    *[Symbol.iterator](): Generator<number> {
      for (let i = this.from; i > 0; i--) yield i;
    }
  }

  test('StackDataset: side by side, through a loader', () => {
    const stacked = new data.StackDataset(new WindowDataset(arange(6), 4), [7, 8], ['a', 'b']);
    expect(stacked).toHaveLength(2);
    const [[[x], label, name]] = [...new data.DataLoader(stacked, { batchSize: 2 })];
    expect([x.toArray(), label.toArray(), name]).toEqual([
      [[0, 1, 2, 3], [1, 2, 3, 4]], [7, 8], ['a', 'b'],
    ]); // prettier-ignore
  });

  test('ChainDataset: one after another, anew in each pass', () => {
    const chained = new data.ChainDataset([new Countdown(2), new Countdown(0), new Countdown(3)]);
    expect([...chained]).toEqual([2, 1, 3, 2, 1]);
    expect([...new data.DataLoader(chained, { batchSize: 4 })].map((x) => x.toArray())).toEqual([
      [2, 1, 3, 2], [1],
    ]); // prettier-ignore
  });

  test.each([
    [() => new data.StackDataset([1], [1, 2]), RangeError, 'StackDataset: datasets must have the same length: dataset 0 has 1 samples, dataset 1 has 2'],
    [() => new data.StackDataset(), RangeError, 'StackDataset: takes at least one dataset'],
    [() => new data.ChainDataset([[1]] as never), TypeError, 'ChainDataset: datasets[0] must be an IterableDataset, got [1]'],
  ] as const)('%p is refused', (call, Kind, message) => {
    expect(call).toThrow(new Kind(message));
  }); // prettier-ignore
});

describe('BucketBatchSampler', () => {
  const lengths = Array.from({ length: 103 }, (_, i) => (i * 37) % 50);

  test('sorted within buckets, every sample once', () => {
    const batches = [...new BucketBatchSampler(lengths, 10, { batchesPerBucket: 5 })];
    expect(batches.map((batch) => batch.length)).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 3]);
    expect(batches.flat().sort((a, b) => a - b)).toEqual([...Array(103).keys()]);
    for (const [from, to] of [[0, 5], [5, 10], [10, 11]]) {
      const bucket = batches.slice(from, to).flat();
      expect([...bucket].sort((a, b) => a - b)).toEqual(
        Array.from({ length: bucket.length }, (_, i) => from * 10 + i),
      );
      const sorted = bucket.map((i) => lengths[i]);
      expect(sorted).toEqual([...sorted].sort((a, b) => a - b));
    }
  }); // prettier-ignore

  test('shuffled: another order in each pass, the same for a seed, and little padding', () => {
    const sampler = new BucketBatchSampler(lengths, 10, { shuffle: true });
    const passes = (): number[][][] => {
      manualSeed(5);
      return [[...sampler], [...sampler]];
    };
    const [first, second] = passes();
    expect(first).not.toEqual(second);
    expect(passes()).toEqual([first, second]);
    expect(first.flat().sort((a, b) => a - b)).toEqual([...Array(103).keys()]);
    const spread = first.map((batch) => {
      const of = batch.map((i) => lengths[i]);
      return Math.max(...of) - Math.min(...of);
    });
    expect(Math.max(...spread)).toBeLessThan(12);
  });

  test('dropLast leaves out the batch that is not full, wherever it comes', () => {
    const sampler = new BucketBatchSampler(lengths, 10, { shuffle: true, dropLast: true });
    const batches = [...sampler];
    expect(sampler).toHaveLength(10);
    expect(batches.map((batch) => batch.length)).toEqual(Array(10).fill(10));
  });

  test('pads less through a loader', () => {
    const texts = lengths.map((length) => Array<number>(length + 1).fill(1));
    const padding = (options: object): number => {
      const loader = new data.DataLoader(texts, { ...options, collateFn: data.paddingCollate() });
      let cells = 0;
      for (const [padded] of loader) cells += padded.numel;
      return cells;
    };
    const batchSampler = new BucketBatchSampler(
      texts.map((text) => text.length),
      10,
    );
    expect(padding({ batchSampler })).toBeLessThan(0.65 * padding({ batchSize: 10 }));
  });
});

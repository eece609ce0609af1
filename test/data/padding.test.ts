// paddingCollate: sequences of unequal lengths in one batch, and what is refused.
import { data, nn, ones, tensor, zeros } from 'ostinato';

const { paddingCollate } = data;

test('sequences are padded behind their ends, with their lengths', () => {
  const [padded, lengths] = paddingCollate({ batchFirst: true, paddingValue: -1 })([
    tensor([1, 2, 3]),
    tensor([4]),
    zeros([0]),
  ]);
  expect(padded.toArray()).toEqual([
    [1, 2, 3],
    [4, -1, -1],
    [-1, -1, -1],
  ]);
  expect([lengths.dtype, lengths.toArray()]).toEqual(['int32', [3, 1, 0]]);
});

test('time comes first by default, as padSequence has it, and features stay', () => {
  const sequences = [ones([2, 3]), ones([4, 3]).mul(2)];
  const [padded] = paddingCollate()(sequences);
  expect(padded.shape).toEqual([4, 2, 3]);
  expect(padded.toArray()).toEqual(nn.utils.rnn.padSequence(sequences).toArray());
});

test('tuples and objects are collated part by part', () => {
  const pad = paddingCollate({ batchFirst: true });
  const [[x, lengths], label, [tokens]] = pad<[ReturnType<typeof ones>, number, number[]]>([
    [ones([2, 1]), 0, [7, 8]],
    [ones([1, 1]), 1, [9]],
  ]);
  expect([x.shape, lengths.toArray(), label.toArray()]).toEqual([
    [2, 2, 1],
    [2, 1],
    [0, 1],
  ]);
  expect([tokens.dtype, tokens.toArray()]).toEqual([
    'int32',
    [
      [7, 8],
      [9, 0],
    ],
  ]);
  const named = pad([
    { text: 'a', x: Float32Array.of(0.5) },
    { text: 'b', x: Float32Array.of(1, 2) },
  ]);
  expect(named.text).toEqual(['a', 'b']);
  expect(named.x[0].toArray()).toEqual([
    [0.5, 0],
    [1, 2],
  ]);
});

test('in a loader, its batches are packed as they come', () => {
  class Words extends data.Dataset<[number[], number]> {
    length = 3;
    get(i: number): [number[], number] {
      return [Array.from({ length: i + 1 }, (_, t) => t), i];
    }
  }
  const loader = new data.DataLoader(new Words(), { batchSize: 2, collateFn: paddingCollate() });
  const batches = [...loader].map(([[x, lengths], labels]) => {
    const packed = nn.utils.rnn.packPaddedSequence(x, lengths, { enforceSorted: false });
    return [x.shape, packed.batchSizes.toArray(), labels.toArray()];
  });
  expect(batches).toEqual([
    [
      [2, 2],
      [2, 1],
      [0, 1],
    ],
    [[3, 1], [1, 1, 1], [2]],
  ]);
});

const endless: Record<string, unknown> = {};
endless.itself = endless;
test.each<[string, () => unknown, string]>([
  ['no samples', () => paddingCollate()([]), 'paddingCollate: there are no samples'],
  [
    'features',
    () => paddingCollate()([ones([2, 3]), ones([4, 5])]),
    'paddingCollate: sequences may differ in their first size only: sample 0 is [2, 3], sample 1 is [4, 5]',
  ],
  [
    'dimensions',
    () =>
      paddingCollate()([
        [ones([2]), 1],
        [ones([4, 5]), 1],
      ]),
    'paddingCollate: sequences may differ in their first size only: part 0 of sample 0 is [2], part 0 of sample 1 is [4, 5]',
  ],
  [
    'element types',
    () => paddingCollate()([ones([2]), ones([2], { dtype: 'float64' })]),
    'paddingCollate: sample 0 holds float32, sample 1 holds float64',
  ],
  [
    'kinds',
    () => paddingCollate()<unknown>([ones([2]), 3]),
    'paddingCollate: sample 0 is a sequence, sample 1 is a single value',
  ],
  [
    'parts',
    () => paddingCollate()([{ x: [1] }, { y: [1] }] as { x?: number[]; y?: number[] }[]),
    'paddingCollate: sample 0 has the parts x, sample 1 has y',
  ],
  [
    'an object that holds itself',
    () => paddingCollate()([endless]),
    'paddingCollate: a sample must be nested at most 100 deep; what holds itself has no end',
  ],
  [
    'padding value',
    () => paddingCollate({ paddingValue: null as never }),
    'paddingCollate: paddingValue must be a number, got null',
  ],
])('bad input: %s', (_what, act, message) => {
  expect(act).toThrow(message);
});

test('150,000 sequences make a batch', () => {
  const sequences = Array.from({ length: 150_000 }, (_, n) => ones([1 + (n % 2)]));
  const [padded, lengths] = paddingCollate()(sequences);
  expect(padded.shape).toEqual([2, 150_000]);
  expect(lengths.sum().item()).toBe(225_000);
});

describe('maxLength', () => {
  // keras.utils.pad_sequences([[1, 2, 3], [4]], maxlen=2, padding=…, truncating=…): [[2, 3], [0, 4]] for 'pre' and 'pre'
  const made = (options: data.PaddingOptions): unknown => {
    const [padded, lengths] = paddingCollate({ batchFirst: true, ...options })([[1, 2, 3], [4]]);
    return [padded.toArray(), lengths.toArray()];
  };

  test.each<[data.PaddingOptions, number[][]]>([
    [{}, [[1, 2], [4, 0]]],
    [{ truncationSide: 'left' }, [[2, 3], [4, 0]]],
    [{ truncationSide: 'left', paddingSide: 'left' }, [[2, 3], [0, 4]]],
    [{ truncationSide: 'right', paddingSide: 'left' }, [[1, 2], [0, 4]]],
  ])('%j', (options, expected) => {
    expect(made({ maxLength: 2, ...options })).toEqual([expected, [2, 1]]);
  }); // prettier-ignore

  test('changes nothing of shorter sequences', () => {
    expect(made({ maxLength: 5, truncationSide: 'left' })).toEqual(made({}));
    expect(made({ maxLength: null, paddingSide: 'left' })).toEqual([[[1, 2, 3], [0, 0, 4]], [3, 1]]); // prettier-ignore
  });

  test('cuts sequences of features too', () => {
    const [padded, lengths] = paddingCollate({ maxLength: 2 })([ones([3, 4]), ones([1, 4])]);
    expect([padded.shape, lengths.toArray()]).toEqual([[2, 2, 4], [2, 1]]); // prettier-ignore
  });

  test('is at least 1', () => {
    expect(() => paddingCollate({ maxLength: 0 })).toThrow(
      'paddingCollate: maxLength must be an integer of at least 1 or null, got 0',
    );
    expect(() => paddingCollate({ paddingSide: 'pre' as never })).toThrow(
      "paddingCollate: paddingSide must be 'left' or 'right', got 'pre'",
    );
  });
});

// Packed sequences: what a batch becomes and what comes back, and what is refused.
import {
  autograd,
  cat,
  compile,
  generate,
  nn,
  ones,
  randn,
  tensor,
  zeros,
  type Tensor,
} from 'ostinato';
import { flat, sample } from '../../../support';

const { packPaddedSequence, packSequence, padPackedSequence, padSequence, unpadSequence } =
  nn.utils.rnn;

test.each([false, true])('padded, packed and padded again, batchFirst %s', (batchFirst) => {
  const x = sample(batchFirst ? [3, 4, 2] : [4, 3, 2]);
  const lengths = [2, 4, 0];
  const packed = packPaddedSequence(x, lengths, { batchFirst, enforceSorted: false });
  expect(flat(packed.batchSizes)).toEqual([2, 2, 1, 1]);
  const [back, found] = padPackedSequence(packed, { batchFirst });
  expect(flat(found)).toEqual(lengths);
  expect(back.shape).toEqual(x.shape);
  lengths.forEach((length, n) => {
    for (let t = 0; t < 4; t++) {
      const at = batchFirst ? ([n, t] as const) : ([t, n] as const);
      expect(flat(back.at(...at))).toEqual(t < length ? flat(x.at(...at)) : [0, 0]);
    }
  });
});

test('lengths as an array, an Int32Array and a tensor are the same', () => {
  const { paddingMask } = nn.functional;
  const x = sample([4, 3, 2]);
  const list = [2, 4, 1];
  const expected = packPaddedSequence(x, list, { enforceSorted: false });
  const encoder = new nn.Encoder(9, 4, 8);
  const source = tensor([[1, 2, 3, 4], [5, 6, 7, 8], [1, 3, 5, 7]], { dtype: 'int32' }); // prettier-ignore
  const { outputs } = encoder.forward(source, list);
  const model = new nn.Seq2Seq(encoder, new nn.Decoder(9, 4, 8, new nn.AdditiveAttention(8, 8, 8)));
  const target = tensor([[1, 2], [1, 3], [1, 4]], { dtype: 'int32' }); // prettier-ignore
  const [scores] = model.forward(source, target, { sourceLengths: list });
  const limits = { start: 1, end: 2, maxLength: 4 };
  const decoded = generate.decode(model, source, { ...limits, lengths: list });
  for (const lengths of [Int32Array.from(list), tensor(list, { dtype: 'int32' })]) {
    const packed = packPaddedSequence(x, lengths, { enforceSorted: false });
    expect(flat(packed.data)).toEqual(flat(expected.data));
    expect(flat(packed.batchSizes)).toEqual([3, 2, 1, 1]);
    expect(unpadSequence(x, lengths).map(({ shape }) => shape[0])).toEqual(list);
    expect(paddingMask(lengths, 4).toArray()).toEqual(paddingMask(list, 4).toArray());
    expect(flat(encoder.forward(source, lengths).outputs)).toEqual(flat(outputs));
    expect(flat(model.forward(source, target, { sourceLengths: lengths })[0])).toEqual(
      flat(scores),
    );
    expect(generate.decode(model, source, { ...limits, lengths })).toEqual(decoded);
  }
  expect(() => packPaddedSequence(x, Int32Array.of(2, 5, 1))).toThrow(
    'packPaddedSequence: lengths[1] must be an integer from 0 to 4 (the steps of the batch), got 5',
  );
  expect(() => paddingMask(Float32Array.of(2) as never)).toThrow(
    new TypeError(
      'paddingMask: lengths must be an array of numbers or a 1-dimensional tensor, got a Float32Array',
    ),
  );
});

test('sequences packed one by one, and padded', () => {
  const sequences = [tensor([1, 2, 3]), tensor([4, 5])];
  const packed = packSequence(sequences);
  expect(flat(packed.data)).toEqual([1, 4, 2, 5, 3]);
  expect(flat(packed.batchSizes)).toEqual([2, 2, 1]);
  expect(padSequence(sequences, { batchFirst: true, paddingValue: -1 }).toArray()).toEqual([
    [1, 2, 3],
    [4, 5, -1],
  ]);
});

test.each<[string, () => unknown, string]>([
  [
    'length past the end',
    () => packPaddedSequence(zeros([3, 2, 4]), [4, 1]),
    'packPaddedSequence: lengths[0] must be an integer from 0 to 3 (the steps of the batch), got 4',
  ],
  [
    'negative length',
    () => packPaddedSequence(zeros([3, 2, 4]), [1, -1]),
    'packPaddedSequence: lengths[1] must be an integer of at least 0, got -1',
  ],
  [
    'too few lengths',
    () => packPaddedSequence(zeros([3, 2, 4]), [3]),
    'packPaddedSequence: there are 2 sequences but 1 lengths; give one for each',
  ],
  [
    'lengths that rise',
    () => packPaddedSequence(zeros([3, 2, 4]), [1, 3]),
    'packPaddedSequence: lengths must be sorted in decreasing order, got [1, 3]; pass { enforceSorted: false } to have them sorted',
  ],
  [
    'total length',
    () => padPackedSequence(packPaddedSequence(zeros([3, 1, 4]), [3]), { totalLength: 2 }),
    'padPackedSequence: totalLength must be an integer of at least the longest length (3), got 2',
  ],
])('refused: %s', (_what, act, message) => {
  expect(act).toThrow(new RangeError(message));
});

test('150,000 sequences are padded and packed, and their gradient comes back', () => {
  const count = 150_000;
  const one = ones([1, 2], { requiresGrad: true });
  const two = ones([2, 2]);
  const sequences = Array.from({ length: count }, (_, n) => (n % 2 === 0 ? one : two));
  const padded = padSequence(sequences);
  expect(padded.shape).toEqual([2, count, 2]);
  padded.sum().backward();
  expect(one.grad!.toArray()).toEqual([[count / 2, count / 2]]);
  const packed = packSequence(sequences, { enforceSorted: false });
  expect(packed.batchSizes.toArray()).toEqual([count, count / 2]);
  const [again, lengths] = padPackedSequence(packed);
  expect(again.equal(padded)).toBe(true);
  expect(lengths.sum().item()).toBe(1.5 * count);
});

test.each([{}, { batchFirst: true }, { paddingSide: 'left', paddingValue: 3 }] as const)(
  'padSequence %j: first and second derivatives agree with differences',
  (options) => {
    const leaf = (length: number): Tensor =>
      randn([length, 2], { dtype: 'float64', requiresGrad: true });
    const f = (...xs: Tensor[]): Tensor => padSequence(xs, options).square();
    const inputs = [leaf(2), leaf(3), leaf(0), leaf(1).detach()];
    expect(autograd.gradcheck(f, inputs)).toBe(true);
    expect(autograd.gradgradcheck(f, inputs)).toBe(true);
  },
);

test('lengths of equal size keep their order when sorted', () => {
  const lengths = Array.from({ length: 200 }, (_, n) => (n * 7) % 5);
  const { sortedIndices, batchSizes } = packPaddedSequence(zeros([5, 200, 1]), lengths, {
    enforceSorted: false,
  });
  const expected = lengths.map((_, n) => n).sort((a, b) => lengths[b] - lengths[a] || a - b);
  expect(sortedIndices!.toArray()).toEqual(expected);
  expect(batchSizes.toArray()).toEqual([160, 120, 80, 40]);
});

// Views whose rows are in place and whose rows are not, a batch of any layout, sorted and not.
const layouts: Record<string, (x: Tensor) => Tensor> = {
  contiguous: (x) => x,
  'two dimensions': (x) => x.select(2, 0),
  'steps swapped with sequences': (x) => x.transpose(0, 1).contiguous().transpose(0, 1),
  'features apart': (x) => x.transpose(0, 2).contiguous().transpose(0, 2),
  'every other step': (x) => cat([x, x], 1).view([x.shape[0], 2, x.shape[1], x.shape[2]]).select(1, 0), // prettier-ignore
};

describe.each(Object.keys(layouts))('%s', (layout) => {
  test.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('batchFirst %s, sorted %s: rows, gradients and second derivatives', (batchFirst, sorted) => {
    const lengths = sorted ? [4, 3, 1] : [1, 4, 0];
    const options = { batchFirst, enforceSorted: sorted };
    const leaf = randn(batchFirst ? [3, 4, 2] : [4, 3, 2], {
      dtype: 'float64',
      requiresGrad: true,
    });
    const x = layouts[layout](leaf);
    const { data, batchSizes } = packPaddedSequence(x, lengths, options);
    const rows: number[][] = [];
    const order = [0, 1, 2].sort((a, b) => lengths[b] - lengths[a]);
    for (let t = 0; t < 4; t++) {
      for (const n of order) {
        if (t < lengths[n]) rows.push(flat(batchFirst ? x.at(n, t) : x.at(t, n)));
      }
    }
    expect(flat(data)).toEqual(rows.flat());
    expect(batchSizes.toArray()).toEqual(sorted ? [3, 2, 2, 1] : [2, 1, 1, 1]);
    const both = (input: Tensor): Tensor => {
      const packed = packPaddedSequence(layouts[layout](input), lengths, options);
      const squares = packed.withData(packed.data.square());
      const padding = { batchFirst, paddingValue: 3, totalLength: 5 };
      return padPackedSequence(squares, padding)[0];
    };
    expect(autograd.gradcheck(both, [leaf])).toBe(true);
    expect(autograd.gradgradcheck(both, [leaf])).toBe(true);
    const compiled = compile(both);
    expect(compiled(leaf).equal(both(leaf))).toBe(true);
    const [expected] = autograd.grad(both(leaf).sum(), [leaf]);
    const [found] = autograd.grad(compiled(leaf).sum(), [leaf]);
    expect(found!.equal(expected!)).toBe(true);
  });
});

test.each(['int32', 'bool', 'float32', 'float64'] as const)('%s is packed and padded', (dtype) => {
  const x = tensor([[1, 0, 1], [1, 1, 0]], { dtype }); // prettier-ignore
  const packed = packPaddedSequence(x, [1, 3], { batchFirst: true, enforceSorted: false });
  expect(packed.data.equal(tensor([1, 1, 1, 0], { dtype }))).toBe(true);
  const [padded] = padPackedSequence(packed, { batchFirst: true, paddingValue: 1 });
  expect(padded.equal(tensor([[1, 1, 1], [1, 1, 0]], { dtype }))).toBe(true); // prettier-ignore
});

describe('indices that a user gives', () => {
  const int32 = (...values: number[]): Tensor => tensor(Int32Array.from(values));
  const { PackedSequence } = nn.utils.rnn;
  const data = tensor([1, 4, 2, 5, 3]);
  const sizes = int32(2, 2, 1);

  test('the inverse of sortedIndices is found, as PyTorch does', () => {
    const packed = new PackedSequence(data, sizes, int32(1, 2, 0), null, 3);
    expect(packed.unsortedIndices!.toArray()).toEqual([2, 0, 1]);
    expect(packed.lengths()).toEqual([0, 3, 2]);
    expect(padPackedSequence(packed, { batchFirst: true })[0].toArray()).toEqual([
      [0, 0, 0],
      [1, 2, 3],
      [4, 5, 0],
    ]);
  });

  test('no permutation is refused, whenever it became none', () => {
    expect(() => new PackedSequence(data, sizes, int32(1, 1))).toThrow(
      'PackedSequence: sortedIndices must hold each of 0 to 1 once, got 1 at 1',
    );
    const packed = packPaddedSequence(ones([3, 2]), [1, 3], { enforceSorted: false });
    packed.unsortedIndices!.fill_(1e8);
    const sentence = 'unsortedIndices must hold each of 0 to 1 once, got 100000000 at 0';
    expect(() => padPackedSequence(packed)).toThrow(`padPackedSequence: ${sentence}`);
    expect(() => packed.lengths()).toThrow(`PackedSequence.lengths: ${sentence}`);
  });

  test('a change of the batch sizes after packing reaches neither the gradient nor another packing', () => {
    const x = ones([3, 2], { requiresGrad: true });
    const packed = packPaddedSequence(x, [3, 1]);
    packed.batchSizes.fill_(1000);
    packed.data.sum().backward();
    expect(x.grad!.toArray()).toEqual([
      [1, 1],
      [1, 0],
      [1, 0],
    ]);
  });
});

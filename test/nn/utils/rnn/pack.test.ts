// Packed sequences: what a batch becomes and what comes back, and what is refused.
import { autograd, generate, nn, ones, randn, tensor, zeros, type Tensor } from 'ostinato';
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
    'packPaddedSequence: lengths [1, 3] do not fall; pass { enforceSorted: false } to have them sorted',
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

// embeddingBag beside PyTorch's numbers (test/fixtures/embedding-bag.py): frequencies, ties, NaN, second derivatives, refusals.
import { autograd, compile, nn, tensor, zeros, type Tensor } from 'ostinato';
import { bitsOf, expectClose, sample } from '../../support';

const { embeddingBag } = nn.functional;
const ints = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'int32' });
const table = (rows: number[][]): Tensor => tensor(rows, { dtype: 'float64' }).requiresGrad_();

it.each(['sum', 'mean'] as const)(
  '%s: bags of any division are reductions of embedding',
  (mode) => {
    const weight = sample([6, 3]).requiresGrad_();
    const input = ints([[2, 0, 1], [1, 1, 5]]); // prettier-ignore
    const [rows, own] = [
      nn.functional.embedding(input, weight)[mode](1),
      embeddingBag(input, weight, null, { mode }),
    ];
    expectClose(own, rows, 1e-12);
    const flat = embeddingBag(input.reshape([-1]), weight, ints([0, 3]), { mode });
    expectClose(flat, rows, 1e-12);
    // Strided indices, and a weight that is a view.
    const turned = ints([[2, 1], [0, 1], [1, 5]]).t(); // prettier-ignore
    const view = weight.t().clone().detach().t();
    expectClose(embeddingBag(turned, view, null, { mode }), rows, 1e-12);
  },
);

it.each(['sum', 'mean'] as const)('%s: has the bits of the rows, looked up and reduced', (mode) => {
  for (const dtype of ['float32', 'float64'] as const) {
    for (const features of [3, 70]) {
      const values = sample([9, features], { dtype });
      const input = ints(Array.from({ length: 40 }, (_, b) => [b % 9, (b * 5) % 9, (b * b) % 9]));
      const weights = sample([40, features], { dtype, seed: 2 });
      const [own, rows] = [
        (w: Tensor) => embeddingBag(input, w, null, { mode }),
        (w: Tensor) => nn.functional.embedding(input, w)[mode](1),
      ].map((f) => {
        const w = values.clone().detach().requiresGrad_();
        const y = f(w);
        y.mul(weights).sum().backward();
        return [y.detach(), w.grad!];
      });
      // A mean is rounded twice here: the sum, and what it is divided to.
      if (mode === 'sum') expect(own.map(bitsOf)).toEqual(rows.map(bitsOf));
      else
        for (const [i, x] of own.entries())
          expectClose(x, rows[i], dtype === 'float32' ? 1e-6 : 1e-14);
    }
  }
});

it('divides gradients by the frequency of each row', () => {
  const weight = table([[2, 1], [1, 3], [2, 1]]); // prettier-ignore
  const input = ints([[2, 0, 1], [1, 1, 1]]); // prettier-ignore
  const out = embeddingBag(input, weight, null, { mode: 'sum', scaleGradByFreq: true });
  const [g] = autograd.grad(out.sum(), weight);
  expect(g!.toArray()).toEqual([[1, 1], [1, 1], [1, 1]]); // prettier-ignore
});

it('takes the first of equal maxima, and NaN where it comes first', () => {
  const weight = table([[2, NaN], [NaN, 3], [2, 1]]); // prettier-ignore
  const out = embeddingBag(ints([[2, 0, 1]]), weight, null, { mode: 'max' });
  expect(out.toArray()).toEqual([[2, 3]]);
  const [g] = autograd.grad(out.sum(), weight);
  expect(g!.toArray()).toEqual([[0, 0], [0, 1], [1, 0]]); // prettier-ignore
  expect(embeddingBag(ints([[1, 0]]), weight, null, { mode: 'max' }).toArray()).toEqual([[NaN, 3]]);
});

it.each(['sum', 'mean', 'max'] as const)('%s: can be differentiated again', (mode) => {
  const weight = sample([4, 2]).requiresGrad_();
  const weights = sample([5]).requiresGrad_();
  const own = mode === 'sum' ? { perSampleWeights: weights } : {};
  const f = (w: Tensor): Tensor =>
    embeddingBag(ints([0, 3, 1, 3, 2]), w.square(), ints([0, 2]), { mode, paddingIdx: 1, ...own });
  const [g] = autograd.grad(f(weight).square().sum(), weight, { createGraph: true });
  const [h] = autograd.grad(g!.sum(), weight);
  const step = 1e-6;
  const at = (d: number): Tensor => {
    const moved = weight.detach().add(d).requiresGrad_();
    return autograd.grad(f(moved).square().sum(), moved)[0]!.detach();
  };
  expectClose(
    h!,
    at(step)
      .sub(at(-step))
      .div(2 * step),
    1e-6,
  );
});

it('gives nothing for no bags, and no gradient', () => {
  const weight = sample([3, 2]).requiresGrad_();
  for (const mode of ['sum', 'mean', 'max'] as const) {
    const out = embeddingBag(ints([]), weight, ints([]), { mode });
    expect(out.shape).toEqual([0, 2]);
    expect(embeddingBag(ints([0, 1]), weight, ints([]), { mode }).shape).toEqual([0, 2]);
    expect(embeddingBag(zeros([2, 0], { dtype: 'int32' }), weight, null, { mode }).toArray()).toEqual([[0, 0], [0, 0]]); // prettier-ignore
    expect(embeddingBag(ints([]), zeros([0, 2]), ints([0]), { mode }).toArray()).toEqual([[0, 0]]);
  }
});

it('compiles where bags have one size', () => {
  const weight = sample([4, 2]);
  const f = compile((input: Tensor) => embeddingBag(input, weight, null, { paddingIdx: 0 }));
  const input = ints([[0, 3], [1, 2]]); // prettier-ignore
  expect(f(input).toArray()).toEqual(
    embeddingBag(input, weight, null, { paddingIdx: 0 }).toArray(),
  );
});

it.each(['sum', 'mean', 'max'] as const)('%s: compiles bags of any division', (mode) => {
  for (const includeLastOffset of [false, true]) {
    const f = (w: Tensor, input: Tensor, offsets: Tensor): Tensor =>
      embeddingBag(input, w, offsets, { mode, includeLastOffset, paddingIdx: 1 });
    const [input, values] = [ints([3, 1, 1, 0, 2, 3]), sample([4, 2])];
    const compiled = compile(f);
    for (const offsets of [ints([0, 1, 4]), ints([0, 0, 6]), ints([0, 3, 3])]) {
      const [a, b] = [f, compiled].map((by) => {
        const weight = values.clone().detach().requiresGrad_();
        const out = by(weight, input, offsets);
        return [out.toArray(), autograd.grad(out.square().sum(), weight)[0]!.toArray()];
      });
      expect(b).toEqual(a);
    }
    expect(() => compiled(values, input, ints([0, 4, 3]))).toThrow(
      new RangeError('embeddingBag: offsets must begin with 0 and not descend'),
    );
    expect(() => compiled(values, input, ints([1, 2, 3]))).toThrow(
      new RangeError('embeddingBag: offsets must begin with 0 and not descend'),
    );
  }
});

it('prints its options', () => {
  const layer = new nn.EmbeddingBag(5, 3, { maxNorm: 2, normType: 1, scaleGradByFreq: true, paddingIdx: -1 }); // prettier-ignore
  expect(String(layer)).toBe(
    "EmbeddingBag(5, 3, maxNorm=2, normType=1, scaleGradByFreq=True, mode='mean', paddingIdx=4)",
  );
  expect(nn.EmbeddingBag.fromPretrained(sample([2, 2])).weight.requiresGrad).toBe(false);
});

const weight = sample([4, 3]);
const pair = ints([[0, 1]]);
const two = ints([0, 1]);
it.each<[string, () => unknown, Error]>([
  ['no offsets', () => embeddingBag(two, weight), new RangeError('embeddingBag: offsets must say where the bags of an input of one dimension begin; make it [bags, size] where all have one size')],
  ['offsets beside rows', () => embeddingBag(pair, weight, two), new RangeError('embeddingBag: offsets must be left out for an input of two dimensions, whose rows are the bags')],
  ['offsets of two dimensions', () => embeddingBag(two, weight, pair), new RangeError('embeddingBag: offsets must have one dimension, got shape [1, 2]')],
  ['offsets that begin later', () => embeddingBag(two, weight, ints([1])), new RangeError('embeddingBag: offsets must begin with 0, got 1')],
  ['offsets past the end', () => embeddingBag(two, weight, ints([0, 5])), new RangeError('embeddingBag: offset 5 is out of range for the ends of an input of size 3; it must be from 0 to 2')],
  ['offsets that descend', () => embeddingBag(two, weight, ints([0, 2, 1])), new RangeError('embeddingBag: offsets must not descend, got 2 before 1')],
  ['no end', () => embeddingBag(two, weight, ints([]), { includeLastOffset: true }), new RangeError('embeddingBag: offsets must have an element with includeLastOffset')],
  ['an index outside', () => embeddingBag(ints([[0, 9]]), weight), new RangeError('embeddingBag: index 9 is out of range for a vocabulary of size 4; it must be from 0 to 3')],
  ['an input of three dimensions', () => embeddingBag(pair.unsqueeze(0), weight), new RangeError('embeddingBag: input must have one dimension, with offsets, or two, got shape [1, 1, 2]')],
  ['floats', () => embeddingBag(zeros([1, 2]), weight), new TypeError("embeddingBag: index must be int32, got float32; convert it with to('int32')")],
  ['a weight of integers', () => embeddingBag(pair, weight.to('int32')), new TypeError('embeddingBag: weight must be float32 or float64, got int32')],
  ['a weight of one dimension', () => embeddingBag(pair, sample([3])), new RangeError('embeddingBag: weight must be a matrix [vocabulary, features], got shape [3]')],
  ['padding outside', () => embeddingBag(pair, weight, null, { paddingIdx: 7 }), new RangeError('embeddingBag: paddingIdx must be an integer from -4 to 3, got 7')],
  ['weights of means', () => embeddingBag(pair, weight, null, { perSampleWeights: sample([1, 2]) }), new RangeError("embeddingBag: perSampleWeights go with mode 'sum' only, got 'mean'")],
  ['weights of another shape', () => embeddingBag(pair, weight, null, { mode: 'sum', perSampleWeights: sample([2]) }), new RangeError("embeddingBag: perSampleWeights must have the input's shape [1, 2], got [2]")],
  ['weights of another type', () => embeddingBag(pair, weight, null, { mode: 'sum', perSampleWeights: zeros([1, 2]) }), new TypeError('embeddingBag: perSampleWeights must be float64, as the weight is, got float32')],
  ['frequencies of maxima', () => embeddingBag(pair, weight, null, { mode: 'max', scaleGradByFreq: true }), new RangeError("embeddingBag: scaleGradByFreq does not go with mode 'max'")],
  ['sparse gradients', () => embeddingBag(pair, weight, null, { sparse: true }), new RangeError('embeddingBag: there are no sparse gradients; leave sparse out, and the same values come dense')],
  ['another mode', () => embeddingBag(pair, weight, null, { mode: 'min' as 'max' }), new RangeError("embeddingBag: mode must be 'sum', 'mean' or 'max', got 'min'")],
])('refuses %s', (_, run, error) => {
  expect(run).toThrow(error);
}); // prettier-ignore

// What scatter and gather say of options that have no gradient here; scatterReduce of int32 compiled.
import { compile, gather, nn, noGrad, scatter, tensor, zeros } from 'ostinato';

const at = () => tensor([0, 0, 2], { dtype: 'int32' });

it('scatter with reduce has no gradient, as in PyTorch', () => {
  // There backward raises for aten::scatter with reduce.
  const x = zeros([3]).requiresGrad_();
  for (const reduce of ['add', 'multiply'] as const) {
    const y = scatter(x, 0, at(), 2, { reduce });
    expect(y.requiresGrad).toBe(true);
    expect(() => y.sum().backward()).toThrow(
      new Error(
        'scatter: with reduce it has no gradient; use scatterAdd(), or compute it inside noGrad(() => …)',
      ),
    );
  }
  expect(noGrad(() => x.scatter_(0, at(), tensor([2, 3, 4]), { reduce: 'add' })).toArray()).toEqual(
    [5, 0, 4],
  );
});

it('sparse gradients are refused', () => {
  const fix = 'and the same values come dense';
  expect(() => gather(zeros([3]), 0, at(), { sparseGrad: true })).toThrow(
    new RangeError(`gather: there are no sparse gradients; leave sparseGrad out, ${fix}`),
  );
  expect(() => nn.functional.embedding(at(), zeros([3, 2]), { sparse: true })).toThrow(
    new RangeError(`embedding: there are no sparse gradients; leave sparse out, ${fix}`),
  );
  expect(() => new nn.Embedding(3, 2, { sparse: true })).toThrow(
    new RangeError(`Embedding: there are no sparse gradients; leave sparse out, ${fix}`),
  );
  expect(gather(zeros([3]), 0, at(), { sparseGrad: false }).shape).toEqual([3]);
});

it.each(['sum', 'prod', 'mean', 'amax', 'amin'] as const)(
  'scatterReduce of int32 by %s compiles',
  (reduce) => {
    const [x, src] = [
      tensor([7, -3, 2], { dtype: 'int32' }),
      tensor([5, -8, 4], { dtype: 'int32' }),
    ];
    const expected = {
      sum: [4, -3, 6],
      prod: [-280, -3, 8],
      mean: [1, -3, 3],
      amax: [7, -3, 4],
      amin: [-8, -3, 2],
    };
    const combined = compile(() => x.scatterReduce(0, at(), src, reduce));
    for (let round = 0; round < 2; round++) {
      expect(combined().toArray()).toEqual(expected[reduce]);
      expect(x.scatterReduce(0, at(), src, reduce).toArray()).toEqual(expected[reduce]);
    }
  },
);

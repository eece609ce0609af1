import {
  arange,
  argsort,
  autograd,
  bincount,
  equal,
  nanquantile,
  quantile,
  sort,
  tensor,
  topk,
  unique,
  zeros,
  type Tensor,
} from 'ostinato';
import { flat, leaf, sample, samples } from '../../support';

const { gradcheck, gradgradcheck } = autograd;
const order = (x: number, y: number): number => x - y;

describe('sort', () => {
  test('values and where they were', () => {
    const [values, indices] = sort(tensor([3, 1, 2]));
    expect([flat(values), flat(indices)]).toEqual([
      [1, 2, 3],
      [1, 2, 0],
    ]);
    expect(indices.dtype).toBe('int32');
    const [down, from] = sort(tensor([3, 1, 2]), 0, { descending: true });
    expect([flat(down), flat(from)]).toEqual([
      [3, 2, 1],
      [0, 2, 1],
    ]);
  });

  test('along each dimension, in any layout', () => {
    const x = tensor([
      [3, 1, 2],
      [0, 5, 4],
    ]);
    expect(x.sort()[0].toArray()).toEqual([
      [1, 2, 3],
      [0, 4, 5],
    ]);
    expect(x.sort(0)[0].toArray()).toEqual([
      [0, 1, 2],
      [3, 5, 4],
    ]);
    expect(x.sort(0)[1].toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 1],
    ]);
    expect(x.t().sort(0)[0].toArray()).toEqual([
      [1, 0],
      [2, 4],
      [3, 5],
    ]);
    const deep = sample([2, 5, 3]);
    const [values, indices] = deep.sort(1);
    expect(flat(deep.gather(1, indices))).toEqual(flat(values));
    expect(values.isContiguous()).toBe(true);
  });

  test('every length around the runs that are merged', () => {
    for (const n of [0, 1, 2, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 1000]) {
      for (const dtype of ['float32', 'float64'] as const) {
        const x = tensor(samples(n), { dtype });
        const [values, indices] = sort(x);
        expect(flat(values)).toEqual(flat(x).sort(order));
        expect(flat(indices).map((i) => flat(x)[i])).toEqual(flat(values));
        expect(flat(sort(x, 0, { descending: true })[0])).toEqual(flat(values).reverse());
      }
    }
  });

  test('equal elements keep their order, both ways', () => {
    const x = tensor(Array.from({ length: 70 }, (_, i) => i % 3));
    for (const descending of [false, true]) {
      const [values, indices] = sort(x, 0, { descending });
      const pairs = flat(values).map((v, i) => [v, flat(indices)[i]]);
      for (let i = 1; i < pairs.length; i++) {
        if (pairs[i][0] === pairs[i - 1][0]) expect(pairs[i][1]).toBeGreaterThan(pairs[i - 1][1]);
      }
    }
  });

  test('NaN is the greatest, infinities are at the ends', () => {
    const x = tensor([1, NaN, -Infinity, Infinity, NaN, 0]);
    expect(flat(sort(x)[0])).toEqual([-Infinity, 0, 1, Infinity, NaN, NaN]);
    expect(flat(sort(x)[1])).toEqual([2, 5, 0, 3, 1, 4]);
    expect(flat(sort(x, 0, { descending: true })[1])).toEqual([1, 4, 3, 0, 5, 2]);
  });

  test('other types, empty and 0-dimensional tensors', () => {
    expect(flat(sort(tensor([3, -1, 2], { dtype: 'int32' }))[0])).toEqual([-1, 2, 3]);
    expect(flat(sort(tensor([true, false, true]))[1])).toEqual([1, 0, 2]);
    expect(sort(zeros([0, 3]), 0)[0].shape).toEqual([0, 3]);
    expect(sort(zeros([2, 0]))[1].shape).toEqual([2, 0]);
    const [value, index] = sort(tensor(5));
    expect([value.item(), index.item(), value.shape]).toEqual([5, 0, []]);
  });

  test('gradients', () => {
    for (const dim of [0, 1]) {
      const f = (x: Tensor): Tensor => x.sort(dim, { descending: dim === 0 })[0];
      expect(gradcheck(f, [leaf([3, 4])])).toBe(true);
      expect(gradgradcheck((x) => f(x).mul(x), [leaf([3, 4])])).toBe(true);
    }
    const [values, indices] = leaf([3]).sort();
    expect([values.gradFn!.name, indices.requiresGrad]).toEqual(['SortBackward0', false]);
    expect(() => sort(zeros([2]), 1)).toThrow(
      new RangeError(
        'sort: dim must be an integer from -1 to 0 for a tensor of 1 dimensions, got 1',
      ),
    );
  });

  test('argsort', () => {
    const x = sample([4, 5]);
    expect(flat(argsort(x, 0))).toEqual(flat(sort(x, 0)[1]));
    expect(flat(argsort(tensor([3, 1, 2]), -1, { descending: true }))).toEqual([0, 2, 1]);
  });
});

describe('topk', () => {
  test('is the start of the sorted tensor', () => {
    for (const dim of [0, 1, 2]) {
      const x = sample([4, 5, 6], { seed: dim });
      for (const k of [0, 1, 3, x.shape[dim]]) {
        for (const largest of [true, false]) {
          const [values, indices] = topk(x, k, dim, { largest });
          const [all, places] = sort(x, dim, { descending: largest });
          expect(values.shape).toEqual(x.shape.map((size, d) => (d === dim ? k : size)));
          expect(flat(values)).toEqual(flat(all.narrow(dim, 0, k)));
          expect(flat(indices)).toEqual(flat(places.narrow(dim, 0, k)));
        }
      }
    }
  });

  test('of many elements takes a time that grows with n log k, not n k', () => {
    const n = 1_000_000;
    const rising = arange(n);
    for (const [x, largest] of [
      [rising, true],
      [rising.flip(0), false],
    ] as const) {
      const started = performance.now();
      for (const k of [n, n / 2, 100]) {
        const [values, indices] = topk(x, k, 0, { largest });
        expect(equal(values, largest ? rising.flip(0).narrow(0, 0, k) : rising.narrow(0, 0, k))).toBe(true); // prettier-ignore
        expect(equal(x.indexSelect(0, indices), values)).toBe(true);
      }
      // An insertion for each element would take minutes.
      expect(performance.now() - started).toBeLessThan(5000);
    }
  });

  test('of equal elements takes the first; NaN is the greatest', () => {
    expect(flat(topk(tensor([1, 2, 2, 1]), 3)[1])).toEqual([1, 2, 0]);
    expect(flat(topk(tensor([1, NaN, 3, NaN]), 3)[1])).toEqual([1, 3, 2]);
    expect(flat(topk(tensor([NaN, 2, 1]), 2, -1, { largest: false })[0])).toEqual([1, 2]);
  });

  test('gradients', () => {
    expect(gradcheck((x) => x.topk(2)[0], [leaf([2, 4])])).toBe(true);
    expect(gradgradcheck((x) => x.topk(2, 0)[0].mul(x.at(0)), [leaf([3, 4])])).toBe(true);
    expect(leaf([3]).topk(1)[0].gradFn!.name).toBe('TopkBackward0');
  });

  test('refuses a k out of range', () => {
    for (const k of [-1, 4, 1.5, NaN]) {
      expect(() => topk(zeros([3]), k)).toThrow(
        new RangeError(`topk: k must be an integer from 0 to 3, the size of dimension 0, got ${k}`),
      );
    }
    expect(topk(tensor(5), 1)[0].shape).toEqual([]);
  });
});

describe('unique', () => {
  test('the distinct elements in order, where they are, how often', () => {
    const x = tensor(
      [
        [3, 1],
        [3, 2],
      ],
      { dtype: 'int32' },
    );
    expect(flat(unique(x))).toEqual([1, 2, 3]);
    const [values, inverse, counts] = unique(x, { returnInverse: true, returnCounts: true });
    expect([flat(values), inverse.toArray(), flat(counts)]).toEqual([
      [1, 2, 3],
      [
        [2, 0],
        [2, 1],
      ],
      [1, 1, 2],
    ]);
    const [, often] = unique(x, { returnCounts: true });
    expect(flat(often)).toEqual([1, 1, 2]);
    expect(unique(zeros([0])).shape).toEqual([0]);
    expect(unique(x.t()).dtype).toBe('int32');
    expect(flat(unique(tensor([0.5, 0.5, -1])))).toEqual([-1, 0.5]);
  });
});

describe('bincount', () => {
  test('counts, or sums weights', () => {
    const x = tensor([1, 3, 1], { dtype: 'int32' });
    expect(flat(bincount(x))).toEqual([0, 2, 0, 1]);
    expect(flat(bincount(x, { minlength: 6 }))).toEqual([0, 2, 0, 1, 0, 0]);
    expect(flat(bincount(x, { weights: tensor([0.5, 2, 1]) }))).toEqual([0, 1.5, 0, 2]);
    expect(bincount(zeros([0], { dtype: 'int32' })).shape).toEqual([0]);
    // torch.bincount(torch.zeros(0, dtype=torch.int), weights=torch.zeros(0)).dtype
    expect(bincount(zeros([0], { dtype: 'int32' }), { weights: zeros([0]) }).dtype).toBe('int32');
  });

  test('refuses what cannot be counted', () => {
    expect(() => bincount(tensor([-1], { dtype: 'int32' }))).toThrow(
      new RangeError(
        'bincount: element -1 is out of range for bins of size 2147483648; it must be from 0 to 2147483647',
      ),
    );
    expect(() => bincount(tensor([1]))).toThrow(
      new TypeError("bincount: element must be int32, got float32; convert it with to('int32')"),
    );
    expect(() => bincount(arange(4).view([2, 2]))).toThrow(
      new RangeError('bincount: takes a vector, got shape [2, 2]'),
    );
    expect(() => bincount(arange(2), { minlength: -1 })).toThrow(
      new RangeError('bincount: minlength must be an integer of at least 0, got -1'),
    );
    expect(() => bincount(arange(2), { weights: zeros([3]) })).toThrow(
      new RangeError('bincount: weights must have the shape of x: weights is [3], x is [2]'),
    );
  });
});

describe('unique along a dimension', () => {
  it('finds sub-tensors, in the order of their elements', () => {
    // torch.unique(torch.tensor([[2, 1], [0, 3], [2, 1], [0, 1]]), dim=0, return_inverse=True, return_counts=True)
    const rows = tensor([[2, 1], [0, 3], [2, 1], [0, 1]], { dtype: 'int32' }); // prettier-ignore
    const options = { dim: 0, returnInverse: true, returnCounts: true } as const;
    const { values, inverse, counts } = unique(rows, options);
    expect(values.toArray()).toEqual([[0, 1], [0, 3], [2, 1]]); // prettier-ignore
    expect([flat(inverse), flat(counts)]).toEqual([[2, 1, 2, 0], [1, 1, 2]]); // prettier-ignore
    expect(unique(rows.t(), { dim: 1 }).toArray()).toEqual([[0, 0, 2], [1, 3, 1]]); // prettier-ignore
    expect(unique(zeros([0, 3]), { dim: 0 }).shape).toEqual([0, 3]);
  });

  it('refuses other dimensions without elements', () => {
    expect(() => unique(zeros([0, 3]), { dim: 1 })).toThrow(
      new RangeError(
        'unique: along dimension 1 every other dimension must have elements, got shape [0, 3]',
      ),
    );
  });
});

test('the fraction of quantile has a gradient where it is interpolated linearly', () => {
  // import torch; x = torch.tensor([1., 2., 4., 8.]); q = torch.tensor([0.4], requires_grad=True)
  // torch.autograd.grad(torch.quantile(x, q, interpolation=i).sum(), q)[0]: 6 for 'linear'; the others do not require gradients
  const x = tensor([1, 2, 4, 8]);
  const q = tensor([0.4]).requiresGrad_();
  expect(flat(autograd.grad(quantile(x, q).sum(), [q])[0]!)).toEqual([6]);
  for (const interpolation of ['midpoint', 'lower', 'higher', 'nearest'] as const) {
    expect(quantile(x, q, { interpolation }).requiresGrad).toBe(false);
    expect(nanquantile(x, q, { interpolation }).requiresGrad).toBe(false);
  }
});

test('quantile and nanquantile take the dimension by position or by name', () => {
  const x = tensor([[1, 2, 4], [8, 5, 3]]); // prettier-ignore
  for (const f of [quantile, nanquantile]) {
    expect(f(x, 0.5, 1).toArray()).toEqual([2, 5]);
    expect(f(x, 0.5, 0, { keepdim: true }).toArray()).toEqual([[4.5, 3.5, 3.5]]);
    expect(f(x, 0.5, { dim: 1 }).toArray()).toEqual([2, 5]);
    expect(() => f(x, 0.5, 1, { dim: 0 })).toThrow(
      new TypeError(`${f.name}: dim must be given once, got 1 and { dim: 0 }`),
    );
    expect(() => f(x, 0.5, { dim: 1 }, { keepdim: true })).toThrow(
      new TypeError(`${f.name}: takes no argument after options, got { keepdim: true }`),
    );
  }
  expect(x.quantile(0.5, -1).toArray()).toEqual([2, 5]);
});

test('unique and uniqueConsecutive are methods too', () => {
  const x = tensor([3, 1, 1, 3]);
  expect(x.unique().toArray()).toEqual([1, 3]);
  const { values, inverse, counts } = x.unique({ returnInverse: true, returnCounts: true });
  expect([values.toArray(), inverse.toArray(), counts.toArray()]).toEqual([
    [1, 3],
    [1, 0, 0, 1],
    [2, 2],
  ]);
  expect(x.uniqueConsecutive({ returnCounts: true }).counts.toArray()).toEqual([1, 2, 1]);
});

import {
  arange,
  autograd,
  embedding,
  maskedFill,
  maskedScatter,
  maskedSelect,
  nonzero,
  oneHot,
  slice,
  tensor,
  where,
  zeros,
  type Tensor,
} from 'ostinato';
import { expectGradients, flat, leaf } from '../../support';

const ints = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });

describe('gradients of indexing', () => {
  const picks: [string, (x: Tensor) => Tensor][] = [
    ['a number', (x) => x.at(1)],
    ['slices', (x) => x.at('1:', '::2')],
    ['a new dimension', (x) => x.at(null, ':', null, 1)],
    ['an index tensor', (x) => x.at(ints(0, -1, 0))],
    ['two, side by side', (x) => x.at(':', ints(0, 1), ints(1, 1))],
    ['two, apart', (x) => x.at(ints(0, 1), ':', ints(1, 1))],
    ['a broadcast pair', (x) => x.at(ints(0, 1).view([2, 1]), ints(1, 2))],
    ['a mask', (x) => x.at(tensor([true, false]))],
    ['a mask of all', (x) => x.at(x.detach().gt(0))],
    ['true', (x) => x.at(true, 0)],
  ];
  test.each(picks)('%s', (_, f) => {
    expectGradients(f, leaf([2, 3, 3]));
    expectGradients((x) => f(x.transpose(0, 1).transpose(0, 1).mul(2)), leaf([2, 3, 3]));
    expectGradients((x) => f(x.permute([2, 1, 0])), leaf([3, 3, 2]));
  });

  it('of a source without elements are without elements', () => {
    // x.masked_scatter(mask, source): torch.autograd.grad(y.sum(), source) is torch.zeros(0, 5)
    const [x, source] = [leaf([0, 5]), leaf([0, 5])];
    const y = maskedScatter(x, zeros([0, 5], { dtype: 'bool' }), source);
    expect(autograd.grad(y.sum(), [x, source]).map((g) => g!.shape)).toEqual([[0, 5], [0, 5]]); // prettier-ignore
    const kept = maskedScatter(tensor([-0, 1]), tensor([false, false]), zeros([0]));
    expect(flat(kept)).toEqual([-0, 1]);
  });

  const places: [string, (x: Tensor, v: Tensor) => Tensor, number[]][] = [
    ['a number', (x, v) => x.setAt([1], v), [3]],
    ['slices', (x, v) => x.setAt([':', '0:3:2'], v), [2, 2]],
    ['broadcast', (x, v) => x.setAt(['...'], v), [1, 3]],
    ['an index tensor', (x, v) => x.setAt([ints(1, 0)], v), [2, 3]],
    ['behind a slice', (x, v) => x.setAt([':', ints(2, 0)], v), [2, 1]],
    ['behind a number', (x, v) => x.setAt([0, ints(2, 0)], v), [2]],
    [
      'a mask',
      (x, v) =>
        x.setAt(
          [
            tensor([
              [true, false, true],
              [false, false, true],
            ]),
          ],
          v,
        ),
      [3],
    ],
  ];
  test.each(places)('setAt by %s', (_, f, shape) => {
    expectGradients((x, v) => f(x.mul(1), v).mul(x), leaf([2, 3], 1), leaf(shape, 2));
    expectGradients((x, v) => f(x.mul(1).t().contiguous().t(), v), leaf([2, 3], 1), leaf(shape, 2));
    expectGradients((v) => f(zeros([2, 3], { dtype: 'float64' }), v), leaf(shape, 2));
  });

  test('setAt apart', () => {
    expectGradients(
      (x, v) => x.mul(1).setAt([ints(1, 0), ':', ints(0, 1)], v),
      leaf([2, 2, 3], 1),
      leaf([2, 2], 2),
    );
  });

  test('along a dimension', () => {
    const index = tensor(
      [
        [0, 1],
        [2, 0],
      ],
      { dtype: 'int32' },
    );
    expectGradients((x) => x.gather(1, index), leaf([2, 3]));
    expectGradients((x) => x.gather(0, index), leaf([3, 3]));
    expectGradients((x, s) => x.scatter(0, index, s), leaf([3, 3], 1), leaf([2, 2], 2));
    expectGradients((x) => x.scatter(0, index, 7), leaf([3, 3]));
    expectGradients((x, s) => x.scatterAdd(1, index, s), leaf([3, 3], 1), leaf([2, 3], 2));
    expectGradients((x) => x.indexSelect(1, ints(1, 1, 0)), leaf([2, 3]));
    expectGradients(
      (x, s) => x.indexAdd(0, ints(1, 1), s, { alpha: 2 }),
      leaf([2, 3], 1),
      leaf([2, 3], 2),
    );
    expectGradients((x, s) => x.indexCopy(1, ints(2, 0), s), leaf([2, 3], 1), leaf([2, 2], 2));
    expectGradients((x, s) => x.mul(1).scatter_(0, index, s), leaf([3, 3], 1), leaf([2, 2], 2));
    expectGradients((x, s) => x.mul(1).scatterAdd_(0, index, s), leaf([3, 3], 1), leaf([2, 2], 2));
    expectGradients(
      (x, s) => x.mul(1).indexAdd_(0, ints(1, 1), s),
      leaf([2, 3], 1),
      leaf([2, 3], 2),
    );
    expectGradients(
      (x, s) => x.mul(1).indexCopy_(0, ints(1, 0), s),
      leaf([2, 3], 1),
      leaf([2, 3], 2),
    );
  });
});

describe('lists and slices', () => {
  const x = arange(12).view([4, 3]);
  test('slice(), as Python has it', () => {
    expect(flat(x.at(slice(2)))).toEqual(flat(x.at(':2')));
    expect(flat(x.at(slice(1, 3)))).toEqual(flat(x.at('1:3')));
    expect(flat(x.at(slice(null, null, 2)))).toEqual(flat(x.at('::2')));
    expect(flat(x.at(slice(-1, null)))).toEqual([9, 10, 11]);
    expect(flat(x.at(slice(1, Infinity), slice(-Infinity, 1)))).toEqual([3, 6, 9]);
    expect(String(slice(1, null, 3))).toBe('1::3');
    expect(flat(x.slice(0, null, 2))).toEqual(flat(x.at(':2')));
    for (const t of [0, 1]) expect(flat(x.at(`${t}:${t + 1}`))).toEqual(flat(x.at(t)));
  });

  test('lists pick rows; a getter or a Proxy is read once', () => {
    expect(x.at([1, 3]).toArray()).toEqual([
      [3, 4, 5],
      [9, 10, 11],
    ]);
    let reads = 0;
    const changing = new Proxy([1], {
      get: (list, key) =>
        key === '0' ? (reads++ === 0 ? 1 : 1e8) : (Reflect.get(list, key) as unknown),
    });
    expect(flat(x.at(changing))).toEqual([3, 4, 5]);
    expect(reads).toBe(1);
  });
});

describe('views and copies', () => {
  test('basic indices give views, index tensors copies', () => {
    const x = arange(6).view([2, 3]);
    for (const view of [x.at(1), x.at(':', '0:2'), x.at('...'), x.at(null), x.at(0, 0), x.at()]) {
      expect(view.storage).toBe(x.storage);
      expect(view).not.toBe(x);
    }
    expect(x.at(ints(0)).storage).not.toBe(x.storage);
    expect(x.at(x.gt(2)).storage).not.toBe(x.storage);
  });

  test('scatter_ and its like write x itself', () => {
    const x = zeros([2, 3]);
    const index = tensor([[0, 1]], { dtype: 'int32' });
    expect(x.scatter_(0, index, 5)).toBe(x);
    expect(flat(x)).toEqual([5, 0, 0, 0, 5, 0]);
    x.scatterAdd_(1, index, tensor([[1, 2]]));
    expect(flat(x)).toEqual([6, 2, 0, 0, 5, 0]);
    x.indexAdd_(
      0,
      ints(1, 1),
      tensor([
        [1, 1, 1],
        [2, 2, 2],
      ]),
    );
    expect(flat(x)).toEqual([6, 2, 0, 3, 8, 3]);
    x.indexCopy_(1, ints(2), tensor([[9], [8]]));
    expect(flat(x)).toEqual([6, 2, 9, 3, 8, 8]);
  });
});

describe('take, takeAlongDim', () => {
  it('picks from the flattened tensor without dim, and counts negative indices from the end', () => {
    // x = torch.arange(6.).view(2, 3); torch.take_along_dim(x, torch.tensor([[5, -1], [0, 2]]))
    const x = arange(6).to('float64').view([2, 3]);
    expect(flat(x.takeAlongDim(tensor([[5, -1], [0, 2]], { dtype: 'int32' })))).toEqual([5, 5, 0, 2]); // prettier-ignore
    expect(flat(x.takeAlongDim(tensor([[-1]], { dtype: 'int32' }), 1))).toEqual([2, 5]);
    expect(() => x.takeAlongDim(tensor([[-4]], { dtype: 'int32' }), 1)).toThrow(
      new RangeError(
        'takeAlongDim: index -1 is out of range for dimension 1 of size 3; it must be from 0 to 2',
      ),
    );
    expectGradients(
      (v) => v.takeAlongDim(tensor([[-1], [0]], { dtype: 'int32' }), 1),
      leaf([2, 3]),
    );
    expectGradients((v) => v.takeAlongDim(ints(-1, 0, 5)), leaf([2, 3]));
  });

  test('pick by position in all of x, or along one dimension', () => {
    const x = arange(6).view([2, 3]);
    expect(x.take(tensor([[5, -6]], { dtype: 'int32' })).toArray()).toEqual([[5, 0]]);
    expect(flat(x.t().take(ints(1)))).toEqual([3]);
    expect(() => x.take(ints(6))).toThrow(
      new RangeError('take: index 6 is out of range for dimension 0 of size 6 (shape [6])'),
    );
    expect(() => x.take(tensor([1]))).toThrow(
      new TypeError("take: index must be int32, got float32; convert it with to('int32')"),
    );
    const order = x.argsort(1, { descending: true });
    expect(flat(x.takeAlongDim(order, 1))).toEqual([2, 1, 0, 5, 4, 3]);
    expect(flat(x.takeAlongDim(tensor([[1]], { dtype: 'int32' }), 1))).toEqual([1, 4]);
    expect(() => x.takeAlongDim(ints(1), 1)).toThrow(
      new RangeError(
        'takeAlongDim: index must have as many dimensions as x: index is [1], x is [2, 3]',
      ),
    );
  });

  test('gradients', () => {
    expectGradients(
      (x) =>
        x.take(
          tensor(
            [
              [0, 3],
              [3, -1],
            ],
            { dtype: 'int32' },
          ),
        ),
      leaf([2, 3]),
    );
    expectGradients((x) => x.takeAlongDim(tensor([[2], [0]], { dtype: 'int32' }), 1), leaf([1, 3]));
  });
});

describe('embedding', () => {
  test('rows of the weight, in the shape of the input', () => {
    const weight = arange(8).view([4, 2]).float();
    const out = embedding(
      tensor(
        [
          [3, 0],
          [1, 1],
        ],
        { dtype: 'int32' },
      ),
      weight,
    );
    expect(out.toArray()).toEqual([
      [
        [6, 7],
        [0, 1],
      ],
      [
        [2, 3],
        [2, 3],
      ],
    ]);
    expect(embedding(tensor(2, { dtype: 'int32' }), weight).toArray()).toEqual([4, 5]);
    expect(embedding(zeros([0, 3], { dtype: 'int32' }), weight).shape).toEqual([0, 3, 2]);
  });

  test('gradients: repeated indices add up, the padding row gets none', () => {
    const weight = leaf([4, 2]);
    expectGradients((w) => embedding(ints(3, 0, 3), w), weight);
    const out = embedding(ints(3, 0, 3, 1), weight, { paddingIdx: -1 });
    expect(out.gradFn!.name).toBe('EmbeddingBackward0');
    out.sum().backward();
    expect(flat(weight.grad!)).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    const padded = leaf([3, 2]);
    const [g] = autograd.grad(
      embedding(ints(0, 1), padded, { paddingIdx: 0 }).mul(padded.sum()).sum(),
      padded,
      { createGraph: true },
    );
    expect(g!.requiresGrad).toBe(true);
  });

  test('refuses what is outside the vocabulary', () => {
    const weight = zeros([10, 4]);
    expect(() => embedding(ints(3, 10), weight)).toThrow(
      new RangeError(
        'embedding: index 10 is out of range for a vocabulary of size 10; it must be from 0 to 9',
      ),
    );
    expect(() => embedding(ints(-1), weight)).toThrow(
      new RangeError(
        'embedding: index -1 is out of range for a vocabulary of size 10; it must be from 0 to 9',
      ),
    );
    expect(() => embedding(tensor([1.5]), weight)).toThrow(
      new TypeError("embedding: index must be int32, got float32; convert it with to('int32')"),
    );
    expect(() => embedding(ints(1), zeros([4]))).toThrow(
      new RangeError('embedding: weight must be a matrix [vocabulary, features], got shape [4]'),
    );
    expect(() => embedding(ints(1), weight, { paddingIdx: 10 })).toThrow(
      new RangeError('embedding: paddingIdx must be an integer from -10 to 9, got 10'),
    );
  });
});

describe('oneHot', () => {
  test('a 1 at each class', () => {
    expect(oneHot(ints(0, 2)).toArray()).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
    expect(oneHot(ints(1), 4).toArray()).toEqual([[0, 1, 0, 0]]);
    expect(oneHot(tensor([[1], [0]], { dtype: 'int32' })).shape).toEqual([2, 1, 2]);
    expect(oneHot(tensor(1, { dtype: 'int32' }), 3).toArray()).toEqual([0, 1, 0]);
    expect(oneHot(zeros([0], { dtype: 'int32' }), 3).shape).toEqual([0, 3]);
    expect(flat(oneHot(arange(6).view([2, 3]).t())).length).toBe(36);
  });

  test('refuses classes out of range', () => {
    expect(() => oneHot(ints(0, 3), 3)).toThrow(
      new RangeError(
        'oneHot: class 3 is out of range for classes of size 3; it must be from 0 to 2',
      ),
    );
    expect(() => oneHot(ints(-1))).toThrow(
      new RangeError(
        'oneHot: class -1 is out of range for classes of size 1; it must be from 0 to 0',
      ),
    );
    expect(() => oneHot(tensor([1]))).toThrow(
      new TypeError("oneHot: class must be int32, got float32; convert it with to('int32')"),
    );
    expect(() => oneHot(zeros([0], { dtype: 'int32' }))).toThrow(
      new RangeError('oneHot: x is empty, so that numClasses must be given'),
    );
    for (const count of [0, -2, 1.5, NaN]) {
      const rule = Number.isInteger(count)
        ? 'an integer of at least 1, or -1 to find it'
        : 'an integer';
      expect(() => oneHot(ints(0), count)).toThrow(
        new RangeError(`oneHot: numClasses must be ${rule}, got ${count}`),
      );
    }
  });
});

describe('masks', () => {
  test('maskedFill', () => {
    const x = arange(6).view([2, 3]).float();
    const mask = tensor([true, false, true]);
    expect(flat(x.maskedFill(mask, -Infinity))).toEqual([
      -Infinity,
      1,
      -Infinity,
      -Infinity,
      4,
      -Infinity,
    ]);
    expect(flat(maskedFill(x, x.gt(2), tensor(9)))).toEqual([0, 1, 2, 9, 9, 9]);
    expect(maskedFill(tensor([1]), tensor([[true], [false]]), 0).toArray()).toEqual([[0], [1]]);
    expect(flat(arange(3).maskedFill(mask, 7))).toEqual([7, 1, 7]);
    expect(x.clone().maskedFill_(mask, 0).toArray()).toEqual([
      [0, 1, 0],
      [0, 4, 0],
    ]);
  });

  test('maskedSelect', () => {
    const x = arange(6).view([2, 3]);
    expect(flat(maskedSelect(x, x.gt(2)))).toEqual([3, 4, 5]);
    expect(flat(x.maskedSelect(tensor([true, false, false])))).toEqual([0, 3]);
    expect(flat(tensor([1, 2]).maskedSelect(tensor([[true], [false]])))).toEqual([1, 2]);
    expect(flat(tensor(3).maskedSelect(tensor(true)))).toEqual([3]);
    expect(x.maskedSelect(x.gt(9)).shape).toEqual([0]);
  });

  test('gradients', () => {
    const mask = tensor([true, false, true]);
    expectGradients((x) => x.maskedFill(mask, 3).mul(x), leaf([2, 3]));
    expectGradients((x, v) => x.maskedFill(mask, v).mul(x), leaf([2, 3], 1), leaf([], 2));
    expectGradients((x) => x.maskedFill(tensor([[true], [false]]), 0), leaf([3]));
    expectGradients((x) => x.maskedSelect(mask), leaf([2, 3]));
    expectGradients((x, v) => x.mul(1).maskedFill_(mask, v).mul(x), leaf([2, 3], 1), leaf([], 2));
    // An infinite filling leaves no NaN behind.
    const x = leaf([3]);
    x.maskedFill(mask, -Infinity).exp().sum().backward();
    expect(flat(x.grad!).every(Number.isFinite)).toBe(true);
  });

  test('refuse what is no mask, or does not fit', () => {
    const x = zeros([2, 3]);
    expect(() => x.maskedFill(zeros([3]), 0)).toThrow(
      new TypeError('maskedFill: mask must be bool, got float32; compare, for example with ne(0)'),
    );
    expect(() => x.maskedFill(tensor([true, false]), 0)).toThrow(
      new RangeError(
        'maskedFill: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 at dimension -1 must be equal, or one of them 1',
      ),
    );
    expect(() => x.maskedFill(tensor([true]), zeros([1]))).toThrow(
      new RangeError('maskedFill: value must be a number or a 0-dimensional tensor, got shape [1]'),
    );
    expect(() => x.maskedSelect(zeros([3]))).toThrow(
      new TypeError(
        'maskedSelect: mask must be bool, got float32; compare, for example with ne(0)',
      ),
    );
    expect(() => tensor([1]).maskedFill_(tensor([true, true]), 0)).toThrow(
      new RangeError('maskedFill_: a value of shape [2] does not fit into shape [1]'),
    );
  });

  test('nonzero', () => {
    expect(
      nonzero(
        tensor([
          [0, 5],
          [7, 0],
        ]),
      ).toArray(),
    ).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(nonzero(arange(4).view([2, 2]).t()).toArray()).toEqual([
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    expect(nonzero(zeros([3])).shape).toEqual([0, 1]);
    expect(nonzero(tensor(5)).shape).toEqual([1, 0]);
    expect(nonzero(tensor([NaN, 0])).toArray()).toEqual([[0]]);
  });
});

describe('nonzero', () => {
  it('gives a vector for each dimension with asTuple, of which a scalar has one', () => {
    // torch.nonzero(torch.tensor([[0, 5], [7, 0]]), as_tuple=True), torch.nonzero(torch.tensor(3), as_tuple=True)
    expect(nonzero(tensor([[0, 5], [7, 0]]), { asTuple: true }).map(flat)).toEqual([[0, 1], [1, 0]]); // prettier-ignore
    expect(tensor(3).nonzero({ asTuple: true }).map(flat)).toEqual([[0]]);
  });

  it('is what where gives of a condition alone', () => {
    // torch.where(torch.tensor([[0, 5], [7, 0]])), torch.where(torch.tensor([False, True]))
    expect(where(tensor([[0, 5], [7, 0]])).map(flat)).toEqual([[0, 1], [1, 0]]); // prettier-ignore
    expect(where(tensor([false, true])).map(flat)).toEqual([[1]]);
    const half = where as (condition: Tensor, a?: Tensor) => unknown;
    expect(() => half(tensor([true]), tensor([1]))).toThrow(
      new TypeError('where: b must be a Tensor, got undefined'),
    );
  });
});

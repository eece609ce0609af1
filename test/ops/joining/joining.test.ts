import {
  arange,
  cat,
  chunk,
  hstack,
  roll,
  split,
  stack,
  tensor,
  tile,
  tril,
  triu,
  unbind,
  vstack,
  zeros,
  type Tensor,
} from 'ostinato';
import { expectGradients, flat, leaf, sample } from '../../support';

const matrix = (rows: number, columns: number): Tensor =>
  arange(rows * columns).view([rows, columns]);

describe('cat', () => {
  test('joins along each dimension', () => {
    const [a, b] = [matrix(2, 2), matrix(1, 2).add(10)];
    expect(cat([a, b]).toArray()).toEqual([
      [0, 1],
      [2, 3],
      [10, 11],
    ]);
    expect(cat([a, b.t()], -1).toArray()).toEqual([
      [0, 1, 10],
      [2, 3, 11],
    ]);
    expect(cat([a]).storage).not.toBe(a.storage);
  });

  test('takes views, and promotes element types', () => {
    const x = matrix(3, 4);
    expect(cat([x.t(), x.t()], 1).shape).toEqual([4, 6]);
    expect(flat(cat([x.at(':', '0:4:2'), x.at(1).view([2, 2]).t()]))).toEqual([
      0, 2, 4, 6, 8, 10, 4, 6, 5, 7,
    ]);
    const mixed = cat([tensor([true]), tensor([2], { dtype: 'int32' }), tensor([0.5])]);
    expect([mixed.dtype, flat(mixed)]).toEqual(['float32', [1, 2, 0.5]]);
  });

  test('passes over tensors of shape [0], and takes empty ones that fit', () => {
    expect(cat([zeros([0]), matrix(1, 2)]).shape).toEqual([1, 2]);
    expect(cat([zeros([0, 2]), matrix(1, 2)]).shape).toEqual([1, 2]);
    expect(cat([zeros([0]), zeros([0])]).shape).toEqual([0]);
    const [none, x] = [leaf([0]), leaf([2, 2])];
    cat([none, x]).sum().backward();
    expect(none.grad!.shape).toEqual([0]);
  });

  test('gradients', () => {
    expectGradients((a, b) => cat([a, b, a], 1), leaf([2, 3], 1), leaf([2, 1], 2));
    expectGradients((a, b) => cat([a, b]), leaf([2], 1), sample([3], { seed: 2 }));
    expect(cat([leaf([2])]).gradFn!.name).toBe('CatBackward0');
  });

  test('refuses what does not fit', () => {
    expect(() => cat([zeros([2, 3]), zeros([2, 4])])).toThrow(
      new RangeError(
        'cat: all sizes but that of dimension 0 must agree: tensors[0] is [2, 3], tensors[1] is [2, 4]',
      ),
    );
    expect(() => cat([zeros([2, 3]), zeros([3])])).toThrow(
      new RangeError(
        'cat: all sizes but that of dimension 0 must agree: tensors[0] is [2, 3], tensors[1] is [3]',
      ),
    );
    expect(() => cat([])).toThrow(new RangeError('cat: the array of tensors is empty'));
    expect(() => cat(zeros([2]) as never)).toThrow(
      new TypeError('cat: tensors must be an array of tensors, got a Tensor'),
    );
    expect(() => cat([zeros([2]), 5 as never])).toThrow(
      new TypeError('cat: tensors[1] must be a Tensor, got 5'),
    );
    expect(() => cat([zeros([])])).toThrow(
      new RangeError('cat: 0-dimensional tensors cannot be joined; use stack'),
    );
    expect(() => cat([zeros([2])], 1)).toThrow(
      'cat: dim must be an integer from -1 to 0 for a tensor of 1 dimensions, got 1',
    );
  });
});

describe('stack', () => {
  test('adds a dimension anywhere', () => {
    const [a, b] = [tensor([1, 2]), tensor([3, 4])];
    expect(stack([a, b]).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(stack([a, b], 1).toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(flat(stack([a, b], -1))).toEqual([1, 3, 2, 4]);
    expect(stack([tensor(1), tensor(2)]).shape).toEqual([2]);
    expect(stack([zeros([0, 2]), zeros([0, 2])], 1).shape).toEqual([0, 2, 2]);
  });

  test('gradients', () => {
    for (const dim of [0, 1, 2])
      expectGradients((a, b) => stack([a, b, a], dim), leaf([2, 3], 1), leaf([2, 3], 2));
    expectGradients((a, b) => stack([a, b]), leaf([], 1), leaf([], 2));
  });

  test('refuses shapes that differ', () => {
    expect(() => stack([zeros([2]), zeros([1])])).toThrow(
      new RangeError('stack: all shapes must agree: tensors[0] is [2], tensors[1] is [1]'),
    );
    expect(() => stack([])).toThrow(new RangeError('stack: the array of tensors is empty'));
  });
});

describe('hstack, vstack', () => {
  test('join sideways and downwards', () => {
    const [a, b] = [tensor([1, 2]), tensor([3, 4])];
    expect(flat(hstack([a, b]))).toEqual([1, 2, 3, 4]);
    expect(vstack([a, b]).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(hstack([tensor(1), tensor(2)]).shape).toEqual([2]);
    expect(hstack([matrix(2, 1), matrix(2, 3)]).shape).toEqual([2, 4]);
    expect(vstack([matrix(1, 3), tensor([7, 8, 9])]).shape).toEqual([2, 3]);
    expect(() => hstack([])).toThrow(new RangeError('hstack: the array of tensors is empty'));
    expect(() => vstack(a as never)).toThrow(
      new TypeError('vstack: tensors must be an array of tensors, got a Tensor'),
    );
  });
});

describe('split, chunk, unbind', () => {
  const sizes = (pieces: Tensor[], dim = 0): number[] => pieces.map((x) => x.shape[dim]);

  test('sizes of the pieces', () => {
    const x = zeros([7, 2]);
    expect(sizes(split(x, 3))).toEqual([3, 3, 1]);
    expect(sizes(split(x, 10))).toEqual([7]);
    expect(sizes(split(x, [2, 0, 5]))).toEqual([2, 0, 5]);
    expect(sizes(chunk(x, 3))).toEqual([3, 3, 1]);
    expect(sizes(chunk(x, 4))).toEqual([2, 2, 2, 1]);
    expect(sizes(chunk(x, 6))).toEqual([2, 2, 2, 1]);
    expect(sizes(chunk(x, 2, 1), 1)).toEqual([1, 1]);
    expect(sizes(split(zeros([0]), 3))).toEqual([0]);
    expect(sizes(chunk(zeros([0]), 3))).toEqual([0, 0, 0]);
    expect(unbind(x).map((piece) => piece.shape)).toEqual(new Array(7).fill([2]));
    expect(unbind(zeros([0, 2]))).toEqual([]);
    expect(unbind(zeros([0, 2], { requiresGrad: true }))).toEqual([]);
  });

  test('are views', () => {
    const x = matrix(2, 3).clone();
    const [first, second] = x.split(2, 1);
    expect([first.toArray(), second.toArray()]).toEqual([
      [
        [0, 1],
        [3, 4],
      ],
      [[2], [5]],
    ]);
    second.fill_(9);
    expect(flat(x)).toEqual([0, 1, 9, 3, 4, 9]);
    expect(x.unbind(1)[2].storage).toBe(x.storage);
  });

  test('gradients, also where a piece is not used', () => {
    expectGradients((x) => x.split([1, 2], 1), leaf([2, 3]));
    expectGradients((x) => x.split([1, 2], 1)[1], leaf([2, 3]));
    expectGradients((x) => x.chunk(2)[0].mul(x.chunk(2)[1].at(0)), leaf([3, 2]));
    expectGradients((x) => x.unbind(1).slice(1), leaf([2, 3]));
    expectGradients((x) => cat(x.unbind(0).reverse()), leaf([3, 2]));
  });

  test('refuse sizes that do not fit', () => {
    const x = zeros([5]);
    expect(() => split(x, [2, 2])).toThrow(
      new RangeError(
        'split: sizes must be integers that add up to 5, the size of dimension 0, got [2, 2]',
      ),
    );
    expect(() => split(x, [6, -1])).toThrow(
      new RangeError(
        'split: sizes must be integers that add up to 5, the size of dimension 0, got [6, -1]',
      ),
    );
    for (const n of [0, -1, 1.5, NaN]) {
      expect(() => split(x, n)).toThrow(
        new RangeError(`split: the size must be an integer of at least 1, got ${n}`),
      );
      expect(() => chunk(x, n)).toThrow(
        new RangeError(`chunk: chunks must be an integer of at least 1, got ${n}`),
      );
    }
    for (const f of [split, chunk, unbind] as ((x: Tensor, n?: number) => unknown)[]) {
      expect(() => f(zeros([]), f === unbind ? undefined : 1)).toThrow(
        new RangeError(`${f.name}: a 0-dimensional tensor has no dimension to divide`),
      );
    }
  });
});

describe('repeat, tile, repeatInterleave', () => {
  test('repeat', () => {
    const x = tensor([[1, 2]]);
    expect(x.repeat([2, 2]).toArray()).toEqual([
      [1, 2, 1, 2],
      [1, 2, 1, 2],
    ]);
    expect(x.repeat([2, 1, 1]).shape).toEqual([2, 1, 2]);
    expect(x.repeat([0, 3]).shape).toEqual([0, 6]);
    expect(x.repeat([1, 1]).storage).not.toBe(x.storage);
    expect(tensor(5).repeat([3]).toArray()).toEqual([5, 5, 5]);
    expect(tensor(5).repeat([]).item()).toBe(5);
    expect(flat(matrix(2, 2).t().repeat([1, 2]))).toEqual([0, 2, 0, 2, 1, 3, 1, 3]);
  });

  test('tile', () => {
    expect(tile(tensor([[1, 2]]), [2]).toArray()).toEqual([[1, 2, 1, 2]]);
    expect(tile(tensor([1, 2]), [2, 2]).shape).toEqual([2, 4]);
  });

  test('repeatInterleave', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(flat(x.repeatInterleave(2))).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    expect(flat(x.repeatInterleave(2, 0))).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
    expect(flat(x.repeatInterleave(2, -1))).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    expect(x.repeatInterleave(0, 1).shape).toEqual([2, 0]);
    const counts = tensor([0, 3], { dtype: 'int32' });
    expect(flat(x.repeatInterleave(counts, 0))).toEqual([3, 4, 3, 4, 3, 4]);
    expect(flat(x.repeatInterleave(tensor([2], { dtype: 'int32' }), 1))).toEqual([
      1, 1, 2, 2, 3, 3, 4, 4,
    ]);
  });

  test('gradients', () => {
    expectGradients((x) => x.repeat([2, 1, 3]), leaf([2, 2]));
    expectGradients((x) => x.repeat([2]), leaf([]));
    expectGradients((x) => tile(x, [2]), leaf([2, 2]));
    expectGradients((x) => x.repeatInterleave(2, 1), leaf([2, 2]));
    expectGradients((x) => x.repeatInterleave(3), leaf([2, 2]));
    expectGradients(
      (x) => x.repeatInterleave(tensor([2, 0, 1], { dtype: 'int32' }), 1),
      leaf([2, 3]),
    );
  });

  test('refuse counts that do not fit', () => {
    const x = zeros([2, 3]);
    expect(() => x.repeat([2])).toThrow(
      new RangeError('repeat: takes a number for each of the 2 dimensions, got [2]'),
    );
    for (const count of [-1, 1.5, NaN, 2 ** 53]) {
      const rule = `every size must be an integer from 0 to 2^53 - 1, got ${count} in`;
      expect(() => x.repeat([count, 1])).toThrow(new RangeError(`repeat: ${rule} [${count}, 1]`));
      expect(() => x.repeatInterleave(count, 0)).toThrow(
        new RangeError(`repeatInterleave: ${rule} [${count}]`),
      );
    }
    expect(() => x.repeat(2)).toThrow(
      new RangeError('repeat: takes a number for each of the 2 dimensions, got [2]'),
    );
    const counts = (values: number[]): Tensor => tensor(values, { dtype: 'int32' });
    expect(() => x.repeatInterleave(counts([1, 2]), 1)).toThrow(
      new RangeError(
        'repeatInterleave: repeats must have one number, or one for each of the 3 indices of dimension 1, got shape [2]',
      ),
    );
    expect(() => x.repeatInterleave(counts([1, -2]), 0)).toThrow(
      new RangeError('repeatInterleave: repeats may not be negative, got -2'),
    );
    expect(() => x.repeatInterleave(tensor([1.5, 2]), 0)).toThrow(
      new TypeError('repeatInterleave: repeats must be int32, got float32'),
    );
  });
});

describe('roll', () => {
  test('pushes elements around', () => {
    expect(flat(roll(arange(4), 1))).toEqual([3, 0, 1, 2]);
    expect(flat(roll(arange(4), -5))).toEqual([1, 2, 3, 0]);
    expect(flat(roll(matrix(2, 3), 1))).toEqual([5, 0, 1, 2, 3, 4]);
    expect(flat(roll(matrix(2, 3), 1, 1))).toEqual([2, 0, 1, 5, 3, 4]);
    expect(flat(roll(matrix(2, 3), [1, -1], [0, 1]))).toEqual([4, 5, 3, 1, 2, 0]);
    expect(roll(zeros([0, 2]), 1, 0).shape).toEqual([0, 2]);
  });

  test('gradients and errors', () => {
    expectGradients((x) => x.roll(1), leaf([2, 3]));
    expectGradients((x) => x.roll([2, -1], [1, 0]), leaf([2, 3]));
    expect(() => roll(zeros([2]), [1, 1])).toThrow(
      new RangeError('roll: several shifts need dims'),
    );
    expect(() => roll(zeros([2]), [1, 1], 0)).toThrow(
      new RangeError(
        'roll: takes an integer shift for each dimension, got shifts [1, 1] for dims [0]',
      ),
    );
    expect(() => roll(zeros([2]), 0.5, 0)).toThrow(
      new RangeError(
        'roll: takes an integer shift for each dimension, got shifts [0.5] for dims [0]',
      ),
    );
  });
});

describe('tril, triu', () => {
  test.each([
    [0, [0, 0, 0, 3, 4, 0, 6, 7, 8], [0, 1, 2, 0, 4, 5, 0, 0, 8]],
    [1, [0, 1, 0, 3, 4, 5, 6, 7, 8], [0, 1, 2, 0, 0, 5, 0, 0, 0]],
    [-1, [0, 0, 0, 3, 0, 0, 6, 7, 0], [0, 1, 2, 3, 4, 5, 0, 7, 8]],
    [9, [0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 0, 0, 0, 0, 0, 0, 0, 0]],
    [-9, [0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 1, 2, 3, 4, 5, 6, 7, 8]],
  ])('diagonal %d', (k, lower, upper) => {
    const x = matrix(3, 3);
    expect(flat(tril(x, k))).toEqual(lower);
    expect(flat(triu(x, k))).toEqual(upper);
  });

  test('other shapes, types and layouts', () => {
    expect(flat(tril(matrix(2, 3)))).toEqual([0, 0, 0, 3, 4, 0]);
    expect(flat(triu(matrix(3, 2)))).toEqual([0, 1, 0, 3, 0, 0]);
    expect(flat(tril(matrix(2, 2).t()))).toEqual([0, 0, 1, 3]);
    expect(flat(triu(stack([matrix(2, 2), matrix(2, 2).add(4)])))).toEqual([
      0, 1, 0, 3, 4, 5, 0, 7,
    ]);
    const mask = triu(
      tensor([
        [true, true],
        [true, true],
      ]),
      1,
    );
    expect([mask.dtype, flat(mask)]).toEqual(['bool', [0, 1, 0, 0]]);
  });

  test('gradients and errors', () => {
    expectGradients((x) => x.tril(1), leaf([2, 3, 3]));
    expectGradients((x) => x.triu(-1), leaf([4, 3]));
    expect(() => tril(zeros([3]))).toThrow(
      new RangeError('tril: takes matrices (at least 2 dimensions), got shape [3]'),
    );
    expect(() => triu(zeros([3, 3]), 0.5)).toThrow(
      new RangeError('triu: diagonal must be an integer, got 0.5'),
    );
  });
});

test('the dimension by name, as a number', () => {
  const x = sample([2, 4]);
  const same = (a: readonly Tensor[], b: readonly Tensor[]): void =>
    expect(a.map((part) => part.toArray())).toEqual(b.map((part) => part.toArray()));
  same(x.split(1, { dim: 1 }), x.split(1, 1));
  same(split(x, [1, 3], { dim: -1 }), split(x, [1, 3], -1));
  same(x.chunk(2, { dim: 1 }), x.chunk(2, 1));
  same(x.unbind({ dim: 1 }), x.unbind(1));
  same([cat([x, x], { dim: 1 }), stack([x, x], { dim: 2 })], [cat([x, x], 1), stack([x, x], 2)]);
  same(x.split(1, {}), x.split(1));
  expect(() => x.split(1, { axis: 1 } as never)).toThrow(
    new TypeError("split: unknown option 'axis'; the options are dim"),
  );
  expect(() => cat([x, x], { dim: 'x' as never })).toThrow(
    new TypeError("cat: dim must be an integer, got 'x'"),
  );
});

test('repeat puts copies side by side, of more dimensions too', () => {
  // torch.tensor([[1, 2], [3, 4]]).repeat(2, 1, 2)
  const x = tensor([[1, 2], [3, 4]]); // prettier-ignore
  const expected = [[[1, 2, 1, 2], [3, 4, 3, 4]], [[1, 2, 1, 2], [3, 4, 3, 4]]]; // prettier-ignore
  expect(x.repeat(2, 1, 2).toArray()).toEqual(expected);
  expect(x.repeat([2, 1, 2]).toArray()).toEqual(expected);
  expect(x.repeat(0, 1).shape).toEqual([0, 2]);
});

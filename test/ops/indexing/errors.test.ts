// What indices and shapes are refused, and that nothing was touched by then.
import {
  arange,
  autograd,
  noGrad,
  ones,
  slice,
  tensor,
  zeros,
  type Index,
  type Tensor,
} from 'ostinato';
import { flat } from '../../support';

const ints = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });

describe('at and setAt', () => {
  const x = arange(24).view([2, 3, 4]);

  const refused: [Index[], new (message: string) => Error, string][] = [
    [[2], RangeError, 'index 2 is out of range for dimension 0 of size 2 (shape [2, 3, 4])'],
    [[-3], RangeError, 'index -3 is out of range for dimension 0 of size 2 (shape [2, 3, 4])'],
    [[':', 3], RangeError, 'index 3 is out of range for dimension 1 of size 3 (shape [2, 3, 4])'],
    [
      [0, '...', 4],
      RangeError,
      'index 4 is out of range for dimension 2 of size 4 (shape [2, 3, 4])',
    ],
    [[0.5], RangeError, 'an index must be an integer, got 0.5'],
    [[NaN], RangeError, 'an index must be an integer, got NaN'],
    [[0, 0, 0, 0], RangeError, '4 indices for a tensor of 3 dimensions (shape [2, 3, 4])'],
    [[':', ':', ':', ':'], RangeError, '4 indices for a tensor of 3 dimensions (shape [2, 3, 4])'],
    [['...', '...'], RangeError, "only one index may be '...'"],
    [
      ['0:1:0'],
      RangeError,
      "a slice's step must be an integer of at least 1, got 0; flip() reverses",
    ],
    [
      ['::-1'],
      RangeError,
      "a slice's step must be an integer of at least 1, got -1; flip() reverses",
    ],
    [
      [slice(0, 1, 0)],
      RangeError,
      "a slice's step must be an integer of at least 1, got 0; flip() reverses",
    ],
    [
      ['1' as never],
      TypeError,
      "an index must be a number, a slice such as '1:3' or slice(1, 3), '...', null, a boolean, a list or a tensor, got '1'",
    ],
    [
      ['0.5:1'],
      TypeError,
      "an index must be a number, a slice such as '1:3' or slice(1, 3), '...', null, a boolean, a list or a tensor, got '0.5:1'",
    ],
    [
      [undefined as never],
      TypeError,
      "an index must be a number, a slice such as '1:3' or slice(1, 3), '...', null, a boolean, a list or a tensor, got undefined",
    ],
    // What a pair of bounds meant elsewhere.
    [
      [[0, 2]],
      RangeError,
      "index 2 is out of range for dimension 0 of size 2 (shape [2, 3, 4]); for rows 0 to 1 write '0:2'",
    ],
    [
      [':', [1, 3]],
      RangeError,
      "index 3 is out of range for dimension 1 of size 3 (shape [2, 3, 4]); for indices 1 to 2 write '1:3'",
    ],
    [
      [':', ':', [0, 10, 2]],
      RangeError,
      "index 10 is out of range for dimension 2 of size 4 (shape [2, 3, 4]); for a slice write '0:10:2'",
    ],
    [
      [[-3, -1]],
      RangeError,
      "index -3 is out of range for dimension 0 of size 2 (shape [2, 3, 4]); for a slice write '-3:-1'",
    ],
    [[[5]], RangeError, 'index 5 is out of range for dimension 0 of size 2 (shape [2, 3, 4])'],
    [
      [[1e10]],
      RangeError,
      'index 10000000000 is out of range for dimension 0 of size 2 (shape [2, 3, 4])',
    ],
    [
      [[1, null] as never],
      TypeError,
      "a list of indices holds integers or booleans, got null; for a slice write '1:'",
    ],
    [
      [[null, null, 2] as never],
      TypeError,
      "a list of indices holds integers or booleans, got null; for a slice write '::2'",
    ],
    [
      [['0', '1'] as never],
      TypeError,
      "a list of indices holds integers or booleans, got '0'; a slice is text such as '1:3', and each dimension has an index of its own",
    ],
    [
      // eslint-disable-next-line no-sparse-arrays
      [[0, , 1] as never],
      TypeError,
      "a list of indices holds integers or booleans, got undefined; a slice is text such as '1:3', and each dimension has an index of its own",
    ],
    [[[0, true]], TypeError, 'a list of indices holds integers or booleans, not both'],
    [[[0.5, 1]], RangeError, 'an index must be an integer, got 0.5'],
    [[[NaN]], RangeError, 'an index must be an integer, got NaN'],
    [
      [[[0, 1], [1]], ':'],
      RangeError,
      'rows must have equal lengths: expected 2 elements at depth 1, got 1',
    ],
    [
      [
        [
          [0, 1],
          [0, 2],
        ],
      ],
      TypeError,
      "one nested list can mean an index for each dimension or an array of indices; write [0, 1], [2, 3] for the first, and add '...' after it for the second",
    ],
    [
      [[true, false, true]],
      RangeError,
      'a mask of shape [3] does not fit dimensions 0 to 0 of shape [2, 3, 4]',
    ],
    [
      [tensor([0, 1])],
      TypeError,
      "an index tensor must be int32 or bool, got float32; convert it with to('int32')",
    ],
    [
      [ints(0, 2)],
      RangeError,
      'index 2 is out of range for dimension 0 of size 2 (shape [2, 3, 4])',
    ],
    [
      [':', ints(0), ints(0, -5)],
      RangeError,
      'index -5 is out of range for dimension 2 of size 4 (shape [2, 3, 4])',
    ],
    [
      [ints(0, 1), ints(0, 1, 2)],
      RangeError,
      'index tensors: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dimension -1 must be equal, or one of them 1',
    ],
    [
      [tensor([true, false, true])],
      RangeError,
      'a mask of shape [3] does not fit dimensions 0 to 0 of shape [2, 3, 4]',
    ],
    [
      [':', tensor([[true, false]])],
      RangeError,
      'a mask of shape [1, 2] does not fit dimensions 1 to 2 of shape [2, 3, 4]',
    ],
  ];

  test.each(refused)('%j', (indices, kind, message) => {
    expect(() => x.at(...indices)).toThrow(new kind(`at: ${message}`));
    const y = x.clone();
    expect(() => y.setAt(indices, 99)).toThrow(new kind(`setAt: ${message}`));
    expect(() => noGrad(() => y.setAt(indices, 99))).toThrow(new kind(`setAt: ${message}`));
    expect(flat(y)).toEqual(flat(x));
  });

  test('values that do not fit the part', () => {
    const y = zeros([2, 3]);
    expect(() => y.setAt([0], zeros([2]))).toThrow(
      new RangeError('setAt: a value of shape [2] does not fit into shape [3]'),
    );
    expect(() => y.setAt([ints(0, 1, 1)], zeros([2, 3]))).toThrow(
      new RangeError(
        'setAt: a value of shape [2, 3] does not fit the indexed part of shape [3, 3]',
      ),
    );
    expect(() => y.setAt([y.eq(0)], zeros([5]))).toThrow(
      new RangeError('setAt: a value of shape [5] does not fit the indexed part of shape [6]'),
    );
    expect(() => y.setAt([0], [1, 2, 3] as never)).toThrow(
      new TypeError('setAt: value must be a Tensor, got [1, 2, 3]; make it one with tensor(…)'),
    );
    expect(() => y.setAt(0 as never, 5)).toThrow(
      new TypeError("setAt: indices must be an array such as [0] or [':', 1], got 0"),
    );
    // eslint-disable-next-line no-sparse-arrays
    expect(() => y.setAt([, 1] as never, 5)).toThrow(
      new TypeError(
        "setAt: an index must be a number, a slice such as '1:3' or slice(1, 3), '...', null, a boolean, a list or a tensor, got undefined",
      ),
    );
    expect(flat(y)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('bounds of slice()', () => {
    expect(() => slice('1' as never, 2)).toThrow(
      new TypeError("slice: x must be a Tensor, got '1'"),
    );
    expect(() => slice(1, '2' as never)).toThrow(
      new TypeError("slice: a slice's stop must be an integer or null, got '2'"),
    );
    expect(() => slice(0.5, 1)).toThrow(
      new RangeError("slice: a slice's start must be an integer or null, got 0.5"),
    );
    expect(() => slice(0, NaN)).toThrow(
      new RangeError("slice: a slice's stop must be an integer or null, got NaN"),
    );
    expect(() => slice(undefined as never)).toThrow(
      new TypeError('slice: x must be a Tensor, got undefined'),
    );
  });

  test('a list that holds itself', () => {
    const list: unknown[] = [];
    list.push(list);
    expect(() => x.at(list as never)).toThrow(
      new RangeError('at: arrays are nested more than 64 deep, or one holds itself'),
    );
    expect(() => tensor(list as never)).toThrow(
      new RangeError('tensor: arrays are nested more than 64 deep, or one holds itself'),
    );
  });

  test('an index that changes before its gradient is needed', () => {
    const y = zeros([3]).requiresGrad_().mul(1);
    const index = ints(1);
    y.setAt([index], tensor([5]));
    index.fill_(1e8);
    expect(() => y.sum().backward()).toThrow(
      'backward: a tensor of shape [1] that setAt needs for its gradient was changed in place since (version 1, saved at 0); change a clone() instead, or do it before setAt',
    );
  });

  test('0-dimensional and empty tensors', () => {
    expect(() => zeros([]).at(0)).toThrow(
      new RangeError('at: 1 indices for a tensor of 0 dimensions (shape [])'),
    );
    expect(() => zeros([0, 2]).at(0)).toThrow(
      new RangeError('at: index 0 is out of range for dimension 0 of size 0 (shape [0, 2])'),
    );
    expect(() => zeros([0]).at(ints(0))).toThrow(
      new RangeError('at: index 0 is out of range for dimension 0 of size 0 (shape [0])'),
    );
    expect(zeros([0, 2]).at(ints()).shape).toEqual([0, 2]);
  });
});

describe('along a dimension', () => {
  const x = zeros([3, 4]);
  const index = (values: number[][]): Tensor => tensor(values, { dtype: 'int32' });

  test('values out of range, negative ones too', () => {
    const outside: [string, number, number, () => Tensor][] = [
      ['gather: index 3', 0, 3, () => x.gather(0, index([[3]]))],
      ['gather: index -1', 0, 3, () => x.gather(0, index([[-1]]))],
      ['scatter: index 4', 1, 4, () => x.scatter(1, index([[4]]), 1)],
      ['scatterAdd: index -1', 0, 3, () => x.scatterAdd(0, index([[-1]]), zeros([1, 1]))],
      ['indexSelect: index 4', 1, 4, () => x.indexSelect(1, ints(0, 4))],
      ['indexAdd: index -1', 0, 3, () => x.indexAdd(0, ints(-1), zeros([1, 4]))],
      ['indexCopy: index 3', 0, 3, () => x.indexCopy(0, ints(3), zeros([1, 4]))],
    ];
    for (const [start, dim, size, f] of outside) {
      expect(f).toThrow(
        new RangeError(
          `${start} is out of range for dimension ${dim} of size ${size}; it must be from 0 to ${size - 1}`,
        ),
      );
    }
    expect(() => x.gather(0, index([[3]]))).toThrow(
      new RangeError(
        'gather: index 3 is out of range for dimension 0 of size 3; it must be from 0 to 2',
      ),
    );
  });

  test('shapes that do not fit', () => {
    expect(() => x.gather(0, ints(0))).toThrow(
      new RangeError('gather: index must have as many dimensions as x: index is [1], x is [3, 4]'),
    );
    expect(() => x.gather(0, zeros([1, 5], { dtype: 'int32' }))).toThrow(
      new RangeError(
        'gather: index may not be larger than x outside dimension 0: index is [1, 5], x is [3, 4]',
      ),
    );
    expect(() => x.scatter(0, index([[0, 1]]), zeros([1, 1]))).toThrow(
      new RangeError(
        'scatter: src must be at least as large as index: src is [1, 1], index is [1, 2]',
      ),
    );
    expect(() => x.indexSelect(0, index([[0]]))).toThrow(
      new RangeError('indexSelect: index must be a vector, got shape [1, 1]'),
    );
    expect(() => x.indexAdd(0, ints(0), zeros([2, 4]))).toThrow(
      new RangeError('indexAdd: source must have shape [1, 4] for this index, got [2, 4]'),
    );
    expect(() => x.gather(2, index([[0]]))).toThrow(
      'gather: dim must be an integer from -2 to 1 for a tensor of 2 dimensions, got 2',
    );
  });

  // torch: tensor(5.).index_select(0, torch.zeros(2, dtype=torch.long)) and index_add with other than one index are refused
  test.each([0, 2, 100_000])('%d indices of a 0-dimensional tensor', (n) => {
    const [scalar, many] = [tensor(5, { requiresGrad: true }), zeros([n], { dtype: 'int32' })];
    const words = `: index must have exactly one element where x is 0-dimensional, got ${n}`;
    expect(() => scalar.indexSelect(0, many)).toThrow(new RangeError(`indexSelect${words}`));
    expect(() => scalar.indexAdd(0, many, tensor(1))).toThrow(new RangeError(`indexAdd${words}`));
    noGrad(() => {
      expect(() => scalar.indexAdd_(0, many, tensor(1))).toThrow(
        new RangeError(`indexAdd_${words}`),
      );
    });
    expect(flat(scalar)).toEqual([5]);
  });

  test('several indices of a 0-dimensional tensor, where they are defined', () => {
    const scalar = tensor(5, { requiresGrad: true });
    for (const indices of [ints(), ints(0, 0)]) {
      const n = indices.numel;
      for (const picked of [scalar.gather(0, indices), scalar.take(indices)]) {
        expect(flat(picked)).toEqual(new Array(n).fill(5));
        const [gradient] = autograd.grad(picked.sum(), scalar);
        expect([gradient!.shape, gradient!.item()]).toEqual([[], n]);
      }
      const copied = scalar.indexCopy(0, indices, ones([n]));
      expect([copied.shape, copied.item()]).toEqual([[], n === 0 ? 5 : 1]);
      expect(autograd.grad(copied, scalar)[0]!.item()).toBe(n === 0 ? 1 : 0);
      expect(scalar.scatterAdd(0, indices, ones([n])).item()).toBe(5 + n);
    }
  });

  test('other element types', () => {
    expect(() => x.gather(0, zeros([1, 1]))).toThrow(
      new TypeError("gather: index must be int32, got float32; convert it with to('int32')"),
    );
    expect(() => x.scatter(0, index([[0]]), zeros([1, 1], { dtype: 'float64' }))).toThrow(
      new TypeError("scatter: x is float32, src is float64; convert one with to('float32')"),
    );
    expect(() => x.gather(0, 5 as never)).toThrow(
      new TypeError('gather: index must be a Tensor, got 5'),
    );
    expect(() => x.scatter(0, index([[0]]), 'one' as never)).toThrow(
      new TypeError("scatter: src must be a Tensor, got 'one'"),
    );
  });
});

// What indices and shapes are refused, and that nothing was touched by then.
import { arange, noGrad, tensor, zeros, type Index, type Tensor } from 'ostinato';
import { flat } from '../samples';

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
      [[0, 1, 0]],
      RangeError,
      "a slice's step must be an integer of at least 1, got 0; flip() reverses",
    ],
    [
      [[null, null, -1]],
      RangeError,
      "a slice's step must be an integer of at least 1, got -1; flip() reverses",
    ],
    [[[0.5, 1]], RangeError, "a slice's bounds must be integers, got 0.5"],
    [[[NaN, 1]], RangeError, "a slice's bounds must be integers, got NaN"],
    [
      [[1] as never],
      RangeError,
      'a slice must be [start, end] or [start, end, step], got 1 elements',
    ],
    [
      [['0', '1'] as never],
      TypeError,
      'a slice holds numbers and nulls, got string; index with a tensor to pick single elements',
    ],
    [
      ['1:2' as never],
      TypeError,
      "an index must be a number, ':', '...', null, a boolean, [start, end], [start, end, step] or a tensor, got '1:2'",
    ],
    [
      [undefined as never],
      TypeError,
      "an index must be a number, ':', '...', null, a boolean, [start, end], [start, end, step] or a tensor, got undefined",
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
    expect(() => noGrad(() => y.setAt(indices, 99))).toThrow(kind);
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
    expect(() => y.setAt([y.eq(0)], zeros([5]))).toThrow(RangeError);
    expect(() => y.setAt([0], [1, 2, 3] as never)).toThrow(
      new TypeError('setAt: value must be a Tensor, got an array; make it one with tensor(…)'),
    );
    expect(() => y.setAt(0 as never, 5)).toThrow(
      new TypeError("setAt: indices must be an array such as [0] or [':', 1], got number"),
    );
    expect(flat(y)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('0-dimensional and empty tensors', () => {
    expect(() => zeros([]).at(0)).toThrow(
      new RangeError('at: 1 indices for a tensor of 0 dimensions (shape [])'),
    );
    expect(() => zeros([0, 2]).at(0)).toThrow(RangeError);
    expect(() => zeros([0]).at(ints(0))).toThrow(RangeError);
    expect(zeros([0, 2]).at(ints()).shape).toEqual([0, 2]);
  });
});

describe('along a dimension', () => {
  const x = zeros([3, 4]);
  const index = (values: number[][]): Tensor => tensor(values, { dtype: 'int32' });

  test('values out of range, negative ones too', () => {
    const outside: [string, () => Tensor][] = [
      ['gather: index 3', () => x.gather(0, index([[3]]))],
      ['gather: index -1', () => x.gather(0, index([[-1]]))],
      ['scatter: index 4', () => x.scatter(1, index([[4]]), 1)],
      ['scatterAdd: index -1', () => x.scatterAdd(0, index([[-1]]), zeros([1, 1]))],
      ['indexSelect: index 4', () => x.indexSelect(1, ints(0, 4))],
      ['indexAdd: index -1', () => x.indexAdd(0, ints(-1), zeros([1, 4]))],
      ['indexCopy: index 3', () => x.indexCopy(0, ints(3), zeros([1, 4]))],
    ];
    for (const [start, f] of outside) {
      expect(f).toThrow(RangeError);
      expect(f).toThrow(new RegExp(`^${start} is out of range for dimension`));
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
    expect(() => x.gather(2, index([[0]]))).toThrow(/^gather: dim must be an integer/);
  });

  test('other element types', () => {
    expect(() => x.gather(0, zeros([1, 1]))).toThrow(
      new TypeError("gather: index must be int32, got float32; convert it with to('int32')"),
    );
    expect(() => x.scatter(0, index([[0]]), zeros([1, 1], { dtype: 'float64' }))).toThrow(
      new TypeError("scatter: x is float32, src is float64; convert one with to('float32')"),
    );
    expect(() => x.gather(0, 5 as never)).toThrow(TypeError);
    expect(() => x.scatter(0, index([[0]]), 'one' as never)).toThrow(TypeError);
  });
});

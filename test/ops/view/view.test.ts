import {
  arange,
  broadcastTo,
  diag,
  diagonal,
  meshgrid,
  movedim,
  tensor,
  unflatten,
  zeros,
  type Tensor,
} from 'ostinato';
import { expectGradients, flat, leaf } from '../../support';

const matrix = (rows: number, columns: number): Tensor =>
  arange(rows * columns).view([rows, columns]);

describe('views', () => {
  test('movedim', () => {
    const x = zeros([2, 3, 4]);
    expect(movedim(x, 0, 2).shape).toEqual([3, 4, 2]);
    expect(movedim(x, -1, 0).shape).toEqual([4, 2, 3]);
    expect(movedim(x, [0, 1], [2, 0]).shape).toEqual([3, 4, 2]);
    expect(() => movedim(x, [0, 0], [1, 2])).toThrow(
      new RangeError(
        'movedim: source and destination must name as many distinct dimensions, got [0, 0] and [1, 2]',
      ),
    );
    expect(() => movedim(x, [0, 1], [1])).toThrow(
      new RangeError(
        'movedim: source and destination must name as many distinct dimensions, got [0, 1] and [1]',
      ),
    );
    expect(() => movedim(x, 3, 0)).toThrow(
      new RangeError(
        'movedim: dim must be an integer from -3 to 2 for a tensor of 3 dimensions, got 3',
      ),
    );
  });

  test('swapaxes, unflatten, broadcastTo, expandAs, viewAs, reshapeAs', () => {
    const x = matrix(2, 6);
    expect(x.swapaxes(0, 1).shape).toEqual([6, 2]);
    expect(unflatten(x, 1, [2, -1]).shape).toEqual([2, 2, 3]);
    expect(() => unflatten(x, 1, [4, -1])).toThrow(
      new RangeError('unflatten: shape [4, -1] does not fit 6 elements'),
    );
    expect(broadcastTo(tensor([1, 2]), [3, 2]).shape).toEqual([3, 2]);
    expect(tensor([1]).expandAs(x).shape).toEqual([2, 6]);
    expect(x.viewAs(zeros([3, 4])).shape).toEqual([3, 4]);
    expect(() => x.t().viewAs(zeros([12]))).toThrow(
      new RangeError(
        'viewAs: a tensor of shape [6, 2] and strides [1, 6] cannot be seen as [12] without copying; use reshape()',
      ),
    );
    expect(flat(x.t().reshapeAs(zeros([12]))).slice(0, 3)).toEqual([0, 6, 1]);
  });

  test('T and mT', () => {
    const x = leaf([2, 3, 4]);
    expect([x.T.shape, x.T.gradFn!.name]).toEqual([[4, 3, 2], 'PermuteBackward0']);
    expect([x.mT.shape, x.mT.gradFn!.name]).toEqual([[2, 4, 3], 'TransposeBackward0']);
    expect(flat(x.T)).toEqual(flat(x.permute(2, 1, 0)));
    expect(flat(x.mT)).toEqual(flat(x.transpose(1, 2)));
    expect(x.T.storage).toBe(x.storage);
    expect([tensor([1, 2]).T.shape, tensor(1).T.shape, tensor(1).mT.shape]).toEqual([[2], [], []]);
    expect(() => tensor([1, 2]).mT).toThrow(
      new RangeError('mT: takes matrices (at least 2 dimensions), got shape [2]'),
    );
  });

  test('diagonal', () => {
    const x = matrix(3, 4);
    expect(flat(diagonal(x))).toEqual([0, 5, 10]);
    expect(flat(diagonal(x, 2))).toEqual([2, 7]);
    expect(flat(diagonal(x, -1))).toEqual([4, 9]);
    expect(flat(diagonal(x, 0, 1, 0))).toEqual([0, 5, 10]);
    expect(diagonal(x, 7).shape).toEqual([0]);
    expect(diagonal(zeros([2, 3, 4]), 0, 0, 2).shape).toEqual([3, 2]);
    expectGradients((y) => y.diagonal(1, 2, 0), leaf([3, 2, 3]));
    expect(() => diagonal(zeros([3]))).toThrow(
      new RangeError('diagonal: takes matrices (at least 2 dimensions), got shape [3]'),
    );
    expect(() => diagonal(x, 0, 1, 1)).toThrow(
      new RangeError('diagonal: dim1 and dim2 must differ, both are 1'),
    );
  });

  test('diag', () => {
    expect(diag(tensor([1, 2])).toArray()).toEqual([
      [1, 0],
      [0, 2],
    ]);
    expect(flat(diag(tensor([5]), 1))).toEqual([0, 5, 0, 0]);
    expect(flat(diag(tensor([5]), -1))).toEqual([0, 0, 5, 0]);
    expect(flat(diag(matrix(2, 3)))).toEqual([0, 4]);
    expect(diag(leaf([2])).gradFn!.name).toBe('DiagEmbedBackward0');
    expectGradients((x) => x.diag(-1), leaf([2]));
    expect(() => diag(zeros([]))).toThrow(
      new RangeError('diag: takes a vector or a matrix and an integer offset, got shape [] and 0'),
    );
    expect(() => diag(zeros([2]), 0.5)).toThrow(
      new RangeError(
        'diag: takes a vector or a matrix and an integer offset, got shape [2] and 0.5',
      ),
    );
  });

  test('meshgrid', () => {
    const [rows, columns] = meshgrid([arange(2), arange(3)]);
    expect(rows.toArray()).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
    expect(columns.toArray()).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(() => meshgrid([zeros([2, 2])])).toThrow(
      new RangeError('meshgrid: takes vectors, but tensors[0] has shape [2, 2]'),
    );
  });
});

describe('narrow', () => {
  it('starts where a 0-dimensional int32 tensor says', () => {
    // torch.arange(5).narrow(0, torch.tensor(-2), 2)
    expect(flat(arange(5).narrow(0, tensor(-2, { dtype: 'int32' }), 2))).toEqual([3, 4]);
    expect(() => arange(5).narrow(0, tensor([1], { dtype: 'int32' }), 2)).toThrow(
      new TypeError('narrow: start must be a 0-dimensional int32 tensor, got a Tensor'),
    );
    expect(() => arange(5).narrow(0, tensor(1), 2)).toThrow(
      new TypeError('narrow: start must be a 0-dimensional int32 tensor, got a Tensor'),
    );
  });
});

describe('meshgrid', () => {
  it('swaps the first two dimensions with indexing xy', () => {
    // torch.meshgrid(torch.tensor([1, 2, 3]), torch.tensor([4, 5]), indexing='xy')
    const [a, b] = meshgrid([tensor([1, 2, 3]), tensor([4, 5])], { indexing: 'xy' });
    expect(a.toArray()).toEqual([[1, 2, 3], [1, 2, 3]]); // prettier-ignore
    expect(b.toArray()).toEqual([[4, 4, 4], [5, 5, 5]]); // prettier-ignore
    expectGradients((x, y) => meshgrid([x, y], { indexing: 'xy' }), leaf([2]), leaf([3]));
  });
});

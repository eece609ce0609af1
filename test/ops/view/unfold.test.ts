// x.unfold(dim, size, step): PyTorch's windows, and what a view whose elements overlap means for changes in place.
import * as o from 'ostinato';

const x = o.arange(1, 6, { dtype: 'float64' });

// python: torch.arange(1., 6).unfold(0, 2, 1), .unfold(0, 2, 2), .unfold(0, 3, 2), torch.tensor(2.).unfold(0, 1, 1)
it('gives windows as a view', () => {
  expect(x.unfold(0, 2, 1).toArray()).toEqual([
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 5],
  ]);
  expect(x.unfold(0, 2, 2).toArray()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(x.unfold(-1, 3, 2).toArray()).toEqual([
    [1, 2, 3],
    [3, 4, 5],
  ]);
  expect(o.tensor(2).unfold(0, 1, 1).toArray()).toEqual([2]);
  expect(x.unfold(0, 0, 2).shape).toEqual([3, 0]);
  const y = o.zeros([4]);
  const windows = y.unfold(0, 2, 2);
  y.fill_(3);
  expect(windows.toArray()).toEqual([
    [3, 3],
    [3, 3],
  ]);
});

// python: y = torch.arange(10.).reshape(2, 5).unfold(1, 3, 2); y.shape, y[1]
it('puts the windows in place of the dimension, and their elements last', () => {
  const y = o.arange(10).reshape([2, 5, 1]).unfold(1, 3, 2);
  expect(y.shape).toEqual([2, 2, 1, 3]);
  expect(y.at(1, ':', 0).toArray()).toEqual([
    [5, 6, 7],
    [7, 8, 9],
  ]);
});

// python: x.unfold(0, 2, 1).sum().backward(); x.grad
it('adds what the windows of an element give it', () => {
  const leaf = o.zeros([5]).requiresGrad_();
  const windows = leaf.unfold(0, 2, 1);
  expect(windows.gradFn?.name).toBe('UnfoldBackward0');
  windows.sum().backward();
  expect(leaf.grad!.toArray()).toEqual([1, 2, 2, 2, 1]);
});

it('refuses what is no window', () => {
  expect(() => x.unfold(0, 6, 1)).toThrow(
    new RangeError('unfold: size must be an integer from 0 to 5, the size of dimension 0, got 6'),
  );
  expect(() => x.unfold(0, -1, 1)).toThrow(
    new RangeError('unfold: size must be an integer from 0 to 5, the size of dimension 0, got -1'),
  );
  expect(() => x.unfold(0, 2, 0)).toThrow(
    new RangeError('unfold: step must be an integer of at least 1, got 0'),
  );
  expect(() => x.unfold(1, 2, 1)).toThrow(
    new RangeError(
      'unfold: dim must be an integer from -1 to 0 for a tensor of 1 dimensions, got 1',
    ),
  );
});

it('is changed in place only where its elements are distinct', () => {
  const y = o.zeros([6]);
  y.unfold(0, 2, 3).fill_(1);
  expect(y.toArray()).toEqual([1, 1, 0, 1, 1, 0]);
  expect(() => y.unfold(0, 3, 2).add_(1)).toThrow(
    new RangeError(
      'add_: several elements of the unfolded tensor (shape [2, 3]) refer to one memory location; change a clone() instead',
    ),
  );
});

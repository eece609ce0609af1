// The layers that pad the last dimension, as PyTorch's.
import * as o from 'ostinato';

const { nn } = o;
const x = (): o.Tensor => o.tensor([[1, 2, 3, 4]], { dtype: 'float64', requiresGrad: true });

// python: m = nn.ReflectionPad1d((2, 1)); y = m(x); y.tolist(); y.sum().backward(); x.grad
it.each([
  [new nn.ConstantPad1d([2, 1], 9), [9, 9, 1, 2, 3, 4, 9], [1, 1, 1, 1]],
  [new nn.ConstantPad1d([-1, 1], 9), [2, 3, 4, 9], [0, 1, 1, 1]],
  [new nn.ZeroPad1d([2, 1]), [0, 0, 1, 2, 3, 4, 0], [1, 1, 1, 1]],
  [new nn.ReflectionPad1d([2, 1]), [3, 2, 1, 2, 3, 4, 3], [1, 2, 3, 1]],
  [new nn.ReplicationPad1d([2, 1]), [1, 1, 1, 2, 3, 4, 4], [3, 1, 1, 2]],
  [new nn.CircularPad1d([2, 1]), [3, 4, 1, 2, 3, 4, 1], [2, 1, 2, 2]],
  [new nn.ReplicationPad1d(1), [1, 1, 2, 3, 4, 4], [2, 1, 1, 2]],
])('%s', (layer, expected, gradient) => {
  const input = x();
  const out = layer.forward(input);
  expect(out.toArray()).toEqual([expected]);
  out.sum().backward();
  expect(input.grad!.toArray()).toEqual([gradient]);
  expect(layer.forward(x().reshape([1, 1, 4])).toArray()).toEqual([[expected]]);
});

it('prints as PyTorch does', () => {
  expect(String(new nn.ConstantPad1d(2, 3.5))).toBe('ConstantPad1d(padding=(2, 2), value=3.5)');
  expect(String(new nn.ZeroPad1d([1, 2]))).toBe('ZeroPad1d((1, 2))');
  expect(String(new nn.ReflectionPad1d(2))).toBe('ReflectionPad1d((2, 2))');
  expect(String(new nn.ReplicationPad1d(2))).toBe('ReplicationPad1d((2, 2))');
  expect(String(new nn.CircularPad1d(2))).toBe('CircularPad1d((2, 2))');
});

it('refuses what there is not enough to pad with', () => {
  expect(() => new nn.ReflectionPad1d(4).forward(x())).toThrow(
    new RangeError("pad: mode 'reflect' can add at most 3 to 4 elements of dimension 1, got 4"),
  );
  expect(() => new nn.CircularPad1d([0, 5]).forward(x())).toThrow(
    new RangeError("pad: mode 'circular' can add at most 4 to 4 elements of dimension 1, got 5"),
  );
  expect(() => new nn.ZeroPad1d(-3).forward(x())).toThrow(
    new RangeError('pad: -3 and -3 leave fewer than no elements of dimension 1, which has 4'),
  );
});

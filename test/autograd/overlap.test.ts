// Changes in place of what views with several elements in one place are part of: their gradients add up in each place (values of
// PyTorch 2.13 for x = 1 … 6, y = 2x). Changing such a view itself is refused.
import { arange, autograd, compile, tensor, type Tensor } from 'ostinato';
import { flat } from '../support';

const weights = (...shape: number[]): Tensor =>
  arange(
    shape.reduce((n, size) => n * size, 1),
    { dtype: 'float64' },
  ).reshape(shape);
const weighted = (x: Tensor): Tensor => x.mul(weights(...x.shape)).sum();
const all = (y: Tensor): Tensor => y.mul(arange(1, 7, { dtype: 'float64' })).sum();

type Case = readonly [name: string, loss: (y: Tensor) => Tensor, dx: readonly number[]];
const cases: readonly Case[] = [
  [
    'unfold, its base changed',
    (y) => {
      const windows = y.unfold(0, 3, 1);
      y.mul_(2);
      return weighted(windows);
    },
    [0, 16, 48, 84, 72, 44],
  ],
  [
    'expand, its base changed',
    (y) => {
      const wide = y.narrow(0, 0, 2).unsqueeze(1).expand([2, 3]);
      y.mul_(2);
      return weighted(wide);
    },
    [12, 48, 0, 0, 0, 0],
  ],
  [
    'expand of a single number, which is changed',
    (y) => {
      const total = y.sum();
      const wide = total.expand([3]);
      total.mul_(2);
      return weighted(wide);
    },
    [12, 12, 12, 12, 12, 12],
  ],
  [
    'a window changed',
    (y) => {
      const windows = y.unfold(0, 3, 1);
      windows.select(0, 0).mul_(2);
      return all(y).add(weighted(windows));
    },
    [4, 24, 60, 50, 46, 34],
  ],
  [
    'a window written',
    (y) => {
      const windows = y.unfold(0, 3, 1);
      windows.select(0, 0).copy_(y.narrow(0, 3, 3).mul(3));
      return all(y).add(weighted(windows));
    },
    [0, 0, 0, 56, 82, 124],
  ],
  [
    'the first elements of all windows changed',
    (y) => {
      const windows = y.unfold(0, 3, 2);
      windows.select(1, 0).mul_(2);
      return all(y).add(weighted(windows));
    },
    [4, 6, 32, 16, 20, 12],
  ],
  [
    'an element of what is expanded changed',
    (y) => {
      const wide = y.narrow(0, 0, 1).expand([3]);
      wide.select(0, 0).mul_(5);
      return all(y).add(weighted(wide));
    },
    [40, 4, 6, 8, 10, 12],
  ],
  [
    'a row of what is expanded changed',
    (y) => {
      const wide = y.narrow(0, 0, 2).unsqueeze(0).expand([3, 2]);
      wide.select(0, 1).mul_(5);
      return all(y).add(weighted(wide));
    },
    [70, 110, 6, 8, 10, 12],
  ],
  [
    'windows with gaps, changed themselves',
    (y) => {
      y.unfold(0, 2, 3).mul_(2);
      return all(y);
    },
    [4, 8, 6, 16, 20, 12],
  ],
  [
    'windows of a transposed matrix, which is changed',
    (y) => {
      const matrix = y.view([2, 3]).t();
      const windows = matrix.unfold(0, 2, 1);
      matrix.mul_(2);
      return weighted(windows);
    },
    // python: m = y.view(2, 3).t(); w = m.unfold(0, 2, 1); m.mul_(2); (w * torch.arange(8.).reshape(2, 2, 2)).sum()
    [0, 20, 20, 8, 36, 28],
  ],
];

test.each(cases)('%s', (_, loss, dx) => {
  const x = arange(1, 7, { dtype: 'float64' }).requiresGrad_();
  loss(x.mul(2)).backward();
  expect(flat(x.grad!)).toEqual(dx);
  expect(
    autograd.gradgradcheck((t: Tensor) => loss(t.square()), [x.detach().requiresGrad_()]),
  ).toBe(true);
});

test('in a compiled function', () => {
  const f = (x: Tensor): Tensor => {
    const y = x.mul(2);
    const windows = y.unfold(0, 3, 1);
    y.mul_(2);
    return weighted(windows);
  };
  const x = arange(1, 7, { dtype: 'float64' }).requiresGrad_();
  compile(f)(x).backward();
  expect(flat(x.grad!)).toEqual([0, 16, 48, 84, 72, 44]);
});

test('a change of such a view itself is refused', () => {
  const y = tensor([1, 2, 3]);
  expect(() => y.unfold(0, 2, 1).mul_(2)).toThrow(
    new RangeError(
      'mul_: several elements of the unfolded tensor (shape [2, 2]) refer to one memory location; change a clone() instead',
    ),
  );
  expect(() => y.narrow(0, 0, 1).expand([3]).zero_()).toThrow(
    new RangeError(
      'zero_: several elements of the expanded tensor (shape [3]) refer to one memory location; change a clone() instead',
    ),
  );
});

import { autograd, round, tensor } from 'ostinato';
import { flat, leaf } from '../../support';

// x = torch.tensor([0.126, -1.375, 2.5, 1234.5], dtype=torch.float64); torch.round(x, decimals=d).tolist()
const x = tensor([0.126, -1.375, 2.5, 1234.5], { dtype: 'float64' });
it.each([
  [2, [0.13, -1.38, 2.5, 1234.5]],
  [-2, [0, -0, 0, 1200]],
  [0, [0, -1, 2, 1234]],
])('round to %s decimals, in place too', (decimals, expected) => {
  expect(flat(round(x, { decimals }))).toEqual(expected);
  expect(flat(x.round({ decimals }))).toEqual(expected);
  expect(flat(x.clone().round_({ decimals }))).toEqual(expected);
  const y = leaf([3]);
  const [g] = autograd.grad([y.round({ decimals }).sum()], [y]);
  expect(flat(g!).map(Math.abs)).toEqual([0, 0, 0]);
});

it('round refuses decimals of integers, as PyTorch does', () => {
  expect(() => tensor([12], { dtype: 'int32' }).round({ decimals: -1 })).toThrow(
    new TypeError('round: decimals are those of float32 or float64, got int32'),
  );
  expect(tensor([12], { dtype: 'int32' }).round().toArray()).toEqual([12]);
});

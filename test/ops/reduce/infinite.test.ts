// Infinite and NaN gradients of what chooses among all elements: those not chosen get 0, as in torch 2.13.
import { autograd, tensor, type Tensor } from 'ostinato';
import { flat } from '../../support';

type Case = [
  name: 'max' | 'min' | 'median' | 'nanmedian',
  values: number[],
  first: number[],
  second: number[],
];
const [nan, inf] = [NaN, Infinity];

// torch: y = getattr(x, name)().sqrt(); d, = grad(y, x, create_graph=True); h, = grad(d.sum(), x)
const cases: Case[] = [
  ['max', [-1, 0], [0, inf], [0, -inf]],
  ['max', [0, 0, 1], [0, 0, 0.5], [0, 0, -0.25]],
  ['max', [nan, 1, nan], [nan, 0, nan], [nan, 0, nan]],
  ['min', [-1, 0], [nan, 0], [nan, 0]],
  ['min', [3, 0, 0], [0, inf, inf], [0, -inf, -inf]],
  ['median', [0, 0, 1], [inf, inf, 0], [-inf, -inf, 0]],
  ['median', [nan, 1, nan], [nan, 0, nan], [nan, 0, nan]],
  ['median', [3, 0, 0], [0, inf, inf], [0, -inf, -inf]],
  ['nanmedian', [nan, 1, nan], [0, 0.5, 0], [0, -0.25, 0]],
  ['nanmedian', [0, 1], [inf, 0], [-inf, 0]],
];

test.each(cases)('%s of %p', (name, values, first, second) => {
  const x = tensor(values, { dtype: 'float64', requiresGrad: true });
  const root = (): Tensor => x[name]().sqrt();
  const [d] = autograd.grad(root(), x, { createGraph: true });
  const [h] = autograd.grad(d!.sum(), x);
  const zeroed = (y: Tensor): number[] => flat(y).map((v) => v + 0);
  expect([zeroed(d!), zeroed(h!)]).toEqual([first, second]);
  expect(zeroed(autograd.grad(root(), x)[0]!)).toEqual(first);
});

test('amax and amin weight all elements by what chose them', () => {
  const x = tensor([-1, 0], { requiresGrad: true });
  expect(flat(autograd.grad(x.amax().sqrt(), x)[0]!)).toEqual([nan, inf]);
});

// Reductions of no elements: what their gradients' gradients are, and what has no value. All as torch 2.13 has it.
import { autograd, nn, zeros, type Tensor } from 'ostinato';

const { l1Loss, mseLoss, huberLoss, smoothL1Loss, binaryCrossEntropy } = nn.functional;
const { binaryCrossEntropyWithLogits } = nn.functional;
const none = (): Tensor => zeros([0, 3], { dtype: 'float64', requiresGrad: true });

describe('the second derivative by the result’s gradient is a sum of none', () => {
  const target = zeros([0, 3], { dtype: 'float64' });
  const losses = { l1Loss, mseLoss, huberLoss, smoothL1Loss, binaryCrossEntropy, binaryCrossEntropyWithLogits }; // prettier-ignore
  const table: [string, (x: Tensor) => Tensor][] = [
    ['mean', (x) => x.mean()],
    ['norm', (x) => x.norm()],
    ['norm 3', (x) => x.norm(3)],
    ...Object.entries(losses).map(([name, loss]): [string, (x: Tensor) => Tensor] => [
      name,
      (x) => loss(x, target),
    ]),
  ];
  it.each(table)('%s', (_, f) => {
    const x = none();
    const gradOutput = zeros([], { dtype: 'float64' }).add(2).detach().requiresGrad_();
    const y = f(x);
    const [g] = autograd.grad([y], [x], { gradOutputs: [gradOutput], createGraph: true });
    const [second] = autograd.grad([g!.sum()], [gradOutput], { allowUnused: true });
    expect(second?.item() ?? 0).toBe(0);
  });
});

it('norms of zeros have a second derivative of 0, not 0 / 0', () => {
  const x = zeros([3], { dtype: 'float64', requiresGrad: true });
  const gradOutput = zeros([], { dtype: 'float64' }).add(2).detach().requiresGrad_();
  const [g] = autograd.grad([x.norm()], [x], { gradOutputs: [gradOutput], createGraph: true });
  const [second] = autograd.grad([g!.sum()], [gradOutput]);
  expect(second!.item()).toBe(0);
});

it('var and std are NaN, whatever the correction', () => {
  // torch.zeros(0, 5).var(dim=0, correction=-5)
  for (const f of ['var', 'std'] as const) {
    expect(zeros([0, 2])[f](0, { correction: -5 }).toArray()).toEqual([NaN, NaN]);
    expect(zeros([0])[f](undefined, { correction: -5 }).item()).toBeNaN();
    expect(zeros([1])[f](undefined, { correction: -5 }).item()).toBe(0);
  }
});

it.each([-1.5, -1, Infinity, -Infinity])('norm of order %s has no value', (p) => {
  expect(() => zeros([0, 5]).norm(p)).toThrow(
    new RangeError(
      'norm: is not defined for 0 elements (shape [0, 5]); name a dim whose size is not 0',
    ),
  );
  expect(() => zeros([0, 5]).norm(p, 0)).toThrow(
    new RangeError(
      'norm: is not defined for 0 elements (shape [0, 5]); name a dim whose size is not 0',
    ),
  );
  expect(zeros([0, 5]).norm(p, 1).shape).toEqual([0]);
});

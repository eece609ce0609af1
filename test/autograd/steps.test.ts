// Comparisons, logic and other functions that are constant between their steps, in place on a tensor with a history: it keeps one,
// with a gradient of 0. PyTorch has the same for comparisons and signs; its logic passes the gradient of the old values on, and its
// heaviside_ and floor_divide_ fail in backward.
import { tensor, zeros, type Tensor } from 'ostinato';
import { flat } from '../support';

const other = (): Tensor => tensor([2, 3, 1]);
const changes: Record<string, (y: Tensor) => Tensor> = {
  eq_: (y) => y.eq_(2),
  ne_: (y) => y.ne_(other()),
  lt_: (y) => y.lt_(other()),
  le_: (y) => y.le_(2),
  gt_: (y) => y.gt_(2),
  ge_: (y) => y.ge_(other()),
  greater_: (y) => y.greater_(2),
  logicalAnd_: (y) => y.logicalAnd_(other()),
  logicalOr_: (y) => y.logicalOr_(other()),
  logicalXor_: (y) => y.logicalXor_(other()),
  logicalNot_: (y) => y.logicalNot_(),
  heaviside_: (y) => y.heaviside_(tensor([1])),
  sign_: (y) => y.sign_(),
  floor_: (y) => y.floor_(),
  round_: (y) => y.round_(),
  trunc_: (y) => y.trunc_(),
  ceil_: (y) => y.ceil_(),
  floorDivide_: (y) => y.floorDivide_(2),
  'div_, rounded': (y) => y.div_(2, { roundingMode: 'floor' }),
};

test.each(Object.entries(changes))('%s', (_, change) => {
  const x = tensor([1, 2, 3], { requiresGrad: true });
  const y = x.mul(2);
  const expected = change(x.detach().mul(2));
  expect(change(y)).toBe(y);
  expect([y.requiresGrad, flat(y)]).toEqual([true, flat(expected)]);
  y.mul(tensor([1, 10, 100]))
    .sum()
    .backward();
  expect(flat(x.grad!)).toEqual([0, 0, 0]);
});

test.each(Object.entries(changes))(
  '%s of a view: 0 there, the old gradient elsewhere',
  (_, change) => {
    const x = tensor([1, 2, 3, 4], { requiresGrad: true });
    const y = x.mul(2);
    change(y.narrow(0, 0, 3));
    y.sum().backward();
    expect(flat(x.grad!)).toEqual([0, 0, 0, 2]);
  },
);

test('their nodes have the names of PyTorch', () => {
  const y = (): Tensor => tensor([1, 2, 3], { requiresGrad: true }).mul(2);
  expect([y().eq_(2).gradFn!.name, y().eq_(other()).gradFn!.name]).toEqual([
    'EqBackward0',
    'EqBackward1',
  ]);
});

test('what is compared to has a gradient of 0 too, and integers have none', () => {
  const x = tensor([1, 2, 3], { requiresGrad: true });
  const y = zeros([3]).lt_(x);
  expect([y.requiresGrad, flat(y)]).toEqual([true, [1, 1, 1]]);
  y.sum().backward();
  expect(flat(x.grad!)).toEqual([0, 0, 0]);
  expect(tensor([1, 2, 3], { dtype: 'int32' }).lt_(x).requiresGrad).toBe(false);
});

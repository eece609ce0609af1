// retainGrad and changes in place: the gradient that is kept is that of what the tensor holds in the end (values of PyTorch 2.13 for
// x = [[1, 2, 3], [4, 5, 6]], y = 2x and the loss Σ t² of the tensors t that are returned).
import { noGrad, tensor, zeros, type Tensor } from 'ostinato';
import { flat } from '../support';

interface Outcome {
  readonly kept: Tensor;
  /** The tensors of the loss; `kept` alone unless given. */
  readonly loss?: readonly Tensor[];
}
type Case = readonly [
  name: string,
  run: (x: Tensor) => Outcome,
  kept: readonly number[] | null,
  dx: readonly number[],
];

const double = (x: Tensor): Tensor => {
  const y = x.mul(2);
  y.retainGrad();
  return y;
};

const tripled = [12, 24, 36, 48, 60, 72];
const cases: readonly Case[] = [
  ['add_', (x) => ({ kept: double(x).add_(1) }), [6, 10, 14, 18, 22, 26], [12, 20, 28, 36, 44, 52]],
  ['mul_', (x) => ({ kept: double(x).mul_(3) }), tripled, [72, 144, 216, 288, 360, 432]],
  [
    'two changes',
    (x) => ({ kept: double(x).mul_(3).mul_(5) }),
    [60, 120, 180, 240, 300, 360],
    [1800, 3600, 5400, 7200, 9000, 10800],
  ],
  [
    'asked again in between',
    (x) => {
      const kept = double(x).mul_(3);
      kept.retainGrad();
      return { kept: kept.mul_(5) };
    },
    [60, 120, 180, 240, 300, 360],
    [1800, 3600, 5400, 7200, 9000, 10800],
  ],
  [
    'read before the change: that part is of other values',
    (x) => {
      const kept = double(x);
      const z = kept.mul(7);
      return { kept: kept.mul_(3), loss: [kept, z] };
    },
    tripled,
    [464, 928, 1392, 1856, 2320, 2784],
  ],
  [
    'zero_',
    (x) => {
      const kept = double(x).zero_();
      return { kept, loss: [kept.add(1)] };
    },
    [2, 2, 2, 2, 2, 2],
    [0, 0, 0, 0, 0, 0],
  ],
  [
    'copy_',
    (x) => ({ kept: double(x).copy_(x.mul(3)) }),
    [6, 12, 18, 24, 30, 36],
    [18, 36, 54, 72, 90, 108],
  ],
  [
    'a view of it changed',
    (x) => {
      const kept = double(x);
      kept.select(0, 0).mul_(3);
      return { kept };
    },
    [12, 24, 36, 16, 20, 24],
    [72, 144, 216, 32, 40, 48],
  ],
  [
    'rows written one by one',
    (x) => {
      const kept = zeros([2, 3], { dtype: 'float64' });
      kept.select(0, 0).copy_(x.select(0, 0));
      kept.retainGrad();
      kept.select(0, 1).copy_(x.select(0, 1).mul(2));
      return { kept };
    },
    [2, 4, 6, 16, 20, 24],
    [2, 4, 6, 32, 40, 48],
  ],
  [
    'a view that is changed itself',
    (x) => {
      const y = x.mul(2);
      const kept = y.select(0, 0);
      kept.retainGrad();
      kept.mul_(3);
      return { kept, loss: [y, kept] };
    },
    [12, 24, 36],
    [144, 288, 432, 32, 40, 48],
  ],
  [
    'a view whose base is changed',
    (x) => {
      const y = x.mul(2);
      const kept = y.select(0, 0);
      kept.retainGrad();
      y.mul_(3);
      return { kept, loss: [y, kept] };
    },
    [12, 24, 36],
    [144, 288, 432, 288, 360, 432],
  ],
  [
    'a view whose base is changed, which the loss does not read',
    (x) => {
      const y = x.mul(2);
      const kept = y.select(0, 0);
      kept.retainGrad();
      return { kept, loss: [y.mul_(3)] };
    },
    null,
    [72, 144, 216, 288, 360, 432],
  ],
  [
    'a view whose sibling is changed',
    (x) => {
      const y = x.mul(2);
      const kept = y.select(0, 0);
      kept.retainGrad();
      y.select(0, 0).mul_(3);
      return { kept, loss: [y, kept] };
    },
    [12, 24, 36],
    [144, 288, 432, 32, 40, 48],
  ],
  [
    'a change that is not recorded',
    (x) => {
      const kept = double(x).mul_(3);
      noGrad(() => kept.add_(1));
      return { kept };
    },
    [14, 26, 38, 50, 62, 74],
    [84, 156, 228, 300, 372, 444],
  ],
  [
    'a hook from before the change, of the values before it',
    (x) => {
      const y = x.mul(2);
      y.registerHook((g) => g.mul(10));
      y.retainGrad();
      return { kept: y.mul_(3) };
    },
    tripled,
    [720, 1440, 2160, 2880, 3600, 4320],
  ],
  [
    'a hook from after the change',
    (x) => {
      const kept = double(x).mul_(3);
      kept.registerHook((g) => g.mul(10));
      return { kept };
    },
    [120, 240, 360, 480, 600, 720],
    [720, 1440, 2160, 2880, 3600, 4320],
  ],
  [
    'what was a leaf without gradients',
    (x) => {
      const kept = zeros([2, 3], { dtype: 'float64' }).copy_(x);
      kept.retainGrad();
      return { kept: kept.mul_(3) };
    },
    [6, 12, 18, 24, 30, 36],
    [18, 36, 54, 72, 90, 108],
  ],
];

test.each(cases)('%s', (_, run, kept, dx) => {
  const x = tensor(
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    { dtype: 'float64', requiresGrad: true },
  );
  const outcome = run(x);
  const terms = (outcome.loss ?? [outcome.kept]).map((t) => t.square().sum());
  terms.reduce((a, b) => a.add(b)).backward();
  const { grad } = outcome.kept;
  expect(grad && flat(grad)).toEqual(kept);
  expect(flat(x.grad!)).toEqual(dx);
});

test('of both a tensor and a view of it that is changed', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const y = double(x);
  const v = y.select(0, 0);
  v.retainGrad();
  v.mul_(3);
  y.square().sum().add(v.square()).backward();
  expect(flat(y.grad!)).toEqual([24, 8]);
  expect(flat(v.grad!)).toEqual([12]);
});

test('the shape is that after a change of the shape', () => {
  const x = tensor([[1, 2, 3]], { requiresGrad: true });
  const y = double(x).t_();
  y.mul_(3).square().sum().backward();
  expect([y.grad!.shape, flat(y.grad!)]).toEqual([
    [3, 1],
    [12, 24, 36],
  ]);
  expect(x.grad!.shape).toEqual([1, 3]);
});

test('passes add up', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const y = double(x).mul_(3);
  y.square().sum().backward({ retainGraph: true });
  y.square().sum().backward();
  expect(flat(y.grad!)).toEqual([24, 48]);
});

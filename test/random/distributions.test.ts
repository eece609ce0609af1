import { grad, noGrad } from '../../src/autograd';
import { ones, tensor, zeros } from '../../src/ops';
import {
  bernoulli,
  Generator,
  manualSeed,
  multinomial,
  normal,
  rand,
  randint,
  randLike,
  randn,
  randnLike,
  randperm,
  type RandomOptions,
} from '../../src/random';
import type { Tensor } from '../../src/tensor/tensor';

const all = (x: Tensor): number[] => Array.from(x.toTypedArray());
const mean = (x: Tensor): number => all(x).reduce((sum, v) => sum + v, 0) / x.numel;
const deviation = (x: Tensor): number => {
  const m = mean(x);
  return Math.sqrt(all(x).reduce((sum, v) => sum + (v - m) ** 2, 0) / x.numel);
};

beforeEach(() => {
  manualSeed(1);
});

describe('random tensors', () => {
  it('have the shape, type and gradient that were asked for', () => {
    const x = randn([2, 3], { dtype: 'float64', requiresGrad: true });
    expect([x.shape, x.dtype, x.requiresGrad, x.isLeaf]).toEqual([[2, 3], 'float64', true, true]);
    expect(rand([]).ndim).toBe(0);
    expect(rand([3, 0]).toArray()).toEqual([[], [], []]);
    expect(randint(5, [4]).dtype).toBe('int32');
    expect(randint(2, [4], { dtype: 'bool' }).dtype).toBe('bool');
    expect(randperm(0).shape).toEqual([0]);
    expect(normal(0, 1, [2]).dtype).toBe('float32');
  });

  it('draw nothing for no elements', () => {
    const generator = new Generator();
    const state = generator.getState();
    rand([0], { generator });
    randn([2, 0], { generator });
    randint(0, 9, [0], { generator });
    multinomial(zeros([0, 3]), 2, { generator });
    expect(generator.getState()).toEqual(state);
  });

  it('are distributed as they say', () => {
    const n = [40000];
    expect(mean(rand(n))).toBeCloseTo(0.5, 1);
    expect(deviation(rand(n))).toBeCloseTo(Math.sqrt(1 / 12), 2);
    for (const dtype of ['float32', 'float64'] as const) {
      const x = normal(3, 2, n, { dtype });
      expect(mean(x)).toBeCloseTo(3, 1);
      expect(deviation(x)).toBeCloseTo(2, 1);
    }
    expect(mean(zeros(n).exponential_(4))).toBeCloseTo(0.25, 2);
    expect(mean(zeros(n).bernoulli_(0.3))).toBeCloseTo(0.3, 1);
    expect(new Set(all(randint(-2, 3, n)))).toEqual(new Set([-2, -1, 0, 1, 2]));
  });

  it('like another one take its shape, type and layout', () => {
    const x = zeros([3, 5], { dtype: 'float64' }).t();
    for (const like of [randLike(x), randnLike(x)]) {
      expect([like.shape, like.dtype, like.strides]).toEqual([[5, 3], 'float64', [1, 5]]);
    }
    expect(randnLike(x, { dtype: 'float32' }).dtype).toBe('float32');
  });

  it('around tensors broadcast means and deviations', () => {
    const x = normal(tensor([[0], [100]]), tensor([0, 0, 0]));
    expect(x.toArray()).toEqual([
      [0, 0, 0],
      [100, 100, 100],
    ]);
    expect(normal(tensor([5, 6], { dtype: 'float64' }), 0).toArray()).toEqual([5, 6]);
    expect(normal(7, tensor([0])).toArray()).toEqual([7]);
  });

  // torch.grad(torch.normal(mean, std).sum(), [mean, std]) is zeros; nodes NormalBackward1, 2, 3
  it('around tensors are recorded, with gradients of 0', () => {
    const [center, std] = [ones([2, 1], { requiresGrad: true }), ones([3], { requiresGrad: true })];
    const y = normal(center, std);
    expect(y.gradFn?.name).toBe('NormalBackward3');
    expect(normal(center, 1).gradFn?.name).toBe('NormalBackward1');
    expect(normal(0, std).gradFn?.name).toBe('NormalBackward2');
    const [dMean, dStd] = grad([y.sum()], [center, std]);
    expect(dMean?.toArray()).toEqual([[0], [0]]);
    expect(dStd?.toArray()).toEqual([0, 0, 0]);
  });

  it.each([{ dtype: 'float64' as const }, { requiresGrad: true }])(
    'around tensors take no %j',
    (options) => {
      expect(() => normal(ones([2]), 1, undefined, options)).toThrow(
        /^normal: \w+ follows from the tensors; leave it out$/,
      );
    },
  );
});

describe('filling in place', () => {
  it('returns the tensor and counts as a change', () => {
    const x = zeros([4]);
    const { version } = x;
    expect(x.uniform_()).toBe(x);
    expect(x.normal_().version).toBe(version + 2);
  });

  it('changes what a view covers and nothing else', () => {
    const x = zeros([4, 6]);
    x.slice(1, 1, 3).uniform_(1, 2);
    for (const [r, row] of x.toArray<number[][]>().entries()) {
      expect([r, row.map((v) => v >= 1)]).toEqual([r, [false, true, true, false, false, false]]);
    }
  });

  it('is refused on a leaf that requires gradients, except under noGrad', () => {
    const x = zeros([3], { requiresGrad: true });
    expect(() => x.uniform_()).toThrow(
      'uniform_: a leaf that requires gradients cannot be changed in place; do it inside noGrad(() => …), or change a clone()',
    );
    noGrad(() => x.uniform_(1, 2));
    expect(all(x).every((v) => v >= 1)).toBe(true);
    expect(x.requiresGrad).toBe(true);
  });

  it.each(['uniform_', 'normal_', 'exponential_', 'random_', 'bernoulli_'] as const)(
    '%s lets no gradient through',
    (name) => {
      const x = tensor(3, { requiresGrad: true });
      const y = x.mul(2);
      y[name]();
      expect(y.requiresGrad).toBe(true);
      y.backward();
      expect(x.grad?.item()).toBe(0);
    },
  );

  it('is refused on an expanded tensor, whose elements share memory', () => {
    const x = zeros([1]).expand([4]);
    expect(() => x.normal_()).toThrow(
      new RangeError(
        'normal_: several elements of the expanded tensor (shape [4]) refer to one memory location; change a clone() instead',
      ),
    );
    expect(() => noGrad(() => x.normal_())).toThrow(
      'normal_: several elements of the expanded tensor (shape [4]) refer to one memory location; change a clone() instead',
    );
  });

  it('gives a constant where there is no choice', () => {
    expect(all(zeros([3]).uniform_(2, 2))).toEqual([2, 2, 2]);
    expect(all(zeros([3]).normal_(2, 0))).toEqual([2, 2, 2]);
    expect(all(zeros([3]).random_(5, 6))).toEqual([5, 5, 5]);
    expect(all(zeros([3]).bernoulli_(0))).toEqual([0, 0, 0]);
    expect(all(zeros([3], { dtype: 'bool' }).bernoulli_(1))).toEqual([1, 1, 1]);
  });
});

describe('multinomial', () => {
  it('draws each category at most once without replacement', () => {
    const drawn = multinomial(
      tensor([
        [1, 2, 3, 4],
        [4, 3, 2, 1],
      ]),
      4,
    );
    expect(drawn.dtype).toBe('int32');
    for (const row of drawn.toArray<number[][]>()) expect(row.sort()).toEqual([0, 1, 2, 3]);
  });

  it('never draws a category of weight 0 while others are left', () => {
    const weights = tensor([0, 1, 0, 2, 0]);
    for (let i = 0; i < 50; i++) {
      expect(all(multinomial(weights, 2)).sort()).toEqual([1, 3]);
      const drawn = all(weights.multinomial(10, { replacement: true }));
      expect(drawn.every((c) => c === 1 || c === 3)).toBe(true);
    }
  });

  it('draws in proportion to the weights, which need not sum to 1', () => {
    const weights = tensor([1, 3]).expand([20000, 2]);
    expect(mean(multinomial(weights, 1))).toBeCloseTo(0.75, 1);
    expect(mean(multinomial(tensor([1, 3]), 20000, { replacement: true }))).toBeCloseTo(0.75, 1);
  });
});

describe('bernoulli', () => {
  it('tosses by element, in the type of the probabilities', () => {
    const x = bernoulli(tensor([0, 1, 0], { dtype: 'float64' }));
    expect([x.dtype, x.toArray()]).toEqual(['float64', [0, 1, 0]]);
    expect(bernoulli(zeros([3]), 1).toArray()).toEqual([1, 1, 1]);
    expect(
      zeros([2, 2])
        .bernoulli_(tensor([0, 1]))
        .toArray(),
    ).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('has a gradient of 0', () => {
    const p = tensor(0.5, { requiresGrad: true });
    bernoulli(p).backward();
    expect(p.grad?.item()).toBe(0);
  });
});

describe('bad input', () => {
  const x = zeros([3]);
  const ints = zeros([3], { dtype: 'int32' });
  const bad = (value: unknown): never => value as never;
  it.each<[string, () => unknown, ErrorConstructor, string]>([
    [
      'a shape',
      () => rand(bad(3)),
      TypeError,
      'rand: shape must be an array of sizes such as [2, 3] ([] for a single number), got 3; write rand([3])',
    ],
    [
      'a size',
      () => randn([-1]),
      RangeError,
      'randn: every size must be an integer from 0 to 2^53 - 1, got -1 in [-1]',
    ],
    [
      'an integer type',
      () => rand([2], { dtype: 'int32' }),
      TypeError,
      'rand: dtype must be float32 or float64, got int32; use randint for integers',
    ],
    [
      'an unknown type',
      () => rand([2], { dtype: bad('half') }),
      TypeError,
      "rand: dtype must be float32, float64, int32, uint8 or bool, got 'half'",
    ],
    [
      'a generator',
      () => rand([2], { generator: bad(5) }),
      TypeError,
      'rand: generator must be a Generator, got 5',
    ],
    [
      'no generator',
      () => randperm(3, { generator: bad(null) }),
      TypeError,
      'randperm: generator must be a Generator, got null',
    ],
    [
      'uniform_ of integers',
      () => ints.uniform_(),
      TypeError,
      'uniform_: x must be a float32 or float64 tensor, got int32',
    ],
    [
      'uniform_ backwards',
      () => x.uniform_(2, 1),
      RangeError,
      'uniform_: from must not be above to, nor their distance above the largest float32, got from 2 and to 1',
    ],
    [
      'uniform_ without end',
      () => x.uniform_(0, Infinity),
      RangeError,
      'uniform_: to must be a finite number, got Infinity',
    ],
    [
      'uniform_ past float32',
      () => x.uniform_(0, 1e39),
      RangeError,
      'uniform_: to must be finite in float32, got 1e+39',
    ],
    [
      'uniform_ too far apart',
      () => x.uniform_(-3e38, 3e38),
      RangeError,
      'uniform_: from must not be above to, nor their distance above the largest float32, got from -3e+38 and to 3e+38',
    ],
    [
      'uniform_ of text',
      () => x.uniform_(bad('0')),
      TypeError,
      "uniform_: from must be a finite number, got '0'",
    ],
    [
      'normal_ with std < 0',
      () => x.normal_(0, -1),
      RangeError,
      'normal_: std must be a number of at least 0, got -1',
    ],
    [
      'normal_ with std NaN',
      () => x.normal_(0, NaN),
      RangeError,
      'normal_: std must be a number of at least 0, got NaN',
    ],
    [
      'normal without a size',
      () => normal(0, 1),
      TypeError,
      'normal: shape must be an array of sizes such as [2, 3] ([] for a single number), got undefined',
    ],
    [
      'normal of integers',
      () => normal(ints, 1),
      TypeError,
      'normal: mean must be a float32 or float64 tensor, got int32',
    ],
    [
      'normal with std < 0',
      () => normal(0, tensor([1, -1])),
      RangeError,
      'normal: every standard deviation must be at least 0, got -1',
    ],
    [
      'normal of odd shapes',
      () => normal(x, zeros([2])),
      RangeError,
      'normal: shapes [3] and [2] do not broadcast: sizes 3 and 2 at dimension -1 must be equal, or one of them 1',
    ],
    [
      'exponential_ of 0',
      () => x.exponential_(0),
      RangeError,
      'exponential_: lambda must be a number above 0, got 0',
    ],
    [
      'randint of nothing',
      () => randint(3, 3, [1]),
      RangeError,
      'randint: low must be below high, by at most 2^53, got low 3 and high 3',
    ],
    [
      'randint past int32',
      () => randint(0, 2 ** 40, [1]),
      RangeError,
      'randint: high must be an integer for int32, from -2147483648 to 2147483648, got 1099511627776',
    ],
    [
      'randint of fractions',
      () => randint(0.5, 2, [1]),
      RangeError,
      'randint: low must be an integer for int32, from -2147483648 to 2147483647, got 0.5',
    ],
    [
      'random_ of bool',
      () => zeros([1], { dtype: 'bool' }).random_(3),
      RangeError,
      'random_: high must be an integer for bool, from 0 to 2, got 3',
    ],
    [
      'randperm of -1',
      () => randperm(-1),
      RangeError,
      'randperm: n must be an integer from 0 to 2147483647, got -1',
    ],
    [
      'randperm of text',
      () => randperm(bad('3')),
      TypeError,
      "randperm: n must be an integer from 0 to 2147483647, got '3'",
    ],
    [
      'bernoulli_ of 2',
      () => x.bernoulli_(2),
      RangeError,
      'bernoulli_: p must be a probability from 0 to 1, got 2',
    ],
    [
      'bernoulli of 2',
      () => bernoulli(tensor([2])),
      RangeError,
      'bernoulli: probabilities must be in 0 … 1, got 2',
    ],
    [
      'bernoulli of NaN',
      () => bernoulli(tensor([NaN])),
      RangeError,
      'bernoulli: probabilities must be in 0 … 1, got NaN',
    ],
    [
      'bernoulli of integers',
      () => bernoulli(ints),
      TypeError,
      'bernoulli: x must be a float32 or float64 tensor, got int32',
    ],
    [
      'bernoulli_ of integers',
      () => x.bernoulli_(ints),
      TypeError,
      'bernoulli_: p must be a float32 or float64 tensor, got int32',
    ],
    [
      'bernoulli_ of odd shapes',
      () => x.bernoulli_(zeros([2])),
      RangeError,
      'bernoulli_: shape [2] cannot be repeated to [3]; only sizes of 1 can grow, and new dimensions come first',
    ],
    [
      'weights of 3 dimensions',
      () => multinomial(zeros([1, 1, 1]), 1),
      RangeError,
      'multinomial: probabilities must be [categories] or [rows, categories], got shape [1, 1, 1]',
    ],
    [
      'weights of integers',
      () => multinomial(ints, 1),
      TypeError,
      'multinomial: probabilities must be a float32 or float64 tensor, got int32',
    ],
    [
      'a negative weight',
      () => multinomial(tensor([1, -1]), 1),
      RangeError,
      'multinomial: weights must be finite and at least 0, got -1 at 1',
    ],
    [
      'an infinite weight',
      () => multinomial(tensor([Infinity]), 1),
      RangeError,
      'multinomial: weights must be finite and at least 0, got Infinity at 0',
    ],
    [
      'a NaN weight',
      () => multinomial(tensor([NaN, 1]), 1),
      RangeError,
      'multinomial: weights must be finite and at least 0, got NaN at 0',
    ],
    [
      'weights of 0',
      () => multinomial(zeros([2, 3]), 1),
      RangeError,
      'multinomial: the weights of a distribution must not all be 0, as in row 0',
    ],
    [
      'no categories',
      () => multinomial(zeros([2, 0]), 1, { replacement: true }),
      RangeError,
      'multinomial: there must be from 1 to 16777216 categories, got 0',
    ],
    [
      'too many samples',
      () => multinomial(x, 4),
      RangeError,
      'multinomial: numSamples must be an integer from 1 to the 3 categories (or pass { replacement: true }), got 4',
    ],
    [
      'no samples',
      () => multinomial(x, 0),
      RangeError,
      'multinomial: numSamples must be an integer of at least 1, got 0',
    ],
    [
      'a replacement that is no boolean',
      () => multinomial(x, 1, { replacement: bad(1) }),
      TypeError,
      'multinomial: replacement must be true or false, got 1',
    ],
    [
      'not a tensor',
      () => multinomial(bad([1]), 1),
      TypeError,
      'multinomial: probabilities must be a Tensor, got [1]',
    ],
  ])('%s is refused before anything is drawn', (_, action, kind, message) => {
    const generator = manualSeed(2);
    const state = generator.getState();
    expect(action).toThrow(new kind(message));
    expect(generator.getState()).toEqual(state);
  });

  it('a gradient for integers is refused', () => {
    const options: RandomOptions = { dtype: 'int32', requiresGrad: true };
    expect(() => randint(0, 2, [1], options)).toThrow(
      'requiresGrad: only float32 and float64 tensors can have gradients, this one is int32',
    );
  });
});

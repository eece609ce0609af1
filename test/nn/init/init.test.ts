// Initializations beyond PyTorch's numbers: orthogonality, speed, layouts, what they refuse.
import * as nn from '../../../src/nn';
import { empty, eye, ones, tensor, zeros } from '../../../src/ops';
import { Generator, manualSeed } from '../../../src/random';
import type { Tensor } from '../../../src/tensor/tensor';

const { init } = nn;

function worst(a: Tensor, b: Tensor): number {
  const [x, y] = [a.toTypedArray(), b.toTypedArray()];
  return Array.from(x).reduce((most, value, i) => Math.max(most, Math.abs(value - y[i])), 0);
}

describe('orthogonal_', () => {
  it.each([
    [[1, 1], 'float64'],
    [[5, 5], 'float64'],
    [[100, 37], 'float64'],
    [[32, 96], 'float64'],
    [[65, 2, 40], 'float64'],
  ] as const)('has orthonormal rows or columns: %j', (shape, dtype) => {
    manualSeed(2);
    const x = init.orthogonal_(empty(shape, { dtype }));
    const [rows, columns] = [shape[0], x.numel / shape[0]];
    const q = rows < columns ? x.reshape([rows, columns]).t() : x.reshape([rows, columns]);
    const n = Math.min(rows, columns);
    expect(worst(q.t().matmul(q), eye(n, n, { dtype }))).toBeLessThan(1e-13);
  });

  it('takes under a second of processor time for 1024 × 1024', () => {
    const x = empty([1024, 1024]);
    init.orthogonal_(empty([64, 64])); // compiles
    const start = process.cpuUsage();
    init.orthogonal_(x);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(1);
    expect(worst(x.t().matmul(x), eye(1024))).toBeLessThan(1e-5);
  });
});

describe('every initialization', () => {
  const each: [string, number[], (x: Tensor) => Tensor][] = [
    ['uniform_', [4, 6], (x) => init.uniform_(x)],
    ['normal_', [4, 6], (x) => init.normal_(x)],
    ['truncNormal_', [4, 6], (x) => init.truncNormal_(x)],
    ['xavierUniform_', [4, 6], (x) => init.xavierUniform_(x)],
    ['kaimingNormal_', [4, 6], (x) => init.kaimingNormal_(x)],
    ['orthogonal_', [4, 6], (x) => init.orthogonal_(x)],
    ['sparse_', [4, 6], (x) => init.sparse_(x, 0.5)],
    ['constant_', [4, 6], (x) => init.constant_(x, 2)],
    ['eye_', [4, 6], (x) => init.eye_(x)],
    ['dirac_', [4, 2, 3], (x) => init.dirac_(x)],
  ];

  it.each(each)(
    '%s changes a parameter in place, unrecorded, and raises its version',
    (_, shape, fill) => {
      const x = new nn.Parameter(zeros(shape));
      const before = x.version;
      expect(fill(x)).toBe(x);
      expect(x.isLeaf && x.requiresGrad).toBe(true);
      expect(x.version).toBeGreaterThan(before);
    },
  );

  it.each(each.slice(5))('%s fills a transposed tensor as a plain one', (_, shape, fill) => {
    const plain = zeros(shape);
    const turned = zeros([...shape].reverse()).permute(shape.map((__, d) => shape.length - 1 - d));
    manualSeed(4);
    fill(plain);
    manualSeed(4);
    fill(turned);
    if (_ !== 'sparse_') expect(turned.toArray()).toEqual(plain.toArray());
    else expect(turned.eq(0).sum().item()).toBe(plain.eq(0).sum().item());
  });

  it('takes a generator', () => {
    const draw = (seed: number): unknown =>
      init.xavierNormal_(empty([3, 3]), { generator: new Generator().manualSeed(seed) }).toArray();
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('leaves tensors without elements as they are', () => {
    for (const fill of [init.kaimingUniform_, init.kaimingNormal_, init.orthogonal_]) {
      expect(fill(empty([0, 3])).shape).toEqual([0, 3]);
    }
  });
});

describe('refused', () => {
  it.each<[() => unknown, new (message: string) => Error, string]>([
    [
      () => init.xavierUniform_(ones([3])),
      RangeError,
      'xavierUniform_: fan in and fan out need at least 2 dimensions [out, in], got shape [3]',
    ],
    [
      () => init.kaimingUniform_(ones([2, 2]), { mode: 'out' as never }),
      RangeError,
      "kaimingUniform_: mode must be 'fan_in', 'fan_out', 'fanIn' or 'fanOut', got 'out'",
    ],
    [
      () => init.kaimingNormal_(ones([2, 2]), { nonlinearity: 'x' as never }),
      RangeError,
      "kaimingNormal_: nonlinearity must be 'linear', 'identity', 'sigmoid', 'tanh', 'relu', 'leaky_relu', 'leakyRelu' or 'selu', got 'x'",
    ],
    [
      () => init.orthogonal_(ones([3])),
      RangeError,
      'orthogonal_: takes a tensor of at least 2 dimensions, got shape [3]',
    ],
    [() => init.sparse_(ones([3]), 0.1), RangeError, 'sparse_: takes a matrix, got shape [3]'],
    [
      () => init.sparse_(ones([3, 3]), 1.5),
      RangeError,
      'sparse_: sparsity must be a probability from 0 to 1, got 1.5',
    ],
    [() => init.eye_(ones([3])), RangeError, 'eye_: takes a matrix, got shape [3]'],
    [
      () => init.dirac_(ones([3, 3])),
      RangeError,
      'dirac_: takes a tensor of 3, 4 or 5 dimensions, got shape [3, 3]',
    ],
    [
      () => init.dirac_(ones([3, 3, 3]), { groups: 2 }),
      RangeError,
      'dirac_: groups must divide the first size, got 2 groups of shape [3, 3, 3]',
    ],
    [
      () => init.truncNormal_(ones([3]), { mean: 1e9 }),
      RangeError,
      'truncNormal_: mean 1000000000 is too far from [-2, 2] for std 1: of 10,000 numbers drawn, less than one would do',
    ],
    [
      () => init.truncNormal_(ones([3]), { a: 1, b: 0 }),
      RangeError,
      'truncNormal_: std must be above 0 and a below b, got mean 0, std 1, a 1, b 0',
    ],
    [
      () => init.truncNormal_(ones([3]), { std: 0 }),
      RangeError,
      'truncNormal_: std must be above 0 and a below b, got mean 0, std 0, a -2, b 2',
    ],
    [
      () => init.normal_(ones([3]), 0, -1),
      RangeError,
      'normal_: std must be a number of at least 0, got -1',
    ],
    [() => init.ones_([1] as never), TypeError, 'ones_: tensor must be a Tensor, got [1]'],
    [
      () => init.uniform_(tensor([1], { dtype: 'int32' })),
      TypeError,
      'uniform_: x must be a float32 or float64 tensor, got int32',
    ],
  ])('%#', (call, kind, message) => {
    expect(call).toThrow(new kind(message));
  });
});

describe('constant_ refuses what the element type does not hold', () => {
  it.each([
    ['bool', -2, 'an integer from 0 to 1 for bool'],
    ['bool', 0.5, 'an integer from 0 to 1 for bool'],
    ['int32', 1e12, 'an integer from -2147483648 to 2147483647 for int32'],
    ['int32', 0.5, 'an integer from -2147483648 to 2147483647 for int32'],
    ['int32', NaN, 'an integer from -2147483648 to 2147483647 for int32'],
  ] as const)('%s: %p', (dtype, value, must) => {
    const x = zeros([2], { dtype });
    expect(() => init.constant_(x, value)).toThrow(
      new RangeError(`constant_: value must be ${must}, got ${value}`),
    );
    expect(x.sum().item()).toBe(0);
  });
  it('and what is neither a number nor a boolean, which fills', () => {
    for (const value of ['1', {}, null] as never[]) {
      expect(() => init.constant_(zeros([2]), value)).toThrow(
        /constant_: value must be a number or true or false, got ('1'|an object|null)/,
      );
    }
    expect(init.constant_(zeros([2], { dtype: 'bool' }), true).toArray()).toEqual([true, true]);
    expect(init.constant_(zeros([2]), true).toArray()).toEqual([1, 1]);
  });
});

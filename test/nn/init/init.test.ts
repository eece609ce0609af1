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
  it.each<[() => unknown, new () => Error, RegExp]>([
    [() => init.xavierUniform_(ones([3])), RangeError, /fan in and fan out .* shape \[3\]/],
    [() => init.kaimingUniform_(ones([2, 2]), { mode: 'out' as never }), RangeError, /mode must/],
    [() => init.kaimingNormal_(ones([2, 2]), { nonlinearity: 'x' as never }), RangeError, /'x'/],
    [() => init.orthogonal_(ones([3])), RangeError, /at least 2 dimensions/],
    [() => init.sparse_(ones([3]), 0.1), RangeError, /takes a matrix/],
    [
      () => init.sparse_(ones([3, 3]), 1.5),
      RangeError,
      /sparsity must be a probability from 0 to 1, got 1\.5/,
    ],
    [() => init.eye_(ones([3])), RangeError, /takes a matrix/],
    [() => init.dirac_(ones([3, 3])), RangeError, /3, 4 or 5 dimensions/],
    [() => init.dirac_(ones([3, 3, 3]), { groups: 2 }), RangeError, /groups must divide/],
    [() => init.truncNormal_(ones([3]), { a: 1, b: 0 }), RangeError, /a below b/],
    [() => init.truncNormal_(ones([3]), { std: 0 }), RangeError, /std must be above 0/],
    [() => init.normal_(ones([3]), 0, -1), RangeError, /std/],
    [() => init.ones_([1] as never), TypeError, /must be a Tensor/],
    [() => init.uniform_(tensor([1], { dtype: 'int32' })), TypeError, /int32/],
  ])('%#', (call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

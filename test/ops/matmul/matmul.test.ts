import {
  addmm,
  baddbmm,
  bmm,
  dot,
  full,
  linear,
  matmul,
  mm,
  mv,
  outer,
  tensor,
  zeros,
  type Tensor,
} from 'ostinato';
import { expectClose, expectGradients, flat, leaf, sample } from '../../support';

// The definition, with the batch broadcast by index: a [..., M, K], b [..., K, N].
function reference(a: Tensor, b: Tensor): Tensor {
  const x = a.ndim === 1 ? a.unsqueeze(0) : a;
  const y = b.ndim === 1 ? b.unsqueeze(1) : b;
  const [m, k] = x.shape.slice(-2);
  const n = y.shape[y.ndim - 1];
  const lead = Math.max(x.ndim, y.ndim) - 2;
  const sizeAt = (z: Tensor, d: number): number => z.shape[d - lead + z.ndim - 2] ?? 1;
  const batch = Array.from({ length: lead }, (_, d) => Math.max(sizeAt(x, d), sizeAt(y, d)));
  const out: number[] = [];
  const element = (z: Tensor, index: number[], row: number, column: number): number => {
    let part = z;
    const own = index.slice(lead - (z.ndim - 2));
    for (const [d, i] of own.entries()) part = part.select(0, z.shape[d] === 1 ? 0 : i);
    return part.select(0, row).select(0, column).item();
  };
  const walk = (index: number[]): void => {
    if (index.length < lead) {
      for (let i = 0; i < batch[index.length]; i++) walk([...index, i]);
      return;
    }
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let total = 0;
        for (let l = 0; l < k; l++) total += element(x, index, i, l) * element(y, index, l, j);
        out.push(total);
      }
    }
  };
  walk([]);
  const rows = a.ndim === 1 ? [] : [m];
  const columns = b.ndim === 1 ? [] : [n];
  return tensor(out, { dtype: a.dtype }).view([...batch, ...rows, ...columns]);
}

describe('matmul', () => {
  const shapes: [number[], number[], string][] = [
    [[3], [3], 'DotBackward0'],
    [[2, 3], [3], 'MvBackward0'],
    [[3], [3, 2], 'SqueezeBackward4'],
    [[2, 3], [3, 4], 'MmBackward0'],
    [[4, 2, 3], [3, 2], 'UnsafeViewBackward0'],
    [[4, 2, 3], [3], 'UnsafeViewBackward0'],
    [[4, 2, 3], [4, 3, 2], 'UnsafeViewBackward0'],
    [[2, 3], [4, 3, 2], 'UnsafeViewBackward0'],
    [[5, 1, 2, 3], [4, 3, 2], 'UnsafeViewBackward0'],
    [[1, 2, 3], [4, 3, 2], 'UnsafeViewBackward0'],
    [[2, 1, 1, 3], [1, 2, 3, 1], 'UnsafeViewBackward0'],
    [[3], [4, 3, 2], 'SqueezeBackward1'],
  ];

  test.each(shapes)('%j x %j', (aShape, bShape, name) => {
    const a = leaf(aShape, 1);
    const b = leaf(bShape, 2);
    const out = matmul(a, b);
    expect(out.gradFn?.name).toBe(name);
    expectClose(out, reference(a, b));
    expectGradients(matmul, a, b);
  });

  test.each([
    [[0], [0], []],
    [
      [2, 0],
      [0, 3],
      [2, 3],
    ],
    [
      [0, 3],
      [3, 2],
      [0, 2],
    ],
    [
      [4, 0, 3],
      [3, 2],
      [4, 0, 2],
    ],
    [
      [0, 2, 3],
      [0, 3, 2],
      [0, 2, 2],
    ],
    [
      [2, 3],
      [0, 3, 2],
      [0, 2, 2],
    ],
  ])('with empty sizes: %j x %j is %j of zeros', (aShape, bShape, outShape) => {
    const a = leaf(aShape);
    const b = leaf(bShape);
    const out = matmul(a, b);
    expect(out.shape).toEqual(outShape);
    expect(flat(out).every((x) => x === 0)).toBe(true);
    out.sum().backward();
    expect(a.grad!.shape).toEqual(aShape);
    expect(b.grad!.shape).toEqual(bShape);
  });

  test('a narrow transposed factor gives the bits of its copy', () => {
    for (const m of [1, 3, 16, 25, 48]) {
      for (const n of [1, 15, 16, 17, 32, 33]) {
        for (const k of [1, 16, 33]) {
          for (const dtype of ['float32', 'float64'] as const) {
            const a = sample([2, m, k], { seed: 1 }).to(dtype);
            const b = sample([2, n, k], { seed: 2 }).to(dtype).mT;
            const bits = flat(matmul(a, b.contiguous()));
            expect(flat(matmul(a, b))).toEqual(bits);
            expect(flat(matmul(a.mT.contiguous().mT, b))).toEqual(bits);
          }
        }
      }
    }
  });

  test('reads transposed, sliced and expanded operands as their copies', () => {
    const views: ((x: Tensor) => Tensor)[] = [
      (x) => x,
      (x) => x.transpose(-2, -1).contiguous().transpose(-2, -1),
      (x) => x.transpose(0, -1).contiguous().transpose(0, -1),
      (x) => {
        const wide = zeros([...x.shape.slice(0, -1), x.shape[x.ndim - 1] * 2], { dtype: x.dtype });
        const part = wide.slice(-1, 0, Infinity, 2);
        part.copy_(x);
        return part;
      },
    ];
    for (const [aShape, bShape] of [
      [
        [4, 3],
        [3, 5],
      ],
      [
        [2, 4, 3],
        [2, 3, 5],
      ],
      [
        [2, 4, 3],
        [3, 5],
      ],
    ]) {
      const a = sample(aShape, { seed: 3 });
      const b = sample(bShape, { seed: 4 });
      const expected = reference(a, b);
      for (const viewA of views) {
        for (const viewB of views) {
          const x = viewA(a).detach().requiresGrad_();
          const y = viewB(b).detach().requiresGrad_();
          const out = matmul(x, y);
          expectClose(out, expected);
          const g = sample(out.shape, { seed: 5 });
          out.backward({ gradient: g });
          const [p, q] = [a.clone().requiresGrad_(), b.clone().requiresGrad_()];
          matmul(p, q).backward({ gradient: g });
          expectClose(x.grad!, p.grad!);
          expectClose(y.grad!, q.grad!);
        }
      }
    }
    const column = sample([3, 1]);
    const repeated = column.expand([3, 4]);
    expectClose(matmul(repeated.t(), repeated), reference(repeated.t(), repeated));
    const batch = sample([1, 2, 3]).expand([4, 2, 3]);
    expectClose(matmul(batch, sample([4, 3, 2])), reference(batch, sample([4, 3, 2])));
  });

  test('float32, and a long inner size', () => {
    const a = sample([7, 300], { dtype: 'float32' });
    const b = sample([300, 9], { dtype: 'float32', seed: 2 });
    const wide = matmul(
      tensor(flat(a), { dtype: 'float64' }).view([7, 300]),
      tensor(flat(b), { dtype: 'float64' }).view([300, 9]),
    );
    const narrow = matmul(a, b);
    expect(narrow.dtype).toBe('float32');
    for (const [i, x] of flat(narrow).entries())
      expect(Math.abs(x - flat(wide)[i])).toBeLessThan(2e-5);
  });

  test('a row of a product does not depend on the rows beside it', () => {
    const a = sample([33, 37], { dtype: 'float32' });
    const b = sample([37, 29], { dtype: 'float32', seed: 2 });
    const whole = flat(matmul(a, b));
    for (const row of [0, 1, 16, 32]) {
      expect(flat(matmul(a.slice(0, row, row + 1), b))).toEqual(
        whole.slice(row * 29, (row + 1) * 29),
      );
    }
  });

  test('refuses what cannot be multiplied', () => {
    expect(() => matmul(zeros([32, 128]), zeros([64, 256]))).toThrow(
      new RangeError(
        "matmul: inner sizes differ: a is [32, 128], b is [64, 256]; a's last size (128) must equal b's first (64)",
      ),
    );
    expect(() => matmul(zeros([2, 3]), zeros([5, 4, 2]))).toThrow(
      new RangeError(
        "matmul: inner sizes differ: a is [2, 3], b is [5, 4, 2]; a's last size (3) must equal b's last but one (4)",
      ),
    );
    expect(() => matmul(zeros([3, 2, 3]), zeros([2, 3, 2]))).toThrow(
      'matmul: shapes [3] and [2] do not broadcast: sizes 3 and 2 at dimension -1 must be equal, or one of them 1',
    );
    expect(() => matmul(zeros([]), zeros([3]))).toThrow(
      new RangeError(
        'matmul: both arguments must have at least one dimension: a is [], b is [3]; use mul with single numbers',
      ),
    );
    expect(() => matmul(zeros([2, 3]), zeros([3, 2], { dtype: 'float64' }))).toThrow(
      new TypeError("matmul: a is float32, b is float64; convert one with to('float32')"),
    );
    expect(() =>
      matmul(zeros([2, 3], { dtype: 'bool' }), zeros([3, 2], { dtype: 'bool' })),
    ).toThrow(new TypeError('matmul: is not defined for bool tensors'));
    expect(() => matmul([[1]] as unknown as Tensor, zeros([1]))).toThrow(
      new TypeError('matmul: a must be a Tensor, got an array of 1; make it one with tensor(…)'),
    );
  });
});

describe('mm, mv, dot, bmm, outer', () => {
  test('values and gradients', () => {
    const cases: [(a: Tensor, b: Tensor) => Tensor, number[], number[], string][] = [
      [mm, [3, 4], [4, 2], 'MmBackward0'],
      [mv, [3, 4], [4], 'MvBackward0'],
      [dot, [4], [4], 'DotBackward0'],
      [bmm, [2, 3, 4], [2, 4, 5], 'BmmBackward0'],
    ];
    for (const [f, aShape, bShape, name] of cases) {
      const [a, b] = [leaf(aShape, 1), leaf(bShape, 2)];
      expectClose(f(a, b), reference(a, b));
      expect(f(a, b).gradFn?.name).toBe(name);
      expectGradients(f, a, b);
    }
    const [a, b] = [leaf([3], 1), leaf([2], 2)];
    expectClose(outer(a, b), reference(a.unsqueeze(1), b.unsqueeze(0)));
    expectGradients(outer, a, b);
  });

  test('one tensor on both sides', () => {
    const a = leaf([3, 3]);
    expectGradients((x) => mm(x, x), a);
    expectGradients((x) => mm(x, x.t()), a);
  });

  test('refuse other ranks', () => {
    const matrix = zeros([2, 3]);
    const vector = zeros([3]);
    expect(() => mm(vector, matrix)).toThrow(
      new RangeError('mm: takes two matrices, got shapes [3] and [2, 3]; matmul takes other ranks'),
    );
    expect(() => mv(vector, matrix)).toThrow(
      new RangeError('mv: takes a matrix and a vector, got shapes [3] and [2, 3]'),
    );
    expect(() => mv(matrix, zeros([2]))).toThrow(
      "mv: inner sizes differ: a is [2, 3], b is [2]; a's last size (3) must equal b's first (2)",
    );
    expect(() => dot(vector, zeros([4]))).toThrow(
      new RangeError('dot: takes two vectors of equal length, got shapes [3] and [4]'),
    );
    expect(() => dot(vector, zeros([3], { dtype: 'float64' }))).toThrow(
      new TypeError("dot: a is float32, b is float64; convert one with to('float32')"),
    );
    expect(() => bmm(zeros([2, 3, 4]), zeros([3, 4, 5]))).toThrow(
      new RangeError(
        'bmm: takes [B, M, K] and [B, K, N] with one B, got shapes [2, 3, 4] and [3, 4, 5]; matmul broadcasts',
      ),
    );
    expect(() => bmm(zeros([2, 3, 4]), zeros([2, 3, 5]))).toThrow(
      "bmm: inner sizes differ: a is [2, 3, 4], b is [2, 3, 5]; a's last size (4) must equal b's last but one (3)",
    );
    expect(() => outer(matrix, vector)).toThrow(
      new RangeError('outer: takes two vectors, got shapes [2, 3] and [3]'),
    );
  });
});

describe('addmm, baddbmm', () => {
  const options = [
    {},
    { beta: 0.5 },
    { alpha: 3 },
    { beta: 0, alpha: -1 },
    { beta: 2, alpha: 0.25 },
  ];

  test.each(options)('with %j', (option) => {
    const { beta = 1, alpha = 1 } = option;
    const [a, b] = [leaf([3, 4], 1), leaf([4, 2], 2)];
    for (const shape of [[3, 2], [2], [3, 1], [1, 2], []]) {
      const c = leaf(shape, 3);
      const out = addmm(c, a, b, option);
      expect(out.gradFn?.name).toBe('AddmmBackward0');
      expectClose(out, c.mul(beta).add(mm(a, b).mul(alpha)));
      expectGradients((x, y, z) => addmm(x, y, z, option), c, a, b);
    }
    const [p, q] = [leaf([2, 3, 4], 1), leaf([2, 4, 2], 2)];
    for (const shape of [[2, 3, 2], [2], [3, 1]]) {
      const c = leaf(shape, 3);
      const out = baddbmm(c, p, q, option);
      expect(out.gradFn?.name).toBe('BaddbmmBackward0');
      expectClose(out, c.mul(beta).add(bmm(p, q).mul(alpha)));
      expectGradients((x, y, z) => baddbmm(x, y, z, option), c, p, q);
    }
  });

  test('beta 0 does not read the added term', () => {
    const out = addmm(full([2, 2], NaN), tensor([[1], [2]]), tensor([[3, 4]]), { beta: 0 });
    expect(out.toArray()).toEqual([
      [3, 4],
      [6, 8],
    ]);
  });

  test('refuse what does not fit', () => {
    expect(() => addmm(zeros([3]), zeros([2, 3]), zeros([3, 2]))).toThrow(
      'addmm: shapes [3] and [2, 2] do not broadcast: sizes 3 and 2 at dimension -1 must be equal, or one of them 1',
    );
    expect(() => addmm(zeros([4, 2, 2]), zeros([2, 3]), zeros([3, 2]))).toThrow(
      new RangeError(
        "addmm: input has shape [4, 2, 2], which does not broadcast to the product's [2, 2]",
      ),
    );
    expect(() => addmm(zeros([2]), zeros([2, 3]), zeros([2, 2]))).toThrow(
      new RangeError(
        "addmm: inner sizes differ: mat1 is [2, 3], mat2 is [2, 2]; mat1's last size (3) must equal mat2's first (2)",
      ),
    );
    expect(() => addmm(zeros([2]), zeros([3]), zeros([3, 2]))).toThrow(
      new RangeError('addmm: mat1 and mat2 must be matrices, got shapes [3] and [3, 2]'),
    );
    expect(() => baddbmm(zeros([2]), zeros([3, 2]), zeros([3, 2]))).toThrow(
      new RangeError(
        'baddbmm: takes [B, M, K] and [B, K, N] with one B, got shapes [3, 2] and [3, 2]',
      ),
    );
  });
});

describe('linear', () => {
  test.each([
    [[5, 3], true, 'AddmmBackward0'],
    [[5, 3], false, 'MmBackward0'],
    [[2, 5, 3], true, 'ViewBackward0'],
    [[2, 5, 3], false, 'UnsafeViewBackward0'],
    [[3], true, 'ViewBackward0'],
    [[3], false, 'SqueezeBackward4'],
    [[0, 3], true, 'AddmmBackward0'],
  ])('input %j, bias %j', (shape, withBias, name) => {
    const x = leaf(shape, 1);
    const w = leaf([4, 3], 2);
    const b = leaf([4], 3);
    const product = reference(x, w.t());
    const inputs = withBias ? [x, w, b] : [x, w];
    const out = linear(x, w, withBias ? b : null);
    expect(out.gradFn?.name).toBe(name);
    expectClose(out, withBias ? product.add(b) : product);
    expectGradients((p, q, r?: Tensor) => linear(p, q, r ?? null), ...inputs);
  });

  test('takes inputs and weights in any layout', () => {
    const x = sample([4, 3, 5], { seed: 1 });
    const w = sample([2, 5], { seed: 2 });
    const expected = linear(x, w);
    expectClose(linear(x.transpose(0, 1).contiguous().transpose(0, 1), w), expected);
    expectClose(linear(x, w.t().contiguous().t()), expected);
    const one = sample([3, 1], { seed: 4 });
    expectClose(linear(one.expand([3, 5]), w), reference(one.expand([3, 5]), w.t()));
  });

  test('the gradient of an expanded result', () => {
    const x = leaf([4, 3], 1);
    const w = leaf([2, 3], 2);
    const b = leaf([2], 3);
    linear(x, w, b).sum().backward();
    expect(flat(b.grad!)).toEqual([4, 4]);
    expectClose(w.grad!, x.detach().sum(0).expand([2, 3]));
    expectClose(x.grad!, w.detach().sum(0).expand([4, 3]));
  });

  test('computes the weight gradient only where it is wanted', () => {
    const x = leaf([2, 3]);
    linear(x, sample([2, 3]), sample([2]))
      .sum()
      .backward();
    expect(x.grad).not.toBeNull();
    const w = leaf([2, 3]);
    linear(sample([2, 3]), w)
      .sum()
      .backward();
    expect(w.grad).not.toBeNull();
  });

  test('refuses what does not fit', () => {
    expect(() => linear(zeros([20, 40]), zeros([10, 64]))).toThrow(
      new RangeError(
        'linear: input has 40 features, but weight takes 64 (input [20, 40], weight [10, 64])',
      ),
    );
    expect(() => linear(zeros([]), zeros([10, 64]))).toThrow(
      'linear: input has no features, but weight takes 64 (input [], weight [10, 64])',
    );
    expect(() => linear(zeros([2, 3]), zeros([3]))).toThrow(
      new RangeError('linear: weight must be a matrix [out features, in features], got shape [3]'),
    );
    expect(() => linear(zeros([2, 3]), zeros([4, 3]), zeros([3]))).toThrow(
      new RangeError('linear: bias must have shape [4] to go with weight [4, 3], got [3]'),
    );
    expect(() => linear(zeros([2, 3], { dtype: 'int32' }), zeros([4, 3]))).toThrow(
      new TypeError("linear: input is int32, weight is float32; convert one with to('float32')"),
    );
    expect(() => linear(zeros([2, 3]), zeros([4, 3]), zeros([4], { dtype: 'float64' }))).toThrow(
      new TypeError("linear: input is float32, bias is float64; convert one with to('float32')"),
    );
  });
});

describe('long sums of float32', () => {
  // 1, then 4,999 terms of 2^-26 each: a single chain would lose every one of them.
  const row = new Float32Array(5000).fill(2 ** -26);
  row[0] = 1;
  const exact = 1 + 3976 * 2 ** -26;
  const x = tensor(row).view([1, 5000]);
  const ones = tensor(new Float32Array(5000 * 3).fill(1)).view([5000, 3]);
  const near = (out: Tensor, expected: number): void => {
    expect(out.shape).toEqual([1, 3]);
    // The first 1,023 of them still go with the 1, in its chain.
    for (const each of flat(out)) expect(Math.abs(each - expected)).toBeLessThan(2 ** -21);
  };

  test('keep terms that are small beside the sum', () => {
    near(matmul(x, ones), exact);
    near(matmul(x, ones.t().contiguous().t()), exact);
    near(linear(x, ones.t(), full([3], 2)), 2 + exact);
    near(addmm(full([1, 3], 2), x, ones), 2 + exact);
    near(matmul(x.t().contiguous().t(), ones), exact);
    expect(Math.abs(dot(x.view([-1]), full([5000], 1)).item() - exact)).toBeLessThan(2 ** -21);
  });

  test('do not depend on the rows beside them', () => {
    const [m, k, n] = [37, 3001, 19];
    const a = tensor(Float32Array.from({ length: m * k }, (_, i) => Math.sin(i))).view([m, k]);
    const b = tensor(Float32Array.from({ length: k * n }, (_, i) => Math.cos(3 * i))).view([k, n]);
    const whole = matmul(a, b);
    expectClose(whole.to('float64'), matmul(a.to('float64'), b.to('float64')), 1e-4);
    for (const i of [0, 5, 36]) {
      expect(flat(matmul(a.narrow(0, i, 1), b))).toEqual(flat(whole.narrow(0, i, 1)));
    }
  });
});

// Factories: values, element types, and every size and argument that is refused.
import {
  arange,
  empty,
  eye,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  rand,
  randint,
  randn,
  randperm,
  tensor,
  zeros,
  zerosLike,
  type Tensor,
} from 'ostinato';
import { flat } from '../../support';

describe('shapes', () => {
  const factories: [string, (shape: number[]) => Tensor][] = [
    ['empty', (shape) => empty(shape)],
    ['zeros', (shape) => zeros(shape)],
    ['ones', (shape) => ones(shape)],
    ['full', (shape) => full(shape, 3)],
    ['rand', (shape) => rand(shape)],
    ['randn', (shape) => randn(shape)],
    ['randint', (shape) => randint(0, 5, shape)],
  ];

  test.each(factories)('%s takes any shape', (_, make) => {
    for (const shape of [[], [0], [3], [2, 0, 3], [2, 3, 4]]) {
      const x = make(shape);
      expect(x.shape).toEqual(shape);
      expect(x.numel).toBe(shape.reduce((n, size) => n * size, 1));
      expect(x.isContiguous()).toBe(true);
    }
  });

  test.each(factories)('%s refuses sizes that are none', (name, make) => {
    for (const size of [NaN, -1, 1.5, 2 ** 53, 2 ** 60, Infinity, -Infinity]) {
      expect(() => make([size])).toThrow(
        new RangeError(
          `${name}: every size must be an integer from 0 to 2^53 - 1, got ${size} in [${size}]`,
        ),
      );
      expect(() => make([2, size])).toThrow(
        /^\w+: (every size must be an integer from 0 to 2\^53 - 1, got \S+ in \[2, \S+\]|.* elements.*)$/,
      );
    }
    expect(() => make([2 ** 30, 2 ** 30])).toThrow(
      new RangeError(`${name}: the shape [1073741824, 1073741824] has more than 2^53 - 1 elements`),
    );
    expect(() => make([2 ** 40])).toThrow(
      'allocate: 4398046511104 bytes are more than one tensor can hold (8589934592 bytes)',
    );
    const rule = 'shape must be an array of sizes such as [2, 3] ([] for a single number)';
    const fixes: Record<string, string> = { full: 'full([3], …)', randint: 'randint(…, [3])' };
    const fix = fixes[name] ?? `${name}([3])`;
    expect(() => make(3 as never)).toThrow(new TypeError(`${name}: ${rule}, got 3; write ${fix}`));
    expect(() => make(undefined as never)).toThrow(
      new TypeError(`${name}: ${rule}, got undefined`),
    );
    expect(() => make(['3'] as never)).toThrow(
      new TypeError(`${name}: shape[0] must be a number, got '3'`),
    );
    expect(() => make([null] as never)).toThrow(
      new TypeError(`${name}: shape[0] must be a number, got null`),
    );
  });

  test('the shape given is copied', () => {
    const shape = [2, 3];
    const x = zeros(shape);
    shape[0] = 9;
    expect(x.shape).toEqual([2, 3]);
  });

  test('eye, arange, linspace and randperm refuse sizes as well', () => {
    for (const size of [NaN, -1, 1.5, 2 ** 53]) {
      expect(() => eye(size)).toThrow(
        new RangeError(`eye: n must be an integer of at least 0, got ${size}`),
      );
      expect(() => linspace(0, 1, size)).toThrow(
        new RangeError(`linspace: steps must be an integer of at least 0, got ${size}`),
      );
      expect(() => randperm(size)).toThrow(
        new RangeError(`randperm: n must be an integer from 0 to 2147483647, got ${size}`),
      );
    }
    for (const [start, end, step] of [
      [0, 1, 0],
      [0, 1, -1],
      [1, 0, 1],
    ]) {
      expect(() => arange(start, end, step)).toThrow(
        new RangeError(`arange: a step of ${step} does not lead from ${start} to ${end}`),
      );
    }
    for (const [start, end, step] of [
      [0, NaN, 1],
      [0, Infinity, 1],
      [0, 1, NaN],
    ]) {
      expect(() => arange(start, end, step)).toThrow(
        new RangeError(`arange: start, end and step must be finite, got ${start}, ${end}, ${step}`),
      );
    }
  });
});

describe('values', () => {
  test('constants', () => {
    expect(flat(zeros([2]))).toEqual([0, 0]);
    expect(flat(ones([2], { dtype: 'int32' }))).toEqual([1, 1]);
    expect(flat(full([2], 2.5))).toEqual([2.5, 2.5]);
    expect(flat(full([2], 7, { dtype: 'bool' }))).toEqual([1, 1]);
    expect(flat(full([1000], -0.1, { dtype: 'float64' }))).toEqual(new Array(1000).fill(-0.1));
    expect(full([2], Infinity).toArray()).toEqual([Infinity, Infinity]);
    expect(() => full([2], 2 ** 31, { dtype: 'int32' })).toThrow(
      new RangeError(
        'full: 2147483648 does not fit int32 (-2147483648 to 2147483647); use dtype float64',
      ),
    );
    expect(() => full([2], 'x' as never)).toThrow(
      new TypeError("full: the value must be a number, got 'x'"),
    );
  });

  test('like another tensor', () => {
    const x = tensor([[1, 2]], { dtype: 'float64' });
    for (const [y, value] of [
      [zerosLike(x), 0],
      [onesLike(x), 1],
      [fullLike(x, 5), 5],
    ] as const) {
      expect([y.shape, y.dtype, flat(y)]).toEqual([[1, 2], 'float64', [value, value]]);
    }
    expect(zerosLike(x, { dtype: 'int32' }).dtype).toBe('int32');
    expect(() => zerosLike(5 as never)).toThrow(
      new TypeError('zerosLike: x must be a Tensor, got 5'),
    );
  });

  test('arange', () => {
    expect([arange(3).dtype, flat(arange(3))]).toEqual(['int32', [0, 1, 2]]);
    expect(flat(arange(1, 7, 2))).toEqual([1, 3, 5]);
    expect(flat(arange(3, 0, -1))).toEqual([3, 2, 1]);
    expect([arange(0, 1, 0.25).dtype, flat(arange(0, 1, 0.25))]).toEqual([
      'float32',
      [0, 0.25, 0.5, 0.75],
    ]);
    expect(arange(0).shape).toEqual([0]);
    expect(arange(3, { dtype: 'float64' }).dtype).toBe('float64');
  });

  test('linspace and eye', () => {
    expect(flat(linspace(0, 1, 5))).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(flat(linspace(3, 9, 1))).toEqual([3]);
    expect(linspace(0, 1, 0).shape).toEqual([0]);
    expect(flat(eye(2, 3))).toEqual([1, 0, 0, 0, 1, 0]);
  });
});

describe('tensor', () => {
  test('infers element type and shape', () => {
    expect([tensor(5).shape, tensor(5).dtype]).toEqual([[], 'float32']);
    expect([tensor([[1], [2]]).shape, tensor([]).shape, tensor([[], []]).shape]).toEqual([
      [2, 1],
      [0],
      [2, 0],
    ]);
    expect([tensor(true).dtype, tensor([true, false]).dtype, tensor([true, 1]).dtype]).toEqual([
      'bool',
      'bool',
      'float32',
    ]);
    expect(tensor(new Float64Array([1])).dtype).toBe('float64');
    expect(tensor(new Int32Array([1])).dtype).toBe('int32');
    expect(tensor([1.9, -1.9], { dtype: 'int32' }).toArray()).toEqual([1, -1]);
  });

  test('copies what it is given', () => {
    const data = new Float32Array([1, 2]);
    const x = tensor(data);
    data[0] = 9;
    expect(flat(x)).toEqual([1, 2]);
  });

  test('takes parts of buffers, and shared ones', () => {
    const buffer = new ArrayBuffer(32);
    new Float32Array(buffer).set([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(flat(tensor(new Float32Array(buffer, 8, 3)))).toEqual([2, 3, 4]);
    const shared = new Float32Array(new SharedArrayBuffer(8)) as unknown as Float32Array;
    shared.set([5, 6]);
    expect(flat(tensor(shared))).toEqual([5, 6]);
  });

  test('refuses a detached ArrayBuffer', () => {
    for (const make of [
      () => new Float32Array(4),
      () => new Float64Array(4),
      () => new Int32Array(4),
      () => new Uint8Array(4),
    ]) {
      const data = make();
      structuredClone(data.buffer, { transfer: [data.buffer] });
      expect(() => tensor(data)).toThrow(
        new TypeError(
          `tensor: the ${data.constructor.name}'s ArrayBuffer is detached (it was transferred to another thread); copy the data before transferring it`,
        ),
      );
    }
    expect(tensor(new Float32Array(0)).shape).toEqual([0]);
  });

  test('refuses values that are none, and ragged rows', () => {
    expect(() => tensor(['1'] as never)).toThrow(
      new TypeError("tensor: every element must be a number or a boolean, got '1'"),
    );
    expect(() => tensor([null] as never)).toThrow(
      new TypeError('tensor: every element must be a number or a boolean, got null'),
    );
    expect(() => tensor(undefined as never)).toThrow(
      new TypeError('tensor: every element must be a number or a boolean, got undefined'),
    );
    expect(() => tensor({} as never)).toThrow(
      new TypeError('tensor: every element must be a number or a boolean, got an object'),
    );
    expect(() => tensor(5n as never)).toThrow(
      new TypeError('tensor: every element must be a number or a boolean, got 5n'),
    );
    expect(() => tensor([[1, 2], [3]])).toThrow(
      new RangeError('tensor: rows must have equal lengths: expected 2 elements at depth 1, got 1'),
    );
    expect(() => tensor([[1], 2] as never)).toThrow(
      new RangeError('tensor: rows must have equal lengths: expected 1 elements at depth 1, got 2'),
    );
    expect(() => tensor([1, [2]] as never)).toThrow(
      new TypeError(
        'tensor: every element must be a number or a boolean, got an array: rows differ in depth',
      ),
    );
    expect(() => tensor(new BigInt64Array(1) as never)).toThrow(
      new TypeError(
        'tensor: takes Float32Array, Float64Array, Int32Array, Uint8Array or Uint8ClampedArray, got BigInt64Array',
      ),
    );
    expect(() => tensor(new Uint16Array(1) as never)).toThrow(
      new TypeError(
        'tensor: takes Float32Array, Float64Array, Int32Array, Uint8Array or Uint8ClampedArray, got Uint16Array',
      ),
    );
    expect(() => tensor(new DataView(new ArrayBuffer(4)) as never)).toThrow(
      new TypeError(
        'tensor: takes Float32Array, Float64Array, Int32Array, Uint8Array or Uint8ClampedArray, got DataView',
      ),
    );
  });

  test('refuses what int32 cannot hold', () => {
    for (const value of [2 ** 31, -(2 ** 31) - 1, NaN, Infinity]) {
      expect(() => tensor([value], { dtype: 'int32' })).toThrow(
        new RangeError(
          `tensor: ${value} does not fit int32 (-2147483648 to 2147483647); use dtype float64`,
        ),
      );
    }
    expect(flat(tensor([2 ** 31 - 1, -(2 ** 31)], { dtype: 'int32' }))).toEqual([
      2147483647, -2147483648,
    ]);
  });

  test('refuses element types and options that are none', () => {
    for (const dtype of ['int64', 'toString', '', 5, null]) {
      const given = typeof dtype === 'string' ? `'${dtype}'` : String(dtype);
      const rule = `dtype must be float32, float64, int32, uint8 or bool, got ${given}`;
      expect(() => tensor([1], { dtype: dtype as never })).toThrow(
        new TypeError(`tensor: ${rule}`),
      );
      expect(() => zeros([1], { dtype: dtype as never })).toThrow(new TypeError(`zeros: ${rule}`));
    }
    expect(() => tensor([1], { requiresGrad: 1 as never })).toThrow(
      new TypeError('tensor: requiresGrad must be true or false, got 1'),
    );
    expect(() => zeros([1], { dtype: 'int32', requiresGrad: true })).toThrow(
      new TypeError(
        'requiresGrad: only float32 and float64 tensors can have gradients, this one is int32',
      ),
    );
  });
});

// torch.full((2,), True), torch.full((2,), True, dtype=torch.float32), torch.full_like(torch.zeros(2), True)
test('full of a boolean is bool, unless dtype says otherwise', () => {
  expect(full([2], true).dtype).toBe('bool');
  expect(full([2], true).toArray()).toEqual([true, true]);
  expect(full([2], true, { dtype: 'float32' }).toArray()).toEqual([1, 1]);
  expect(fullLike(zeros([2]), true).toArray()).toEqual([1, 1]);
  expect(fullLike(zeros([2], { dtype: 'bool' }), true).toArray()).toEqual([true, true]);
  expect(zeros([2], { dtype: 'bool' }).fill_(true).toArray()).toEqual([true, true]);
});

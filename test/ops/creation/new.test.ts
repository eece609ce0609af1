// newZeros and kin, emptyLike, and what a tensor says of its memory: element types and values as torch.Tensor.new_zeros and kin have them.
import { emptyLike, isFloatingPoint, tensor, zeros, type DType, type Tensor } from 'ostinato';
import { flat } from '../../support';

const dtypes = ['float32', 'float64', 'int32', 'bool'] as const;
const of = (dtype: DType): Tensor => tensor([[1, 0]], { dtype });

describe.each(dtypes)('of %s', (dtype) => {
  const x = of(dtype);
  const isBool = dtype === 'bool';

  // torch.tensor([[1, 0]], dtype=d).new_full([3], 1.5): int32 drops the fraction, bool is true.
  test.each([
    ['newZeros', (y: Tensor) => y.newZeros([2]), [0, 0]],
    ['newOnes', (y: Tensor) => y.newOnes([2]), [1, 1]],
    ['newEmpty', (y: Tensor) => y.newEmpty([2]), [0, 0]],
    ['newFull', (y: Tensor) => y.newFull([2], 3), isBool ? [1, 1] : [3, 3]],
    ['newTensor', (y: Tensor) => y.newTensor([2, 0]), isBool ? [1, 0] : [2, 0]],
    ['newTensor of a tensor', (y: Tensor) => y.newTensor(tensor([2, 0])), isBool ? [1, 0] : [2, 0]],
    ['newEmptyStrided', (y: Tensor) => y.newEmptyStrided([2], [3]), [0, 0]],
  ] as const)('%s', (_, make, values) => {
    const y = make(x);
    expect([y.dtype, y.shape, flat(y)]).toEqual([dtype, [2], values]);
    expect(y.storage).not.toBe(x.storage);
  });

  test('what is read without a call', () => {
    const bytes = { float32: 4, float64: 8, int32: 4, bool: 1 }[dtype];
    expect([x.itemsize, x.elementSize(), x.nbytes]).toEqual([bytes, bytes, 2 * bytes]);
    expect(x.at(':', 0).nbytes).toBe(bytes);
    expect(zeros([0], { dtype }).nbytes).toBe(0);
    expect(x.type()).toBe(dtype);
    expect(isFloatingPoint(x)).toBe(dtype.startsWith('float'));
    expect(x.isFloatingPoint()).toBe(dtype.startsWith('float'));
    expect(emptyLike(x).shape).toEqual([1, 2]);
    expect([emptyLike(x).dtype, emptyLike(x, { dtype: 'int32' }).dtype]).toEqual([dtype, 'int32']);
    for (const other of dtypes) expect(x.type(other).toString()).toBe(x.to(other).toString());
  });
});

test('newFull and newTensor drop fractions of int32', () => {
  const x = of('int32');
  expect(flat(x.newFull([2], 1.5))).toEqual([1, 1]);
  expect(flat(x.newTensor([1.5, -1.5]))).toEqual([1, -1]);
  expect(flat(x.newTensor(tensor([1.5, -1.5])))).toEqual([1, -1]);
  expect(x.newTensor([[true], [false]]).toArray()).toEqual([[1], [0]]);
});

test('options: another type, gradients', () => {
  const x = of('float64');
  for (const y of [
    x.newZeros([], { dtype: 'float32', requiresGrad: true }),
    x.newTensor(tensor(1), { dtype: 'float32', requiresGrad: true }),
    x.newEmptyStrided([], [], { dtype: 'float32', requiresGrad: true }),
  ]) {
    expect([y.dtype, y.requiresGrad, y.isLeaf, y.shape]).toEqual(['float32', true, true, []]);
  }
});

test('newTensor has no history, and shares nothing', () => {
  const leaf = tensor([1, 2], { requiresGrad: true });
  const y = leaf.newTensor(leaf.mul(2));
  expect([y.requiresGrad, flat(y)]).toEqual([false, [2, 4]]);
  const same = leaf.newTensor(leaf);
  same.fill_(7);
  expect(flat(leaf)).toEqual([1, 2]);
});

test('newEmptyStrided lays elements out as asked', () => {
  const x = of('float32').newEmptyStrided([2, 3], [1, 2]);
  expect([x.strides, x.isContiguous(), x.numel]).toEqual([[1, 2], false, 6]);
  x.copy_(tensor([1, 2, 3]));
  expect(x.toArray()).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
  expect(of('float32').newEmptyStrided([0, 3], [9, 9]).shape).toEqual([0, 3]);
});

test('what is refused', () => {
  const x = of('float32');
  expect(() => x.newZeros([-1])).toThrow(
    new RangeError('newZeros: every size must be an integer from 0 to 2^53 - 1, got -1 in [-1]'),
  );
  expect(() => x.newFull([1], 'x' as never)).toThrow(
    new TypeError("newFull: the value must be a number, got 'x'"),
  );
  expect(() => of('int32').newFull([1], 2 ** 31)).toThrow(
    new RangeError(
      'newFull: 2147483648 does not fit int32 (-2147483648 to 2147483647); use dtype float64',
    ),
  );
  expect(() => of('int32').newZeros([1], { requiresGrad: true })).toThrow(
    new TypeError(
      'requiresGrad: only float32 and float64 tensors can have gradients, this one is int32',
    ),
  );
  expect(() => x.newEmptyStrided([2, 3], [1])).toThrow(
    new RangeError('newEmptyStrided: takes a stride for each size, got [2, 3] and [1]'),
  );
  expect(() => x.newTensor([[1], [2, 3]])).toThrow(
    new RangeError(
      'newTensor: rows must have equal lengths: expected 1 elements at depth 1, got 2',
    ),
  );
});

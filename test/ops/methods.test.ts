// x.f(…) is f(x, …): with options, with numbers on either side, and where one method has several forms.
import * as o from 'ostinato';
import { Tensor } from 'ostinato';

const x = o.tensor([
  [1, -2, 3],
  [-4, 5, -6],
]);
const y = o.tensor([
  [2, 2, -2],
  [3, -3, 3],
]);

function expectSame(actual: unknown, expected: unknown): void {
  if (expected instanceof o.ValuesAndIndices) {
    expect(actual).toBeInstanceOf(o.ValuesAndIndices);
    expectSame([...(actual as o.ValuesAndIndices)], [...expected]);
  } else if (Array.isArray(expected)) {
    expect(Array.isArray(actual)).toBe(true);
    expected.forEach((one, i) => expectSame((actual as unknown[])[i], one));
  } else if (expected instanceof Tensor) {
    expect(String(actual)).toBe(String(expected));
  } else expect(actual).toBe(expected);
}

const ofOne = [
  ...[
    'abs',
    'all',
    'amax',
    'amin',
    'any',
    'argmax',
    'argmin',
    'ceil',
    'cos',
    'erf',
    'exp',
    'expm1',
  ],
  ...['floor', 'isfinite', 'isinf', 'isnan', 'log', 'log10', 'log1p', 'log2', 'logicalNot', 'max'],
  ...[
    'mean',
    'min',
    'neg',
    'norm',
    'prod',
    'reciprocal',
    'relu',
    'round',
    'rsqrt',
    'sigmoid',
    'sign',
  ],
  ...['sin', 'sqrt', 'square', 'std', 'sum', 'tanh', 'trunc', 'var'],
];
const ofTwo = [
  ...[
    'add',
    'allclose',
    'div',
    'eq',
    'equal',
    'floorDivide',
    'ge',
    'gt',
    'isclose',
    'le',
    'logicalAnd',
  ],
  ...['logicalOr', 'logicalXor', 'lt', 'max', 'maximum', 'min', 'minimum', 'mul', 'ne', 'pow'],
  ...['logaddexp', 'remainder', 'rsub', 'sub'],
];
const alongDim = [
  'topk',
  'cumsum',
  'flip',
  'logSoftmax',
  'logsumexp',
  'max',
  'min',
  'softmax',
  'sum',
  'mean',
];

type Loose = Record<string, (...args: unknown[]) => unknown>;
const functions = o as unknown as Loose;
const method = (name: string, ...args: unknown[]): unknown =>
  (x as unknown as Loose)[name](...args);

it.each(ofOne)('x.%s()', (name) => {
  expectSame(method(name), functions[name](x));
});

it.each(ofTwo)('x.%s(y)', (name) => {
  expectSame(method(name, y), functions[name](x, y));
});

it.each(alongDim)('x.%s(dim)', (name) => {
  expectSame(method(name, 1), functions[name](x, 1));
});

it('passes options on', () => {
  expectSame(
    x.add(y, { alpha: 2 }),
    o.tensor([
      [5, 2, -1],
      [2, -1, 0],
    ]),
  );
  expectSame(
    x.sub(y, { alpha: 2 }),
    o.tensor([
      [-3, -6, 7],
      [-10, 11, -12],
    ]),
  );
  expectSame(
    x.div(y, { roundingMode: 'floor' }),
    o.tensor([
      [0, -1, -2],
      [-2, -2, -2],
    ]),
  );
  expectSame(x.sum(1, { keepdim: true }), o.tensor([[2], [-5]]));
  expectSame(
    x.clamp(-1, 1),
    o.tensor([
      [1, -1, 1],
      [-1, 1, -1],
    ]),
  );
  expectSame(
    x.clamp({ min: 0 }),
    o.tensor([
      [1, 0, 3],
      [0, 5, 0],
    ]),
  );
  expectSame(x.norm(1), o.tensor(21));
  expectSame(x.var(1, { correction: 0 }), o.variance(x, 1, { correction: 0 }));
});

it('returns values and indices along a dimension, one value without, the larger of two', () => {
  const [values, indices] = x.max(1);
  expectSame(values, o.tensor([3, 5]));
  expectSame(indices, o.tensor([2, 1], { dtype: 'int32' }));
  expectSame(x.max(), o.tensor(5));
  expectSame(x.min(y), o.minimum(x, y));
  expectSame(x.min(0, { keepdim: true })[1].shape, [1, 3]);
});

it('takes numbers on either side', () => {
  expectSame(o.sub(1, x), x.rsub(1));
  expectSame(
    o.div(6, y),
    o.tensor([
      [3, 3, -3],
      [2, -2, 2],
    ]),
  );
  expectSame(o.add(1, 2), o.tensor(3, { dtype: 'int32' }));
  expectSame(o.pow(2, o.tensor([1, 2])), o.tensor([2, 4]));
  expectSame(o.gt(3, x), x.lt(3));
});

it('does not let the number of one call show in another', () => {
  const a = o.tensor([1, 2], { requiresGrad: true });
  const once = a.mul(3);
  const twice = a.mul(5);
  expectSame(o.add(2, 3), o.tensor(5, { dtype: 'int32' }));
  once.sum().backward();
  expectSame(a.grad, o.tensor([3, 3]));
  a.grad = null;
  twice.sum().backward();
  expectSame(a.grad, o.tensor([5, 5]));
});

it('x.where(condition, other) is where(condition, x, other)', () => {
  expectSame(x.where(x.gt(0), 0), o.relu(x));
});

it('countNonzero counts what is not 0, NaN included', () => {
  const some = o.tensor([
    [0, 1, NaN],
    [0, 0, -2],
  ]);
  expectSame(o.countNonzero(some), o.tensor(3, { dtype: 'int32' }));
  expectSame(some.countNonzero(1), o.tensor([2, 1], { dtype: 'int32' }));
  expectSame(some.countNonzero([0, 1]), o.tensor(3, { dtype: 'int32' }));
  expectSame(o.countNonzero(o.tensor([true, false])), o.tensor(1, { dtype: 'int32' }));
  expectSame(o.countNonzero(o.zeros([0])), o.tensor(0, { dtype: 'int32' }));
  expect(() => some.countNonzero(2)).toThrow(
    new RangeError(
      'countNonzero: dim must be an integer from -2 to 1 for a tensor of 2 dimensions, got 2',
    ),
  );
});

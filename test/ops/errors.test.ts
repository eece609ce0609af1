// What is refused, and in which words: the operation, what is wrong, the values, the fix.
import * as o from 'ostinato';
import type { Tensor } from 'ostinato';
import { type TensorOptions } from 'ostinato';

type Loose = (...args: unknown[]) => unknown;
const loose = o as unknown as Record<string, Loose>;
const x = o.tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const whole: TensorOptions = { dtype: 'int32' };

function errorOf(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error');
}

const ofOneTensor = [
  ...[
    'abs',
    'all',
    'amax',
    'amin',
    'any',
    'argmax',
    'argmin',
    'ceil',
    'clamp',
    'cos',
    'elu',
    'erf',
  ],
  ...['exp', 'expm1', 'flip', 'floor', 'gelu', 'isfinite', 'isinf', 'isnan', 'leakyRelu', 'log'],
  ...[
    'log10',
    'log1p',
    'log2',
    'logsigmoid',
    'logicalNot',
    'logsumexp',
    'max',
    'mean',
    'min',
    'neg',
  ],
  ...['norm', 'prod', 'reciprocal', 'relu', 'round', 'rsqrt', 'sigmoid', 'sign', 'silu', 'sin'],
  ...['softmax', 'softplus', 'softsign', 'sqrt', 'square', 'std', 'sum', 'tanh', 'trunc', 'cumsum'],
  ...['logSoftmax', 'topk'],
];
const needsDim = ['clamp', 'cumsum', 'flip', 'logSoftmax', 'logsumexp', 'softmax', 'topk'];
const ofTwoOperands = [
  ...['add', 'div', 'eq', 'floorDivide', 'ge', 'gt', 'le', 'logicalAnd', 'logicalOr', 'logicalXor'],
  ...['lt', 'maximum', 'minimum', 'mul', 'ne', 'pow', 'remainder', 'sub', 'allclose', 'equal'],
  ...['isclose', 'logaddexp'],
];
const ofTargets = [
  ...['mseLoss', 'l1Loss', 'smoothL1Loss', 'huberLoss', 'bceLoss', 'bceWithLogits'],
  ...['crossEntropy', 'nllLoss'],
];

describe('the wrong kind of argument is a TypeError', () => {
  const wrong = [undefined, null, 'a', [1, 2], {}];

  it.each(ofOneTensor)('%s', (name) => {
    for (const value of wrong) {
      const error = errorOf(() => loose[name](value, ...(needsDim.includes(name) ? [0] : [])));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(new RegExp(`^${name}: x must be a Tensor, got `));
    }
  });

  it.each([...ofTwoOperands, ...ofTargets])('%s', (name) => {
    for (const value of wrong) {
      for (const args of [
        [x, value],
        [value, x],
      ]) {
        const error = errorOf(() => loose[name](...args));
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(/^\w+: (a|b|input|target) must be a Tensor, got /);
      }
    }
  });
});

describe('messages', () => {
  const t = (values: number[]): Tensor => o.tensor(values, whole);
  const cases: [action: () => unknown, kind: new () => Error, message: string][] = [
    [
      () => o.add(x, o.ones([2])),
      RangeError,
      'add: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 at dimension -1 must be equal, or one of them 1',
    ],
    [
      () => o.add(t([1]), 2 ** 31),
      RangeError,
      "add: 2147483648 does not fit int32 (integers from -2147483648 to 2147483647); convert the tensor with to('float64')",
    ],
    [
      () => o.add(t([1]), t([1]), { alpha: 0.5 }),
      TypeError,
      "add: alpha must be an integer for int32 tensors, got 0.5; convert them with to('float32')",
    ],
    [
      () => o.remainder(t([1, 2]), t([1, 0])),
      RangeError,
      "remainder: an integer cannot be divided by 0; convert with to('float32') to get Infinity or NaN",
    ],
    [
      () => o.pow(t([1, 2]), -1),
      RangeError,
      "pow: integers have no negative integer powers; convert with to('float32')",
    ],
    [
      () => o.where(x, x, 0),
      TypeError,
      'where: condition must be a bool tensor, got float32; compare it with something, for example ne(0)',
    ],
    [
      () => o.clamp(x),
      TypeError,
      'clamp: needs min, max or both, for example clamp(0, 1) or clamp({ min: 0 })',
    ],
    [
      () => loose['sum'](x, { keepdim: true }),
      TypeError,
      'sum: dim must be a number or an array of numbers, got an object; options such as { keepdim } come after it',
    ],
    [
      () => o.sum(x, 2),
      RangeError,
      'sum: dim must be an integer from -2 to 1 for a tensor of 2 dimensions, got 2',
    ],
    [() => o.sum(x, [0, -2]), RangeError, 'sum: dimension 0 is named twice in dim'],
    [
      () => o.mean(t([1])),
      TypeError,
      "mean: takes float32 or float64, got int32; convert with to('float32')",
    ],
    [
      () => o.max(o.zeros([0, 3]), 0),
      RangeError,
      'max: is not defined for 0 elements (shape [0, 3]); name a dim whose size is not 0',
    ],
    [
      () => o.softmax(x, 2),
      RangeError,
      'softmax: dim must be an integer from -2 to 1 for a tensor of 2 dimensions, got 2',
    ],
    [() => loose['cumsum'](x), TypeError, 'cumsum: dim must be a number, got undefined'],
    [
      () => loose['logsumexp'](x),
      TypeError,
      'logsumexp: dim must be a number or an array of numbers, got undefined',
    ],
    [
      () => o.nn.functional.cosineSimilarity(t([1]), t([1]), 0),
      TypeError,
      "cosineSimilarity: takes float32 or float64, got int32 and int32; convert with to('float32')",
    ],
    [
      () => o.arange(0, 2, 1, { dtype: 'bool' }),
      TypeError,
      'arange: is not defined for bool; use int32',
    ],
    [
      () => o.crossEntropy(x, t([1, 3])),
      RangeError,
      'crossEntropy: target 3 at position 1 is not a class: the input has 3 (0 to 2), and ignoreIndex is -100',
    ],
    [
      () => o.crossEntropy(x, o.tensor([1, 2])),
      TypeError,
      "crossEntropy: target must be int32 or uint8 class indices, got float32; convert it with to('int32')",
    ],
    [
      () => o.crossEntropy(x, t([1])),
      RangeError,
      'crossEntropy: input is [2, 3], so target must be [2], got [1]',
    ],
    [
      () => o.crossEntropy(x, t([1, 2]), { weight: o.ones([2]) }),
      RangeError,
      'crossEntropy: weight must have one element for each of the 3 classes, got shape [2]',
    ],
    [
      () => loose['mseLoss'](x, x, { reduction: 'average' }),
      RangeError,
      "mseLoss: reduction must be 'mean', 'sum' or 'none', got 'average'",
    ],
    [
      () => o.bceLoss(x, x),
      RangeError,
      'bceLoss: every element of input must be from 0 to 1, got 2 at position 1; pass logits to bceWithLogits() instead',
    ],
    [
      () => o.bceWithLogits(x, o.ones([3])),
      RangeError,
      'bceWithLogits: input is [2, 3], target is [3]; they must have the same shape',
    ],
    [
      () => o.bceLoss(o.tensor(0.4), o.tensor(0.3), { weight: o.ones([3]) }),
      RangeError,
      "bceLoss: weight is [3], which does not broadcast to the input's shape []",
    ],
    [
      () => o.bceWithLogits(o.ones([3, 1]), o.ones([3, 1]), { weight: o.ones([3]) }),
      RangeError,
      "bceWithLogits: weight is [3], which does not broadcast to the input's shape [3, 1]",
    ],
    [
      () => o.bceWithLogits(o.ones([3]), o.ones([3]), { posWeight: o.ones([2, 3]) }),
      RangeError,
      "bceWithLogits: posWeight is [2, 3], which does not broadcast to the input's shape [3]",
    ],
  ];

  it.each(cases)('%#', (action, kind, message) => {
    const error = errorOf(action);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toBe(message);
  });
});

it.each(['max', 'min'] as const)('%s of a number and a tensor is refused in our words', (name) => {
  expect(() => (o[name] as (...args: unknown[]) => unknown)(2, o.ones([2]))).toThrow(
    new TypeError(`${name}: x must be a Tensor, got 2`),
  );
});

test.each<readonly [string, () => unknown]>([
  [
    'maskedFill',
    () => o.maskedFill(o.ones([2], { dtype: 'int32' }), o.tensor([true, false]), 2 ** 40),
  ],
  ['setAt', () => o.setAt(o.ones([2], { dtype: 'int32' }), [0], 2 ** 40)],
  ['fill_', () => o.ones([2], { dtype: 'int32' }).fill_(2 ** 40)],
])('%s names itself where a number does not fit', (name, call) => {
  expect(call).toThrow(
    `${name}: 1099511627776 does not fit int32 (integers from -2147483648 to 2147483647); convert the tensor with to('float64')`,
  );
});

test('toArray of no elements is bounded', () => {
  expect(() => o.zeros([2 ** 40, 0]).toArray()).toThrow(
    'toArray: shape [1099511627776, 0] is more than 10000000 arrays without an element',
  );
});

test('what is read of a tensor is bounded by what an array holds', () => {
  const one = o.ones([1]);
  expect(() => one.expand(2 ** 27).toArray()).toThrow(
    'toArray: 134217728 elements are more than arrays hold well (67108864); use toTypedArray()',
  );
  expect(() => one.expand(2 ** 36).toTypedArray()).toThrow(
    'toTypedArray: 274877906944 bytes are more than one tensor can hold (8589934592 bytes)',
  );
  expect(() => o.io.toMessage(one.expand(2 ** 36))).toThrow(
    'shareMemory_: 274877906944 bytes are more than one tensor can hold (8589934592 bytes)',
  );
});

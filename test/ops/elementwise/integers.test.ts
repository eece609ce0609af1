// What functions of one tensor do to int32 and bool (values and refusals of PyTorch 2.13).
import { nn, tensor } from 'ostinato';

const { functional: F } = nn;

const floatsOnly = ['silu', 'gelu', 'elu', 'leakyRelu', 'softplus', 'logsigmoid'] as const;

describe.each(floatsOnly)('%s', (name) => {
  it.each(['int32', 'bool'] as const)('refuses %s', (dtype) => {
    expect(() => F[name](tensor([1, 0, 1], { dtype }))).toThrow(
      new TypeError(`${name}: takes float32 or float64, got ${dtype}; convert with to('float32')`),
    );
  });

  it('refuses them of no elements too', () => {
    expect(() => F[name](tensor([], { dtype: 'int32' }))).toThrow(
      new TypeError(`${name}: takes float32 or float64, got int32; convert with to('float32')`),
    );
  });
});

it('the sign of bool is bool, in place too', () => {
  const x = tensor([true, false]);
  const y = x.sign();
  expect([y.dtype, y.toArray()]).toEqual(['bool', [true, false]]);
  expect(y.storage).not.toBe(x.storage);
  expect(x.sign_()).toBe(x);
  expect(x.toArray()).toEqual([true, false]);
});

it('the square of bool is int32, which bool does not hold', () => {
  const x = tensor([true, false]);
  const y = x.square();
  expect([y.dtype, y.toArray()]).toEqual(['int32', [1, 0]]);
  expect(() => x.square_()).toThrow(
    new TypeError(
      "square_: the result is int32, which a bool tensor cannot hold; convert it first with to('int32')",
    ),
  );
  expect(x.toArray()).toEqual([true, false]);
});

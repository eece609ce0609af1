// Two operands, either of which may be a number: the element type and the shape that they share, and where a kernel reads the number.
import { add, mul, tensor, where } from 'ostinato';
import { flat } from '../../support';

const dtypes = ['bool', 'int32', 'float32', 'float64'] as const;

describe('the element type', () => {
  it.each(dtypes.flatMap((a, i) => dtypes.map((b, j) => [a, b, dtypes[Math.max(i, j)]] as const)))(
    'of %s and %s is %s',
    (a, b, expected) => {
      const sum = add(tensor([1, 0], { dtype: a }), tensor([1, 1], { dtype: b }));
      expect(sum.dtype).toBe(expected);
    },
  );

  it.each(dtypes)(
    'of %s and a tensor of no dimensions is that of the tensor with some',
    (dtype) => {
      const kind = dtype === 'float64' ? 'float32' : dtype;
      const ofKind = { bool: 'bool', int32: 'int32', float32: 'float64' } as const;
      const sum = add(tensor([1, 0], { dtype: kind }), tensor(1, { dtype: ofKind[kind] }));
      expect(sum.dtype).toBe(kind);
    },
  );
});

it('a number keeps its value for the gradient when later calls have other numbers', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const y = mul(x, 3);
  const z = mul(5, y);
  mul(x.detach(), 7);
  mul(11, x.detach());
  z.sum().backward();
  expect(flat(x.grad!)).toEqual([15, 15]);
});

it('two numbers of one call are two', () => {
  const mask = tensor([true, false]);
  expect(flat(where(mask, 1, 2))).toEqual([1, 2]);
});

it('refuses a number that int32 cannot hold', () => {
  expect(() => add(tensor([1], { dtype: 'int32' }), 2 ** 31)).toThrow(
    new RangeError(
      "add: 2147483648 does not fit int32 (integers from -2147483648 to 2147483647); convert the tensor with to('float64')",
    ),
  );
});

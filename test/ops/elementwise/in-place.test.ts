// Every elementwise operation in place gives what its other form gives, in the tensor's own memory and type, also of views, and is
// refused on a leaf. The table is made of the methods themselves: what takes no tensor beside its own needs no line.
import { Tensor, noGrad, tensor } from 'ostinato';
import { flat } from '../../support';

type Method = (this: Tensor, ...args: unknown[]) => Tensor;
const methodOf = (name: string): Method | undefined =>
  (Tensor.prototype as unknown as Record<string, Method | undefined>)[name];

const other = () => tensor([0.5, 2, 0.25]);
const bits = () => tensor([1, 2, 3], { dtype: 'int32' });
const ofTwo = [
  ...['arctan2', 'atan2', 'copysign', 'divide', 'fmod', 'hypot', 'multiply', 'subtract'],
  ...['trueDivide', 'xlogy', 'heaviside'],
  ...['eq', 'ge', 'gt', 'le', 'lt', 'ne', 'greater', 'greaterEqual', 'less', 'lessEqual'],
  ...['notEqual', 'logicalAnd', 'logicalOr', 'logicalXor'],
];
const ofBits = ['And', 'LeftShift', 'Or', 'RightShift', 'Xor'].map((name) => `bitwise${name}`);
const ofOne = [
  ...['absolute', 'arcsin', 'arccos', 'arctan', 'arcsinh', 'arctanh', 'asin', 'acos', 'atan'],
  ...['asinh', 'atanh', 'cosh', 'sinh', 'digamma', 'lgamma', 'erfc', 'erfinv', 'exp2', 'fix'],
  ...['frac', 'logicalNot', 'logit', 'nanToNum', 'negative', 'sinc'],
];
const table: readonly (readonly [name: string, args: () => unknown[]])[] = [
  ...ofOne.map((name) => [name, () => []] as const),
  ...ofTwo.map((name) => [name, () => [other()]] as const),
  ['acosh', () => []],
  ['arccosh', () => []],
  ['polygamma', () => [1]],
  ['nanToNum', () => [{ nan: 2 }]],
  ['logit', () => [{ eps: 0.3 }]],
  ['clip', () => [0.3, 0.7]],
  ['clip', () => [{ min: other() }]],
  ['clampMin', () => [0.5]],
  ['clampMax', () => [other()]],
  ['lerp', () => [other(), 0.25]],
  ['lerp', () => [other(), other()]],
  ['addcmul', () => [other(), other(), { value: 3 }]],
  ['addcdiv', () => [other(), other(), { value: 3 }]],
  ['subtract', () => [other(), { alpha: 2 }]],
  ['divide', () => [other(), { roundingMode: 'floor' }]],
];

const strided = (values: number[]): Tensor =>
  tensor(values.flatMap((v) => [v, 7]))
    .reshape([values.length, 2])
    .select(1, 0);

describe.each(table)('%s_', (name, args) => {
  const values = /cosh$/.test(name) ? [1.5, 2, 3] : [0.2, 0.9, 0.5];
  const [plain, changed] = [methodOf(name)!, methodOf(`${name}_`)!];

  it('gives what the other form gives, of a view too', () => {
    const expected = plain.call(tensor(values), ...args()).to('float32');
    for (const x of [tensor(values), strided(values)]) {
      const before = x.storage;
      expect(changed.call(x, ...args())).toBe(x);
      expect([x.storage, x.dtype]).toEqual([before, 'float32']);
      expect(flat(x)).toEqual(flat(expected));
    }
  });

  it('is refused on a leaf that requires gradients', () => {
    const x = tensor(values, { requiresGrad: true });
    expect(() => changed.call(x, ...args())).toThrow(
      new Error(
        `${name}_: a leaf that requires gradients cannot be changed in place; do it inside noGrad(() => …), or change a clone()`,
      ),
    );
    noGrad(() => changed.call(x, ...args()));
  });
});

it.each(ofBits)('%s_', (name) => {
  const x = bits();
  const expected = methodOf(name)!.call(bits(), 2);
  expect(methodOf(`${name}_`)!.call(x, 2)).toBe(x);
  expect([x.dtype, flat(x)]).toEqual(['int32', flat(expected)]);
});

it('bitwiseNot_ inverts bits, of bool truth', () => {
  expect(flat(bits().bitwiseNot_())).toEqual([-2, -3, -4]);
  expect(tensor([true, false]).bitwiseNot_().toArray()).toEqual([false, true]);
});

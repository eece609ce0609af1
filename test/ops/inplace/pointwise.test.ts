import * as ostinato from 'ostinato';
import { arange, autograd, noGrad, tensor, type Tensor } from 'ostinato';
import { flat, leaf, sample } from '../../support';

type Change = (x: Tensor) => Tensor;

// Arguments are in (0.05, 0.95), inside the domain of every function.
const positive = (shape: number[], seed = 1): Tensor =>
  sample(shape, { seed }).mul(0.45).add(0.5).detach();

// Every declared function of one tensor that has an in-place form.
const functions = ostinato as unknown as Record<string, Change | undefined>;
const declared = Object.keys(functions).flatMap((name): [string, Change, Change][] => {
  const [f, change] = [functions[name], functions[`${name}_`]];
  if (f === undefined || change === undefined || !('declaration' in f)) return [];
  const { rule } = f.declaration as { rule: object };
  // Of 1 and above only: its table has it.
  if (/^(arc|a)cosh$/.test(name))
    return [[`${name}_`, (x) => change(x.add_(1)), (x) => f(x.add(1))]];
  return 'da' in rule ? [] : [[`${name}_`, change, f]];
});

const unary: [string, Change, Change][] = [
  ...declared,
  ['relu_', (x) => x.sub_(0.5).relu_(), (x) => x.sub(0.5).relu()],
  ['floor_', (x) => x.mul_(3).floor_(), (x) => x.mul(3).floor()],
  ['ceil_', (x) => x.mul_(3).ceil_(), (x) => x.mul(3).ceil()],
  ['round_', (x) => x.mul_(3).round_(), (x) => x.mul(3).round()],
  ['trunc_', (x) => x.mul_(3).trunc_(), (x) => x.mul(3).trunc()],
  ['clamp_', (x) => x.clamp_(0.2, 0.8), (x) => x.clamp(0.2, 0.8)],
  ['clamp_ with options', (x) => x.clamp_({ max: 0.5 }), (x) => x.clamp({ max: 0.5 })],
  ['add_ a number', (x) => x.add_(2), (x) => x.add(2)],
  ['sub_ a number', (x) => x.sub_(2), (x) => x.sub(2)],
  ['mul_ a number', (x) => x.mul_(2), (x) => x.mul(2)],
  ['div_ a number', (x) => x.div_(2), (x) => x.div(2)],
  ['pow_ a number', (x) => x.pow_(3), (x) => x.pow(3)],
  ['remainder_', (x) => x.remainder_(0.3), (x) => x.remainder(0.3)],
  ['floorDivide_', (x) => x.floorDivide_(0.3), (x) => x.floorDivide(0.3)],
];

const binary: [string, (x: Tensor, y: Tensor) => Tensor, (x: Tensor, y: Tensor) => Tensor][] = [
  ['add_', (x, y) => x.add_(y), (x, y) => x.add(y)],
  ['add_ with alpha', (x, y) => x.add_(y, { alpha: 3 }), (x, y) => x.add(y, { alpha: 3 })],
  ['sub_', (x, y) => x.sub_(y), (x, y) => x.sub(y)],
  ['sub_ with alpha', (x, y) => x.sub_(y, { alpha: 3 }), (x, y) => x.sub(y, { alpha: 3 })],
  ['mul_', (x, y) => x.mul_(y), (x, y) => x.mul(y)],
  ['div_', (x, y) => x.div_(y), (x, y) => x.div(y)],
  ['pow_', (x, y) => x.pow_(y), (x, y) => x.pow(y)],
];

describe('functions of one tensor', () => {
  test.each(unary)('%s', (_, change, expected) => {
    const views: ((x: Tensor) => Tensor)[] = [(x) => x, (x) => x.t(), (x) => x.at(':', '1:3')];
    for (const view of views) {
      const x = view(positive([3, 4]));
      const before = x.clone();
      const { storage, version } = x;
      const [changed, result] = noGrad(() => [change(x), expected(before)]);
      expect(changed).toBe(x);
      expect(x.storage).toBe(storage);
      expect(x.version).toBeGreaterThan(version);
      expect(flat(x)).toEqual(flat(result));
    }
    const input = positive([4]).requiresGrad_();
    const through =
      (f: Change) =>
      (x: Tensor): Tensor =>
        f(x.mul(1));
    expect(flat(through(change)(input))).toEqual(flat(through(expected)(input)));
    expect(autograd.gradcheck(through(change), [input])).toBe(true);
    expect(autograd.gradgradcheck(through(change), [input])).toBe(true);
  });
});

describe('functions of two tensors', () => {
  test.each(binary)('%s', (_, change, expected) => {
    for (const shape of [[3, 4], [4], [3, 1], []]) {
      const y = positive(shape, 2);
      const x = positive([3, 4]);
      const result = expected(x, y);
      expect(change(x, y)).toBe(x);
      expect(flat(x)).toEqual(flat(result));
    }
    const [x, y] = [positive([2, 3]).requiresGrad_(), positive([3], 2).requiresGrad_()];
    const f = (a: Tensor, b: Tensor): Tensor => change(a.mul(1), b);
    expect(autograd.gradcheck(f, [x, y])).toBe(true);
    expect(autograd.gradgradcheck(f, [x, y])).toBe(true);
  });

  test.each(binary)('%s reads what it overwrites before it does', (_, change, expected) => {
    for (const other of [(x: Tensor) => x, (x: Tensor) => x.t(), (x: Tensor) => x.at(0)]) {
      const x = positive([3, 3]);
      const result = expected(x.clone(), other(x.clone()));
      change(x, other(x));
      expect(flat(x)).toEqual(flat(result));
    }
    const x = positive([5]);
    const shifted = expected(x.at('1:5').clone(), x.at('0:4').clone());
    change(x.at('1:5'), x.at('0:4'));
    expect(flat(x).slice(1)).toEqual(flat(shifted));
  });
});

test('the package has in-place functions where PyTorch has them: of one tensor', () => {
  const ofTwo = ['add_', 'sub_', 'mul_', 'div_', 'pow_', 'remainder_', 'floorDivide_'];
  expect(ofTwo.filter((name) => name in ostinato)).toEqual([]);
  expect(['relu_', 'exp_', 'clamp_'].filter((name) => name in ostinato)).toHaveLength(3);
});

describe('element types', () => {
  test('stay: the result is converted to that of x', () => {
    const x = tensor([1, 2]);
    x.mul_(tensor([0.1, 0.2], { dtype: 'float64' }));
    expect(x.dtype).toBe('float32');
    expect(flat(x)).toEqual([Math.fround(0.1), Math.fround(0.4)]);
    x.add_(tensor([1, 2], { dtype: 'int32' }));
    expect(x.at(1).item()).toBeCloseTo(2.4, 6);
  });

  test('integers are computed as integers', () => {
    const x = arange(4);
    x.add_(10).mul_(3).sub_(1).neg_();
    expect(flat(x)).toEqual([-29, -32, -35, -38]);
    expect(flat(arange(6).floorDivide_(4))).toEqual([0, 0, 0, 0, 1, 1]);
    expect(flat(arange(6).remainder_(4))).toEqual([0, 1, 2, 3, 0, 1]);
  });

  test('what a type cannot hold is refused, and nothing is changed', () => {
    const x = arange(4);
    const refused: [string, () => Tensor][] = [
      ['add_', () => x.add_(0.5)],
      ['div_', () => x.div_(2)],
      ['exp_', () => x.exp_()],
      ['mul_', () => x.mul_(tensor([0.5]))],
    ];
    for (const [name, change] of refused) {
      expect(change).toThrow(
        new TypeError(
          `${name}: the result is float32, which a int32 tensor cannot hold; convert it first with to('float32')`,
        ),
      );
    }
    expect(() => x.remainder_(0)).toThrow(
      new RangeError(
        "remainder_: an integer cannot be divided by 0; convert with to('float32') to get Infinity or NaN",
      ),
    );
    expect(() => x.floorDivide_(0)).toThrow(
      new RangeError(
        "floorDivide_: an integer cannot be divided by 0; convert with to('float32') to get Infinity or NaN",
      ),
    );
    expect(flat(x)).toEqual([0, 1, 2, 3]);
  });

  test('empty and 0-dimensional tensors', () => {
    const none = leaf([0, 3]).mul(1);
    expect(none.add_(1).shape).toEqual([0, 3]);
    const number = tensor(3);
    number.mul_(4).sub_(tensor(2));
    expect(number.item()).toBe(10);
  });

  test('refuse what is no operand', () => {
    expect(() => tensor([1]).add_('1' as never)).toThrow(
      new TypeError("add_: other must be a Tensor, got '1'"),
    );
  });
});

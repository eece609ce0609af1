import { autograd, compile, pow, tensor, type DType, type Tensor } from 'ostinato';
import { flat } from '../../support';

const ints = (...values: number[]) => tensor(values, { dtype: 'int32' });

// a = torch.tensor([0, 1, -1, -1, 2, -2], dtype=torch.int32); a.pow(torch.tensor([-1, -3, -3, -2, -1, -2], dtype=torch.int32))
it('integers to the negative elements of a tensor are integers, as in PyTorch', () => {
  const [a, b] = [ints(0, 1, -1, -1, 2, -2), ints(-1, -3, -3, -2, -1, -2)];
  expect(flat(a.pow(b))).toEqual([0, 1, -1, 1, 0, 0]);
  expect(flat(a.clone().pow_(b))).toEqual([0, 1, -1, 1, 0, 0]);
  expect(flat(pow(2, b))).toEqual([0, 0, 0, 0, 0, 0]);
  expect(() => a.pow(-1)).toThrow(
    new RangeError("pow: integers have no negative integer powers; convert with to('float32')"),
  );
});

describe('exponents that are computed by products and quotients', () => {
  const numbers = [-2.3, -0.7, 0.3, 1.1, 1.7, 123.456, -Infinity, -0, 0, Infinity, NaN, 3e20];
  // x.pow(b).tolist() of the first six, in float64: other bits than a power has
  const expected: [number, number[]][] = [
    [2, [5.289999999999999, 0.48999999999999994, 0.09, 1.2100000000000002, 2.8899999999999997, 15241.383936]],
    [3, [-12.166999999999996, -0.3429999999999999, 0.027, 1.3310000000000004, 4.912999999999999, 1881640.2952028161]],
    [-1, [-0.4347826086956522, -1.4285714285714286, 3.3333333333333335, 0.9090909090909091, 0.5882352941176471, 0.008100051840331779]],
    [-2, [0.18903591682419663, 2.0408163265306127, 11.11111111111111, 0.8264462809917354, 0.34602076124567477, 6.561083981606222e-5]],
    [1, [-2.3, -0.7, 0.3, 1.1, 1.7, 123.456]],
    [0, [1, 1, 1, 1, 1, 1]],
  ]; // prettier-ignore
  const inFloats: Record<number, (x: number) => number> = {
    2: (x) => Math.fround(x * x),
    3: (x) => Math.fround(Math.fround(x * x) * x),
    [-1]: (x) => Math.fround(1 / x),
    [-2]: (x) => Math.fround(1 / Math.fround(x * x)),
    1: (x) => x,
    0: () => 1,
  };

  it.each(expected)('x.pow(%d) has the bits of PyTorch', (b, values) => {
    const x = tensor(numbers, { dtype: 'float64' });
    expect(flat(x.pow(b)).slice(0, 6)).toEqual(values);
    const single = tensor(numbers);
    const singles = flat(single).map(inFloats[b]);
    for (const y of [
      single.pow(b),
      single.clone().pow_(b),
      pow(single, b),
      compile((a: Tensor) => a.pow(b))(single),
    ]) {
      expect(flat(y)).toEqual(singles);
    }
    // A view with strides of its own.
    expect(flat(single.view(3, 4).t().pow(b))).toEqual(
      flat(single.view(3, 4).t()).map(inFloats[b]),
    );
  });

  // v = torch.tensor([-2.3, 0.3, 0.0], requires_grad=True); v.pow(b).sum().backward(); v.grad
  it.each([
    [2, [-4.599999904632568, 0.6000000238418579, 0]],
    [3, [15.869999885559082, 0.27000001072883606, 0]],
    [-1, [-0.18903592228889465, -11.11111068725586, -Infinity]],
    [-2, [0.1643790751695633, -74.07406616210938, -Infinity]],
    [1, [1, 1, 1]],
    [0, [0, 0, 0]],
  ])('the gradient of x.pow(%d) is that of PyTorch', (b, expectedGrad) => {
    const x = tensor([-2.3, 0.3, 0], { requiresGrad: true });
    const y = x.pow(b);
    expect(y.gradFn?.name).toBe('PowBackward0');
    y.sum().backward();
    const got = flat(x.grad!);
    expectedGrad.forEach((value, i) => {
      if (!Number.isFinite(value)) expect(got[i]).toBe(value);
      else expect(Math.abs(got[i] - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -22);
    });
  });

  it.each([2, 3, -1, -2, 1, 0])('gradients of gradients for the exponent %d', (b) => {
    const x = tensor([0.7, 1.3], { dtype: 'float64', requiresGrad: true });
    expect(autograd.gradcheck((a) => a.pow(b), [x])).toBe(true);
    expect(autograd.gradgradcheck((a) => a.pow(b), [x])).toBe(true);
  });

  it('integers stay integers and wrap around, and bool is what it was', () => {
    expect(flat(ints(3, -4, 100000).pow(3))).toEqual([27, -64, -1530494976]);
    const bytes = tensor([3, 17], { dtype: 'uint8' });
    expect(flat(bytes.pow(2))).toEqual([9, 33]);
    expect(flat(bytes.pow(3))).toEqual([27, 49]);
    const types: [DType, DType][] = [
      ['int32', 'int32'],
      ['uint8', 'uint8'],
      ['bool', 'int32'],
    ];
    for (const [dtype, result] of types) {
      for (const b of [0, 1, 2, 3]) {
        const y = tensor([1, 0], { dtype }).pow(b);
        expect([y.dtype, flat(y)]).toEqual([result, [1, b === 0 ? 1 : 0]]);
      }
    }
  });
});

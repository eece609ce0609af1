// PyTorch's option inplace: the values and gradients of the plain form, in the memory of the argument.
import { autograd, manualSeed, nn, noGrad, ones, type DType, type Tensor } from 'ostinato';
import { bitsOf, sample } from '../../support';

const F = nn.functional;
interface Form {
  /** The name of the operation that an error gives. */
  readonly operation: string;
  readonly plain: (x: Tensor) => Tensor;
  readonly inplace: (x: Tensor) => Tensor;
  readonly layer: nn.Layer & { readonly inplace: boolean };
  /** What the layer prints, PyTorch's text in camelCase. */
  readonly text: string;
}
const drawn = (options?: { inplace?: boolean }) => (x: Tensor) => {
  manualSeed(3);
  return F.dropout(x, 0.3, options);
};
class SeededDropout extends nn.Dropout {
  override forward(x: Tensor): Tensor {
    manualSeed(3);
    return super.forward(x);
  }
}
const on = { inplace: true };
const forms: Readonly<Record<string, Form>> = {
  relu: {
    operation: 'relu_',
    plain: (x) => F.relu(x),
    inplace: (x) => F.relu(x, on),
    layer: new nn.ReLU(on),
    text: 'ReLU(inplace=True)',
  },
  silu: {
    operation: 'silu_',
    plain: (x) => F.silu(x),
    inplace: (x) => F.silu(x, on),
    layer: new nn.SiLU(on),
    text: 'SiLU(inplace=True)',
  },
  leakyRelu: {
    operation: 'leakyRelu_',
    plain: (x) => F.leakyRelu(x, { negativeSlope: 0.2 }),
    inplace: (x) => F.leakyRelu(x, { negativeSlope: 0.2, ...on }),
    layer: new nn.LeakyReLU({ negativeSlope: 0.2, ...on }),
    text: 'LeakyReLU(negativeSlope=0.2, inplace=True)',
  },
  elu: {
    operation: 'elu_',
    plain: (x) => F.elu(x, { alpha: 1.5 }),
    inplace: (x) => F.elu(x, { alpha: 1.5, ...on }),
    layer: new nn.ELU({ alpha: 1.5, ...on }),
    text: 'ELU(alpha=1.5, inplace=True)',
  },
  dropout: {
    operation: 'mul_',
    plain: drawn(),
    inplace: drawn(on),
    layer: new SeededDropout(0.3, on),
    text: 'SeededDropout(p=0.3, inplace=True)',
  },
};
const layouts: Readonly<Record<string, (dtype: DType) => Tensor>> = {
  rows: (dtype) => sample([3, 5], { dtype }),
  transposed: (dtype) => sample([5, 3], { dtype }).t(),
  strided: (dtype) => sample([3, 5, 2], { dtype }).select(2, 1),
  'of 0 dimensions': (dtype) => sample([], { dtype }),
  empty: (dtype) => sample([0, 3], { dtype }),
};

describe.each(Object.entries(forms))('%s', (_, { operation, plain, inplace, layer, text }) => {
  describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
    test.each(Object.entries(layouts))('%s: the values, in the same tensor', (__, make) => {
      const right = bitsOf(plain(make(dtype)));
      for (const f of [inplace, (x: Tensor): Tensor => layer.forward(x)]) {
        const x = make(dtype);
        expect(f(x)).toBe(x);
        expect(bitsOf(x)).toEqual(right);
      }
    });
    test.each(Object.entries(layouts))('%s: the gradient', (__, make) => {
      const gradient = (f: (x: Tensor) => Tensor): unknown => {
        const x = make(dtype).requiresGrad_();
        const y = f(x.mul(2));
        y.mul(y).sum().backward();
        return bitsOf(x.grad);
      };
      expect(gradient(inplace)).toEqual(gradient(plain));
    });
  });
  test('second derivatives', () => {
    const x = sample([2, 3], { requiresGrad: true });
    const f = (v: Tensor): Tensor => inplace(v.mul(2));
    expect(autograd.gradcheck(f, [x])).toBe(true);
    expect(autograd.gradgradcheck(f, [x])).toBe(true);
  });
  test('refuses a leaf that requires gradients', () => {
    const leaf = sample([3], { requiresGrad: true });
    const refusal = new Error(
      `${operation}: a leaf that requires gradients cannot be changed in place; do it inside noGrad(() => …), or change a clone()`,
    );
    expect(() => inplace(leaf)).toThrow(refusal);
    expect(() => layer.forward(leaf)).toThrow(refusal);
    expect(noGrad(() => inplace(leaf))).toBe(leaf);
  });
  test('what was saved of the argument is refused in backward', () => {
    const x = sample([3], { requiresGrad: true });
    const y = x.mul(2);
    const z = y.square().sum();
    inplace(y);
    expect(() => z.backward()).toThrow(
      /backward: a tensor of shape \[3\] that square needs for its gradient was changed in place since.*/,
    );
  });
  test('off by default, and printed', () => {
    const x = sample([3]);
    const given = bitsOf(x);
    expect(plain(x)).not.toBe(x);
    expect(bitsOf(x)).toEqual(given);
    expect(layer.inplace).toBe(true);
    expect(layer.toString()).toBe(text);
  });
});

test('dropout in evaluation, and of everything', () => {
  const x = ones([4]);
  expect(new nn.Dropout(0.5, on).eval().forward(x)).toBe(x);
  expect(x.toArray()).toEqual([1, 1, 1, 1]);
  expect(F.dropout(x, 1, on)).toBe(x);
  expect(x.toArray()).toEqual([0, 0, 0, 0]);
});

test('PyTorch’s positional form is told the option', () => {
  const ReLU = nn.ReLU as unknown as new (inplace: boolean) => nn.ReLU;
  expect(() => new ReLU(true)).toThrow(
    new TypeError('ReLU: options must be an object, got true; did you mean { inplace: true }?'),
  );
  const Dropout = nn.Dropout as unknown as new (p: number, inplace: boolean) => nn.Dropout;
  expect(() => new Dropout(0.5, true)).toThrow(
    new TypeError('Dropout: options must be an object, got true; did you mean { inplace: true }?'),
  );
  expect(String(new nn.ReLU())).toBe('ReLU()');
});

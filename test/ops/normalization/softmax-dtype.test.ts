// The option `dtype` of softmax and logSoftmax: x is converted first, and its gradient is converted back.
import { nn, softmax, tensor } from 'ostinato';
import { flat } from '../../support';

const { logSoftmax } = nn.functional;

// torch.softmax(torch.tensor([[1, 2], [3, 5]], dtype=torch.int32), 1, dtype=torch.float64).tolist(), and log_softmax
const probabilities = [
  0.26894142136999516, 0.7310585786300049, 0.11920292202211755, 0.8807970779778823,
];
const logarithms = [
  -1.3132616875182228, -0.31326168751822286, -2.1269280110429727, -0.1269280110429726,
];

describe.each([
  ['softmax', softmax, probabilities],
  ['logSoftmax', logSoftmax, logarithms],
] as const)('%s', (name, f, expected) => {
  it.each(['int32', 'float32', 'float64'] as const)('of %s in float64', (dtype) => {
    const y = f(tensor([[1, 2], [3, 5]], { dtype }), 1, { dtype: 'float64' }); // prettier-ignore
    expect(y.dtype).toBe('float64');
    flat(y).forEach((value, n) => {
      expect(value).toBeCloseTo(expected[n], 12);
    });
  });

  it('the gradient has the element type of x', () => {
    const x = tensor([[1, 2], [3, 5]], { requiresGrad: true }); // prettier-ignore
    const weights = tensor([[1, -1], [2, 3]], { dtype: 'float64' }); // prettier-ignore
    f(x, 1, { dtype: 'float64' }).mul(weights).sum().backward();
    const wide = tensor([[1, 2], [3, 5]], { dtype: 'float64', requiresGrad: true }); // prettier-ignore
    f(wide, 1).mul(weights).sum().backward();
    expect(x.grad?.dtype).toBe('float32');
    expect(flat(x.grad!)).toEqual(flat(wide.grad!.to('float32')));
  });

  it('refuses element types without fractions', () => {
    const x = tensor([1, 2]);
    expect(() => f(x, 0, { dtype: 'int32' })).toThrow(
      `${name}: dtype must be float32 or float64, got 'int32'`,
    );
  });
});

it('the method and nn.functional take it as well', () => {
  const x = tensor([[1, 2], [3, 5]], { dtype: 'int32' }); // prettier-ignore
  const expected = flat(softmax(x, 1, { dtype: 'float32' }));
  expect(flat(x.softmax(1, { dtype: 'float32' }))).toEqual(expected);
  expect(flat(nn.functional.softmax(x, 1, { dtype: 'float32' }))).toEqual(expected);
});

test('softmin is the softmax of what is negated', () => {
  const x = tensor([[0, 1, 3], [-2, 0.5, 0]]); // prettier-ignore
  for (const dim of [0, 1]) {
    expect(nn.functional.softmin(x, dim).toArray()).toEqual(x.neg().softmax(dim).toArray());
  }
  // torch.nn.functional.softmin(torch.tensor([0., 1.]), 0, dtype=torch.float64)
  const [a, b] = flat(nn.functional.softmin(tensor([0, 1]), 0, { dtype: 'float64' }));
  expect([a, b]).toEqual([
    expect.closeTo(0.7310585786300049, 15),
    expect.closeTo(0.2689414213699951, 15),
  ]);
  expect(() => nn.functional.softmin(x, 2)).toThrow(
    new RangeError(
      'softmin: dim must be an integer from -2 to 1 for a tensor of 2 dimensions, got 2',
    ),
  );
});

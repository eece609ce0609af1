import { compile, logSoftmax, randn, softmax, tensor, type Tensor } from 'ostinato';
import { bitsOf } from '../../support';

// Long ones are transposed first.
describe.each([
  [[64, 80], 0],
  [[3, 48, 40], 1],
  [[70, 9, 8], 0],
  [[4, 5], 0],
] as const)('along a dimension that is not the last, shape %j, dim %d', (shape, dim) => {
  it.each([
    ['softmax', softmax],
    ['logSoftmax', logSoftmax],
  ] as const)('%s has the bits of the last dimension, and so has its gradient', (_, f) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const values = randn([...shape], { dtype });
      const weights = randn([...shape], { dtype });
      const run = (g: (x: Tensor) => Tensor): unknown[] => {
        const x = values.clone().requiresGrad_();
        const y = g(x);
        y.mul(weights).sum().backward();
        return [bitsOf(y), bitsOf(x.grad)];
      };
      const last = run((x) =>
        f(x.transpose(dim, -1).contiguous(), -1).transpose(dim, -1).contiguous(),
      );
      expect(run((x) => f(x, dim))).toEqual(last);
      expect(run(compile((x: Tensor) => f(x, dim)))).toEqual(last);
      // A view that is not contiguous, and a gradient that is none either.
      const turned = (x: Tensor): Tensor =>
        f(x.transpose(0, -1).contiguous().transpose(0, -1), dim);
      expect(run(turned)).toEqual(last);
    }
  });
});

it('nothing along the dimension, or beside it', () => {
  expect(softmax(tensor([[1], [1]]).expand(2, 0 + 1), 0).toArray()).toEqual([[0.5], [0.5]]);
  expect(softmax(randn([0, 5000]), 0).shape).toEqual([0, 5000]);
  expect(softmax(randn([5000, 0]), 0).shape).toEqual([5000, 0]);
});

// A column's softmax, and its gradient, beside those of the same numbers as a row.
import * as o from 'ostinato';
import { bitsOf, sample } from '../../support';
test.each(['softmax', 'logSoftmax'] as const)('%s of columns has the bits of rows', (name) => {
  for (const dtype of ['float32', 'float64'] as const)
    for (const [outer, n, inner] of [
      [1, 37, 70],
      [2, 129, 16],
      [3, 1, 33],
      [1, 300, 65],
    ] as const) {
      const values = sample([outer, n, inner], { dtype }).mul(9);
      const g = sample([outer, n, inner], { dtype, seed: 2 });
      const [columns, rows] = [
        (x: o.Tensor) => o[name](x, 1),
        (x: o.Tensor) => o[name](x.transpose(1, 2).contiguous(), 2).transpose(1, 2),
      ].map((f) => {
        const x = values.detach().requiresGrad_();
        const y = f(x);
        y.backward({ gradient: g });
        return [y.contiguous(), x.grad!.contiguous()].map(bitsOf);
      });
      expect(columns).toEqual(rows);
    }
});

// Options in the place of dimensions, as PyTorch's keywords; norms below 1.
import { tensor, variance } from 'ostinato';
import { flat } from '../../support';

test('options alone are those of a reduction of all dimensions', () => {
  // x.var(correction=0), x.std(unbiased=False), x.argmax(keepdim=True) of PyTorch
  const x = tensor([[1, 2], [3, 6]]); // prettier-ignore
  expect(x.var({ correction: 0 }).item()).toBe(3.5);
  expect(variance(x, { correction: 0 }).item()).toBe(3.5);
  expect(x.std({ unbiased: false }).square().item()).toBeCloseTo(3.5, 6);
  expect(x.std({ keepdim: true }).shape).toEqual([1, 1]);
  expect(x.argmax({ keepdim: true }).toArray()).toEqual([[3]]);
  expect(x.argmin({ keepdim: true }).toArray()).toEqual([[0]]);
  expect(() => x.var({ correction: 0 }, { keepdim: true })).toThrow(
    new TypeError('var: takes no argument after options, got { keepdim: true }'),
  );
  expect(() => x.argmax({ keepdim: true }, {})).toThrow(
    new TypeError('argmax: takes no argument after options, got an object'),
  );
  expect(() => x.var({ axis: 0 } as never)).toThrow(
    "var: unknown option 'axis'; the options are keepdim, correction, unbiased",
  );
});

test('norms below 1 have gradients of 0 at elements of 0', () => {
  // x = torch.tensor([0., 1, -2], requires_grad=True); torch.autograd.grad(torch.linalg.vector_norm(x, 0.5), x)
  const x = tensor([0, 1, -2], { dtype: 'float64', requiresGrad: true });
  x.norm(0.5).backward();
  expect(flat(x.grad!)).toEqual(
    [0, 2.414213562373095, -1.7071067811865472].map((g) => expect.closeTo(g, 12) as number),
  );
});

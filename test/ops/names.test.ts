// Operations under another of PyTorch's names: moveaxis, ravel, positive, msort, fliplr, flipud, ger.
import { flipud, fliplr, ger, moveaxis, msort, positive, ravel, tensor, zeros } from 'ostinato';
import { expectGradients, leaf } from '../support';

// torch.msort(x), torch.fliplr(x) and so on of this x, PyTorch 2.13
const x = tensor([[3, 1], [2, 4], [0, 5]]); // prettier-ignore

test("values are PyTorch's, of functions and methods", () => {
  for (const y of [msort(x), x.msort()]) expect(y.toArray()).toEqual([[0, 1], [2, 4], [3, 5]]); // prettier-ignore
  for (const y of [fliplr(x), x.fliplr()]) expect(y.toArray()).toEqual([[1, 3], [4, 2], [5, 0]]); // prettier-ignore
  for (const y of [flipud(x), x.flipud()]) expect(y.toArray()).toEqual([[0, 5], [2, 4], [3, 1]]); // prettier-ignore
  for (const y of [positive(x), x.positive()]) expect(y).toBe(x);
  for (const y of [ravel(x.t()), x.t().ravel()]) expect(y.toArray()).toEqual([3, 2, 0, 1, 4, 5]);
  expect(ravel(x).storage).toBe(x.storage);
  expect(ravel(tensor(1)).shape).toEqual([1]);
  expect(msort(tensor(2)).item()).toBe(2);
  for (const y of [
    moveaxis(zeros([2, 3, 4]), [0, 1], [2, 0]),
    zeros([2, 3, 4]).moveaxis([0, 1], [2, 0]),
  ])
    expect(y.shape).toEqual([3, 4, 2]);
  const [a, b] = [tensor([1, 2]), tensor([3, 4])];
  for (const y of [ger(a, b), a.ger(b)]) expect(y.toArray()).toEqual([[3, 4], [6, 8]]); // prettier-ignore
});

test('gradients', () => {
  for (const f of [msort, fliplr, flipud, positive, ravel]) {
    expectGradients((y) => f(y).square(), leaf([3, 2]));
  }
  expectGradients((y) => moveaxis(y, 0, 2).square(), leaf([2, 3, 2]));
  expectGradients((u, v) => ger(u, v), leaf([2], 1), leaf([3], 2));
});

test.each<[() => unknown, Error]>([
  [
    () => fliplr(zeros([3])),
    new RangeError('fliplr: x must have at least 2 dimensions, got shape [3]'),
  ],
  [
    () => flipud(zeros([])),
    new RangeError('flipud: x must have at least 1 dimension, got shape []'),
  ],
  [
    () => positive(tensor([true])),
    new TypeError("positive: is not defined for bool tensors; convert with to('int32')"),
  ],
  [() => ger(x, x), new RangeError('ger: takes two vectors, got shapes [3, 2] and [3, 2]')],
  [
    () => moveaxis(x, 0, [0, 1]),
    new RangeError(
      'moveaxis: source and destination must name as many distinct dimensions, got [0] and [0, 1]',
    ),
  ],
])('refusal %#', (run, error) => {
  expect(run).toThrow(error);
});

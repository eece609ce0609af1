// cdist, held to PyTorch's distances and gradients (fixtures/distances.py), rows that coincide among them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { autograd, cdist, ones, tensor } from 'ostinato';
import { expectGradients, flat, leaf } from '../../support';

type Made = readonly [shape: number[], values: number[]];
interface Case {
  readonly p: number | 'inf';
  readonly x1: Made;
  readonly x2: Made;
  readonly d: Made;
  readonly grads: readonly [number[], number[]];
}

const cases = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/distances.json'), 'utf8'),
) as Case[];

const made = ([shape, values]: Made) =>
  tensor(values, { dtype: 'float64' }).reshape(shape).requiresGrad_();
const near = (values: readonly number[]): unknown =>
  values.map((value) => expect.closeTo(value, 10) as number);

test.each(cases)('p = $p, of $x1.0 and $x2.0', ({ p, x1, x2, d, grads }) => {
  const [a, b] = [made(x1).detach().requiresGrad_(), made(x2).detach().requiresGrad_()];
  const found = cdist(a, b, p === 'inf' ? Infinity : p);
  expect(found.shape).toEqual(d[0]);
  expect(flat(found)).toEqual(near(d[1]));
  const weights = tensor(
    d[1].map((_, i) => i + 1),
    { dtype: 'float64' },
  ).reshape(d[0]);
  const [da, db] = autograd.grad(found.mul(weights).sum(), [a, b], { materializeGrads: true });
  expect(flat(da!)).toEqual(near(grads[0]));
  expect(flat(db!)).toEqual(near(grads[1]));
});

test('second derivatives', () => {
  expectGradients((a, b) => cdist(a, b).square(), leaf([2, 3], 1), leaf([2, 3], 2));
});

test.each<[() => unknown, Error]>([
  [
    () => cdist(ones([2]), ones([2, 2])),
    new RangeError('cdist: x1 must have at least 2 dimensions, got shape [2]'),
  ],
  [
    () => cdist(ones([2, 3]), ones([2, 2])),
    new RangeError('cdist: x1 and x2 must have rows of one length, got shapes [2, 3] and [2, 2]'),
  ],
  [
    () => cdist(ones([2, 2]), ones([2, 2]), -1),
    new RangeError('cdist: p must be a number of at least 0, got -1'),
  ],
  [
    () => cdist(ones([2, 2]), ones([2, 2], { dtype: 'float64' })),
    new TypeError("cdist: x1 is float32, x2 is float64; convert one with to('float32')"),
  ],
])('refusal %#', (run, error) => {
  expect(run).toThrow(error);
});

test('the number of elements that differ has the gradient 0, and how PyTorch computes distances changes none', () => {
  const a = tensor([
    [1, 2],
    [3, 2],
  ]).requiresGrad_();
  const b = tensor([[1, 5]]);
  const distances = cdist(a, b, 0, { computeMode: 'use_mm_for_euclid_dist' });
  expect(distances.toArray()).toEqual([[1], [2]]);
  distances.sum().backward();
  expect(a.grad!.toArray()).toEqual([
    [0, 0],
    [0, 0],
  ]);
  expect(() => cdist(a, b, 2, { computeMode: 'mm' as never })).toThrow(
    "cdist: computeMode must be 'use_mm_for_euclid_dist_if_necessary', 'use_mm_for_euclid_dist' or 'donot_use_mm_for_euclid_dist', got 'mm'",
  );
});

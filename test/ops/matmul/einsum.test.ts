// einsum's arguments, and the order of its products.
import * as o from 'ostinato';

const a = o.tensor([
  [1, 2],
  [3, 4],
]);

it('takes operands one by one or as an array', () => {
  expect(o.einsum('ij,jk->ik', a, a).toArray()).toEqual([
    [7, 10],
    [15, 22],
  ]);
  expect(o.einsum('ij,jk->ik', [a, a]).toArray()).toEqual([
    [7, 10],
    [15, 22],
  ]);
});

it('refuses what is no equation or tensor', () => {
  const loose = o.einsum as (...given: unknown[]) => unknown;
  expect(() => loose(a, a)).toThrow(
    new TypeError("einsum: equation must be a string such as 'ij,jk->ik', got a Tensor"),
  );
  expect(() => loose('i')).toThrow(new RangeError('einsum: takes at least one operand'));
  expect(() => loose('i', [])).toThrow(new RangeError('einsum: takes at least one operand'));
  expect(() => loose('i,i', a, 1)).toThrow(
    new TypeError('einsum: operands[1] must be a Tensor, got 1'),
  );
});

it('multiplies the pair with the smallest product first', () => {
  // From left to right the first product would have 2^32 elements.
  const long = o.ones([65536]);
  expect(o.einsum('i,j,j->i', long, long, long).at(0).item()).toBe(65536);
});

it('gives a contiguous result where the order of the factors allows it', () => {
  expect(o.einsum('ij,jk->ki', o.ones([2, 3]), o.ones([3, 4])).isContiguous()).toBe(true);
});

it('is compiled', () => {
  const f = o.compile((x: o.Tensor, y: o.Tensor) => o.einsum('bihd,bjhd->bhij', x, y));
  const [x, y] = [o.rand([2, 3, 2, 4]), o.rand([2, 5, 2, 4])];
  const expected = o.einsum('bihd,bjhd->bhij', x, y).toArray();
  for (let i = 0; i < 3; i++) expect(f(x, y).toArray()).toEqual(expected);
});

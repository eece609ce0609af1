/** Triangles by places, of many dimensions and in a program. */
import { arange, compile, randn, type Tensor } from 'ostinato';

const values = (x: Tensor): number[] => Array.from(x.flatten().toTypedArray());

test.each([-9, -2, 0, 1, 3, 9])('diagonal %d', (diagonal) => {
  const x = arange(1, 31).reshape([2, 3, 5]);
  const lower = values(x).map((v, i) =>
    (i % 15) % 5 <= Math.floor((i % 15) / 5) + diagonal ? v : 0,
  );
  const upper = values(x).map((v, i) =>
    (i % 15) % 5 >= Math.floor((i % 15) / 5) + diagonal ? v : 0,
  );
  expect(values(x.tril(diagonal))).toEqual(lower);
  expect(values(x.triu(diagonal))).toEqual(upper);
  const program = compile((y: Tensor) => y.tril(diagonal));
  for (let i = 0; i < 3; i++) expect(values(program(x))).toEqual(lower);
});

test('more dimensions than a kernel walks, in memory that is not contiguous', () => {
  const x = randn([2, 1, 2, 1, 2, 1, 2, 1, 3, 4]).transpose(0, 9).transpose(1, 8);
  expect(values(x.triu())).toEqual(values(x.contiguous().triu()));
});

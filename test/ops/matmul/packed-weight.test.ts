// A transposed operand that comes again and again is copied once: nothing but the time may tell.
import { compile, linear, manualSeed, mm, noGrad, randn, type DType, type Tensor } from 'ostinato';

const bits = (x: Tensor): number[] => Array.from(x.contiguous().toTypedArray());

describe.each<DType>(['float32', 'float64'])('rows by a transposed matrix, %s', (dtype) => {
  test.each([1, 2, 5, 6, 7])('%d rows: the same bits at every use', (rows) => {
    manualSeed(rows);
    const w = randn([97, 131], { dtype });
    const x = randn([rows, 131], { dtype });
    const expected = bits(mm(x, w.t().contiguous()));
    for (let use = 0; use < 8; use++) expect(bits(mm(x, w.t()))).toEqual(expected);
  });

  test('a change in place is seen', () => {
    const w = randn([80, 90], { dtype });
    const x = randn([1, 90], { dtype });
    for (let use = 0; use < 7; use++) linear(x, w);
    noGrad(() => w.mul_(2));
    expect(bits(linear(x, w))).toEqual(bits(mm(x, w.t().contiguous())));
    for (let use = 0; use < 7; use++) linear(x, w);
    w.select(0, 3).fill_(0);
    expect(bits(linear(x, w))).toEqual(bits(mm(x, w.t().contiguous())));
  });

  test('parts of one memory are told apart', () => {
    const all = randn([160, 90], { dtype });
    const x = randn([2, 70], { dtype });
    const parts = [all.narrow(0, 0, 80), all.narrow(0, 80, 80)].flatMap((rows) => [
      rows.narrow(1, 0, 70),
      rows.narrow(1, 20, 70),
    ]);
    for (const part of parts) {
      const expected = bits(mm(x, part.t().contiguous()));
      for (let use = 0; use < 7; use++) expect(bits(mm(x, part.t()))).toEqual(expected);
    }
  });
});

test('a compiled function reads the weights of its call', () => {
  const w = randn([80, 90]);
  const x = randn([1, 90]);
  for (let use = 0; use < 7; use++) linear(x, w);
  const compiled = compile((input: Tensor) => linear(input, w));
  const before = bits(compiled(x));
  expect(before).toEqual(bits(linear(x, w)));
  noGrad(() => w.mul_(2));
  expect(bits(compiled(x))).toEqual(bits(linear(x, w)));
  expect(bits(compiled(x))).not.toEqual(before);
});

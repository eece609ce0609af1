// A sentence that refuses a call names what the user called: not the operation that computes it, nor another of its names.
import * as ostinato from 'ostinato';
import { nn, rand, randn, Tensor, tensor } from 'ostinato';

type Call = (...given: readonly unknown[]) => unknown;

const int = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });
const flags = (...values: boolean[]): Tensor => tensor(values);
/** What is wrong for one operation or another; each gets all. */
const given = (): readonly (readonly unknown[])[] => {
  const [matrix, other] = [rand([2, 3]), rand([4, 5])];
  return [
    [],
    ['text'],
    [null],
    [matrix, 'text'],
    [matrix, other],
    [matrix, other, other],
    [matrix, matrix, 'text'],
    [matrix, 'x', 'y', 'z'],
    [matrix, matrix, matrix, 'z'],
    [matrix, 99],
    [matrix, 99, 99],
    [matrix, -99, 1, 2],
    [matrix, 1.5],
    [matrix, NaN],
    [matrix, -1, -1],
    [matrix, true],
    [matrix, [5, 5]],
    [matrix, [0, 0]],
    [matrix, { nonsense: 1 }],
    [matrix, matrix, { nonsense: 1 }],
    [matrix, 1, { nonsense: 1 }],
    [matrix, matrix, matrix, { nonsense: 1 }],
    [matrix, matrix, { reduction: 'text' }],
    [matrix, { dim: 7 }],
    [matrix, { keepdim: 3 }],
    [matrix, 0, tensor([0.5]), other],
    [matrix, 0, int(9), other],
    [matrix, 0, int(9), 1],
    [matrix, 0.5, 0.5, -1],
    [matrix, other.gt(0), matrix],
    [rand([2, 2, 2, 2])],
    [rand([3]), 0],
    [rand([3]), rand([2]), 1],
    [rand([0])],
    [rand([2, 3, 4]), rand([5]), rand([2, 3, 4])],
    [int(1, 2)],
    [int(1, 2), tensor([1.5, 2])],
    [int(1, 2), 0.5],
    [int(1, 2), int(0, 0), { roundingMode: 'floor' }],
    [int(1, 2), 2 ** 33],
    [flags(true, false)],
    [flags(true, false), flags(true, true)],
    [flags(true, false), 1, 1],
    [int(1, 2), flags(true, true), 0.5],
    [[rand([2]), rand([2, 2])], 9],
    [[rand([2]), 'text']],
    [[]],
  ];
};

// Their names are of another kind: classes, modes, generators, what takes functions; what makes large tensors of any numbers.
const others =
  /^[A-Z]|[gG]rad|[sS]eed|Rng|Threads|inferenceMode|compile|deepcopy|default|tqdm|isa|^register|^shareMemory/;
const isOwn = (name: string): boolean => name === 'constructor' || others.test(name);
const internal = ['checkGradient', 'elements', 'copyData', 'memory', 'reach'];

const functionsOf = (module: object): (readonly [string, Call])[] =>
  Object.entries(module)
    .filter(([name, f]) => typeof f === 'function' && !isOwn(name))
    .map(([name, f]) => [name, f as Call]);

const methods = Object.entries(Object.getOwnPropertyDescriptors(Tensor.prototype))
  .filter(([name, { value }]) => typeof value === 'function' && !isOwn(name))
  .filter(([name]) => !internal.includes(name))
  .map(([name, { value }]): readonly [string, Call] => [
    name,
    (x, ...rest) => (x instanceof Tensor ? (value as Call).apply(x.clone(), rest) : undefined),
  ]);

/** The sentences that `call` throws and that name something else. */
function misnamed(name: string, call: Call): string[] {
  const found = new Set<string>();
  for (const args of given()) {
    try {
      call(...args);
    } catch (error) {
      const { message } = error as Error;
      // The memory of any operation's result.
      if (!message.startsWith(`${name}: `) && !message.startsWith('allocate: ')) found.add(message);
    }
  }
  return [...found];
}

describe.each([
  ['functions of ostinato', functionsOf(ostinato)],
  ['functions of nn.functional', functionsOf(nn.functional)],
  ['methods', methods],
])('%s', (_, table) => {
  test.each(table)('%s', (name, call) => {
    expect(misnamed(name, call)).toEqual([]);
  });
});

test('the stack begins with the sentence', () => {
  try {
    randn([2]).arctan2_(randn([3]));
  } catch (error) {
    expect((error as Error).stack).toMatch(/^RangeError: arctan2_: /);
  }
  expect.assertions(1);
});

// Code of the user's that is called: classes in the place of functions, what callbacks and iterators return, subclasses that lack a method,
// and classes that are there to be extended. One sentence of ours, at once.
import * as o from 'ostinato';
import { autograd, data, nn, optim, rand, type Tensor } from 'ostinato';
import { fault } from './fault';

type Anything = (...given: readonly unknown[]) => unknown;
const call = (f: unknown, ...given: readonly unknown[]): unknown => (f as Anything)(...given);
const make = (Class: unknown, ...given: readonly unknown[]): unknown =>
  new (Class as new (...all: readonly unknown[]) => unknown)(...given);
const leaf = (): Tensor => rand([2], { requiresGrad: true });
const sgd = (): optim.SGD => new optim.SGD([leaf()], { lr: 0.1 });
class A {}
const { LambdaLR, LRScheduler, MultiplicativeLR } = optim.lrScheduler;
const linear = (): nn.Linear => new nn.Linear(2, 1);
const walked = (loader: unknown): unknown[] => [...(loader as Iterable<unknown>)];

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    const wrong = fault(error);
    if (wrong !== null) return `a fault: ${wrong}`;
    return (error as Error).message;
  }
  return 'accepted';
}

describe('a class in the place of a function', () => {
  test.each<[string, () => unknown]>([
    ['compile', () => call(o.compile, A)],
    ['noGrad', () => call(o.noGrad, A)],
    ['enableGrad', () => call(o.enableGrad, A)],
    ['setGradEnabled', () => call(o.setGradEnabled, true, A)],
    ['detectAnomaly', () => call(autograd.detectAnomaly, A)],
    ['gradcheck', () => call(autograd.gradcheck, A, [leaf()])],
    ['jacobian', () => call(autograd.functional.jacobian, A, leaf())],
    ['apply', () => call(linear().apply.bind(linear()), A)],
    ['registerHook', () => call(leaf().registerHook.bind(leaf()), A)],
    ['registerForwardHook', () => call(linear().registerForwardHook.bind(linear()), A)],
    ['Recurrent', () => make(nn.Recurrent, A)],
    ['LBFGS.step', () => call(optim.LBFGS.prototype.step.bind(new optim.LBFGS([leaf()])), A)],
    ['LambdaLR', () => make(LambdaLR, sgd(), A)],
    ['collateFn', () => make(data.DataLoader, [1], { collateFn: A })],
    ['cached', () => call(nn.utils.parametrize.cached, A)],
  ])('%s', (_, run) => {
    expect(messageOf(run)).toMatch(/ must be .*, got the class A$/);
  });

  test('any other function is taken', () => {
    expect(o.noGrad(() => 1)).toBe(1);
    expect(
      o.noGrad(function () {
        return 2;
      }),
    ).toBe(2);
  });
});

test.each<[string, () => unknown, string]>([
  [
    'a batch that is no array',
    () => walked(make(data.DataLoader, [1, 2], { batchSampler: [1] })),
    'DataLoader: a batch of batchSampler must be an array, got 1',
  ],
  [
    'a dataset without get',
    () =>
      make(data.DataLoader, make(class extends (data.Dataset as never as typeof A) { length = 2 })), // prettier-ignore
    "DataLoader: dataset's get must be a method, got undefined",
  ],
  [
    'a dataset without samples',
    () => make(data.DataLoader, make(class extends (data.IterableDataset as never as typeof A) {})),
    "DataLoader: dataset's [Symbol.iterator] must be a method, got undefined",
  ],
  ...(['a', -1, 1.5, undefined, 1n] as const).map((length): [string, () => unknown, string] => [
    `ConcatDataset of length ${String(length)}`,
    () => {
      class Odd extends data.Dataset {
        length = length as number;
        get(): number {
          return 1;
        }
      }
      return new data.ConcatDataset([new Odd()]);
    },
    `ConcatDataset: dataset's length must be an integer of at least 0, got ${typeof length === 'string' ? `'a'` : typeof length === 'bigint' ? '1n' : String(length)}`,
  ]),
  ...([1n, 'a', undefined, '2'] as const).map((value): [string, () => unknown, string] => [
    `LambdaLR by ${typeof value} ${String(value)}`,
    () => make(LambdaLR, sgd(), () => value),
    `LambdaLR: the result of lrLambda must be a number, got ${typeof value === 'string' ? `'${value}'` : typeof value === 'bigint' ? '1n' : 'undefined'}`,
  ]),
  [
    'MultiplicativeLR',
    () => {
      const optimizer = sgd();
      const scheduler = make(MultiplicativeLR, optimizer, () => 'a') as optim.lrScheduler.LRScheduler; // prettier-ignore
      optimizer.step();
      scheduler.step();
    },
    "MultiplicativeLR: the result of lrLambda must be a number, got 'a'",
  ],
  [
    'tqdm of what has no iterator',
    () => walked(call(o.tqdm, { [Symbol.iterator]: () => ({}) })),
    'tqdm: the iterator of its first argument must be one with next(), got an object',
  ],
  [
    'parameters of what has none',
    () => make(optim.SGD, { [Symbol.iterator]: () => 3 }, { lr: 0.1 }),
    'SGD: the iterator of params must be one with next(), got 3',
  ],
])('%s', (_, run, sentence) => {
  expect(messageOf(run)).toBe(sentence);
});

// Every abstract class of the surface.
test.each<[string, unknown, readonly unknown[]]>([
  ['Optimizer', optim.Optimizer, [[]]],
  ['LRScheduler', LRScheduler, [sgd()]],
  ['RecurrentBase', nn.RecurrentBase, []],
  ['Distribution', o.distributions.Distribution, []],
  ['Attention', nn.Attention, [1, 2, 3]],
])('%s is there to be extended', (name, Class, given) => {
  expect(messageOf(() => make(Class, ...given))).toMatch(
    new RegExp(`^${name}: is no class of its own; use \\w+`),
  );
  class Bare extends (Class as typeof A) {}
  expect(messageOf(() => make(Bare, ...given))).toMatch(
    new RegExp(`^(${name}: is no class of its own|Bare: has no method \\w+); use \\w+`),
  );
});

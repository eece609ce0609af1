// One argument more than a public call has is refused in our sentence, whatever it is: found from the exports, so that no function,
// constructor or method drops what it was given.
import * as ostinato from 'ostinato';
import { data, nn, optim, tensor, type Tensor } from 'ostinato';
import { runIn } from '../support';
import { folder, makeCall, sampleOf } from './samples';
import { isMade, publicCalls, type PublicCall } from './surface';

runIn(folder);

/** Calls of any number of arguments, and what they are. */
const variadic: Readonly<Record<string, string>> = {
  at: 'an index for each dimension',
  'Tensor.at': 'an index for each dimension',
  atleast1d: 'tensors one by one',
  atleast2d: 'tensors one by one',
  atleast3d: 'tensors one by one',
  broadcastTensors: 'tensors one by one',
  'Tensor.broadcastTo': 'the sizes one by one',
  'Tensor.expand': 'the sizes one by one',
  'Tensor.flip': 'the dimensions one by one',
  'Tensor.permute': 'the dimensions one by one',
  'Tensor.repeat': 'the numbers one by one',
  'Tensor.reshape': 'the sizes one by one',
  'Tensor.tile': 'the numbers one by one',
  'Tensor.view': 'the sizes one by one',
  'data.BytePairTokenizer.toJSON': 'the key, which JSON.stringify passes',
  'data.CharacterTokenizer.toJSON': 'the key, which JSON.stringify passes',
  'autograd.FunctionContext.markNonDifferentiable': 'outputs one by one',
  'autograd.FunctionContext.saveForBackward': 'tensors one by one',
  'data.StackDataset': 'datasets of one length',
  'data.TensorDataset': 'tensors of as many rows',
  'data.Vocabulary.toJSON': 'the key, which JSON.stringify passes',
  'data.WordTokenizer.toJSON': 'the key, which JSON.stringify passes',
  einsum: 'operands one by one',
  'nn.Identity': 'ignored, as in PyTorch, so that it takes the place of any layer',
  'nn.Sequential': 'modules in order',
  'nn.Session.push': 'what the module takes, which refuses what it does not',
  'nn.Sessions.push': 'what the module takes, which refuses what it does not',
  'optim.swaUtils.AveragedModel.forward': 'what the module takes, which refuses what it does not',
  'testing.tensorEquality': 'a tester of jest, which also passes the testers that there are',
};

const calls = publicCalls().filter((call) => isMade(call) && sampleOf(call.name) !== null);
const fixed = calls.filter(({ name }) => !(name in variadic));

it('knows which calls are variadic', () => {
  const names = calls.map(({ name }) => name);
  expect(Object.keys(variadic).filter((name) => !names.includes(name))).toEqual([]);
  expect(fixed.length).toBeGreaterThan(600);
});

function thrownBy(call: PublicCall, surplus: readonly unknown[]): Error | null {
  ostinato.manualSeed(1);
  const sample = sampleOf(call.name)!;
  const given = [...sample.args, ...(sample.options === undefined ? [] : [sample.options])];
  const missing = Array.from({ length: call.parameters.length - given.length }, () => undefined);
  try {
    makeCall(call, { on: sample.on, args: [...given, ...missing, ...surplus] });
    return null;
  } catch (error) {
    return error as Error;
  }
}

const escaped = (text: string): string => text.replace(/[{}]/g, '\\$&');

it.each(fixed.map((call) => [call.name, call] as const))('%s', (_, call) => {
  for (const [surplus, shown] of [
    [[{ inplace: true }], '{ inplace: true }'],
    [[7], '7'],
    [[undefined, 'text'], "undefined, 'text'"],
  ] as const) {
    const error = thrownBy(call, surplus);
    expect(error?.name).toBe('TypeError');
    const rule = '(takes no arguments|takes no argument after \\w+)';
    expect(error?.message).toMatch(
      new RegExp(`^[\\w.]+: ${rule}, got ${escaped(shown)}(; use the result.*)?$`),
    );
  }
  expect(thrownBy(call, [undefined, undefined])).toBe(null);
});

it('says what there is in place of an option of PyTorch’s', () => {
  const x = tensor([1, -2]);
  const given = { inplace: true } as never;
  const remedy = 'use the result, or an in-place form such as relu_()';
  expect(() => new (nn.Tanh as new (options: never) => nn.Tanh)(given)).toThrow(
    new TypeError(`Tanh: takes no arguments, got { inplace: true }; ${remedy}`),
  );
  expect(() => (ostinato.tanh as (a: Tensor, b: never) => Tensor)(x, given)).toThrow(
    new TypeError(`tanh: takes no argument after x, got { inplace: true }; ${remedy}`),
  );
  expect(() => (x.mul as (a: number, b: never) => Tensor)(2, { out: x } as never)).toThrow(
    new TypeError(
      'mul: takes no argument after b, got { out: a Tensor }; use the result, or copy it with copy_()',
    ),
  );
});

it('leaves a wrong value in the place of the options to the check of those', () => {
  const Linear = nn.Linear as new (...all: unknown[]) => nn.Linear;
  expect(() => new Linear(2, 3, false, 'float64')).toThrow(
    new TypeError('Linear: options must be an object, got false; did you mean { bias: false }?'),
  );
});

describe('what arrays pass to the functions that they call', () => {
  const xs = [tensor([1, -2]), tensor([-3, 4])];
  it('map, forEach, reduce: the index and the array are no surplus', () => {
    expect(xs.map(ostinato.relu).map((x) => x.toArray())).toEqual([[1, 0], [0, 4]]); // prettier-ignore
    const layer = new nn.ReLU();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- bound by the second argument of map
    expect(xs.map(layer.forward, layer)[1].toArray()).toEqual([0, 4]);
    expect(xs.reduce(ostinato.mul).toArray()).toEqual([-3, -8]);
    const ys = xs.map(ostinato.clone);
    ys.forEach(nn.init.zeros_);
    expect(ys[0].toArray()).toEqual([0, 0]);
  });
  it('is refused where it would be taken for an argument, or is not what they pass', () => {
    const squeeze = ostinato.squeeze as (x: Tensor, dim: number, array: Tensor[]) => Tensor;
    expect(() => xs.map(squeeze)).toThrow(
      new TypeError('squeeze: takes no argument after dim, got an array of 2'),
    );
    expect(() => Array.from(xs, ostinato.relu)).toThrow(
      new TypeError('relu: takes no argument after x, got 0'),
    );
    const relu = ostinato.relu as (...all: unknown[]) => Tensor;
    expect(() => relu(xs[0], 1, xs)).toThrow(
      new TypeError('relu: takes no argument after x, got 1, an array of 2'),
    );
  });
});

describe('classes of the user’s', () => {
  it('have constructors of their own, or hand their arguments on', () => {
    class Net extends nn.Module {
      constructor(readonly size: number) {
        super();
      }
    }
    class Free extends nn.Module {}
    class Squares extends data.Dataset<number> {
      length = 3;
      get(i: number): number {
        return i * i;
      }
    }
    class Stream extends data.IterableDataset<number> {
      *[Symbol.iterator](): Iterator<number> {
        yield 1;
      }
    }
    expect(new Net(3).size).toBe(3);
    for (const Class of [Free, Squares, Stream]) {
      expect(new (Class as new (...all: unknown[]) => object)(1, { a: 2 })).toBeInstanceOf(Class);
    }
  });
  it('take what they extend at its word', () => {
    class Mine extends nn.Tanh {}
    class Named extends nn.Tanh {
      constructor(readonly label: string) {
        super();
      }
      override forward(x: Tensor, scale = 1): Tensor {
        return super.forward(x).mul(scale);
      }
    }
    expect(() => new (Mine as new (n: number) => Mine)(1)).toThrow(
      new TypeError('Tanh: takes no arguments, got 1'),
    );
    expect(new Named('a').forward(tensor([0]), 2).toArray()).toEqual([0]);
  });
  it('an optimizer of one’s own', () => {
    class Plain extends optim.SGD {
      override toString(): string {
        return `Plain ${super.toString()}`;
      }
    }
    const w = new nn.Parameter(tensor([1, 2]));
    expect(String(new Plain([w], { lr: 0.1 }))).toMatch(/^Plain Plain/);
  });
});

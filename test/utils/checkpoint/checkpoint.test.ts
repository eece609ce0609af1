// utils.checkpoint against PyTorch 2.13 (test/fixtures/checkpoint.py), against the same without it, bit for bit, and what is refused.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  autograd, compile, Generator, getRngState, manualSeed, nn, noGrad, ones, rand, randn, tensor, utils, zeros, type Tensor,
} from 'ostinato'; // prettier-ignore
import { collectGarbage, expectNear } from '../../support';

const { checkpoint, checkpointSequential } = utils.checkpoint;
const { dropout } = nn.functional;

interface Case {
  name: string;
  y: number[];
  drawn: number;
  first: number[][];
  second: number[][];
}
const cases = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/checkpoint.json'), 'utf8'),
) as Case[];

function values(shape: readonly number[], seed: number): Tensor {
  const n = shape.reduce((a, b) => a * b, 1);
  const list = Float64Array.from({ length: n }, (_, i) => (((i * 7 + seed * 5) % 23) - 11) / 8);
  return tensor(list).reshape(shape).requiresGrad_();
}

type Layer = (x: Tensor) => Tensor;
const layer =
  (w: Tensor, b: Tensor, p: number): Layer =>
  (x) =>
    dropout(x.matmul(w).add(b).tanh(), p);

/** The cases with `saved` in place of a checkpoint. */
type Saved = (f: Layer, x: Tensor) => Tensor;
const programs: Readonly<
  Record<string, (x: Tensor, w: Tensor, b: Tensor, saved: Saved) => Tensor>
> = {
  one: (x, w, b, saved) => saved(layer(w, b, 0), x),
  dropout: (x, w, b, saved) => saved(layer(w, b, 0.4), x),
  twice: (x, w, b, saved) => saved(layer(w, b, 0.4), saved(layer(w, b, 0.3), x)),
  nested: (x, w, b, saved) =>
    saved((y) => saved(layer(w, b, 0.4), saved(layer(w, b, 0.2), y).mul(2)), x),
  sequential(x, w, b, saved) {
    const list = [
      layer(w, b, 0.1),
      layer(w, b, 0.2),
      (y: Tensor): Tensor => y.sin(),
      layer(w, b, 0.3),
      layer(w, b, 0),
    ];
    if (saved === kept) return list.reduce((y, f) => f(y), x);
    return checkpointSequential(list, 2, x, { useReentrant: false });
  },
};
const kept: Saved = (f, x) => f(x);
const again: Saved = (f, x) => checkpoint(f, [x]);

interface Run {
  y: Tensor;
  drawn: number;
  first: Tensor[];
  second: Tensor[];
}
function run(name: string, saved: Saved): Run {
  const leaves: [Tensor, Tensor, Tensor] = [values([4, 3], 1), values([3, 3], 2), values([3], 3)];
  manualSeed(5);
  const y = programs[name](...leaves, saved);
  const drawn = rand([1], { dtype: 'float64' }).item();
  const first = autograd.grad(y.mul(y).sum(), leaves, { createGraph: true }) as Tensor[];
  const second = autograd.grad(
    first.map((g) => g.mul(g).sum()).reduce((a, b) => a.add(b)),
    leaves,
  ) as Tensor[];
  return { y, drawn, first, second };
}

const bits = (list: readonly (Tensor | null)[]): unknown[] =>
  list.map((x) => x && [...x.toTypedArray()]);

/** Where several layers of a segment share a leaf, its gradient is summed segment by segment. */
function expectSame(name: string, a: (Tensor | null)[], b: (Tensor | null)[]): void {
  if (name !== 'sequential') expect(bits(a)).toEqual(bits(b));
  else a.forEach((g, i) => expectNear(g!.toTypedArray(), b[i]!.toTypedArray(), 1e-14));
}

describe.each(cases)('$name', (want) => {
  it('as PyTorch, gradients of gradients too', () => {
    const { y, drawn, first, second } = run(want.name, again);
    expectNear(y.toTypedArray(), want.y, 1e-9);
    expectNear([drawn], [want.drawn], 1e-9);
    first.forEach((g, i) => expectNear(g.toTypedArray(), want.first[i], 1e-9));
    second.forEach((g, i) => expectNear(g.toTypedArray(), want.second[i], 1e-9));
  });

  it('as without it', () => {
    const [a, b] = [run(want.name, again), run(want.name, kept)];
    expect(bits([a.y])).toEqual(bits([b.y]));
    expectSame(want.name, a.first, b.first);
    a.second.forEach((g, i) => expectNear(g.toTypedArray(), b.second[i].toTypedArray(), 1e-12));
  });

  it('through backward, twice, in grad', () => {
    const grads = [again, kept].map((saved) => {
      const leaves: [Tensor, Tensor, Tensor] = [
        values([4, 3], 1),
        values([3, 3], 2),
        values([3], 3),
      ];
      manualSeed(5);
      const y = programs[want.name](...leaves, saved).sum();
      const state = getRngState();
      y.backward({ retainGraph: true });
      y.backward();
      expect(getRngState()).toEqual(state);
      return leaves.map(({ grad }) => grad);
    });
    expectSame(want.name, grads[0], grads[1]);
  });
});

it('takes modules, arrays of arguments and results, and other values', () => {
  const lstm = new nn.LSTM(3, 4);
  const [x, h, c] = [randn([5, 2, 3]), randn([1, 2, 4]), randn([1, 2, 4])];
  const grads = [true, false].map((saved) => {
    for (const each of [x, h, c]) each.grad = null;
    for (const p of lstm.parameters()) p.grad = null;
    for (const each of [x, h, c]) each.requiresGrad_();
    const forward = (input: Tensor, [h0, c0]: readonly [Tensor, Tensor], factor: number, none: null): [Tensor, [Tensor, Tensor], null] => {
      const [out, state] = lstm.forward(input, [h0, c0]);
      return [out.mul(factor), state, none];
    }; // prettier-ignore
    const [out, [hN], none] = saved
      ? checkpoint(forward, [x, [h, c], 2, null])
      : forward(x, [h, c], 2, null);
    expect(none).toBeNull();
    out.sum().add(hN.square().sum()).backward();
    return [out, x.grad, h.grad, c.grad, ...lstm.parameters().map(({ grad }) => grad)];
  });
  expect(bits(grads[0])).toEqual(bits(grads[1]));
  const net = new nn.Linear(3, 2);
  checkpoint(net, [x]).sum().backward();
  expect(net.weight.grad!.shape).toEqual([2, 3]);
});

it('computes the gradients that are asked for, and of results that gradients arrive for', () => {
  const [x, w] = [randn([3]).requiresGrad_(), randn([3]).requiresGrad_()];
  const [a, b] = checkpoint((y) => [y.mul(w), y.sin()], [x]);
  expect(b.gradFn!.name).toBe('CheckpointBackward');
  expect(autograd.grad(b.sum(), x, { retainGraph: true })[0]!.toArray()).toEqual(x.cos().toArray());
  expect(autograd.grad(a.sum(), w)[0]!.toArray()).toEqual(x.toArray());
});

it('passes through what needs no gradient', () => {
  const x = randn([3]);
  expect(checkpoint((y) => y.tanh(), [x]).requiresGrad).toBe(false);
  const leaf = randn([3]).requiresGrad_();
  expect(noGrad(() => checkpoint((y) => y.tanh(), [leaf])).requiresGrad).toBe(false);
  const [same, order] = checkpoint((y) => [y, y.argsort()], [leaf]);
  expect(order.dtype).toBe('int32');
  expect(same).not.toBe(leaf);
  same.sum().backward();
  expect(leaf.grad!.toArray()).toEqual([1, 1, 1]);
});

it('draws anew where it is told to', () => {
  const x = ones([64]).requiresGrad_();
  manualSeed(1);
  const masks: Tensor[] = [];
  const f = (y: Tensor): Tensor => {
    const mask = rand([64]);
    masks.push(mask);
    return y.mul(mask);
  };
  checkpoint(f, [x], { preserveRngState: false }).sum().backward();
  expect(masks[0].toArray()).not.toEqual(masks[1].toArray());
  expect(x.grad!.toArray()).toEqual(masks[1].toArray());
});

it('keeps hooks of leaves to the final gradient', () => {
  const w = ones([2]).requiresGrad_();
  let calls = 0;
  w.registerHook((g) => {
    calls++;
    return g.mul(10);
  });
  checkpoint((x: Tensor) => x.mul(w), [ones([2])])
    .sum()
    .backward();
  expect([calls, w.grad!.toArray()]).toEqual([1, [10, 10]]);
});

describe('memory', () => {
  // What the first frees is counted when the second begins; memory is given back after the turn in which its tensor was collected.
  const collect = async (): Promise<void> => {
    let before = NaN;
    for (let same = 0, round = 0; same < 3 && round < 30; round++) {
      collectGarbage();
      await new Promise(setImmediate);
      const { arrayBuffers } = process.memoryUsage();
      same = arrayBuffers === before ? same + 1 : 0;
      before = arrayBuffers;
    }
  };
  const layers = Array.from({ length: 36 }, (): Layer => (x) => x.sin());
  /** Bytes that a graph of 36 results of 2 MB keeps. */
  const keptBy = async (forward: (x: Tensor) => Tensor): Promise<number> => {
    const x = zeros([500, 1000]).requiresGrad_();
    await collect();
    const before = process.memoryUsage().arrayBuffers;
    const y = forward(x);
    await collect();
    const after = process.memoryUsage().arrayBuffers;
    y.sum().backward();
    expect(x.grad!.sum().item()).toBe(500_000);
    return (after - before) / 2e6;
  };

  it('is that of the segments, not of the layers', async () => {
    expect(await keptBy((x) => layers.reduce((y, f) => f(y), x))).toBeGreaterThan(34);
    // The inputs of five segments, and what the last one of 6 layers keeps.
    expect(await keptBy((x) => checkpointSequential(layers, 6, x))).toBeLessThan(14);
    expect(
      await keptBy((x) => checkpoint((y) => layers.reduce((z, f) => f(z), y), [x])),
    ).toBeLessThan(4);
  }, 60_000);

  it('is not that of results that nothing else needs', async () => {
    const x = zeros([500, 1000]).requiresGrad_();
    const f = (): Tensor => checkpoint((y) => y.sin().cos(), [x]).sum();
    await collect();
    const before = process.memoryUsage().arrayBuffers;
    const sums = Array.from({ length: 8 }, f);
    await collect();
    expect((process.memoryUsage().arrayBuffers - before) / 2e6).toBeLessThan(2);
    sums.reduce((a, b) => a.add(b)).backward();
    expect(x.grad!.shape).toEqual(x.shape);
  }, 60_000);

  it('of a long sequence is not that of its gates', async () => {
    const gru = new nn.GRU(8, 64);
    const forward = (x: Tensor): Tensor => gru.forward(x)[0];
    const bytes = async (f: (x: Tensor) => Tensor): Promise<number> => {
      const x = zeros([4000, 4, 8]).requiresGrad_();
      for (let i = 0; i < 2; i++) f(x).sum().backward();
      await collect();
      const before = process.memoryUsage().arrayBuffers;
      const all = Array.from({ length: 4 }, () => f(x));
      await collect();
      const after = process.memoryUsage().arrayBuffers;
      expect(all).toHaveLength(4);
      return (after - before) / 4;
    };
    const plain = await bytes(forward);
    const saved = await bytes((x) => checkpoint(forward, [x]));
    expect(saved).toBeLessThan(0.5 * plain);
  }, 60_000);
});

const leaf = (): Tensor => ones([2]).requiresGrad_();
it.each<[string, () => unknown, Error | RegExp]>([
  [
    'a tensor with a graph that is not among the arguments',
    () => {
      const inner = leaf().mul(2);
      return checkpoint((x: Tensor) => x.mul(inner), [leaf()]);
    },
    new Error(
      'checkpoint: f uses a tensor of shape [2] from outside that requires gradients and was made by an operation (MulBackward0); pass it among the arguments',
    ),
  ],
  [
    'other shapes in the second run',
    () => {
      let n = 1;
      checkpoint((x: Tensor) => x.sum().expand([++n]), [leaf()])
        .sum()
        .backward();
    },
    new Error(
      'checkpoint: f gave float32 [2], and float32 [3] when it ran again in backward; it must depend on its arguments, the leaves that it uses and the default generator alone',
    ),
  ],
  [
    'another number of results in the second run',
    () => {
      let n = 1;
      const [y] = checkpoint((x: Tensor) => Array.from({ length: n++ }, () => x.mul(2)), [leaf()]);
      y.sum().backward();
    },
    /^checkpoint: f gave 1 tensors, and 2 when it ran again in backward; .*$/,
  ],
  [
    'another leaf in the second run',
    () => {
      const ws = [leaf(), leaf()];
      checkpoint((x: Tensor) => x.mul(ws.pop()!), [leaf()])
        .sum()
        .backward();
    },
    /^checkpoint: f used a leaf of shape \[2\] only when it ran again in backward; .*$/,
  ],
  [
    'an argument that was changed since',
    () => {
      const x = ones([2]);
      const y = checkpoint((a: Tensor, b: Tensor) => a.mul(b), [leaf(), x]);
      x.fill_(7);
      y.sum().backward();
    },
    /^backward: a tensor of shape \[2\] that checkpoint needs for its gradient was changed in place since .*$/,
  ],
  [
    'to change an argument that requires gradients',
    () => {
      const x = leaf().mul(1);
      return checkpoint((a: Tensor) => a.mul_(3), [x]);
    },
    new Error(
      'checkpoint: f changed an argument of shape [2] in place, which requires gradients; change a clone() of it instead',
    ),
  ],
  [
    'a leaf that was changed since',
    () => {
      const w = leaf();
      const y = checkpoint((a: Tensor) => a.mul(w), [leaf()]);
      w.detach().fill_(7);
      y.sum().backward();
    },
    /^backward: a tensor of shape \[2\] that checkpoint needs for its gradient was changed in place since .*$/,
  ],
  [
    'the graph of a tensor from inside',
    () => {
      let inside: Tensor | null = null;
      checkpoint((x: Tensor) => (inside = x.mul(2)).sin(), [leaf()]);
      (inside as unknown as Tensor).sum().backward();
    },
    new Error(
      'backward: this tensor was made inside of a checkpointed function, whose graph is not kept; use what the function returns',
    ),
  ],
  [
    'a promise',
    (): unknown => checkpoint(async (x: Tensor) => Promise.resolve(x), [leaf()]),
    new TypeError(
      'checkpoint: the result of f must be a Tensor or an array of them, got a promise; it must not be async',
    ),
  ],
  [
    'a result that is no tensor',
    (): unknown => checkpoint((x: Tensor) => x.numel, [leaf()]),
    new TypeError('checkpoint: the result of f must be a Tensor or an array of them, got 2'),
  ],
  [
    'no function',
    (): unknown => checkpoint(3 as never, [leaf()]),
    new TypeError('checkpoint: f must be a function or a Module, got 3'),
  ],
  [
    'a tensor in place of the arguments',
    (): unknown => checkpoint((x: Tensor) => x, leaf() as never),
    /^checkpoint: args must be an array of the function's arguments, got .*$/,
  ],
  [
    'the reentrant way',
    (): unknown => checkpoint((x: Tensor) => x, [leaf()], { useReentrant: true as never }),
    new RangeError(
      'checkpoint: useReentrant must be false: there is one way, that of use_reentrant=False in PyTorch, got true',
    ),
  ],
  [
    'a trace',
    (): unknown => compile((x: Tensor) => checkpoint((y) => y.sin(), [x]))(leaf()),
    new Error(
      'compile: checkpoint cannot be traced: each run keeps what its backward reads; compile what is inside of it',
    ),
  ],
  [
    'more segments than functions',
    (): unknown => checkpointSequential([(x) => x], 2, leaf()),
    new RangeError(
      'checkpointSequential: segments must be at most the number of functions, which are 1, got 2',
    ),
  ],
  [
    'no segments',
    (): unknown => checkpointSequential([(x) => x], 0, leaf()),
    new RangeError('checkpointSequential: segments must be an integer of at least 1, got 0'),
  ],
])('refuses %s', (_, refused, error) => {
  expect(refused).toThrow(error);
});

it('runs compiled functions inside, and gives another generator back its place', () => {
  const generator = new Generator().manualSeed(1);
  const w = leaf();
  const f = compile((x: Tensor) => x.mul(w).sin());
  const x = leaf();
  checkpoint((y: Tensor) => f(f(y)).add(rand([2], { generator }).mul(0)), [x])
    .sum()
    .backward();
  const want = [x, w].map(({ grad }) => grad!.toArray());
  for (const each of [x, w]) each.grad = null;
  f(f(x)).sum().backward();
  expect([x, w].map(({ grad }) => grad!.toArray())).toEqual(want);
});

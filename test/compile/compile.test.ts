// compile: what it keeps of the function, and what it refuses.
import {
  arange,
  autograd,
  compile,
  enableGrad,
  manualSeed,
  nn,
  noGrad,
  randn,
  tensor,
  zeros,
  type Tensor,
} from 'ostinato';
import { expectSameBits, flat } from '../support';

beforeEach(() => void manualSeed(0));

const chain = (x: Tensor, y: Tensor): Tensor => x.mul(y).add(x.sigmoid()).tanh().mul(0.5);

describe('a compiled function', () => {
  it('traces once for each shape, element type, requiresGrad and mode', () => {
    let runs = 0;
    const f = compile((x: Tensor) => {
      runs++;
      return x.mul(2);
    });
    const x = randn([2, 3]);
    const calls: (() => Tensor)[] = [
      () => f(x),
      () => f(randn([2, 4])),
      () => f(randn([2, 3], { dtype: 'float64' })),
      () => f(randn([2, 3]).requiresGrad_()),
      () => noGrad(() => f(x)),
    ];
    for (let round = 0; round < 3; round++) for (const call of calls) call();
    expect(runs).toBe(calls.length);
  });

  it('keeps as many signatures as it is told', () => {
    let runs = 0;
    const f = compile(
      (x: Tensor) => {
        runs++;
        return x.mul(2);
      },
      { cacheSize: 2 },
    );
    for (const n of [1, 2, 1, 3, 1, 2]) f(zeros([n]));
    // 1 is used again and again and stays; 2 is traced twice.
    expect(runs).toBe(4);
  });

  it('calls no method of an array that it is given or returns', () => {
    const own = (...list: Tensor[]): Tensor[] =>
      Object.defineProperty(list, 'map', { value: () => [] });
    const swapped = compile(([a, b]: Tensor[]) => own(b.mul(2), a));
    const [x, y] = [tensor([1, 2]), tensor([3, 4])];
    for (let i = 0; i < 3; i++)
      expect(swapped(own(x, y)).map((one) => one.toArray())).toEqual([[6, 8], [1, 2]]); // prettier-ignore
  });

  it('takes numbers, strings and arrays, and returns arrays', () => {
    const f = (x: Tensor, [a, [b]]: [number, [Tensor]], op: string | null): Tensor[][] => [
      [x.mul(a), op === 'add' ? x.add(b) : x.sub(b)],
      [],
    ];
    const g = compile(f);
    const [x, y] = [randn([3]), randn([3])];
    for (const [a, op] of [
      [2, 'add'],
      [3, 'add'],
      [3, null],
      [-0, null],
      [0, null],
      [NaN, null],
    ] as const) {
      const [got, want] = [g(x, [a, [y]], op), f(x, [a, [y]], op)];
      expectSameBits(got[0], want[0]);
      expect(got[1]).toEqual([]);
    }
  });

  it('reads strided arguments as they are', () => {
    const f = compile(chain);
    const x = randn([4, 6]).requiresGrad_();
    const [a, b] = [x.t(), x.t().at(':', '0:4')].map((v) => v.detach().requiresGrad_());
    expectSameBits([f(a, a)], [chain(a, a)]);
    expectSameBits([f(b, b)], [chain(b, b)]);
    expectSameBits(
      autograd.grad([f(a, b.at(':', 0).unsqueeze(1)).sum()], [a, b]),
      autograd.grad([chain(a, b.at(':', 0).unsqueeze(1)).sum()], [a, b]),
    );
  });

  it('returns arguments, views and twice the same as tensors of their own', () => {
    const f = (x: Tensor): Tensor[] => {
      const y = x.mul(2);
      return [x, x.at(0), y, y, y.t(), tensor([1, 2])];
    };
    const x = randn([2, 3]).requiresGrad_();
    const [got, want] = [compile(f)(x), f(x)];
    expectSameBits(got, want);
    const sum = (outs: Tensor[]): Tensor => outs.reduce((s, y) => s.add(y.sum()), zeros([]));
    expectSameBits(autograd.grad([sum(got)], [x]), autograd.grad([sum(want)], [x]));
  });

  it('sees the present values of what it uses', () => {
    const w = new nn.Parameter(randn([3]));
    const f = compile((x: Tensor) => x.mul(w));
    const x = randn([2, 3]);
    f(x);
    noGrad(() => w.mul_(3));
    expectSameBits([f(x)], [x.mul(w)]);
    w.requiresGrad = false;
    expect(f(x).requiresGrad).toBe(false);
  });

  it('may be called again before backward', () => {
    const w = new nn.Parameter(randn([4, 4]));
    const plain = (x: Tensor): Tensor => x.matmul(w).tanh().matmul(w).sigmoid();
    const f = compile(plain);
    const xs = [0, 1, 2].map(() => randn([2, 4]).requiresGrad_());
    const outs = xs.map((x) => f(x));
    for (const i of [1, 0, 2]) {
      const [got] = autograd.grad([outs[i].sum()], [xs[i]]);
      expectSameBits([got], autograd.grad([plain(xs[i]).sum()], [xs[i]]));
    }
    let nested = xs[0];
    let want = xs[0];
    for (let i = 0; i < 3; i++) [nested, want] = [f(nested), plain(want)];
    expectSameBits(autograd.grad([nested.sum()], [xs[0]]), autograd.grad([want.sum()], [xs[0]]));
  });

  it('can be walked twice with retainGraph, and once without', () => {
    const x = randn([3]).requiresGrad_();
    const f = compile(chain);
    const out = f(x, x).sum();
    const first = autograd.grad([out], [x], { retainGraph: true });
    expectSameBits(autograd.grad([out], [x]), first);
    expect(() => autograd.grad([out], [x])).toThrow(
      'backward: this graph was already consumed; pass { retainGraph: true } to the first backward call to use it twice',
    );
  });

  it('computes gradients for the outputs that have one', () => {
    const f = (x: Tensor): Tensor[] => {
      const h = x.exp();
      return [h.sin(), h.cos(), h.detach()];
    };
    const g = compile(f);
    const x = randn([3]).requiresGrad_();
    for (const wanted of [[0], [1], [0, 1], [1]]) {
      const gradOf = (outs: Tensor[]): (Tensor | null)[] =>
        autograd.grad(
          wanted.map((i) => outs[i].sum()),
          [x],
        );
      expectSameBits(gradOf(g(x)), gradOf(f(x)));
    }
    expect(g(x)[2].requiresGrad).toBe(false);
  });

  it('keeps tensors that it changes in place to itself', () => {
    const f = (x: Tensor): Tensor => {
      const sums = zeros(x.shape);
      let total: Tensor = tensor([0, 0]);
      for (let t = 0; t < x.shape[0]; t++) {
        total = total.add(x.at(t));
        sums.setAt([t], total);
      }
      const bias = tensor([1, 2]);
      bias.mul_(3);
      return sums.add(bias);
    };
    const g = compile(f);
    const x = randn([3, 2]).requiresGrad_();
    for (let round = 0; round < 2; round++) {
      const [got, want] = [g(x), f(x)];
      expectSameBits([got], [want]);
      expectSameBits(autograd.grad([got.sum()], [x]), autograd.grad([want.sum()], [x]));
    }
  });

  it('checks indices in each call', () => {
    const embedding = new nn.Embedding(5, 3);
    const f = compile((tokens: Tensor) => embedding.forward(tokens));
    const tokens = tensor([0, 4, 2], { dtype: 'int32' });
    expectSameBits([f(tokens)], [embedding.forward(tokens)]);
    for (const wrong of [5, -1, 1 << 30]) {
      expect(() => f(tensor([0, wrong, 2], { dtype: 'int32' }))).toThrow(
        new RangeError(
          'compile: a tensor of indices holds a value outside 0 … 4, the range that the function indexes with it',
        ),
      );
    }
    expectSameBits([f(tokens)], [embedding.forward(tokens)]);
  });

  it('passes gradcheck', () => {
    const f = compile((x: Tensor, y: Tensor) => [chain(x, y), x.matmul(y.t()).softmax(-1)]);
    const inputs = [0, 1].map(() => randn([2, 3], { dtype: 'float64' }).requiresGrad_());
    expect(autograd.gradcheck((x: Tensor, y: Tensor) => f(x, y), inputs)).toBe(true);
  });

  it('may call another', () => {
    const inner = compile(chain);
    const outer = (x: Tensor): Tensor => inner(x, inner(x, x));
    const x = randn([5]);
    expectSameBits([compile(outer)(x)], [outer(x)]);
  });

  it('leaves hooks of parameters to real gradients', () => {
    const w = new nn.Parameter(randn([3]));
    let calls = 0;
    w.registerHook((g) => {
      calls++;
      return g.mul(2);
    });
    compile((x: Tensor) => x.mul(w))(randn([3]))
      .sum()
      .backward();
    expect(calls).toBe(1);
  });

  it('does not grow', () => {
    const w = new nn.Parameter(randn([32, 32]));
    const f = compile((x: Tensor) => {
      let h = x;
      for (let i = 0; i < 8; i++) h = h.matmul(w).tanh();
      return h;
    });
    const x = randn([16, 32]).requiresGrad_();
    const step = (): void => {
      w.grad = null;
      f(x).sum().backward();
    };
    for (let i = 0; i < 6000; i++) step();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 6000; i++) step();
    expect(process.memoryUsage.rss() - before).toBeLessThan(10e6);
  });
});

describe('compile refuses', () => {
  const endless: unknown[] = [];
  endless.push(endless);
  it('an argument that holds itself', () => {
    expect(() => compile((v: unknown) => v as Tensor)(endless as never)).toThrow(
      'compile: an argument must be nested at most 100 deep; what holds itself has no end',
    );
  });
  const x = randn([2, 3]);
  const outside = zeros([2, 3]);
  const reads = (shape: string): string =>
    `compile: the function reads values of a tensor of shape ${shape} while it is traced (item, toArray, toString); a trace has none, so do that outside`;
  const shapes = (operation: string): string =>
    `compile: ${operation} cannot be traced: its result's shape depends on values, and a trace has none; do it outside`;
  const cases: [string, (x: Tensor) => unknown, string][] = [
    ['item', (v) => v.mul(v.sum().item()), reads('[]')],
    ['item of an argument', (v) => v.mul(v.at(0, 0).item()), reads('[]')],
    ['item of a tensor from outside', (v) => v.mul(outside.at(0, 0).item()), reads('[]')],
    ['toArray', (v) => (v.toArray(), v), reads('[2, 3]')],
    ['toTypedArray', (v) => (v.toTypedArray(), v), reads('[2, 3]')],
    ['toString', (v) => (v.add(1).toString(), v), reads('[2, 3]')],
    ['nonzero', (v) => v.nonzero(), shapes('nonzero')],
    ['maskedSelect', (v) => v.maskedSelect(v.gt(0)), shapes('maskedSelect')],
    ['at with a mask', (v) => v.at(v.gt(0)), shapes('at with a mask')],
    ['oneHot', (v) => nn.functional.oneHot(v.int()), shapes('oneHot without numClasses')],
    [
      'a result that holds itself',
      () => endless,
      "compile: the function's result must be nested at most 100 deep; what holds itself has no end",
    ],
    [
      'a change of its argument',
      (v) => v.add_(1),
      'compile: the function changes an argument of shape [2, 3] in place (add_); it must only compute results, so change a clone() instead',
    ],
    [
      'a change of a view of it',
      (v) => v.at(0).zero_(),
      'compile: the function changes an argument of shape [3] in place (zero_); it must only compute results, so change a clone() instead',
    ],
    [
      'a change of a tensor from outside',
      (v) => outside.add_(v),
      'compile: the function changes a tensor from outside of shape [2, 3] in place (add_); it must only compute results, so change a clone() instead',
    ],
    [
      'filling one',
      (v) => (outside.uniform_(), v),
      'compile: the function changes a tensor from outside of shape [2, 3] in place (uniform_); it must only compute results, so change a clone() instead',
    ],
    [
      'backward',
      (v) => (v.sum().backward(), v),
      'compile: backward cannot be traced: it changes grad; use autograd.grad, or call it outside',
    ],
    [
      'hooks',
      (v) => (v.mul(2).registerHook(() => {}), v),
      'compile: registerHook cannot be traced: a replay calls no hook; do it outside',
    ],
    [
      'no tensor as result',
      () => 3,
      'compile: the function must return a Tensor or an array of tensors, got 3',
    ],
    [
      'nothing',
      () => undefined,
      'compile: the function must return a Tensor or an array of tensors, got undefined',
    ],
    [
      'a promise',
      async (v) => Promise.resolve(v),
      'compile: the function must return a Tensor or an array of tensors, got a promise; it must not be async',
    ],
  ];
  it.each(cases)('%s', (_name, f, message) => {
    const compiled = compile(f as (v: Tensor) => Tensor);
    const v = x.clone().requiresGrad_();
    for (let round = 0; round < 2; round++) expect(() => compiled(v)).toThrow(message);
    // Nothing has happened, and all works on.
    expect(outside.sum().item()).toBe(0);
    expect(outside.storage.version).toBe(0);
    expectSameBits([compile(chain)(x, x)], [chain(x, x)]);
  });

  it('what is no function, and other arguments', () => {
    expect(() => compile(3 as never)).toThrow(
      new TypeError('compile: fn must be a function of tensors, got 3'),
    );
    expect(() => compile(chain, { cacheSize: 0 })).toThrow(
      new RangeError('compile: cacheSize must be an integer of at least 1, got 0'),
    );
    const f = compile((v: Tensor) => v);
    expect(() => f({} as never)).toThrow(
      'compile: an argument must be a Tensor, a number, a string, a boolean, null, or an array of these, got an object; let the function capture other things',
    );
    expect(() => f((() => 3) as never)).toThrow(
      new TypeError(
        'compile: an argument must be a Tensor, a number, a string, a boolean, null, or an array of these, got a function; let the function capture other things',
      ),
    );
  });

  it('a tensor with a history from outside', () => {
    const w = randn([3]).requiresGrad_();
    const twice = w.mul(2);
    expect(() => compile((v: Tensor) => v.mul(twice))(x)).toThrow(
      'compile: the function uses a tensor from outside that an operation made (MulBackward0) and that requires gradients; pass it as an argument, or detach() it',
    );
    expectSameBits(
      [noGrad(() => compile((v: Tensor) => v.mul(twice))(x))],
      [x.mul(twice.detach())],
    );
  });

  it('a tensor that was kept from the trace', () => {
    let kept: Tensor | null = null;
    compile((v: Tensor) => (kept = v.mul(2)).add(1))(x);
    const message =
      'compile: a tensor that was made while a function was traced is used outside of it; it has no values, so return it from the function instead of keeping it';
    expect(() => kept!.add(1)).toThrow(message);
    expect(() => kept!.at(0)).toThrow(message);
    expect(() => kept!.sum().item()).toThrow(message);
    expect(() => kept!.toArray()).toThrow(message);
  });

  it('what was saved and changed before backward', () => {
    const w = new nn.Parameter(randn([3]));
    const v = randn([3]).requiresGrad_();
    const out = compile((u: Tensor) => u.mul(w))(v);
    noGrad(() => w.mul_(2));
    expect(() => out.sum().backward()).toThrow(
      /^backward: a tensor of shape \[3\] that a compiled function needs for its gradient was changed in place since \(version \d, saved at \d\); change a clone\(\) instead, or do it before a compiled function$/,
    );
    // A bias is not saved.
    const sum = compile((u: Tensor) => u.exp().add(w))(v);
    noGrad(() => w.mul_(2));
    sum.sum().backward();
    const other = compile((u: Tensor) => u.exp())(v);
    enableGrad(() => noGrad(() => other.mul_(2)));
    expect(() => other.sum().backward()).toThrow(
      /^backward: a tensor of shape \[3\] that a compiled function needs for its gradient was changed in place since \(version \d, saved at \d\); change a clone\(\) instead, or do it before a compiled function$/,
    );
  });

  it('a function that does something else each time', () => {
    let runs = 0;
    const f = compile((v: Tensor) => [runs++ === 0 ? v.exp() : v.sin(), v.cos()]);
    const v = randn([3]).requiresGrad_();
    expect(() => f(v)[0].sum().backward()).toThrow(
      'compile: the function did not do the same when it was traced again; it must depend on nothing but its arguments and the tensors it uses',
    );
  });
});

it('keeps the tables that a gradient rule writes', () => {
  // The windows of avgPool1d, which no kernel computes.
  const x = arange(12, { dtype: 'float32' }).reshape([1, 2, 6]).requiresGrad_();
  const pool = (a: Tensor): Tensor => nn.functional.avgPool1d(a, 3);
  const compiled = compile(pool);
  const gradient = (y: Tensor): number[] => flat(autograd.grad(y.square().sum(), [x])[0]!);
  const expected = gradient(pool(x));
  for (let i = 0; i < 3; i++) expect(gradient(compiled(x))).toEqual(expected);
});

// nn.Recurrent over sequences of many lengths: few traces serve all, with the bits of the cell run step by step.
import { autograd, manualSeed, nn, noGrad, randn, zeros, type Tensor } from 'ostinato';
import { bitsOf, expectSameBits } from '../../support';

type State = nn.CellState;
const [N, I, H] = [2, 3, 4];

/** How often any cell has run. */
let runs = 0;
/** The state is used twice in a step, and the weights three times: the order in which gradients are added counts. */
class Leaky extends nn.Module {
  w = new nn.Linear(I, H);
  u = new nn.Linear(H, H);
  forward(x: Tensor, h: Tensor | null = null): Tensor {
    runs++;
    const y = this.w.forward(x).tanh();
    if (h === null) return this.u.forward(y);
    return h
      .mul(0.9)
      .add(this.u.forward(this.u.forward(h)).tanh())
      .add(y.mul(0.1));
  }
}
/** An output that is no state, and a part of the state that no step changes. */
class Carrying extends nn.Module {
  w = new nn.Linear(I, H);
  out = new nn.Linear(H, 2);
  forward(x: Tensor, state: State | null = null): [Tensor, State] {
    const [h, start] = (state ?? [zeros([N, H]), this.w.forward(x)]) as [Tensor, Tensor];
    const next = h.mul(start).add(this.w.forward(x)).sigmoid();
    return [this.out.forward(next).add(next.mean()), [next, start]];
  }
}
/** Noise in each step. */
class Noisy extends nn.Module {
  w = new nn.Linear(I, H);
  drop = new nn.Dropout(0.4);
  forward(x: Tensor, h: Tensor | null = null): Tensor {
    const y = this.drop.forward(this.w.forward(x));
    return h === null ? y : this.drop.forward(h).add(y);
  }
}
/** A view of what the step made, in which the first output is the state too. */
class Parts extends nn.Module {
  w = new nn.Linear(I, 2 * H);
  u = new nn.Linear(H, 2 * H, { bias: false });
  forward(x: Tensor, state: State | null = null): [Tensor, Tensor] {
    const [h, c] = (state ?? [zeros([N, H]), zeros([N, H])]) as [Tensor, Tensor];
    const [i, g] = this.w.forward(x).add(this.u.forward(h)).chunk(2, -1);
    const cell = c.add(i.sigmoid().mul(g));
    return [cell.mul(h.add(1)).tanh(), cell];
  }
}
const cells: Record<string, () => nn.CellModule<State>> = {
  'of a state that is its output': () => new Leaky(),
  'with an output of its own': () => new Carrying(),
  'with dropout': () => new Noisy(),
  'with two states': () => new Parts(),
  LSTMCell: () => new nn.LSTMCell(I, H),
};
const flat = (state: State): Tensor[] => [state].flat(3) as Tensor[];

describe.each(Object.entries(cells))('a cell %s', (_name, make) => {
  test.each([1, 2, 3, 4, 5, 8, 11, 35, 67, 100])('has the bits of %d steps run one by one', (T) => {
    manualSeed(T);
    const cell = make();
    const layers = [true, false].map((compile) => new nn.Recurrent<State>(cell, { compile }));
    // What arrives: gradients of all, of the outputs, of the last output, of the state.
    const losses = [
      (out: Tensor, last: Tensor[]) => out.square().sum().add(last[0].sum()),
      (out: Tensor) => out.square().sum(),
      (out: Tensor) => out.at(-1).sum(),
      (_: Tensor, last: Tensor[]) => last[last.length - 1].square().sum(),
    ];
    for (const lossOf of losses) {
      const values = randn([T, N, I]);
      const found = layers.map((layer) => {
        manualSeed(9);
        const x = values.clone().requiresGrad_();
        const [out, state] = layer.forward(x);
        const inputs = [x, ...cell.parameters()];
        const loss = lossOf(out, flat(state));
        return [out, ...flat(state), ...autograd.grad(loss, inputs, { allowUnused: true })];
      });
      expect(found[0].map((x) => x && bitsOf(x))).toEqual(found[1].map((x) => x && bitsOf(x)));
      noGrad(() => {
        const [a, b] = layers.map((layer) => {
          manualSeed(9);
          const [out, state] = layer.forward(values);
          return [out, ...flat(state)];
        });
        expectSameBits(a, b);
      });
    }
  });
});

test.each([false, true])('batchFirst, from a state, batchFirst: %s', (batchFirst) => {
  manualSeed(1);
  const cell = new nn.LSTMCell(I, H);
  const T = 41;
  const x = randn(batchFirst ? [N, T, I] : [T, N, I]).requiresGrad_();
  const state = [randn([N, H]).requiresGrad_(), randn([N, H])] as [Tensor, Tensor];
  const [a, b] = [true, false].map((compile) => {
    const layer = new nn.Recurrent<[Tensor, Tensor]>(cell, { compile, batchFirst });
    const [out, [h, c]] = layer.forward(x, state);
    const loss = out.mul(out).sum().add(h.sum()).add(c.mul(2).sum());
    return [out, h, c, ...autograd.grad(loss, [x, state[0], ...cell.parameters()])];
  });
  expectSameBits(a, b);
});

test('few traces serve all lengths', () => {
  const layer = new nn.Recurrent(new Leaky());
  runs = 0;
  for (let T = 1; T <= 200; T++)
    layer
      .forward(randn([T, N, I]))[0]
      .sum()
      .backward();
  // Blocks of 1 (the first and another), 2, 4, … 32.
  expect(runs).toBeLessThanOrEqual(80);
  layer
    .forward(randn([5000, N, I]))[0]
    .sum()
    .backward();
  expect(runs).toBeLessThanOrEqual(80);
  // A length that keeps coming has a trace of its own.
  for (let i = 0; i < 6; i++)
    layer
      .forward(randn([20, N, I]))[0]
      .sum()
      .backward();
  expect(runs).toBeLessThanOrEqual(110);
});

test('second derivatives, also of steps that draw', () => {
  for (const make of [cells['with dropout'], cells.LSTMCell]) {
    manualSeed(3);
    const cell = make().double();
    const values = randn([7, N, I], { dtype: 'float64' });
    const [a, b] = [true, false].map((compile) => {
      manualSeed(4);
      const x = values.clone().requiresGrad_();
      const [out] = new nn.Recurrent<State>(cell, { compile }).forward(x);
      const [g] = autograd.grad(out.square().sum(), [x], { createGraph: true });
      return autograd.grad(g!.square().sum(), cell.parameters(), { allowUnused: true });
    });
    a.forEach((x, i) => {
      expect(x === null).toBe(b[i] === null);
      if (x !== null) expect(x.sub(b[i]!).abs().max().item()).toBeLessThan(1e-9);
    });
  }
});

test('results may be changed in place where the uncompiled ones may', () => {
  for (const compile of [true, false]) {
    const layer = new nn.Recurrent(new Leaky(), { compile });
    const [out] = layer.forward(randn([6, N, I]));
    const loss = out.sum();
    out.detach().zero_();
    expect(() => loss.backward()).not.toThrow();
  }
});

describe('what steps leave in the cell for later ones', () => {
  class Masked extends nn.Module {
    mask: Tensor | null = null;
    forward(x: Tensor, h: Tensor | null = null): Tensor {
      if (h === null) this.mask = x.sigmoid();
      return (h ?? x).mul(this.mask!).add(x);
    }
  }
  class Counting extends nn.Module {
    t = 0;
    forward(x: Tensor, h: Tensor | null = null): Tensor {
      this.t = h === null ? 1 : this.t + 1;
      return x.mul(this.t);
    }
  }
  test.each([Masked, Counting])('%p', (Cell) => {
    const [layer, plain] = [true, false].map(
      (compile) => new nn.Recurrent(new Cell(), { compile }),
    );
    for (const T of [5, 9, 300]) {
      const x = randn([T, N, I]);
      expectSameBits([layer.forward(x)[0]], [plain.forward(x)[0]]);
    }
  });
});

describe('a mode that changes between two calls that one gradient goes through', () => {
  class Moody extends nn.Module {
    w = new nn.Linear(1, 1, { bias: false });
    drop = new nn.Dropout(0.5);
    forward(x: Tensor, state: Tensor | null = null): Tensor {
      const y = this.drop.forward(this.w.forward(x)).mul(this.training ? 2 : 10);
      return state === null ? y : state.add(y);
    }
  }
  it.each([[true, 3], [false, 3], [true, 40], [false, 40]])('in training first: %s, %d steps', (first, steps) => {
    const results = [true, false].map((compile) => {
      manualSeed(5);
      const recurrent = new nn.Recurrent(new Moody(), { compile });
      const x = randn([steps, 2, 1]);
      recurrent.train(first);
      const [, carried] = recurrent.forward(x);
      recurrent.train(!first);
      const [out] = recurrent.forward(x, carried);
      out.at(-1).sum().backward();
      expect(recurrent.training).toBe(!first);
      return [out, recurrent.parameters()[0].grad!];
    });
    for (const i of [0, 1]) {
      const [a, b] = results.map((each) => each[i].detach());
      expect(a.sub(b).abs().amax().item()).toBeLessThan(1e-4);
    }
  }); // prettier-ignore
});

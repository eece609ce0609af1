// nn.Recurrent: any cell over a sequence, compiled and not.
import {
  autograd,
  compile,
  manualSeed,
  nn,
  noGrad,
  ones,
  randn,
  setNumThreads,
  tensor,
  zeros,
  type Tensor,
} from 'ostinato';
import { expectSameBits } from '../../support';

type State = nn.CellState;
interface Case {
  readonly name: string;
  readonly make: () => nn.CellModule<State>;
  /** How many tensors of [N, 6] the state has; 0 for a single one. */
  readonly states: number;
}
const [T, N, I, H] = [5, 3, 4, 6];

/** s3f's cell: tanh(x·Wax + a·Waa + ba). */
class PlainCell extends nn.Module {
  Wax = new nn.Parameter(randn([I, H]));
  Waa = new nn.Parameter(randn([H, H]));
  ba = new nn.Parameter(zeros([1, H]));
  forward(x: Tensor, a: Tensor | null = null): Tensor {
    const before = a ?? zeros([...x.shape.slice(0, -1), H], { dtype: x.dtype });
    return x.matmul(this.Wax).add(before.matmul(this.Waa)).add(this.ba).tanh();
  }
}
/** An LSTM step written by hand, with an output of its own. */
class HandWritten extends nn.Module {
  input = new nn.Linear(I, 4 * H);
  hidden = new nn.Linear(H, 4 * H, { bias: false });
  out = new nn.Linear(H, 2);
  forward(x: Tensor, [h, c]: readonly [Tensor, Tensor]): [Tensor, [Tensor, Tensor]] {
    const [i, f, g, o] = this.input.forward(x).add(this.hidden.forward(h)).chunk(4, -1);
    const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
    const state = o.sigmoid().mul(cell.tanh());
    return [this.out.forward(state), [state, cell]];
  }
}
const cases: readonly Case[] = [
  { name: 'RNNCell', make: () => new nn.RNNCell(I, H), states: 0 },
  { name: 'LSTMCell', make: () => new nn.LSTMCell(I, H), states: 2 },
  { name: 'GRUCell', make: () => new nn.GRUCell(I, H), states: 0 },
  { name: 'a cell of matmul, add, tanh', make: () => new PlainCell(), states: 0 },
  { name: 'an LSTM cell of primitive operations', make: () => new HandWritten(), states: 2 },
];

const flat = (state: State): readonly Tensor[] =>
  (Array.isArray(state) ? state : [state]) as readonly Tensor[];

describe.each(cases.map((one) => [one.name, one] as const))('%s', (_name, { make, states }) => {
  const initial = (dtype: 'float32' | 'float64'): State => {
    const one = (): Tensor => randn([N, H], { dtype }).requiresGrad_();
    return states === 0 ? one() : Array.from({ length: states }, one);
  };

  it.each(['float32', 'float64'] as const)('has the bits of its uncompiled self, %s', (dtype) => {
    manualSeed(1);
    const cell = make().to(dtype);
    const [compiled, plain] = [true, false].map(
      (compiles) => new nn.Recurrent<State>(cell, { compile: compiles }),
    );
    for (const threads of [1, 2]) {
      setNumThreads(threads);
      for (let round = 0; round < 2; round++) {
        const x = randn([T, N, I], { dtype }).requiresGrad_();
        const h0 = initial(dtype);
        const wanted = [x, ...flat(h0), ...cell.parameters()];
        const run = (layer: nn.Recurrent<State>): Tensor[] => {
          const [out, state] = layer.forward(x, h0);
          return [out, ...flat(state)];
        };
        const [a, b] = [run(compiled), run(plain)];
        expectSameBits(a, b);
        const gradOutputs = b.map((y) => randn(y.shape, { dtype }));
        const options = { gradOutputs, allowUnused: true };
        expectSameBits(autograd.grad(a, wanted, options), autograd.grad(b, wanted, options));
        noGrad(() => expectSameBits(run(compiled), run(plain)));
      }
    }
  });

  it('adds the same gradients to its parameters', () => {
    manualSeed(2);
    const cell = make();
    const x = randn([T, N, I]);
    const h0 = initial('float32');
    const grads = [true, false].map((compiles) => {
      for (const p of cell.parameters()) p.grad = null;
      const layer = new nn.Recurrent<State>(cell, { compile: compiles });
      // Only the last output counts: the others' gradients do not arrive.
      for (let i = 0; i < 3; i++) layer.forward(x, h0)[0].at(-1).square().sum().backward();
      return cell.parameters().map((p) => p.grad);
    });
    expectSameBits(grads[0], grads[1]);
  });
});

it('agrees with the fused layer', () => {
  manualSeed(3);
  const lstm = new nn.LSTM(I, H);
  const cell = new nn.LSTMCell(I, H);
  cell.loadStateDict(
    new Map([...lstm.stateDict()].map(([name, p]) => [name.replace('_l0', ''), p])),
  );
  const x = randn([T, N, I]);
  const [out, [h, c]] = lstm.forward(x);
  const [ours, [ourH, ourC]] = new nn.Recurrent<[Tensor, Tensor]>(cell).forward(x);
  const weights = [cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh] as const;
  const step = (xt: Tensor, state?: [Tensor, Tensor] | null): [Tensor, Tensor] =>
    nn.lstmStep(xt, state ?? [zeros([N, H]), zeros([N, H])], weights);
  const [primitive] = new nn.Recurrent<[Tensor, Tensor]>(step).forward(x);
  for (const [a, b] of [
    [ours, out],
    [ourH, h.at(0)],
    [ourC, c.at(0)],
    [primitive, out],
  ]) {
    expect(a.shape).toEqual(b.shape);
    expect(a.sub(b).abs().max().item()).toBeLessThan(1e-6);
  }
});

it('takes batchFirst, unbatched and scalar sequences', () => {
  const cell = new nn.GRUCell(I, H);
  const x = randn([T, N, I]);
  const [out, h] = new nn.Recurrent<Tensor>(cell).forward(x);
  const [first, last] = new nn.Recurrent<Tensor>(cell, { batchFirst: true }).forward(
    x.transpose(0, 1),
  );
  expectSameBits([first.transpose(0, 1), last], [out, h]);
  const [one, lastOfOne] = new nn.Recurrent<Tensor>(cell, { batchFirst: true }).forward(
    x.select(1, 2),
  );
  expectSameBits([one, lastOfOne], [out.select(1, 2), h.select(0, 2)]);
  const sum = new nn.Recurrent<Tensor>((frame, state) => (state ? state.add(frame) : frame));
  expect(sum.forward(x.at(':', 0, 0))[0].shape).toEqual([T]);
});

it('follows training mode, new parameters and another element type', () => {
  class Moody extends nn.Module {
    w = new nn.Parameter(randn([I]));
    forward(x: Tensor, h?: Tensor | null): Tensor {
      const y = this.training ? x.mul(this.w) : x.add(this.w);
      return h ? y.add(h) : y;
    }
  }
  const cell = new Moody();
  const layer = new nn.Recurrent<Tensor>(cell);
  const plain = new nn.Recurrent<Tensor>(cell, { compile: false });
  const x = randn([T, N, I]);
  const check = (input = x): void => expectSameBits(layer.forward(input), plain.forward(input));
  check();
  cell.eval();
  check();
  cell.w = new nn.Parameter(randn([I]));
  check();
  noGrad(() => cell.w.mul_(2));
  check();
  layer.to('float64');
  check(x.to('float64'));
  cell.w.requiresGrad = false;
  expect(layer.forward(x.to('float64'))[0].requiresGrad).toBe(false);
});

it('tells an output from a state', () => {
  const x = randn([T, N, H]);
  const pair = (xt: Tensor, h?: Tensor | null): [Tensor, Tensor] => [xt.mul(2), h ? h.add(xt) : xt];
  const given = new nn.Recurrent<Tensor>(pair).forward(x, zeros([N, H]));
  const said = new nn.Recurrent<Tensor>(pair, { returnsOutput: true }).forward(x);
  expectSameBits(said, [x.mul(2), given[1]]);
  expectSameBits(given, said);
});

it('owns the parameters of a module', () => {
  const layer = new nn.Recurrent(new nn.LSTMCell(I, H));
  expect([...layer.stateDict().keys()][0]).toBe('cell.weight_ih');
  expect(layer.parameters()).toHaveLength(4);
});

it('says what is wrong', () => {
  const cell = new nn.GRUCell(I, H);
  const layer = new nn.Recurrent<Tensor>(cell);
  expect(() => new nn.Recurrent(3 as never)).toThrow(
    new TypeError(
      'Recurrent: cell must be a Module with a forward(x, state), or a function, got 3',
    ),
  );
  expect(() => layer.forward([] as never)).toThrow(
    'Recurrent.forward: input must be a Tensor, got []',
  );
  expect(() => layer.forward(randn([0, N, I]))).toThrow(
    'Recurrent.forward: input must have at least one step, got shape [0, 3, 4], whose steps are dimension 0',
  );
  expect(() => layer.forward(randn([T, N, I + 1]))).toThrow(
    'GRUCell.forward: input has 5 features, but this cell was built with inputSize 4 (input [3, 5])',
  );
  expect(() => layer.forward(randn([T, N, I]), 3 as never)).toThrow(
    'Recurrent.forward: state must be a Tensor or an array of tensors, got 3',
  );
  expect(() => new nn.Recurrent((() => 3) as never).forward(randn([T, I]))).toThrow(
    'Recurrent.forward: the cell must return its state (a Tensor or an array of tensors), or [output, state], got 3',
  );
  const endless: unknown[] = [zeros([N, H])];
  endless.push(endless);
  expect(() => layer.forward(randn([T, N, I]), endless as never)).toThrow(
    'Recurrent.forward: state must be a Tensor or an array of tensors, got an array of 2',
  );
  class Dropping extends nn.Module {
    drop = new nn.Dropout(0.5);
    forward(x: Tensor, h?: Tensor | null): Tensor {
      return this.drop.forward(h ? h.add(x) : x);
    }
  }
  const dropping = new Dropping();
  const dropped = [true, false].map((compiles) => {
    manualSeed(8);
    return new nn.Recurrent<Tensor>(dropping, { compile: compiles }).forward(randn([T, N, I]))[0];
  });
  expectSameBits([dropped[0]], [dropped[1]]);
  dropping.eval();
  expect(new nn.Recurrent<Tensor>(dropping).forward(randn([T, N, I]))[0].shape).toEqual([T, N, I]);
});

it('passes gradcheck', () => {
  const cell = new nn.GRUCell(2, 3).to('float64');
  const layer = new nn.Recurrent<Tensor>(cell);
  const inputs = [randn([3, 2, 2], { dtype: 'float64' }), randn([2, 3], { dtype: 'float64' })];
  for (const x of inputs) x.requiresGrad_();
  const check = autograd.gradcheck((x: Tensor, h: Tensor) => layer.forward(x, h), inputs);
  expect(check).toBe(true);
});

it('works inside a compiled function', () => {
  const layer = new nn.Recurrent<Tensor>(new nn.GRUCell(I, H));
  const f = (x: Tensor): Tensor => layer.forward(x.mul(2))[0].tanh();
  const x = randn([T, N, I]);
  expectSameBits([compile(f)(x)], [f(x)]);
});

test.each(['weight_hh', 'bias_ih'])(
  'a tensor that replaces the %s of the cell is read by the next call',
  (name) => {
    const cell = new nn.GRUCell(2, 3);
    const fields = cell as unknown as Record<string, Tensor>;
    const layer = new nn.Recurrent(cell);
    const x = randn([4, 2, 2]);
    for (const factor of [1, 2, 3]) {
      fields[name] = fields[name].detach().mul(factor);
      const [out] = layer.forward(x);
      const [expected] = new nn.Recurrent(cell, { compile: false }).forward(x);
      expect(out.toArray()).toEqual(expected.toArray());
    }
  },
);

test('a buffer that replaces one of the cell is read by the next call', () => {
  class Leaky extends nn.Module {
    rate = tensor([0.5]);
    constructor() {
      super();
      this.registerBuffer('rate', this.rate);
    }
    override forward(x: Tensor, h: Tensor | null = null): Tensor {
      return h === null ? x : h.mul(this.rate).add(x);
    }
  }
  const cell = new Leaky();
  const layer = new nn.Recurrent(cell);
  expect(layer.forward(ones([2, 1]))[0].toArray()).toEqual([[1], [1.5]]);
  cell.rate = tensor([2]);
  expect(layer.forward(ones([2, 1]))[0].toArray()).toEqual([[1], [3]]);
});

// A program keeps packed weights from run to run once they have come unchanged some times. Whatever happens to a weight then, each run,
// and each uncompiled call, which has the same, has the bits of the plain function on a copy of the model, which has nothing packed.
import {
  arange,
  cat,
  compile,
  deepcopy,
  io,
  manualSeed,
  nn,
  noGrad,
  optim,
  randn,
  tensor,
  zeros,
  type Tensor,
} from 'ostinato';
import { expectSameBits } from '../support';

// More than it takes to keep them.
const runs = 7;

type Model = nn.Module & { forward(x: Tensor): unknown };
const flatten = (value: unknown): Tensor[] =>
  Array.isArray(value) ? value.flatMap(flatten) : value === null ? [] : [value as Tensor];
const outputs = (model: Model, x: Tensor): Tensor[] => flatten(model.forward(x));

/** Products of few rows, of a tile, and of one matrix again and again. */
class Products extends nn.Module {
  inner = new nn.Linear(80, 96);
  outer = new nn.Parameter(randn([96, 80]).mul(0.1));
  forward(x: Tensor): Tensor {
    const first = this.inner.forward(x.narrow(0, 0, 1)).matmul(this.outer);
    let rest = x.narrow(0, 1, 7);
    for (let i = 0; i < 4; i++) rest = this.inner.forward(rest).tanh().matmul(this.outer);
    return cat([first, rest]);
  }
}

const models: Record<string, [make: () => Model, shape: number[]]> = {
  products: [() => new Products(), [8, 80]],
  convolution: [() => new nn.Conv1d(32, 48, 3, { padding: 1, stride: 2 }), [1, 32, 4]],
  LSTM: [() => new nn.LSTM(24, 40, { numLayers: 2 }), [3, 1, 24]],
  'GRU, bidirectional, of many rows': [() => new nn.GRU(24, 40, { bidirectional: true }), [2, 20, 24]], // prettier-ignore
  'LSTM, projected': [() => new nn.LSTM(24, 40, { projSize: 16 }), [3, 2, 24]],
  'LSTM, normalized': [() => new nn.LSTM(24, 40, { layerNorm: true }), [3, 2, 24]],
  LSTMCell: [() => new nn.LSTMCell(24, 40), [1, 24]],
  Recurrent: [() => new nn.Recurrent(new nn.GRUCell(24, 40)), [5, 1, 24]],
};

const matrices = (model: Model): nn.Parameter[] =>
  [...model.parameters()].filter((w) => w.ndim > 1);
const each =
  (change: (w: nn.Parameter) => void) =>
  (model: Model): void => {
    noGrad(() => {
      matrices(model).forEach(change);
    });
  };

const changes: Record<string, (model: Model, x: Tensor) => void> = {
  'in place': each((w) => w.mul_(0.5)),
  'one weight of many': (model) => {
    noGrad(() => matrices(model).at(-1)!.add_(0.25));
  },
  bias: (model) => {
    noGrad(() => {
      for (const b of model.parameters()) if (b.ndim === 1) b.add_(0.25);
    });
  },
  'through a view': each((w) => w.narrow(0, 1, 2).mul_(2)),
  'through detach()': each((w) => w.detach().neg_()),
  'through data': each((w) => w.data.add_(0.1)),
  copy_: each((w) => w.copy_(randn(w.shape))),
  init: each((w) => nn.init.uniform_(w, -0.2, 0.2)),
  'an optimizer step': (model, x) => {
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
    for (const y of outputs(model, x)) y.sum().backward({ retainGraph: true });
    optimizer.step();
  },
  'a training step without a change': (model, x) => {
    for (const y of outputs(model, x)) y.sum().backward({ retainGraph: true });
  },
  loadStateDict: (model) => {
    const other = deepcopy(model);
    each((w) => w.neg_())(other);
    model.loadStateDict(other.stateDict());
  },
  'loadStateDict, assigned': (model) => {
    const other = deepcopy(model);
    each((w) => w.neg_())(other);
    model.loadStateDict(other.stateDict(), { assign: true });
  },
  'data assigned': each((w) => {
    w.data = randn(w.shape);
  }),
  'data of one memory': (model) => {
    const all = matrices(model);
    const sizes = all.map(({ numel }) => numel);
    const memory = randn([2 * sizes.reduce((a, b) => a + b)]).mul(0.1);
    all.forEach((w, i) => {
      w.data = memory.split([...sizes, ...sizes])[i].view(w.shape);
    });
    changes.runs(model, zeros([1]));
    all.forEach((w, i) => {
      w.data = memory.split([...sizes, ...sizes])[i + sizes.length].view(w.shape);
    });
  },
  vectorToParameters: (model) => {
    const vector = nn.utils.parametersToVector(model.parameters()).detach().mul(0.75);
    nn.utils.vectorToParameters(vector, model.parameters());
  },
  'another type and back': (model) => {
    model.to('float64');
    each((w) => w.add_(0.125))(model);
    model.to('float32');
  },
  'memory of threads': (model) => {
    model.shareMemory();
    changes.runs(model, zeros([1]));
    // As another thread sees it.
    for (const w of matrices(model)) {
      const twin: Tensor = io.fromMessage(structuredClone(io.toMessage(w.detach())));
      twin.mul_(0.5);
    }
  },
  runs: () => undefined,
};

describe.each(Object.keys(models))('%s', (name) => {
  const [make, shape] = models[name];
  test.each(Object.keys(changes))('%s', (what) => {
    manualSeed(3);
    const model = make().eval();
    const x = randn(shape);
    const compiled = compile((input: Tensor) => outputs(model, input));
    const check = (): void => {
      const expected = noGrad(() => outputs(deepcopy(model), x));
      noGrad(() => {
        for (let i = 0; i < runs; i++) {
          expectSameBits(compiled(x), expected);
          expectSameBits(outputs(model, x), expected);
        }
      });
    };
    const run = changes.runs;
    changes.runs = check;
    try {
      check();
      changes[what](model, x);
      check();
    } finally {
      changes.runs = run;
    }
  });
});

test('parameters of a session that are replaced', () => {
  class Served extends nn.Module {
    cell = new nn.LSTMCell(24, 40);
    out = new nn.Linear(40, 120);
    forward(x: Tensor): Tensor {
      return this.out.forward(this.cell.forward(x)[0]);
    }
  }
  const model = new Served();
  const session = model.stream({ compile: true });
  const x = randn([1, 24]);
  for (let i = 0; i < runs; i++) session.push(x);
  Object.assign(model.out, { weight: new nn.Parameter(randn([120, 40])) });
  Object.assign(model.cell, { weight_hh: new nn.Parameter(randn([160, 40])) });
  session.reset();
  const plain = deepcopy(model).stream();
  for (let i = 0; i < runs; i++) expectSameBits([session.push(x)], [plain.push(x)]);
});

test.each([
  ['t_', (w: Tensor) => w.t_()],
  ['transpose_', (w: Tensor) => w.transpose_(0, 1)],
])('a matrix that is turned itself: %s', (_name, turn) => {
  const w = randn([80, 80]);
  const x = randn([1, 80]);
  const compiled = compile((input: Tensor) => input.matmul(w));
  for (let i = 0; i < runs; i++) {
    expectSameBits([compiled(x)], [x.matmul(w.clone())]);
    if (i === 5) turn(w);
  }
  expectSameBits([compiled(x)], [x.matmul(w.clone())]);
});

test('what a run that fails has not packed', () => {
  const layer = new nn.LSTM(24, 40);
  const table = randn([5, 24]);
  const compiled = compile((i: Tensor) => layer.forward(table.indexSelect(0, i).unsqueeze(1))[0]);
  const [good, bad] = [arange(0, 3, 1, { dtype: 'int32' }), tensor([0, 9, 1], { dtype: 'int32' })];
  const expected = noGrad(() => compiled(good));
  noGrad(() => {
    for (let i = 0; i < runs; i++)
      expect(() => compiled(bad)).toThrow(
        'compile: a tensor of indices holds a value outside 0 … 4, the range that the function indexes with it',
      );
    for (let i = 0; i < runs; i++) {
      expectSameBits([compiled(good)], [expected]);
      expectSameBits([layer.forward(table.indexSelect(0, good).unsqueeze(1))[0]], [expected]);
    }
  });
});

test('more parts of one memory than are kept', () => {
  const all = randn([12, 80, 96]);
  const f = (x: Tensor): Tensor[] =>
    [...all.unbind(0), ...all.unbind(0)].map((w, i) =>
      (i < 12 ? x.narrow(0, 0, 1) : x).matmul(w).matmul(w.t()),
    );
  const compiled = compile(f);
  const x = randn([7, 80]);
  const copy = all.clone();
  const expected = [...copy.unbind(0), ...copy.unbind(0)].map((w, i) =>
    (i < 12 ? x.narrow(0, 0, 1) : x).matmul(w).matmul(w.t()),
  );
  for (let i = 0; i < runs; i++) expectSameBits(compiled(x), expected);
  expectSameBits(f(x), expected);
});

test('programs and eager calls share what is packed', () => {
  const layer = new nn.LSTM(256, 256);
  const [w, x] = [randn([1024, 256]), randn([1, 1, 256])];
  const run = (y: Tensor): Tensor => nn.functional.linear(layer.forward(y)[0], w);
  const programs = [1, 2, 3].map((n) => compile((y: Tensor) => run(y).mul(n)));
  const run5 = (body: () => void): void => {
    for (let i = 0; i < 5; i++) noGrad(body);
  };
  run5(() => run(x));
  for (const program of programs) {
    // Until they are kept, a run has its workspace for them.
    for (let i = 0; i < 4; i++) noGrad(() => program(x));
    const before = process.memoryUsage().arrayBuffers;
    run5(() => program(x));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 256);
  }
});

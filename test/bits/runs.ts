// Training runs whose results are fixed to the bit: every cell, layer and optimizer, both float types. A run's hash covers
// its losses, its parameters after training and its outputs. test/bits/bits.test.ts holds it against bits.json.
import { createHash } from 'node:crypto';
import {
  cat,
  data,
  manualSeed,
  nn,
  noGrad,
  optim,
  randint,
  randn,
  type DType,
  type Tensor,
} from 'ostinato';
import { drawn, drawOf } from './more-runs';

const F = nn.functional;

/** A model's loss on fixed data, and the outputs whose bits count. */
interface Trained {
  readonly model: nn.Module;
  readonly loss: () => Tensor;
  readonly outputs: () => readonly Tensor[];
}

type Float = 'float32' | 'float64';
type OptimizerOf = (parameters: nn.Parameter[]) => optim.Optimizer;

const adam: OptimizerOf = (parameters) => new optim.Adam(parameters, { lr: 0.01 });

function hashOf({ model, loss, outputs }: Trained, optimizerOf: OptimizerOf, steps = 4): string {
  const hash = createHash('sha256');
  const add = (x: Tensor): void => {
    hash.update(`${x.dtype}[${x.shape.join()}]`);
    hash.update(Buffer.from(x.toTypedArray().buffer));
  };
  const optimizer = optimizerOf(model.parameters());
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad();
    const value = loss();
    value.backward();
    add(value);
    nn.utils.clipGradNorm_(model.parameters(), 1);
    optimizer.step();
  }
  for (const [name, value] of model.stateDict()) {
    hash.update(name);
    add(value);
  }
  model.eval();
  for (const value of noGrad(outputs)) add(value);
  return hash.digest('hex').slice(0, 32);
}

type Layer = nn.RNN | nn.LSTM | nn.GRU | nn.JANET;
type Cell = nn.LSTMCell | nn.GRUCell | nn.RNNCell | nn.JANETCell;

const statesOf = (state: unknown): readonly Tensor[] =>
  Array.isArray(state) ? (state as Tensor[]) : [state as Tensor];

/** A recurrent layer and a linear one on top, over `[T, N, I]` (or `[N, T, I]`) of normal numbers. */
function recurrent(layer: Layer, features: number, shape: number[], dtype: Float): Trained {
  const model = new nn.ModuleList([layer, new nn.Linear(features, 3)]);
  model.to(dtype);
  const [recurrentLayer, fc] = model.children() as [nn.LSTM, nn.Linear];
  const x = randn(shape, { dtype });
  const target = randn([shape[0], shape[1], 3], { dtype });
  return {
    model,
    loss: () => F.mseLoss(fc.forward(recurrentLayer.forward(x)[0]), target),
    outputs: () => {
      const [out, state] = recurrentLayer.forward(x);
      return [out, ...statesOf(state)];
    },
  };
}

/** The same over sequences of unequal length, packed. */
function packed(layer: Layer, dtype: Float): Trained {
  layer.to(dtype);
  const lengths = [7, 6, 6, 3, 1];
  const input = nn.utils.rnn.packPaddedSequence(randn([7, 5, 6], { dtype }), lengths);
  const run = (): readonly [Tensor, readonly Tensor[]] => {
    const [out, state] = (layer as nn.LSTM).forward(input);
    return [out.data, statesOf(state)];
  };
  return {
    model: layer,
    loss: () => {
      const [out, states] = run();
      return states.reduce((sum, state) => sum.add(state.square().mean()), out.square().mean());
    },
    outputs: () => {
      const [out, states] = run();
      return [out, ...states];
    },
  };
}

class Stepwise extends nn.Module {
  readonly cell: Cell;
  constructor(cell: Cell) {
    super();
    this.cell = cell;
  }
  forward(x: Tensor): Tensor {
    let state: unknown = null;
    const outs: Tensor[] = [];
    for (let t = 0; t < x.shape[0]; t++) {
      state = (this.cell as nn.LSTMCell).forward(x.select(0, t), state as [Tensor, Tensor]);
      outs.push(statesOf(state)[0]);
    }
    return cat(outs, 1);
  }
}

class OwnCell extends nn.Module {
  gates: nn.Linear;
  constructor(features: number, hidden: number) {
    super();
    this.gates = new nn.Linear(features + hidden, 2 * hidden);
  }
  forward(x: Tensor, h?: Tensor | null): Tensor {
    const before = h ?? x.narrow(1, 0, 1).mul(0).expand([x.shape[0], 8]);
    const [z, n] = this.gates.forward(cat([x, before], 1)).chunk(2, 1);
    const update = z.sigmoid();
    return before.mul(update).add(n.tanh().mul(update.neg().add(1)));
  }
}

function stepwise(cell: Cell, dtype: Float): Trained {
  const model = new Stepwise(cell);
  model.to(dtype);
  const x = randn([5, 9, 6], { dtype });
  return {
    model,
    loss: () => model.forward(x).square().mean(),
    outputs: () => [model.forward(x)],
  };
}

function unrolled(dtype: Float, compile: boolean): Trained {
  const model = new nn.Recurrent(new OwnCell(6, 8), { compile });
  model.to(dtype);
  const x = randn([5, 9, 6], { dtype });
  const run = (): Tensor => model.forward(x)[0];
  return { model, loss: () => run().square().mean(), outputs: () => [run()] };
}

class WordModel extends nn.Module {
  embedding = new nn.Embedding(50, 24);
  drop = new nn.Dropout(0.3);
  lstm = new nn.LSTM(24, 40, { numLayers: 2, dropout: 0.2 });
  norm = new nn.LayerNorm(40);
  fc = new nn.Linear(40, 50);
  forward(tokens: Tensor): Tensor {
    const [out] = this.lstm.forward(this.drop.forward(this.embedding.forward(tokens)));
    return this.fc.forward(this.norm.forward(out));
  }
}

function words(dtype: Float): Trained {
  const model = new WordModel();
  model.to(dtype);
  const tokens = randint(0, 50, [11, 6], { dtype: 'int32' });
  const next = randint(0, 50, [66], { dtype: 'int32' });
  return {
    model,
    loss: () => F.crossEntropy(model.forward(tokens).view([66, 50]), next),
    outputs: () => [F.logSoftmax(model.forward(tokens), 2)],
  };
}

/** Dense layers with every activation, and batches drawn by a shuffling loader. */
function dense(dtype: Float): Trained {
  const model = new nn.Sequential(
    new nn.Linear(10, 70),
    new nn.GELU(),
    new nn.Linear(70, 33),
    new nn.SiLU(),
    new nn.Linear(33, 20),
    new nn.ELU(),
    new nn.Linear(20, 12),
    new nn.Softplus(),
    new nn.Linear(12, 5),
    new nn.Softmax(1),
  );
  model.to(dtype);
  const rows = new data.TensorDataset(randn([64, 10], { dtype }), randn([64, 5], { dtype }));
  const loader = new data.DataLoader(rows, { batchSize: 24, shuffle: true });
  const x = randn([17, 10], { dtype });
  return {
    model,
    loss: () => {
      let total: Tensor | null = null;
      for (const [input, target] of loader as Iterable<[Tensor, Tensor]>) {
        const loss = F.smoothL1Loss(model.forward(input), target);
        total = total === null ? loss : total.add(loss);
      }
      return total!;
    },
    outputs: () => [model.forward(x)],
  };
}

/** Every run by name. */
export function runs(): Map<string, () => string> {
  const all = new Map<string, () => string>();
  const add = (name: string, make: (dtype: Float) => Trained, optimizer = adam): void => {
    for (const dtype of ['float32', 'float64'] satisfies DType[]) {
      all.set(`${name}, ${dtype}`, () => {
        manualSeed(7);
        return hashOf(make(dtype), optimizer);
      });
    }
  };
  const both = { bidirectional: true, numLayers: 2 };
  const layers: Record<string, (options: object) => Layer> = {
    'RNN tanh': (options) => new nn.RNN(6, 20, options),
    'RNN relu': (options) => new nn.RNN(6, 20, { ...options, nonlinearity: 'relu' }),
    LSTM: (options) => new nn.LSTM(6, 20, options),
    GRU: (options) => new nn.GRU(6, 20, options),
    JANET: (options) => new nn.JANET(6, 20, options),
  };
  for (const [name, make] of Object.entries(layers)) {
    add(name, (dtype) => recurrent(make({}), 20, [9, 5, 6], dtype));
    add(`${name}, bidirectional, two layers, dropout`, (dtype) =>
      recurrent(make({ ...both, dropout: 0.4 }), 40, [9, 5, 6], dtype),
    );
    add(`${name}, packed`, (dtype) => packed(make(both), dtype));
    add(`${name}, one row`, (dtype) => recurrent(make({ batchFirst: true }), 20, [1, 9, 6], dtype));
    add(`${name}, forty rows`, (dtype) => recurrent(make({ bias: false }), 20, [9, 40, 6], dtype));
  }
  const large = { 'RNN tanh': nn.RNN, LSTM: nn.LSTM, GRU: nn.GRU, JANET: nn.JANET };
  for (const [name, Kind] of Object.entries(large)) {
    for (const rows of [1, 6, 36]) {
      add(`${name} of 130 units, ${rows} rows`, (dtype) =>
        recurrent(new Kind(70, 130), 130, [6, rows, 70], dtype),
      );
    }
  }
  add('LSTM with projection', (dtype) =>
    recurrent(new nn.LSTM(6, 20, { projSize: 8, numLayers: 2 }), 8, [9, 5, 6], dtype),
  );
  add('RNNCell', (dtype) => stepwise(new nn.RNNCell(6, 20), dtype));
  add('LSTMCell', (dtype) => stepwise(new nn.LSTMCell(6, 20), dtype));
  add('GRUCell', (dtype) => stepwise(new nn.GRUCell(6, 20), dtype));
  add('JANETCell', (dtype) => stepwise(new nn.JANETCell(6, 20), dtype));
  add('own cell', (dtype) => unrolled(dtype, false));
  add('own cell, compiled', (dtype) => unrolled(dtype, true));
  add('words', words);
  const optimizers: Record<string, OptimizerOf> = {
    'SGD with momentum': (p) =>
      new optim.SGD(p, { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    AdamW: (p) => new optim.AdamW(p, { lr: 0.01 }),
    RMSprop: (p) => new optim.RMSprop(p, { lr: 0.01, momentum: 0.5 }),
    Adagrad: (p) => new optim.Adagrad(p, { lr: 0.05 }),
  };
  for (const [name, optimizer] of Object.entries(optimizers)) {
    add(`dense, ${name}`, dense, optimizer);
  }
  for (const [name, make] of Object.entries(drawn)) {
    add(name, (dtype) => ({ ...make(drawOf(dtype), { dtype }), outputs: () => [] }));
  }
  return all;
}

if (require.main === module) {
  const hashes: Record<string, string> = {};
  for (const [name, run] of runs()) hashes[name] = run();
  process.stdout.write(`${JSON.stringify(hashes, null, 2)}\n`);
}

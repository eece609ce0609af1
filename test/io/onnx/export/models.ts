// Models that are exported, with inputs of the example's sizes and of others.
import { arange, cat, compile, nn, randint, randn, stack, type io, type Tensor } from 'ostinato';

type Args = readonly unknown[];
export interface Exported {
  readonly model: nn.Module;
  readonly options: io.ExportOnnxOptions;
  readonly inputNames: readonly string[];
  readonly others: readonly { readonly args: Args; readonly tensors: readonly Tensor[] }[];
}

export function distance(a: Tensor, b: Tensor): number {
  if (a.shape.join() !== b.shape.join()) return Infinity;
  const [x, y] = [a, b].map((each) => Float64Array.from(each.toTypedArray()));
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i])), 0);
}

const made = (
  model: nn.Module,
  args: (...sizes: number[]) => Args,
  sizes: readonly (readonly number[])[],
  names: readonly string[],
  dynamicAxes: io.DynamicAxes = {},
): Exported => ({
  model,
  options: { example: args.apply(null, [...sizes[0]]), inputNames: names, dynamicAxes },
  inputNames: names,
  others: sizes.map((one) => {
    const given = args.apply(null, [...one]);
    return { args: given, tensors: given.flat(9) as Tensor[] };
  }),
});

/** The functions of a module's forward as a class. */
class Run extends nn.Module {
  [key: string]: unknown;
  readonly #run: (self: Run, ...args: never[]) => unknown;
  constructor(
    parts: Record<string, nn.Module | nn.Parameter>,
    run: (self: never, ...args: never[]) => unknown,
  ) {
    super();
    this.#run = run as never;
    Object.assign(this, parts);
  }
  override forward(...args: unknown[]): unknown {
    return this.#run(this, ...(args as never[]));
  }
}

const rows: io.DynamicAxes = { x: { 0: 'batch', 1: 'time' } };
const steps: io.DynamicAxes = { x: { 0: 'time', 1: 'batch' } };
const sized = [[2, 5], [3, 4], [1, 7]]; // prettier-ignore

function withStates(layer: nn.LSTM | nn.GRU | nn.RNN, states: number): Exported {
  const D = layer.bidirectional ? 2 : 1;
  const state = (n: number): Tensor => randn([layer.numLayers * D, n, layer.hiddenSize]);
  const args = (n: number, t: number): Args => {
    const x = layer.batchFirst ? randn([n, t, 3]) : randn([t, n, 3]);
    return states === 2 ? [x, [state(n), state(n)]] : [x, state(n)];
  };
  const names = ['x', 'h', 'c'].slice(0, states + 1);
  const ofStates = Object.fromEntries(names.slice(1).map((name) => [name, { 1: 'batch' }]));
  return made(layer, args, sized, names, { ...(layer.batchFirst ? rows : steps), ...ofStates });
}

export const models: Record<string, () => Exported> = {
  'an LSTM of two layers and directions, with states': () =>
    withStates(new nn.LSTM(3, 4, { numLayers: 2, bidirectional: true, batchFirst: true }), 2),
  'a GRU of two layers and directions, with states': () =>
    withStates(new nn.GRU(3, 4, { numLayers: 2, bidirectional: true }), 1),
  'an RNN of relu': () => withStates(new nn.RNN(3, 4, { nonlinearity: 'relu' }), 1),
  'an RNN without biases or states': () =>
    made(new nn.RNN(3, 4, { bias: false, batchFirst: true }), (n, t) => [randn([n, t, 3])], sized, ['x'], rows), // prettier-ignore
  'an LSTM with peepholes': () =>
    made(new nn.LSTM(3, 4, { peephole: true }), (n, t) => [randn([t, n, 3])], sized, ['x'], steps),
  'a classifier of words': () => {
    const net = new Run(
      { embedding: new nn.Embedding(11, 4), rnn: new nn.LSTM(4, 5, { batchFirst: true }), drop: new nn.Dropout(), fc: new nn.Linear(5, 3) }, // prettier-ignore
      (self: { embedding: nn.Embedding; rnn: nn.LSTM; drop: nn.Dropout; fc: nn.Linear }, ids: Tensor) => {
        const [y] = self.rnn.forward(self.embedding.forward(ids));
        const last = self.fc.forward(self.drop.forward(y.at(':', -1, ':')));
        return [last.softmax(-1), last.argmax(-1), y.mean(1), y.amax(1)];
      },
    ); // prettier-ignore
    return made(net, (n, t) => [randint(0, 11, [n, t])], sized, ['ids'], { ids: rows.x });
  },
  'convolutions, pooling and norms': () => {
    const net = new nn.Sequential(
      new nn.Conv1d(3, 8, 3, { padding: 1, stride: 2 }),
      new nn.BatchNorm1d(8),
      new nn.ReLU(),
      new nn.Conv1d(8, 8, 4, { padding: 'same', groups: 2, bias: false }),
      new nn.GroupNorm(2, 8),
      new nn.GELU(),
      new nn.MaxPool1d(2, { stride: 1 }),
      new nn.ConvTranspose1d(8, 4, 3, { stride: 2, outputPadding: 1 }),
      new nn.AvgPool1d(3, { padding: 1 }),
    );
    const axes = { x: { 0: 'batch', 2: 'time' } };
    return made(net, (n, t) => [randn([n, 3, t])], [[2, 12], [1, 16], [3, 9]], ['x'], axes); // prettier-ignore
  },
  'a transformer layer': () => {
    const net = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true });
    return made(net, (n, t) => [randn([n, t, 8])], sized, ['x'], rows);
  },
  'a transformer with gelu, norm first, time first': () => {
    const net = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, activation: 'gelu', normFirst: true }); // prettier-ignore
    return made(net, (n, t) => [randn([t, n, 8])], sized, ['x'], steps);
  },
  'multi-head attention with weights': () => {
    const net = new Run({ attention: new nn.MultiheadAttention(8, 2, { batchFirst: true }) }, (self: { attention: nn.MultiheadAttention }, q: Tensor, k: Tensor) => [...self.attention.forward(q, k, k)]); // prettier-ignore
    const axes = { q: { 0: 'batch', 1: 'queries' }, k: { 0: 'batch', 1: 'keys' } };
    return made(net, (n, t) => [randn([n, t, 8]), randn([n, t + 1, 8])], sized, ['q', 'k'], axes);
  },
  'norms over features': () => {
    const net = new nn.Sequential(new nn.LayerNorm(6), new nn.RMSNorm(6), new nn.LayerNorm(6, { elementwiseAffine: false })); // prettier-ignore
    return made(net, (n, t) => [randn([n, t, 6])], sized, ['x'], rows);
  },
  activations: () => {
    const layers = [
      ...[new nn.Tanh(), new nn.Sigmoid(), new nn.ELU(), new nn.LeakyReLU({ negativeSlope: 0.2 }), new nn.SELU(), new nn.CELU({ alpha: 1.5 })], // prettier-ignore
      ...[new nn.SiLU(), new nn.Mish(), new nn.Hardswish(), new nn.Hardsigmoid(), new nn.Softplus({ beta: 2 }), new nn.Softsign()], // prettier-ignore
      ...[new nn.GELU({ approximate: 'tanh' }), new nn.LogSigmoid(), new nn.ReLU6(), new nn.Hardtanh(), new nn.GLU(), new nn.PReLU()], // prettier-ignore
      ...[new nn.LogSoftmax(-1), new nn.Softmin(-1), new nn.Tanhshrink()],
    ];
    const net = new Run({ layers: new nn.ModuleList(layers) }, (_, x: Tensor) => layers.map((layer) => layer.forward(x))); // prettier-ignore
    return made(net, (n, t) => [randn([n, t])], [[3, 4], [5, 4]], ['x'], { x: { 0: 'batch' } }); // prettier-ignore
  },
  'views, joins and picks': () => {
    const net = new Run({ w: new nn.Parameter(randn([4])) }, (self: { w: Tensor }, x: Tensor) => {
      const [n, t] = x.shape;
      const flat = x.reshape([n * t, 4]);
      const [left, right] = x.split([1, 3], 2);
      const [a, b] = x.chunk(2, -1);
      return [
        flat.mul(self.w),
        x.view([n, -1]),
        x.at(':', '1:', null, 2),
        x.at(':', '::2', ':'),
        x.at(':', '-2:'),
        x.narrow(1, 1, t - 1).add(x.narrow(1, 0, t - 1)),
        cat([left, right.flip(1)], 2),
        stack([a, b], 0).permute(0, 2, 1, 3),
        x.transpose(0, 1).unsqueeze(0).squeeze(0),
        self.w.expand([n, 4]).add(x.sum(1)),
        x.gt(0).logicalAnd(x.lt(1)).logicalNot(),
        x.where(x.gt(0), x.exp().sub(1)),
        x.maskedFill(x.lt(0), -2),
        x.add(arange(t).reshape([1, t, 1])),
        x.at(':', [0, 1]),
        x.cumsum(1),
        x.matmul(x.transpose(1, 2)).tril(),
        x.clamp(-1, 0.5).pow(2).div(3).rsub(1),
        x.mean([0, 1]),
        x.eq(x.amax(1, { keepdim: true })).to('int32'),
      ];
    }); // prettier-ignore
    return made(net, (n, t) => [randn([n, t, 4])], sized.slice(0, 2), ['x'], rows);
  },
  'masks of what ids say': () => {
    const net = new Run(
      { embedding: new nn.Embedding(9, 4, { paddingIdx: 0 }) },
      (self: { embedding: nn.Embedding }, ids: Tensor) => {
        // prettier-ignore
        const mask = ids.ne(0);
        const x = self.embedding.forward(ids).mul(mask.unsqueeze(-1).to('float32'));
        return x.sum(1).div(mask.to('float32').sum(1, { keepdim: true }).clamp(1));
      },
    );
    return made(net, (n, t) => [randint(0, 9, [n, t])], sized, ['ids'], { ids: rows.x });
  },
  'a Recurrent, and a compiled function': () => {
    const cell = new nn.Recurrent(new nn.GRUCell(3, 5), { batchFirst: true });
    const scale = compile((x: Tensor) => x.tanh().mul(2));
    const net = new Run({ cell }, (self: { cell: typeof cell }, x: Tensor) => {
      const [out, h] = self.cell.forward(x);
      return [scale(out), h];
    });
    return made(net, (n) => [randn([n, 4, 3])], [[2], [5]], ['x'], { x: { 0: 'batch' } });
  },
  'a fixed size': () =>
    made(new nn.Linear(3, 2, { bias: false }), () => [randn([3])], [[0]], ['x']),
};

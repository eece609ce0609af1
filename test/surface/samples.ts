// A call that works of everything public: the arguments that test/surface/surface.test.ts then spoils one by one. Entries are made
// anew for each call, since some change what they are given. `options` holds every option of the call, each with a value that
// works beside the others; a method also has the object that it is called on. Methods of Tensor without an entry of their own
// are called as the function of their name, on its first argument; in-place forms as the operation they end in.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as o from 'ostinato';
import type { PublicCall } from './surface';

export interface Sample {
  readonly on?: object;
  readonly args: readonly unknown[];
  readonly options?: Readonly<Record<string, unknown>>;
}
type Make = () => Sample;

const { nn, optim, data } = o;
/** Where the calls write files, spoiled paths too. */
export const folder = mkdtempSync(join(tmpdir(), 'ostinato-surface-'));
const file = (name: string): string => join(folder, name);

const call = (...args: unknown[]): Sample => ({ args });
const withOptions = (options: Record<string, unknown>, ...args: unknown[]): Sample => ({
  args,
  options,
});
const on = (object: object, ...args: unknown[]): Sample => ({ on: object, args });
const onWithOptions = (
  object: object,
  options: Record<string, unknown>,
  ...args: unknown[]
): Sample => ({ on: object, args, options });

const x = (...shape: number[]): o.Tensor => o.rand(shape).add(0.1);
const leaf = (...shape: number[]): o.Tensor => x(...shape).requiresGrad_();
const ints = (...values: number[]): o.Tensor => o.tensor(values, { dtype: 'int32' });
const tokens = (...rows: number[][]): o.Tensor => o.tensor(rows, { dtype: 'int32' });
const bools = (...values: boolean[]): o.Tensor => o.tensor(values);
const parameters = (): o.nn.Parameter[] => {
  const weight = new nn.Parameter(x(2, 3));
  weight.square().sum().backward();
  return [weight];
};
const sgd = (): o.optim.SGD => new optim.SGD(parameters(), { lr: 0.1, momentum: 0.9 });
const generator = (): o.Generator => new o.Generator();
const rows = (): o.data.TensorDataset => new data.TensorDataset(x(6, 2), x(6));
const tensorOptions = (): Record<string, unknown> => ({ dtype: 'float64', requiresGrad: true });
const drawn = (): Record<string, unknown> => ({ ...tensorOptions(), generator: generator() });

const unaryNames = [
  'abs', 'ceil', 'cos', 'erf', 'exp', 'expm1', 'floor', 'isfinite', 'isinf', 'isnan', 'log', 'log10', 'log1p', 'log2',
  'logsigmoid', 'neg', 'reciprocal', 'relu', 'rsqrt', 'sigmoid', 'sign', 'silu', 'sin', 'softsign', 'sqrt',
  'square', 'tan', 'tanh', 'trunc', 'clone', 'detach', 'contiguous', 'float', 'double', 'int', 'bool',
] as const; // prettier-ignore
const binaryNames = [
  'eq', 'floorDivide', 'ge', 'gt', 'le', 'logaddexp', 'lt', 'maximum', 'minimum', 'mul', 'ne', 'pow', 'remainder',
  'equal',
] as const; // prettier-ignore
const dimNames = [
  'all',
  'any',
  'amax',
  'countNonzero',
  'amin',
  'argmax',
  'argmin',
  'mean',
  'sum',
  'prod',
] as const;
const layerNames = {
  ReLU: {}, Sigmoid: {}, SiLU: {}, Softsign: {}, Tanh: {}, Identity: {}, GELU: { approximate: 'tanh' }, ELU: { alpha: 2 },
  LeakyReLU: { negativeSlope: 0.2 }, Softplus: { beta: 2, threshold: 10 },
} as const; // prettier-ignore
const positionalLayers = {
  Softmax: [1],
  LogSoftmax: [1],
  Dropout: [0.5],
  Flatten: [1, -1],
} as const;

const each = <K extends string>(
  names: readonly K[],
  make: (name: K) => Make,
): Record<string, Make> => Object.fromEntries(names.map((name) => [name, make(name)]));

const creation: Record<string, Make> = {
  arange: () => withOptions(tensorOptions(), 0, 6, 2),
  empty: () => withOptions(tensorOptions(), [2, 3]),
  eye: () => withOptions(tensorOptions(), 3, 4),
  full: () => withOptions(tensorOptions(), [2, 3], 1.5),
  fullLike: () => withOptions(tensorOptions(), x(2), 1.5),
  linspace: () => withOptions(tensorOptions(), 0, 1, 5),
  ones: () => withOptions(tensorOptions(), [2, 3]),
  onesLike: () => withOptions(tensorOptions(), x(2)),
  tensor: () => withOptions(tensorOptions(), [[1, 2, 3]]),
  zeros: () => withOptions(tensorOptions(), [2, 3]),
  zerosLike: () => withOptions(tensorOptions(), x(2)),
  rand: () => withOptions(drawn(), [2, 3]),
  randLike: () => withOptions(drawn(), x(2)),
  randint: () => withOptions({ ...drawn(), requiresGrad: false }, 0, 5, [2]),
  randn: () => withOptions(drawn(), [2, 3]),
  randnLike: () => withOptions(drawn(), x(2)),
  randperm: () => withOptions({ generator: generator() }, 5),
  normal: () => withOptions(drawn(), 0, 1, [2]),
  bernoulli: () => withOptions({ generator: generator() }, x(2).mul(0.5)),
  multinomial: () => withOptions({ replacement: true, generator: generator() }, x(3), 2),
};

const operations: Record<string, Make> = {
  ...each(unaryNames, () => () => call(x(2, 3))),
  ...each(binaryNames, () => () => call(x(2, 3), x(3))),
  ...each(
    ['logicalAnd', 'logicalOr', 'logicalXor'],
    () => () => call(bools(true, false), bools(true, true)),
  ),
  logicalNot: () => call(bools(true, false)),
  ...each(dimNames, () => () => withOptions({ keepdim: true }, x(2, 3), 1)),
  add: () => withOptions({ alpha: 2 }, x(2, 3), x(3)),
  sub: () => withOptions({ alpha: 2 }, x(2, 3), x(3)),
  rsub: () => withOptions({ alpha: 2 }, x(2, 3), x(3)),
  div: () => withOptions({ roundingMode: 'floor' }, x(2, 3), x(3)),
  addmm: () => withOptions({ beta: 2, alpha: 3 }, x(4), x(2, 3), x(3, 4)),
  baddbmm: () => withOptions({ beta: 2, alpha: 3 }, x(4), x(5, 2, 3), x(5, 3, 4)),
  allclose: () => withOptions({ rtol: 0.1, atol: 0.1, equalNan: true }, x(2), x(2)),
  isclose: () => withOptions({ rtol: 0.1, atol: 0.1, equalNan: true }, x(2), x(2)),
  argsort: () => withOptions({ descending: true, stable: true }, x(2, 3), 1),
  sort: () => withOptions({ descending: true, stable: true }, x(2, 3), 1),
  topk: () => withOptions({ largest: false, sorted: true }, x(2, 3), 2, 1),
  at: () => call(x(2, 3), 1, ':'),
  'Slice.toString': () => on(o.slice(1, 3)),
  setAt: () => call(x(2, 3), [1], 5),
  bincount: () => withOptions({ weights: x(3), minlength: 5 }, ints(0, 1, 1)),
  bmm: () => call(x(2, 3, 4), x(2, 4, 5)),
  broadcastTo: () => call(x(3), [2, 3]),
  cat: () => withOptions({ dim: 1 }, [x(2, 3), x(2, 3)]),
  stack: () => withOptions({ dim: 1 }, [x(2, 3), x(2, 3)]),
  hstack: () => call([x(2, 3), x(2, 3)]),
  vstack: () => call([x(2, 3), x(2, 3)]),
  chunk: () => withOptions({ dim: 1 }, x(4, 3), 2),
  split: () => withOptions({ dim: 0 }, x(4, 3), [1, 3]),
  unbind: () => withOptions({ dim: 1 }, x(4, 3)),
  clamp: () => call(x(3), 0.2, 0.8),
  cumsum: () => call(x(2, 3), 1),
  diag: () => call(x(3), 1),
  diagonal: () => call(x(2, 3), 1, 0, 1),
  dot: () => call(x(3), x(3)),
  mv: () => call(x(2, 3), x(3)),
  mm: () => call(x(2, 3), x(3, 4)),
  matmul: () => call(x(2, 3), x(3, 4)),
  outer: () => call(x(2), x(3)),
  linear: () => call(x(2, 3), x(4, 3), x(4)),
  elu: () => withOptions({ alpha: 2 }, x(3)),
  gelu: () => withOptions({ approximate: 'tanh' }, x(3)),
  leakyRelu: () => withOptions({ negativeSlope: 0.1 }, x(3)),
  softplus: () => withOptions({ beta: 2, threshold: 10 }, x(3)),
  softmax: () => withOptions({ dtype: 'float64' }, x(2, 3), 1),
  logSoftmax: () => withOptions({ dtype: 'float64' }, x(2, 3), 1),
  embedding: () => withOptions({ paddingIdx: 0 }, ints(1, 2), x(5, 3)),
  oneHot: () => call(ints(1, 2), 4),
  expand: () => call(x(1, 3), [2, 3]),
  flatten: () => call(x(2, 3), 0, 1),
  flip: () => call(x(2, 3), [0]),
  gather: () => call(x(2, 3), 1, tokens([0, 1], [2, 0])),
  scatter: () => call(x(2, 3), 1, tokens([0, 1], [2, 0]), x(2, 2)),
  scatterAdd: () => call(x(2, 3), 1, tokens([0, 1], [2, 0]), x(2, 2)),
  takeAlongDim: () => call(x(2, 3), tokens([0, 1], [2, 0]), 1),
  take: () => call(x(2, 3), ints(0, 5)),
  indexAdd: () => withOptions({ alpha: 2 }, x(3, 2), 0, ints(0, 2), x(2, 2)),
  indexCopy: () => call(x(3, 2), 0, ints(0, 2), x(2, 2)),
  indexSelect: () => call(x(3, 2), 0, ints(0, 2)),
  logsumexp: () => withOptions({ keepdim: true }, x(2, 3), 1),
  norm: () => withOptions({ keepdim: true }, x(2, 3), 2, 1),
  std: () => withOptions({ correction: 0, keepdim: true }, x(2, 3), 1),
  var: () => withOptions({ correction: 0, keepdim: true }, x(2, 3), 1),
  variance: () => withOptions({ correction: 0, keepdim: true }, x(2, 3), 1),
  max: () => withOptions({ keepdim: true }, x(2, 3), 1),
  min: () => withOptions({ keepdim: true }, x(2, 3), 1),
  maskedFill: () => call(x(2), bools(true, false), 0),
  maskedSelect: () => call(x(2), bools(true, false)),
  meshgrid: () => withOptions({ indexing: 'xy' }, [x(2), x(3)]),
  movedim: () => call(x(2, 3), 0, 1),
  narrow: () => call(x(4, 3), 0, 1, 2),
  nonzero: () => withOptions({ asTuple: true }, x(3)),
  permute: () => call(x(2, 3), [1, 0]),
  transpose: () => call(x(2, 3), 0, 1),
  swapaxes: () => call(x(2, 3), 0, 1),
  t: () => call(x(2, 3)),
  repeatInterleave: () => call(x(2, 3), 2, 0),
  reshape: () => call(x(2, 3), [3, 2]),
  roll: () => call(x(2, 3), 1, 0),
  select: () => call(x(2, 3), 0, 1),
  slice: () => call(x(4, 3), 0, 1, 3, 1),
  squeeze: () => call(x(1, 3), 0),
  unsqueeze: () => call(x(3), 0),
  tile: () => call(x(2), [2]),
  tril: () => call(x(3, 3), 1),
  triu: () => call(x(3, 3), 1),
  unflatten: () => call(x(6), 0, [2, 3]),
  round: () => withOptions({ decimals: 1 }, x(3)),
  unique: () =>
    withOptions({ sorted: true, dim: 0, returnInverse: true, returnCounts: true }, ints(2, 1)),
  where: () => call(bools(true, false), x(2), x(2)),
};

const classTargets = (): [o.Tensor, o.Tensor] => [x(4, 3), ints(0, 2, 1, 0)];
const losses: Record<string, Make> = {
  mseLoss: () => withOptions({ reduction: 'sum' }, x(3), x(3)),
  l1Loss: () => withOptions({ reduction: 'sum' }, x(3), x(3)),
  smoothL1Loss: () => withOptions({ reduction: 'sum', beta: 2 }, x(3), x(3)),
  huberLoss: () => withOptions({ reduction: 'sum', delta: 2 }, x(3), x(3)),
  bceLoss: () => withOptions({ weight: x(3), reduction: 'sum' }, x(3).mul(0.5), x(3).mul(0.5)),
  bceWithLogits: () =>
    withOptions({ posWeight: x(3), weight: x(3), reduction: 'sum' }, x(3), x(3).mul(0.5)),
  crossEntropy: () =>
    withOptions(
      { labelSmoothing: 0.1, weight: x(3), ignoreIndex: 1, reduction: 'sum' },
      ...classTargets(),
    ),
  nllLoss: () => withOptions({ weight: x(3), ignoreIndex: 1, reduction: 'sum' }, ...classTargets()),
};

const functional: Record<string, Make> = {
  ...each(
    ['elu', 'gelu', 'leakyRelu', 'linear', 'logsigmoid', 'logSoftmax', 'oneHot', 'relu', 'sigmoid', 'silu', 'softmax',
     'softplus', 'softsign', 'tanh'] as const, // prettier-ignore
    (name) => operations[name],
  ),
  ...each(
    ['crossEntropy', 'huberLoss', 'l1Loss', 'mseLoss', 'nllLoss', 'smoothL1Loss'],
    (name) => losses[name],
  ),
  binaryCrossEntropy: losses['bceLoss'],
  binaryCrossEntropyWithLogits: losses['bceWithLogits'],
  cosineSimilarity: () => withOptions({ eps: 1e-6 }, x(2, 3), x(2, 3), 1),
  dropout: () => withOptions({ training: true, generator: generator() }, x(3), 0.5),
  embedding: () => withOptions({ paddingIdx: 0, maxNorm: 1, normType: 2 }, ints(1, 2), x(5, 3)),
  layerNorm: () => withOptions({ weight: x(3), bias: x(3), eps: 1e-4 }, x(2, 3), [3]),
  normalize: () => withOptions({ p: 2, dim: 1, eps: 1e-6 }, x(2, 3)),
  pad: () => withOptions({ mode: 'constant', value: 1 }, x(2, 3), [1, 1]),
  paddingMask: () => call([2, 3], 4),
  scaledDotProductAttention: () =>
    withOptions(
      { attnMask: null, dropoutP: 0.1, isCausal: true, scale: 0.5 },
      ...[x(2, 3, 4), x(2, 3, 4), x(2, 3, 4)],
    ),
};

const cellWeights = (gates: number): (o.Tensor | null)[] => [
  x(gates * 4, 3),
  x(gates * 4, 4),
  x(gates * 4),
  null,
];
const recurrentOptions = { numLayers: 2, bias: true, batchFirst: true, dropout: 0.1, bidirectional: true }; // prettier-ignore
const attention = (): o.nn.AdditiveAttention => new nn.AdditiveAttention(6, 6, 5);
const encoder = (): o.nn.Encoder => new nn.Encoder(9, 4, 6);
const decoder = (): o.nn.Decoder => new nn.Decoder(9, 4, 6, attention());
const seq2seq = (): o.nn.Seq2Seq => new nn.Seq2Seq(encoder(), decoder());
const source = (): o.Tensor => tokens([1, 2, 3], [4, 5, 0]);
const model = (): o.nn.Linear => new nn.Linear(3, 2);

const layers: Record<string, Make> = {
  ...Object.fromEntries(
    Object.entries(layerNames).map(([name, options]) => [
      name,
      (): Sample => (Object.keys(options).length === 0 ? call() : withOptions({ ...options })),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(positionalLayers).map(([name, args]) => [name, (): Sample => call(...args)]),
  ),
  ...Object.fromEntries(
    [...Object.keys(layerNames), ...Object.keys(positionalLayers)].map((name) => [
      `${name}.forward`,
      (): Sample => {
        const Layer = nn[name as 'ReLU'];
        const args = (positionalLayers as Record<string, readonly number[]>)[name] ?? [];
        return on(new Layer(...(args as [])), x(2, 3));
      },
    ]),
  ),
  MSELoss: () => withOptions({ reduction: 'sum' }),
  L1Loss: () => withOptions({ reduction: 'sum' }),
  SmoothL1Loss: () => withOptions({ reduction: 'sum', beta: 2 }),
  HuberLoss: () => withOptions({ reduction: 'sum', delta: 2 }),
  BCELoss: () => withOptions({ weight: x(3), reduction: 'sum' }),
  BCEWithLogitsLoss: () => withOptions({ posWeight: x(3), weight: x(3), reduction: 'sum' }),
  CrossEntropyLoss: () =>
    withOptions({ labelSmoothing: 0.1, weight: x(3), ignoreIndex: 1, reduction: 'sum' }),
  NLLLoss: () => withOptions({ weight: x(3), ignoreIndex: 1, reduction: 'sum' }),
  ...Object.fromEntries(
    (
      ['MSELoss', 'L1Loss', 'SmoothL1Loss', 'HuberLoss', 'BCELoss', 'BCEWithLogitsLoss'] as const
    ).map((name) => [`${name}.forward`, () => on(new nn[name](), x(3).mul(0.5), x(3).mul(0.5))]),
  ),
  Linear: () => withOptions({ bias: false, dtype: 'float64' }, 3, 2),
  'Linear.forward': () => on(model(), x(2, 3)),
  Embedding: () => withOptions({ paddingIdx: 0, maxNorm: 1, normType: 2, dtype: 'float64' }, 5, 3),
  'Embedding.forward': () => on(new nn.Embedding(5, 3), ints(0, 4)),
  LayerNorm: () =>
    withOptions({ eps: 1e-4, elementwiseAffine: true, bias: false, dtype: 'float64' }, [3]),
  'LayerNorm.forward': () => on(new nn.LayerNorm(3), x(2, 3)),
  RNN: () => withOptions({ ...recurrentOptions, nonlinearity: 'relu' }, 3, 4),
  LSTM: () => withOptions({ ...recurrentOptions, projSize: 2 }, 3, 4),
  GRU: () => withOptions(recurrentOptions, 3, 4),
  JANET: () => withOptions(recurrentOptions, 3, 4),
  'RNN.forward': () => on(new nn.RNN(3, 4), x(5, 2, 3), x(1, 2, 4)),
  'GRU.forward': () => on(new nn.GRU(3, 4), x(5, 2, 3), x(1, 2, 4)),
  'JANET.forward': () => on(new nn.JANET(3, 4), x(5, 2, 3), x(1, 2, 4)),
  'LSTM.forward': () => on(new nn.LSTM(3, 4), x(5, 2, 3), [x(1, 2, 4), x(1, 2, 4)]),
  RNNCell: () => withOptions({ bias: false, nonlinearity: 'relu' }, 3, 4),
  LSTMCell: () => withOptions({ bias: false }, 3, 4),
  GRUCell: () => withOptions({ bias: false }, 3, 4),
  JANETCell: () => withOptions({ bias: false }, 3, 4),
  'RNNCell.forward': () => on(new nn.RNNCell(3, 4), x(2, 3), x(2, 4)),
  'GRUCell.forward': () => on(new nn.GRUCell(3, 4), x(2, 3), x(2, 4)),
  'JANETCell.forward': () => on(new nn.JANETCell(3, 4), x(2, 3), x(2, 4)),
  'LSTMCell.forward': () => on(new nn.LSTMCell(3, 4), x(2, 3), [x(2, 4), x(2, 4)]),
  'RecurrentBase.resetParameters': () => on(new nn.LSTM(3, 4)),
  rnnStep: () => call(x(2, 3), x(2, 4), cellWeights(1), 'relu'),
  gruStep: () => call(x(2, 3), x(2, 4), cellWeights(3)),
  janetStep: () => call(x(2, 3), x(2, 4), cellWeights(2)),
  lstmStep: () => call(x(2, 3), [x(2, 4), x(2, 4)], cellWeights(4)),
  Recurrent: () =>
    withOptions({ batchFirst: true, returnsOutput: false, compile: false }, new nn.GRUCell(3, 4)),
  'Recurrent.forward': () => on(new nn.Recurrent(new nn.GRUCell(3, 4)), x(5, 2, 3), x(2, 4)),
  AdditiveAttention: () => withOptions({ bias: true }, 6, 6, 5),
  MultiplicativeAttention: () => withOptions({ score: 'concat', attentionSize: 5 }, 6, 6),
  'Attention.prepare': () =>
    onWithOptions(attention(), { mask: o.ones([2, 3]).gt(0), values: x(2, 3, 6) }, x(2, 3, 6)),
  'Attention.attend': () => on(attention(), x(2, 6), attention().prepare(x(2, 3, 6))),
  'Attention.forward': () =>
    onWithOptions(
      attention(),
      { mask: o.ones([2, 3]).gt(0), values: x(2, 3, 6) },
      x(2, 6),
      x(2, 3, 6),
    ),
  Encoder: () =>
    withOptions({ cell: 'lstm', numLayers: 2, bidirectional: true, dropout: 0.1 }, 9, 4, 6),
  'Encoder.forward': () => on(encoder(), source(), [3, 2]),
  Decoder: () =>
    withOptions(
      { cell: 'lstm', numLayers: 2, dropout: 0.1, attend: 'after', inputFeeding: true, valueSize: 6 }, // prettier-ignore
      ...[9, 4, 6, attention()],
    ),
  'Decoder.begin': () => on(decoder(), attention().prepare(x(2, 3, 6)), [x(1, 2, 6)]),
  'Decoder.forward': () => {
    const one = decoder();
    return on(one, source(), one.begin(attention().prepare(x(2, 3, 6)), [x(1, 2, 6)]));
  },
  Seq2Seq: () => withOptions({ padding: 0 }, encoder(), decoder()),
  'Seq2Seq.encode': () => on(seq2seq(), source(), [3, 2]),
  'Seq2Seq.decode': () => {
    const one = seq2seq();
    return on(one, source(), one.encode(source()));
  },
  'Seq2Seq.selectState': () => {
    const one = seq2seq();
    return on(one, one.encode(source()), ints(1, 0));
  },
  'Seq2Seq.forward': () =>
    onWithOptions(
      seq2seq(),
      { sourceLengths: [3, 2], teacherForcingRatio: 0.5, generator: generator() },
      source(),
      source(),
    ),
  Parameter: () => withOptions({ requiresGrad: false }, x(2)),
  Module: () => call(),
  Sequential: () => call(model(), new nn.Tanh()),
  'Sequential.forward': () => on(new nn.Sequential(model(), new nn.Tanh()), x(2, 3)),
  ModuleList: () => call([model()]),
  'ModuleList.toString': () => on(new nn.ModuleList([model()])),
  ModuleDict: () => call({ a: model() }),
  'ModuleDict.delete': () => on(new nn.ModuleDict({ a: model() }), 'a'),
  'ModuleDict.get': () => on(new nn.ModuleDict({ a: model() }), 'a'),
  'ModuleDict.has': () => on(new nn.ModuleDict({ a: model() }), 'a'),
  'ModuleDict.set': () => on(new nn.ModuleDict(), 'a', model()),
  'ModuleDict.update': () => on(new nn.ModuleDict(), { a: model() }),
  'ModuleDict.keys': () => on(new nn.ModuleDict()),
  'ModuleDict.values': () => on(new nn.ModuleDict()),
  'ModuleDict.entries': () => on(new nn.ModuleDict()),
  ParameterList: () => call([new nn.Parameter(x(2))]),
  'ParameterList.append': () => on(new nn.ParameterList(), new nn.Parameter(x(2))),
  'ParameterList.extend': () => on(new nn.ParameterList(), [new nn.Parameter(x(2))]),
  'ParameterList.at': () => on(new nn.ParameterList([new nn.Parameter(x(2))]), 0),
  'ParameterList.set': () =>
    on(new nn.ParameterList([new nn.Parameter(x(2))]), 0, new nn.Parameter(x(2))),
  'ParameterList.toString': () => on(new nn.ParameterList()),
};

const moduleMethods: Record<string, Make> = {
  ...each(
    ['children', 'double', 'eval', 'extraRepr', 'float', 'modules', 'namedChildren', 'toString'],
    () => () => on(model()),
  ),
  ...each(
    ['buffers', 'namedBuffers', 'namedModules', 'namedParameters'],
    () => () => onWithOptions(model(), { prefix: 'a', recurse: true, removeDuplicate: false }),
  ),
  addModule: () => on(model(), 'more', model()),
  apply: () => on(model(), () => undefined),
  loadStateDict: () => onWithOptions(model(), { strict: true }, model().stateDict()),
  parameters: () => onWithOptions(model(), { recurse: true }),
  registerBuffer: () => onWithOptions(model(), { persistent: false }, 'mean', x(2)),
  registerForwardHook: () => on(model(), () => undefined),
  registerForwardPreHook: () => on(model(), () => undefined),
  registerParameter: () => on(model(), 'scale', new nn.Parameter(x(2))),
  requiresGrad_: () => on(model(), true),
  stateDict: () => onWithOptions(model(), { prefix: 'a.' }),
  to: () => on(model(), 'float64'),
  train: () => on(model(), true),
  zeroGrad: () => onWithOptions(model(), { setToNone: true }),
};

const init: Record<string, Make> = {
  calculateGain: () => call('leaky_relu', 0.2),
  constant_: () => call(x(2, 3), 1),
  dirac_: () => withOptions({ groups: 1 }, x(2, 2, 3)),
  eye_: () => call(x(2, 3)),
  kaimingNormal_: () =>
    withOptions({ a: 0, mode: 'fan_out', nonlinearity: 'relu', generator: generator() }, x(2, 3)),
  kaimingUniform_: () =>
    withOptions({ a: 0, mode: 'fan_out', nonlinearity: 'relu', generator: generator() }, x(2, 3)),
  normal_: () => withOptions({ generator: generator() }, x(2, 3), 0, 1),
  ones_: () => call(x(2, 3)),
  orthogonal_: () => withOptions({ gain: 2, generator: generator() }, x(2, 3)),
  sparse_: () => withOptions({ std: 0.1, generator: generator() }, x(2, 3), 0.5),
  truncNormal_: () =>
    withOptions({ mean: 0, std: 1, a: -1, b: 1, generator: generator() }, x(2, 3)),
  uniform_: () => withOptions({ generator: generator() }, x(2, 3), 0, 1),
  xavierNormal_: () => withOptions({ gain: 2, generator: generator() }, x(2, 3)),
  xavierUniform_: () => withOptions({ gain: 2, generator: generator() }, x(2, 3)),
  zeros_: () => call(x(2, 3)),
};

const packed = (): o.nn.utils.rnn.PackedSequence =>
  nn.utils.rnn.packPaddedSequence(x(3, 2, 4), [3, 2]);
const utils: Record<string, Make> = {
  clipGradNorm_: () => withOptions({ normType: 2, errorIfNonfinite: true }, parameters(), 1),
  clipGradValue_: () => call(parameters(), 1),
  clipGradsWithNorm_: () => call(parameters(), 1, o.tensor(2)),
  getTotalNorm: () => withOptions({ normType: 2, errorIfNonfinite: true }, [x(2)]),
  parametersToVector: () => call(parameters()),
  vectorToParameters: () => call(x(6), parameters()),
  'rnn.PackedSequence': () => call(x(5, 4), ints(2, 2, 1), null, null),
  'rnn.PackedSequence.lengths': () => on(packed()),
  'rnn.PackedSequence.withData': () => on(packed(), x(5, 2)),
  'rnn.packPaddedSequence': () =>
    withOptions({ batchFirst: true, enforceSorted: false }, x(2, 3, 4), [2, 3]),
  'rnn.packSequence': () => withOptions({ enforceSorted: false }, [x(2, 4), x(3, 4)]),
  'rnn.padPackedSequence': () =>
    withOptions({ batchFirst: true, paddingValue: 1, totalLength: 5 }, packed()),
  'rnn.padSequence': () =>
    withOptions({ batchFirst: true, paddingValue: 1, paddingSide: 'left' }, [x(2, 4), x(3, 4)]),
  'rnn.unpackSequence': () => call(packed()),
  'rnn.unpadSequence': () => withOptions({ batchFirst: true }, x(2, 3, 4), ints(2, 3)),
};

const schedulers: Record<string, Make> = {
  CosineAnnealingLR: () => withOptions({ etaMin: 0.01, lastEpoch: -1 }, sgd(), 10),
  ExponentialLR: () => withOptions({ lastEpoch: -1 }, sgd(), 0.9),
  LambdaLR: () => withOptions({ lastEpoch: -1 }, sgd(), (epoch: number) => 1 / (epoch + 1)),
  StepLR: () => withOptions({ gamma: 0.5, lastEpoch: -1 }, sgd(), 3),
  OneCycleLR: () =>
    withOptions(
      { totalSteps: 100, epochs: 10, stepsPerEpoch: 10, pctStart: 0.3, annealStrategy: 'linear', cycleMomentum: true,
        baseMomentum: 0.85, maxMomentum: 0.95, divFactor: 25, finalDivFactor: 1e4, threePhase: true, lastEpoch: -1 }, // prettier-ignore
      ...[sgd(), 0.5],
    ),
  ReduceLROnPlateau: () =>
    withOptions(
      { mode: 'max', factor: 0.5, patience: 2, threshold: 1e-3, thresholdMode: 'abs', cooldown: 1, minLr: 0.01,
        eps: 1e-7 }, // prettier-ignore
      sgd(),
    ),
};
const stepLr = (): o.optim.lrScheduler.StepLR => new optim.lrScheduler.StepLR(sgd(), 3);
const plateau = (): o.optim.lrScheduler.ReduceLROnPlateau =>
  new optim.lrScheduler.ReduceLROnPlateau(sgd());

const optimizers: Record<string, Make> = {
  SGD: () =>
    withOptions(
      { lr: 0.1, momentum: 0.9, dampening: 0, weightDecay: 0.1, nesterov: true, maximize: true },
      parameters(),
    ),
  Adam: () =>
    withOptions(
      { lr: 0.1, betas: [0.8, 0.9], eps: 1e-7, weightDecay: 0.1, amsgrad: true, maximize: true },
      parameters(),
    ),
  AdamW: () =>
    withOptions(
      { lr: 0.1, betas: [0.8, 0.9], eps: 1e-7, weightDecay: 0.1, amsgrad: true, maximize: true },
      parameters(),
    ),
  RMSprop: () =>
    withOptions(
      { lr: 0.1, alpha: 0.9, eps: 1e-7, weightDecay: 0.1, momentum: 0.5, centered: true, maximize: true }, // prettier-ignore
      parameters(),
    ),
  Adagrad: () =>
    withOptions(
      { lr: 0.1, lrDecay: 0.1, weightDecay: 0.1, initialAccumulatorValue: 0.1, eps: 1e-7, maximize: true }, // prettier-ignore
      parameters(),
    ),
  'Optimizer.addParamGroup': () => on(sgd(), { params: [new nn.Parameter(x(2))], lr: 0.1 }),
  'Optimizer.loadStateDict': () => on(sgd(), sgd().stateDict()),
  'Optimizer.stateDict': () => on(sgd()),
  'Optimizer.step': () => on(sgd(), () => o.tensor(1)),
  'Optimizer.toString': () => on(sgd()),
  'Optimizer.zeroGrad': () => onWithOptions(sgd(), { setToNone: true }),
  'lrScheduler.LRScheduler.getLastLr': () => on(stepLr()),
  'lrScheduler.LRScheduler.stateDict': () => on(stepLr()),
  'lrScheduler.LRScheduler.step': () => on(stepLr()),
  'lrScheduler.LRScheduler.loadStateDict': () => on(stepLr(), stepLr().stateDict()),
  'lrScheduler.ReduceLROnPlateau.getLastLr': () => on(plateau()),
  'lrScheduler.ReduceLROnPlateau.stateDict': () => on(plateau()),
  'lrScheduler.ReduceLROnPlateau.step': () => on(plateau(), 0.5),
  'lrScheduler.ReduceLROnPlateau.loadStateDict': () => on(plateau(), plateau().stateDict()),
};

const samples: Record<string, Make> = {
  BatchSampler: () => call(new data.SequentialSampler(rows()), 2, true),
  ConcatDataset: () => call([rows(), rows()]),
  DataLoader: () =>
    withOptions(
      { batchSize: 2, shuffle: true, dropLast: true, collateFn: data.defaultCollate,
        generator: generator() }, // prettier-ignore
      rows(),
    ),
  Dataset: () => call(),
  IterableDataset: () => call(),
  RandomSampler: () =>
    withOptions({ replacement: true, numSamples: 3, generator: generator() }, rows()),
  SequentialSampler: () => call(rows()),
  Subset: () => call(rows(), [0, 2]),
  SubsetRandomSampler: () => withOptions({ generator: generator() }, [0, 2]),
  TensorDataset: () => call(x(6, 2), x(6)),
  WeightedRandomSampler: () =>
    withOptions({ replacement: true, generator: generator() }, [0.1, 0.9], 5),
  defaultCollate: () => call([x(2), x(2)]),
  paddingCollate: () => withOptions({ paddingValue: 1, batchFirst: true }),
  randomSplit: () => withOptions({ generator: generator() }, rows(), [4, 2]),
  'ConcatDataset.get': () => on(new data.ConcatDataset([rows()]), 1),
  'Subset.get': () => on(new data.Subset(rows(), [0, 2]), 1),
  'TensorDataset.get': () => on(rows(), 1),
};

class Words extends nn.Module {
  embedding = new nn.Embedding(9, 4);
  gru = new nn.GRU(4, 6);
  fc = new nn.Linear(6, 9);
  forward(input: o.Tensor, state?: o.Tensor): [o.Tensor, o.Tensor] {
    const [out, next] = this.gru.forward(this.embedding.forward(input), state);
    return [this.fc.forward(out), next];
  }
}
class Numbers extends nn.Module {
  gru = new nn.GRU(3, 6);
  fc = new nn.Linear(6, 3);
  forward(input: o.Tensor, state?: o.Tensor): [o.Tensor, o.Tensor] {
    const [out, next] = this.gru.forward(input, state);
    return [this.fc.forward(out), next];
  }
}
const lengths = (): Record<string, unknown> => ({
  maxLength: 3,
  minLength: 1,
  stop: 8,
  batchFirst: false,
  state: x(1, 1, 6),
  vocabularySize: 9,
});
const choices = (): Record<string, unknown> => ({
  sample: true,
  temperature: 0.9,
  topK: 5,
  topP: 0.9,
  repetitionPenalty: 1.1,
  generator: generator(),
});
const sequenceOptions = (): Record<string, unknown> => ({
  length: 3,
  feedback: (out: o.Tensor) => out,
  stop: () => false,
  batchFirst: false,
  state: x(1, 1, 6),
});
const { signal } = new AbortController();
const generation: Record<string, Make> = {
  tokens: () => withOptions({ ...choices(), ...lengths() }, new Words(), [1, 2]),
  stream: () => withOptions({ ...choices(), ...lengths(), signal }, new Words(), [1, 2]),
  beamSearch: () =>
    withOptions(
      { beams: 2, lengthPenalty: 1, repetitionPenalty: 1.1, ...lengths() },
      ...[new Words(), [1, 2]],
    ),
  sequence: () => withOptions(sequenceOptions(), new Numbers(), x(1, 1, 3)),
  streamSequence: () => withOptions({ ...sequenceOptions(), signal }, new Numbers(), x(1, 1, 3)),
  decode: () =>
    withOptions(
      { repetitionPenalty: 1.1, maxLength: 3, minLength: 1, vocabularySize: 9, beams: 2, lengthPenalty: 1, start: 1,
        end: 2, lengths: [3, 2] }, // prettier-ignore
      ...[seq2seq(), source()],
    ),
  decoderOf: () => call(seq2seq()),
};

const saved = (name: string): string => {
  const path = file(name);
  o.io.saveSafetensors(path, new Map([['x', x(2)]]));
  return path;
};
const chart = { title: 'A title', width: 400, height: 300 };
const elsewhere: Record<string, Make> = {
  'autograd.backward': () =>
    withOptions({ gradient: x(2), retainGraph: true, createGraph: false }, ...[leaf(2).mul(2)]),
  'autograd.grad': () => {
    const input = leaf(2);
    return withOptions(
      { gradOutputs: [x(2)], retainGraph: true, createGraph: true, allowUnused: true },
      ...[[input.mul(2)], [input]],
    );
  },
  'autograd.gradcheck': () =>
    withOptions(
      { eps: 1e-6, atol: 1e-5, rtol: 1e-3, raiseException: true },
      ...[(a: o.Tensor) => a.tanh(), [x(2).double().requiresGrad_()]],
    ),
  'autograd.gradgradcheck': () =>
    withOptions(
      { eps: 1e-6, atol: 1e-5, rtol: 1e-3, raiseException: true },
      ...[(a: o.Tensor) => a.tanh(), [x(2).double().requiresGrad_()]],
    ),
  'autograd.noGrad': () => call(() => 1),
  'autograd.enableGrad': () => call(() => 1),
  'autograd.isGradEnabled': () => call(),
  noGrad: () => call(() => 1),
  enableGrad: () => call(() => 1),
  isGradEnabled: () => call(),
  compile: () => withOptions({ cacheSize: 4 }, (a: o.Tensor) => a.tanh()),
  'io.saveSafetensors': () =>
    withOptions({ metadata: { a: 'b' } }, file('saved.safetensors'), new Map([['x', x(2)]])),
  'io.loadSafetensors': () => call(saved('loaded.safetensors')),
  'io.readSafetensorsMetadata': () => call(saved('read.safetensors')),
  'io.saveCheckpoint': () => call(file('checkpoint.safetensors'), { epoch: 1 }),
  'io.loadCheckpoint': () => {
    const path = file('loaded-checkpoint.safetensors');
    const net = new o.nn.Linear(1, 1);
    o.io.saveCheckpoint(path, { net });
    return withOptions({ strict: true }, path, { net });
  },
  'plot.curve': () =>
    withOptions({ x: 'step', y: 'loss', logY: true, dots: true, ...chart }, { loss: [3, 2, 1] }),
  'plot.matrix': () =>
    withOptions(
      { x: 'x', y: 'y', rows: ['a', 'b'], columns: ['c', 'd'], range: [0, 1], numbers: true, ...chart }, // prettier-ignore
      x(2, 2),
    ),
  'plot.matrices': () =>
    withOptions(
      { range: [0, 1], numbers: true, titles: ['a', 'b'], perRow: 2, ...chart },
      ...[[x(2, 2), x(2, 2)]],
    ),
  'testing.assertClose': () =>
    withOptions({ rtol: 1, atol: 1, equalNan: true, checkDtype: false }, x(2), x(2)),
  'testing.tensorEquality': () => call(x(2), x(2)),
  'plot.save': () => call(file('chart.svg'), '<svg/>'),
  Progress: () =>
    withOptions({
      total: 3, desc: 'a', unit: 'it', unitScale: true, leave: true, disable: true, minInterval: 0.1,
      stream: { write: () => true, isTTY: false },
    }), // prettier-ignore
  'Progress.close': () => on(new o.Progress({ disable: true })),
  'Progress.line': () => on(new o.Progress({ disable: true }), 80),
  'Progress.setDescription': () => on(new o.Progress({ disable: true }), 'a'),
  'Progress.setPostfix': () => on(new o.Progress({ disable: true }), { loss: 1 }),
  'Progress.setTotal': () => on(new o.Progress({ disable: true }), 5),
  'Progress.update': () => on(new o.Progress({ disable: true }), 1),
  'Progress.write': () => on(new o.Progress({ disable: true }), 'a line'),
  tqdm: () => withOptions({ total: 3, desc: 'a', disable: true }, [1, 2, 3]),
  'tqdm.write': () => call('a line'),
  Generator: () => call(),
  'Generator.getState': () => on(generator()),
  'Generator.initialSeed': () => on(generator()),
  'Generator.manualSeed': () => on(generator(), 3),
  'Generator.seed': () => on(generator()),
  'Generator.setState': () => on(generator(), generator().getState()),
  manualSeed: () => call(3),
  seed: () => call(),
  initialSeed: () => call(),
  getRngState: () => call(),
  setRngState: () => call(o.getRngState()),
  getNumThreads: () => call(),
  setNumThreads: () => call(1),
};

const tensorMethods: Record<string, Make> = {
  isContiguous: () => on(x(2)),
  item: () => on(x(1)),
  toArray: () => on(x(2)),
  toString: () => on(x(2)),
  toTypedArray: () => on(x(2)),
  size: () => on(x(2, 3), 1),
  requiresGrad_: () => on(x(2), true),
  retainGrad: () => on(leaf(2).mul(2)),
  registerHook: () => on(leaf(2), () => undefined),
  backward: () =>
    onWithOptions(leaf(2).mul(2), { gradient: x(2), retainGraph: true, createGraph: false }),
  bernoulli_: () => onWithOptions(x(2), { generator: generator() }, 0.5),
  bernoulli: () => onWithOptions(x(2), { generator: generator() }, 0.5),
  exponential_: () => onWithOptions(x(2), { generator: generator() }, 1),
  normal_: () => onWithOptions(x(2), { generator: generator() }, 0, 1),
  random_: () => onWithOptions(x(2), { generator: generator() }, 0, 5),
  uniform_: () => onWithOptions(x(2), { generator: generator() }, 0, 1),
  copy_: () => on(x(2), x(2)),
  fill_: () => on(x(2), 1),
  zero_: () => on(x(2)),
  detach_: () => on(x(2)),
  expandAs: () => on(x(1, 3), x(2, 3)),
  reshapeAs: () => on(x(6), x(2, 3)),
  viewAs: () => on(x(6), x(2, 3)),
  typeAs: () => on(x(2), ints(1)),
  repeat: () => on(x(2), [2, 2]),
  view: () => on(x(6), [2, 3]),
  to: () => on(x(2), 'float64'),
  where: () => on(x(2), bools(true, false), 0),
};

const prefixed = (prefix: string, table: Record<string, Make>): Record<string, Make> =>
  Object.fromEntries(Object.entries(table).map(([name, make]) => [prefix + name, make]));

const table: Readonly<Record<string, Make>> = {
  ...creation,
  ...operations,
  ...losses,
  ...elsewhere,
  ...prefixed('nn.', layers),
  ...prefixed('nn.Module.', moduleMethods),
  ...prefixed('nn.functional.', functional),
  ...prefixed('nn.init.', init),
  ...prefixed('nn.utils.', utils),
  ...prefixed('optim.', optimizers),
  ...prefixed('optim.lrScheduler.', schedulers),
  ...prefixed('data.', samples),
  ...prefixed('generate.', generation),
  ...prefixed('Tensor.', tensorMethods),
};

/** The lines for a loss layer's `forward`, a layer's `extraRepr` and the like, made from its constructor's. */
function derived(name: string): Sample | null {
  const method = /^nn\.(\w+)\.(extraRepr|resetParameters|forward)$/.exec(name);
  if (method !== null) {
    const [, layer, called] = method;
    const make = table[`nn.${layer}`] as Make | undefined;
    if (make === undefined) return null;
    const made = construct(nn[layer as 'Linear'], make());
    if (called !== 'forward') return on(made);
    return layer === 'CrossEntropyLoss' || layer === 'NLLLoss' ? on(made, ...classTargets()) : null;
  }
  const isMethod = name.startsWith('Tensor.');
  const operation = name.slice(isMethod ? 'Tensor.'.length : 0).replace(/_$/, '');
  const make = table[operation] as Make | undefined;
  if (make === undefined) return null;
  if (!isMethod) return make();
  const { args, options } = make();
  const [first, ...rest] = args;
  return { on: first as object, args: rest, options };
}

const construct = (Class: unknown, { args, options }: Sample): object =>
  new (Class as new (...all: unknown[]) => object)(...args, ...(options ? [options] : []));

/** The call that works of a public name, or null where the table has none. */
export const sampleOf = (name: string): Sample | null =>
  Object.hasOwn(table, name) ? table[name]() : derived(name);

/** Every name that has a line of its own. */
export const sampledNames: readonly string[] = Object.keys(table);

function valueOf(name: string): unknown {
  let value: unknown = o;
  for (const part of name.split('.')) value = (value as Record<string, unknown>)[part];
  return value;
}

/** Makes the call; what it gives is awaited or walked through no further than the first step. */
export function makeCall({ name, kind }: PublicCall, sample: Sample): unknown {
  const all = [...sample.args, ...(sample.options === undefined ? [] : [sample.options])];
  if (kind === 'constructor') return construct(valueOf(name), { args: all });
  if (kind === 'method') {
    const method = name.slice(name.lastIndexOf('.') + 1);
    return (sample.on as Record<string, (...args: unknown[]) => unknown>)[method](...all);
  }
  return (valueOf(name) as (...args: unknown[]) => unknown)(...all);
}

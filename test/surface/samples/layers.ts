// Modules, their parts and what is done with them: nn, nn.init, nn.utils.
import * as o from 'ostinato';
import { blocks, parametrized } from './blocks';
import { lossLayers } from './losses';
import {
  each,
  type Make,
  type Sample,
  call,
  generator,
  ints,
  on,
  onWithOptions,
  parameters,
  tokens,
  withOptions,
  x,
} from './make';
import { labelled } from './operations';

const { nn } = o;

const layerNames = {
  ReLU: { inplace: true }, Sigmoid: {}, SiLU: { inplace: true }, Softsign: {}, Tanh: {}, Identity: {}, GELU: { approximate: 'tanh' }, ELU: { alpha: 2, inplace: true },
  Mish: { inplace: true }, SELU: { inplace: true }, Hardsigmoid: { inplace: true }, Hardswish: { inplace: true }, ReLU6: { inplace: true }, LogSigmoid: {}, Tanhshrink: {},
  CELU: { alpha: 2, inplace: true }, Hardtanh: { minVal: -2, maxVal: 2, inplace: true },
  LeakyReLU: { negativeSlope: 0.2, inplace: true }, Softplus: { beta: 2, threshold: 10 },
} as const; // prettier-ignore
const positionalLayers = {
  Softmax: [1],
  LogSoftmax: [1],
  Softmin: [1],
  GLU: [0],
  Hardshrink: [0.3],
  Softshrink: [0.3],
  Flatten: [1, -1],
  CircularPad1d: [1],
  ConstantPad1d: [1, 2],
  ReflectionPad1d: [1],
  ReplicationPad1d: [1],
  ZeroPad1d: [1],
} as const;

const cellWeights = (gates: number): (o.Tensor | null)[] => [
  x(gates * 4, 3),
  x(gates * 4, 4),
  x(gates * 4),
  null,
];
const recurrentOptions = { numLayers: 2, bias: true, batchFirst: true, dropout: 0.1, bidirectional: true, inputDropout: 0.1, outputDropout: 0.1, lockedDropout: true, weightDropout: 0.1, recurrentDropout: 0.1, returnStates: 'all' as const, orthogonal: true }; // prettier-ignore
const attention = (): o.nn.AdditiveAttention => new nn.AdditiveAttention(6, 6, 5);
const encoder = (): o.nn.Encoder => new nn.Encoder(9, 4, 6);
const decoder = (): o.nn.Decoder => new nn.Decoder(9, 4, 6, attention());
export const seq2seq = (): o.nn.Seq2Seq => new nn.Seq2Seq(encoder(), decoder());
export const source = (): o.Tensor => tokens([1, 2, 3], [4, 5, 0]);
const model = (): o.nn.Linear => new nn.Linear(3, 2);

const adaptive = (): o.nn.AdaptiveLogSoftmaxWithLoss =>
  new nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2, 4]);

export const layers: Record<string, Make> = {
  ...lossLayers,
  ...blocks,
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
  Threshold: () => withOptions({ inplace: true }, 0.5, 1),
  'Threshold.forward': () => on(new nn.Threshold(0.5, 1), x(3)),
  PReLU: () => withOptions({ init: 0.5, dtype: 'float64' }, 3),
  'PReLU.forward': () => on(new nn.PReLU(3), x(2, 3).neg()),
  Dropout: () => withOptions({ inplace: true }, 0.5),
  LockedDropout: () => withOptions({ batchFirst: true }, 0.5),
  'LockedDropout.forward': () => on(new nn.LockedDropout(0.5), x(2, 3, 4)),
  'Dropout.forward': () => on(new nn.Dropout(0.5), x(2, 3)),
  MSELoss: () => withOptions({ reduction: 'sum' }),
  L1Loss: () => withOptions({ reduction: 'sum' }),
  SmoothL1Loss: () => withOptions({ reduction: 'sum', beta: 2 }),
  HuberLoss: () => withOptions({ reduction: 'sum', delta: 2 }),
  BCELoss: () => withOptions({ weight: x(3), reduction: 'sum' }),
  BCEWithLogitsLoss: () => withOptions({ posWeight: x(3), weight: x(3), reduction: 'sum' }),
  CrossEntropyLoss: () =>
    withOptions({ labelSmoothing: 0.1, weight: x(3), ignoreIndex: 1, reduction: 'sum' }),
  NLLLoss: () => withOptions({ weight: x(3), ignoreIndex: 1, reduction: 'sum' }),
  CTCLoss: () => withOptions({ blank: 1, zeroInfinity: true, reduction: 'sum' }),
  'CTCLoss.forward': () => on(new nn.CTCLoss(), ...labelled()),
  ...Object.fromEntries(
    (
      ['MSELoss', 'L1Loss', 'SmoothL1Loss', 'HuberLoss', 'BCELoss', 'BCEWithLogitsLoss'] as const
    ).map((name) => [`${name}.forward`, () => on(new nn[name](), x(3).mul(0.5), x(3).mul(0.5))]),
  ),
  Linear: () => withOptions({ bias: false, dtype: 'float64' }, 3, 2),
  'Linear.forward': () => on(model(), x(2, 3)),
  Embedding: () => withOptions({ paddingIdx: 0, maxNorm: 1, normType: 2, dtype: 'float64' }, 5, 3),
  'Embedding.fromPretrained': () =>
    withOptions(
      { freeze: false, paddingIdx: 0, maxNorm: 1, normType: 2, scaleGradByFreq: true },
      x(5, 3),
    ),
  'Embedding.forward': () => on(new nn.Embedding(5, 3), ints(0, 4)),
  LayerNorm: () =>
    withOptions({ eps: 1e-4, elementwiseAffine: true, bias: false, dtype: 'float64' }, [3]),
  'LayerNorm.forward': () => on(new nn.LayerNorm(3), x(2, 3)),
  BatchNorm1d: () =>
    withOptions({ eps: 1e-4, momentum: 0.2, affine: true, bias: true, trackRunningStats: true, dtype: 'float64' }, 3), // prettier-ignore
  'BatchNorm1d.forward': () => on(new nn.BatchNorm1d(3), x(4, 3)),
  'BatchNorm1d.resetRunningStats': () => on(new nn.BatchNorm1d(3)),
  InstanceNorm1d: () =>
    withOptions({ eps: 1e-4, momentum: 0.2, affine: true, bias: true, trackRunningStats: true, dtype: 'float64' }, 3), // prettier-ignore
  'InstanceNorm1d.forward': () => on(new nn.InstanceNorm1d(3), x(2, 3, 4)),
  'InstanceNorm1d.resetRunningStats': () => on(new nn.InstanceNorm1d(3)),
  GroupNorm: () => withOptions({ eps: 1e-4, affine: true, bias: true, dtype: 'float64' }, 2, 4),
  'GroupNorm.forward': () => on(new nn.GroupNorm(2, 4), x(2, 4, 3)),
  RMSNorm: () => withOptions({ eps: 1e-4, elementwiseAffine: true, dtype: 'float64' }, [3]),
  'RMSNorm.forward': () => on(new nn.RMSNorm(3), x(2, 3)),
  MaxPool1d: () =>
    withOptions({ stride: 2, padding: 1, dilation: 1, ceilMode: true, returnIndices: true }, 3),
  'MaxPool1d.forward': () => on(new nn.MaxPool1d(3), x(2, 3, 9)),
  AvgPool1d: () =>
    withOptions({ stride: 2, padding: 1, ceilMode: true, countIncludePad: false }, 3),
  'AvgPool1d.forward': () => on(new nn.AvgPool1d(3), x(2, 3, 9)),
  AdaptiveAvgPool1d: () => call(3),
  'AdaptiveAvgPool1d.forward': () => on(new nn.AdaptiveAvgPool1d(3), x(2, 3, 9)),
  AdaptiveMaxPool1d: () => withOptions({ returnIndices: true }, 3),
  'AdaptiveMaxPool1d.forward': () => on(new nn.AdaptiveMaxPool1d(3), x(2, 3, 9)),
  LPPool1d: () => withOptions({ stride: 2, ceilMode: true }, 2, 3),
  'LPPool1d.forward': () => on(new nn.LPPool1d(2, 3), x(2, 3, 9)),
  MultiheadAttention: () =>
    withOptions({ dropout: 0.1, bias: true, addBiasKv: true, addZeroAttn: true, kdim: 3, vdim: 5, batchFirst: true, dtype: 'float64' }, 6, 2), // prettier-ignore
  'MultiheadAttention.forward': () =>
    onWithOptions(
      new nn.MultiheadAttention(4, 2),
      { keyPaddingMask: o.tensor([[false, true, false]]), needWeights: true, attnMask: x(2, 3), averageAttnWeights: false, isCausal: false }, // prettier-ignore
      x(2, 1, 4),
      x(3, 1, 4),
      x(3, 1, 4),
    ),
  Conv1d: () =>
    withOptions({ stride: 2, padding: 1, dilation: 1, groups: 1, bias: false, paddingMode: 'reflect', dtype: 'float64' }, 2, 4, 3), // prettier-ignore
  'Conv1d.forward': () => on(new nn.Conv1d(2, 4, 3), x(2, 2, 7)),
  ConvTranspose1d: () =>
    withOptions({ stride: 2, padding: 1, outputPadding: 1, dilation: 1, groups: 1, bias: false, paddingMode: 'zeros', dtype: 'float64' }, 2, 4, 3), // prettier-ignore
  'ConvTranspose1d.forward': () =>
    onWithOptions(new nn.ConvTranspose1d(2, 4, 3), { outputSize: 9 }, x(2, 2, 7)),
  RNN: () => withOptions({ ...recurrentOptions, nonlinearity: 'relu' }, 3, 4),
  LSTM: () =>
    withOptions(
      { ...recurrentOptions, recurrentDropout: 0, projSize: 2, zoneout: 0, peephole: true, layerNorm: false, unitForgetBias: true }, // prettier-ignore
      3,
      4,
    ),
  GRU: () =>
    withOptions({ ...recurrentOptions, recurrentDropout: 0, zoneout: 0, layerNorm: true }, 3, 4),
  JANET: () => withOptions({ ...recurrentOptions, unitForgetBias: true }, 3, 4),
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
  Stateful: () => call(new nn.GRU(3, 4)),
  'Stateful.resetState': () => on(new nn.Stateful(new nn.GRU(3, 4))),
  'Stateful.forward': () => on(new nn.Stateful(new nn.GRU(3, 4)), x(5, 2, 3), [false, false]),
  Sessions: () => withOptions({ compile: true }, new nn.GRU(3, 4)),
  'Sessions.open': () => on(new nn.Sessions(new nn.GRU(3, 4))),
  'Sessions.push': () => {
    const sessions = new nn.Sessions(new nn.GRU(3, 4));
    return on(sessions, [sessions.open(), sessions.open()], x(5, 2, 3));
  },
  'Session.push': () => on(new nn.GRU(3, 4).stream(), x(5, 2, 3)),
  'Session.restore': () => on(new nn.GRU(3, 4).stream(), new Map([['h', x(1, 2, 4)]])),
  ...each(
    ['Session.snapshot', 'Session.reset', 'Session.fork', 'Session.close', 'Session.transform'],
    () => () => on(new nn.GRU(3, 4).stream()),
  ),
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
  CRF: () => withOptions({ batchFirst: true, dtype: 'float64' }, 3),
  'CRF.forward': () =>
    onWithOptions(
      new nn.CRF(4),
      { mask: o.ones([3, 2]).gt(0), reduction: 'token_mean' },
      x(3, 2, 4),
      tokens([0, 1], [2, 3], [1, 0]),
    ),
  'CRF.decode': () => onWithOptions(new nn.CRF(4), { mask: o.ones([3, 2]).gt(0) }, x(3, 2, 4)),
  AdaptiveLogSoftmaxWithLoss: () =>
    withOptions({ divValue: 2, headBias: true, dtype: 'float64' }, 4, 6, [2, 4]),
  'AdaptiveLogSoftmaxWithLoss.forward': () => on(adaptive(), x(3, 4), ints(0, 3, 5)),
  'AdaptiveLogSoftmaxWithLoss.logProb': () => on(adaptive(), x(3, 4)),
  'AdaptiveLogSoftmaxWithLoss.predict': () => on(adaptive(), x(3, 4)),
  LazyLinear: () => withOptions({ bias: false, dtype: 'float64' }, 3),
  'LazyLinear.forward': () => on(new nn.LazyLinear(3), x(2, 4)),
  'ModuleSummary.toString': () => on(model().summary()),
  Parameter: () => withOptions({ requiresGrad: false }, x(2)),
  Module: () => call(),
  Sequential: () => call(model(), new nn.Tanh()),
  'Sequential.forward': () => on(new nn.Sequential(model(), new nn.Tanh()), x(2, 3)),
  ModuleList: () => call([model()]),
  ...Object.fromEntries(
    Object.entries({
      ModuleList: () => new nn.ModuleList([model()]),
      Sequential: () => new nn.Sequential(model()),
    }).flatMap(([name, list]): [string, Make][] => {
      return [
        [`${name}.append`, () => on(list(), model())],
        [`${name}.at`, () => on(list(), 0)],
        [`${name}.extend`, () => on(list(), [model()])],
        [`${name}.insert`, () => on(list(), 0, model())],
        [`${name}.set`, () => on(list(), 0, model())],
      ];
    }),
  ),
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

export const moduleMethods: Record<string, Make> = {
  summary: () => on(model(), x(2, 3)),
  stream: () => onWithOptions(new nn.GRU(3, 4), { compile: true }),
  ...each(
    ['children', 'double', 'eval', 'float', 'modules', 'namedChildren', 'toString'],
    () => () => on(model()),
  ),
  ...each(
    ['buffers', 'namedBuffers', 'namedModules', 'namedParameters'],
    () => () => onWithOptions(model(), { prefix: 'a', recurse: true, removeDuplicate: false }),
  ),
  extraRepr: () => on(new nn.Module()),
  addModule: () => on(model(), 'more', model()),
  registerModule: () => on(model(), 'more', model()),
  getSubmodule: () => on(model(), ''),
  getParameter: () => on(new nn.Linear(2, 3), 'weight'),
  getBuffer: () => on(new nn.BatchNorm1d(3), 'running_mean'),
  apply: () => on(model(), () => undefined),
  loadStateDict: () => onWithOptions(model(), { strict: true, assign: false }, model().stateDict()),
  parameters: () => onWithOptions(model(), { recurse: true }),
  registerBuffer: () => onWithOptions(model(), { persistent: false }, 'mean', x(2)),
  registerForwardHook: () => on(model(), () => undefined),
  registerForwardPreHook: () => on(model(), () => undefined),
  registerFullBackwardHook: () => on(model(), () => undefined),
  registerFullBackwardPreHook: () => on(model(), () => undefined),
  registerParameter: () => on(model(), 'scale', new nn.Parameter(x(2))),
  requiresGrad_: () => on(model(), true),
  shareMemory: () => on(model()),
  stateDict: () => onWithOptions(model(), { prefix: 'a.' }),
  to: () => on(model(), 'float64'),
  train: () => on(model(), true),
  zeroGrad: () => onWithOptions(model(), { setToNone: true }),
};

export const init: Record<string, Make> = {
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
export const utils: Record<string, Make> = {
  ...parametrized,
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

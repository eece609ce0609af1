// Layers that are made of others.
import * as o from 'ostinato';
import { bools, call, on, onWithOptions, tokens, withOptions, x, type Make } from './make';

const { nn } = o;

const encoderLayer = (): o.nn.TransformerEncoderLayer =>
  new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 6, dropout: 0 });
const causal = (): o.Tensor => o.ones([3, 3], { dtype: 'bool' }).triu(1);
const padding = (): o.Tensor => bools(false, false, true).unsqueeze(0);

const bagOptions = { maxNorm: 1, normType: 2, mode: 'sum', includeLastOffset: true, paddingIdx: 0 };

export const blocks: Record<string, Make> = {
  Bilinear: () => withOptions({ bias: false, dtype: 'float64' }, 3, 4, 5),
  'Bilinear.forward': () => on(new nn.Bilinear(3, 4, 5), x(2, 3), x(2, 4)),
  Dropout1d: () => withOptions({ inplace: true }, 0.5),
  'Dropout1d.forward': () => on(new nn.Dropout1d(0.5), x(2, 3, 4)),
  AlphaDropout: () => withOptions({ inplace: true }, 0.5),
  'AlphaDropout.forward': () => on(new nn.AlphaDropout(0.5), x(2, 3)),
  Unflatten: () => call(1, [2, 3]),
  'Unflatten.forward': () => on(new nn.Unflatten(1, [2, -1]), x(2, 6)),
  ParameterDict: () => call({ a: x(2) }),
  ...Object.fromEntries(
    Object.entries<() => unknown[]>({
      has: () => ['a'],
      get: () => ['a'],
      set: () => ['b', x(2)],
      setdefault: () => ['b', x(2)],
      delete: () => ['a'],
      pop: () => ['a'],
      popitem: () => [],
      clear: () => [],
      copy: () => [],
      fromkeys: () => [['b', 'c'], x(2)],
      update: () => [[['b', x(2)]]],
      keys: () => [],
      values: () => [],
      entries: () => [],
      toString: () => [],
    }).map(([method, args]) => [
      `ParameterDict.${method}`,
      () => on(new nn.ParameterDict({ a: x(2) }), ...args()),
    ]),
  ),
  EmbeddingBag: () => withOptions({ ...bagOptions, dtype: 'float64' }, 5, 3),
  'EmbeddingBag.fromPretrained': () =>
    withOptions({ freeze: false, scaleGradByFreq: true, ...bagOptions }, x(5, 3)),
  'EmbeddingBag.forward': () =>
    on(new nn.EmbeddingBag(5, 3, { mode: 'sum' }), tokens([1, 2], [0, 0]), null, x(2, 2)),
  TransformerEncoderLayer: () =>
    withOptions({ dimFeedforward: 6, dropout: 0.1, activation: 'gelu', layerNormEps: 1e-4, batchFirst: true, normFirst: true, bias: false, dtype: 'float64' }, 4, 2), // prettier-ignore
  'TransformerEncoderLayer.forward': () =>
    onWithOptions(
      encoderLayer(),
      { srcMask: causal(), srcKeyPaddingMask: padding(), isCausal: true },
      x(3, 1, 4),
    ),
  TransformerEncoder: () => withOptions({ norm: new nn.LayerNorm(4) }, encoderLayer(), 2),
  'TransformerEncoder.forward': () =>
    onWithOptions(
      new nn.TransformerEncoder(encoderLayer(), 2, { norm: new nn.LayerNorm(4) }),
      { mask: causal(), srcKeyPaddingMask: padding(), isCausal: true },
      x(3, 1, 4),
    ),
};

const { parametrize, parametrizations } = nn.utils;
class Doubled extends nn.Module {
  forward(y: o.Tensor): o.Tensor {
    return y.mul(2);
  }
  rightInverse(y: o.Tensor): o.Tensor {
    return y.mul(0.5);
  }
}
const list = (): o.nn.utils.parametrize.ParametrizationList =>
  new parametrize.ParametrizationList([new Doubled()], new nn.Parameter(x(2, 3)));

export const parametrized: Record<string, Make> = {
  'parametrizations.weightNorm': () => call(new nn.LSTM(3, 4), 'weight_hh_l0', 0),
  'parametrize.cached': () => call(() => 1),
  'parametrize.isParametrized': () => call(new nn.Linear(3, 2), 'weight'),
  'parametrize.registerParametrization': () =>
    withOptions({ unsafe: true }, new nn.Linear(3, 2), 'weight', new Doubled()),
  'parametrize.removeParametrizations': () =>
    withOptions(
      { leaveParametrized: true },
      parametrizations.weightNorm(new nn.Linear(3, 2)),
      'weight',
    ),
  'parametrize.ParametrizationList': () =>
    withOptions({ unsafe: true }, [new Doubled()], new nn.Parameter(x(2, 3))),
  'parametrize.ParametrizationList.forward': () => on(list()),
  'parametrize.ParametrizationList.rightInverse': () => on(list(), x(2, 3)),
};

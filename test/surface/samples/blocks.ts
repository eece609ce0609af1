// Layers that are made of others.
import * as o from 'ostinato';
import { bools, on, onWithOptions, tokens, withOptions, x, type Make } from './make';

const { nn } = o;

const encoderLayer = (): o.nn.TransformerEncoderLayer =>
  new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 6, dropout: 0 });
const causal = (): o.Tensor => o.ones([3, 3], { dtype: 'bool' }).triu(1);
const padding = (): o.Tensor => bools(false, false, true).unsqueeze(0);

const bagOptions = { maxNorm: 1, normType: 2, mode: 'sum', includeLastOffset: true, paddingIdx: 0 };

export const blocks: Record<string, Make> = {
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

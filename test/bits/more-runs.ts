// Training runs of what test/bits/runs.ts does not reach: convolutions, attention, norms, losses over sequences, the variants of
// recurrent layers, einsum and the rarer functions. New numbers are drawn for every step.
import { einsum, nn, randint, randn, tensor, type Tensor } from 'ostinato';

const F = nn.functional;

type Float = 'float32' | 'float64';
/** A model, and a loss on new numbers. */
export interface Drawn {
  readonly model: nn.Module;
  readonly loss: () => Tensor;
}

type Draw = (...shape: number[]) => Tensor;
type Make = (draw: Draw, options: { readonly dtype: Float }) => Drawn;

/** A model and its loss of a drawn input. */
const of = <M extends nn.Module>(model: M, loss: (model: M) => Tensor): Drawn => ({
  model,
  loss: () => loss(model),
});

const indices = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'int32' });

const variants: Readonly<Record<string, object>> = {
  'layer norm': { layerNorm: true },
  zoneout: { zoneout: 0.1 },
  'recurrent dropout': { recurrentDropout: 0.2 },
  peephole: { peephole: true },
  gates: { returnStates: 'gates' },
};

/** A bidirectional LSTM of two layers with one of the options that PyTorch does not have. */
const variant =
  (given: object): Make =>
  (draw, { dtype }) =>
    of(new nn.LSTM(9, 21, { numLayers: 2, bidirectional: true, dtype, ...given }), (lstm) => {
      const [out, , states] = lstm.forward(draw(8, 5, 9)) as unknown as [
        Tensor,
        unknown,
        { readonly gates?: readonly Tensor[] } | undefined,
      ];
      const loss = out.square().mean();
      return states?.gates === undefined ? loss : loss.add(states.gates[0].sum());
    });

/** Means of functions whose kernels are written by hand; NaN counts as 0. */
function rareMeans(h: Tensor): Tensor {
  const all = [
    F.mish(h),
    F.selu(h),
    h.lgamma(),
    h.digamma(),
    h.erfinv().nanToNum(),
    h.sinc(),
    h.atan(),
    h.cosh(),
    h.logcumsumexp(1),
    h.cumprod(1),
  ];
  return all.map((y) => y.mean().nanToNum()).reduce((sum, y) => sum.add(y));
}

export const drawn: Readonly<Record<string, Make>> = {
  'convolution, reflected': (draw, { dtype }) =>
    of(new nn.Conv1d(5, 7, 3, { padding: 1, paddingMode: 'reflect', dtype }), (m) =>
      m
        .forward(draw(3, 5, 19))
        .square()
        .mean(),
    ),
  'convolution of many channels': (draw, { dtype }) =>
    of(new nn.Conv1d(40, 64, 5, { stride: 2, dtype }), (m) =>
      m
        .forward(draw(4, 40, 70))
        .tanh()
        .mean(),
    ),
  'depthwise convolution': (draw, { dtype }) =>
    of(new nn.Conv1d(8, 8, 5, { groups: 8, dilation: 2, dtype }), (m) =>
      m
        .forward(draw(3, 8, 40))
        .square()
        .mean(),
    ),
  'transposed convolution': (draw, { dtype }) =>
    of(new nn.ConvTranspose1d(5, 7, 4, { stride: 3, dtype }), (m) =>
      m
        .forward(draw(3, 5, 9))
        .square()
        .mean(),
    ),
  'batch norm': (draw, { dtype }) =>
    of(new nn.BatchNorm1d(13, { dtype }), (m) =>
      m
        .forward(draw(9, 13, 5))
        .pow(3)
        .mean(),
    ),
  'group norm': (draw, { dtype }) =>
    of(new nn.GroupNorm(3, 12, { dtype }), (m) =>
      m
        .forward(draw(9, 12, 5))
        .pow(3)
        .mean(),
    ),
  'RMS norm': (draw, { dtype }) =>
    of(new nn.RMSNorm(37, { dtype }), (m) => m.forward(draw(9, 37)).pow(3).mean()),
  'multi-head attention': (draw, { dtype }) =>
    of(new nn.MultiheadAttention(24, 3, { dropout: 0.1, dtype }), (m) => {
      const x = draw(7, 3, 24);
      return m.forward(x, x, x)[0].square().mean();
    }),
  'transformer layer': (draw, { dtype }) =>
    of(
      new nn.TransformerEncoderLayer(16, 2, { dimFeedforward: 33, activation: 'gelu', dtype }),
      (m) =>
        m
          .forward(draw(7, 3, 16))
          .pow(3)
          .mean(),
    ),
  CTC: (draw, { dtype }) => {
    const targets = indices([[1, 2, 2], [3, 1, 4], [1, 1, 1]]); // prettier-ignore
    return of(new nn.Linear(6, 5, { dtype }), (m) =>
      F.ctcLoss(m.forward(draw(20, 3, 6)).logSoftmax(2), targets, [20, 15, 9], [3, 2, 3]),
    );
  },
  CRF: (draw, { dtype }) =>
    of(new nn.CRF(5, { batchFirst: true, dtype }), (m) =>
      m.forward(draw(3, 8, 5), randint(0, 5, [3, 8])),
    ),
  ...Object.fromEntries(
    Object.entries(variants).map(([name, given]) => [`LSTM with ${name}`, variant(given)]),
  ),
  bilinear: (draw, { dtype }) =>
    of(new nn.Bilinear(5, 6, 7, { dtype }), (m) =>
      m.forward(draw(4, 5), draw(4, 6)).square().mean(),
    ),
  'embedding bag': (_, { dtype }) =>
    of(new nn.EmbeddingBag(9, 5, { mode: 'max', dtype }), (m) =>
      m
        .forward(randint(0, 9, [4, 3]))
        .square()
        .mean(),
    ),
  'rare functions': (draw, { dtype }) =>
    of(new nn.Linear(17, 23, { dtype }), (m) => rareMeans(m.forward(draw(5, 17)))),
  einsum: (draw, { dtype }) =>
    of(new nn.Linear(12, 12, { dtype }), (m) =>
      einsum('bhid,bhjd->bhij', m.forward(draw(2, 3, 10, 12)), draw(2, 3, 9, 12))
        .square()
        .mean(),
    ),
};

export const drawOf =
  (dtype: Float): Draw =>
  (...shape) =>
    randn(shape, { dtype });

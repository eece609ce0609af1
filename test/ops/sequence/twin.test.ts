// Each fused layer against its readable twin: the step functions of primitive operations, unrolled. Outputs, final
// states and all gradients, at sizes around the kernels' tiles.
import { cat, manualSeed, nn, randn, stack, type DType, type Tensor } from 'ostinato';
import { expectNear } from '../../support';
import { forward, type RecurrentLayer } from '../../nn/rnn/support';

type Kind = 'RNN' | 'RNNrelu' | 'LSTM' | 'GRU' | 'JANET';

/** One layer and direction by its step function: [outputs in order of time, final states]. */
function unroll(
  kind: Kind,
  xs: readonly Tensor[],
  states: readonly Tensor[],
  weights: nn.CellWeights,
  reverse: boolean,
): [Tensor[], Tensor[]] {
  const outs: Tensor[] = new Array<Tensor>(xs.length);
  let [h, c] = states;
  const order = xs.map((_, t) => (reverse ? xs.length - 1 - t : t));
  for (const t of order) {
    if (kind === 'LSTM') [h, c] = nn.lstmStep(xs[t], [h, c], weights);
    else if (kind === 'GRU') h = nn.gruStep(xs[t], h, weights);
    else if (kind === 'JANET') h = nn.janetStep(xs[t], h, weights);
    else h = nn.rnnStep(xs[t], h, weights, kind === 'RNN' ? 'tanh' : 'relu');
    outs[t] = h;
  }
  return [outs, kind === 'LSTM' ? [h, c] : [h]];
}

function twin(kind: Kind, layer: RecurrentLayer, x: Tensor, states: readonly Tensor[]): Tensor[] {
  const parameters = new Map(layer.namedParameters());
  const D = layer.bidirectional ? 2 : 1;
  let xs = x.unbind(0);
  const finals: Tensor[][] = states.map(() => []);
  for (let l = 0; l < layer.numLayers; l++) {
    const byDirection: Tensor[][] = [];
    for (let d = 0; d < D; d++) {
      const suffix = `_l${l}${d === 1 ? '_reverse' : ''}`;
      const weight = (name: string): nn.Parameter | null => parameters.get(name + suffix) ?? null;
      const weights = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map(weight);
      const own = states.map((s) => s.select(0, l * D + d));
      const [outs, last] = unroll(kind, xs, own, weights as never, d === 1);
      byDirection.push(outs);
      last.forEach((s, i) => finals[i].push(s));
    }
    xs = xs.map((_, t) =>
      D === 1 ? byDirection[0][t] : cat([byDirection[0][t], byDirection[1][t]], -1),
    );
  }
  return [stack(xs, 0), ...finals.map((f) => stack(f, 0))];
}

const kinds: Kind[] = ['RNN', 'RNNrelu', 'LSTM', 'GRU', 'JANET'];
const shapes: [T: number, N: number, I: number, H: number][] = [
  [1, 1, 1, 1],
  [3, 2, 4, 7],
  [2, 5, 15, 16],
  [4, 7, 17, 33],
  [5, 3, 1, 32],
  [2, 13, 9, 8],
];
const options = [{}, { bidirectional: true, numLayers: 2 }, { bias: false }];

describe.each<[DType, number]>([
  ['float64', 1e-12],
  ['float32', 2e-5],
])('%s', (dtype, tolerance) => {
  test.each(
    kinds.flatMap((kind) => shapes.flatMap((s) => options.map((o) => [kind, s, o] as const))),
  )('%s (T, N, I, H) = %j %j', (kind, [T, N, I, H], option) => {
    manualSeed(7);
    const layer = (
      kind === 'LSTM'
        ? new nn.LSTM(I, H, option)
        : kind === 'GRU'
          ? new nn.GRU(I, H, option)
          : kind === 'JANET'
            ? new nn.JANET(I, H, option)
            : new nn.RNN(I, H, { ...option, nonlinearity: kind === 'RNN' ? 'tanh' : 'relu' })
    ).to(dtype);
    const D = (layer.bidirectional ? 2 : 1) * layer.numLayers;
    const leaf = (shape: number[]): Tensor => randn(shape, { dtype, requiresGrad: true });
    const x = leaf([T, N, I]);
    const states = (kind === 'LSTM' ? [0, 1] : [0]).map(() => leaf([D, N, H]));
    const leaves = [x, ...states, ...layer.parameters()];
    const seeds: Tensor[] = [];
    const run = (compute: () => Tensor[]): [Tensor[], Tensor[]] => {
      const outs = compute();
      if (seeds.length === 0) for (const y of outs) seeds.push(randn(y.shape, { dtype }));
      outs
        .map((y, i) => y.mul(seeds[i]).sum())
        .reduce((a, b) => a.add(b))
        .backward();
      const grads = leaves.map((p) => p.grad!);
      for (const p of leaves) p.grad = null;
      return [outs, grads];
    };
    const fused = run(() => {
      const given = (states.length === 2 ? [states[0], states[1]] : states[0]) as never;
      const [out, final] = forward(layer, x, given);
      return [out, ...(Array.isArray(final) ? final : [final])];
    });
    const readable = run(() => twin(kind, layer, x, states));
    for (const part of [0, 1]) {
      fused[part].forEach((y, i) => {
        expect(y.shape).toEqual(readable[part][i].shape);
        expectNear(y.toTypedArray(), readable[part][i].toTypedArray(), tolerance);
      });
    }
  });
});

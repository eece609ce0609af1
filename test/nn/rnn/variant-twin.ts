// The variants of the recurrent layers by their equations, step by step in tensor operations: what the fused layers are held to.
// Masks are drawn in the order of the layer's forward, so that one seed gives both the same.
import { cat, empty, full, nn, ones, stack, zeros, type Tensor } from 'ostinato';
import type { RecurrentLayer } from './support';

const { dropout, layerNorm, linear } = nn.functional;

export interface State {
  readonly h: Tensor;
  readonly c: Tensor | null;
  /** Of the step that made it: [N, G · H]. */
  readonly gates?: Tensor;
}

/** What one forward has drawn for a layer and direction. */
interface DirectionMasks {
  /** [G · H, S]. */
  readonly weight: Tensor | null;
  /** [N, H]. */
  readonly recurrent: Tensor | null;
  /** [T, N, H]. */
  readonly zoneoutH: Tensor | null;
  readonly zoneoutC: Tensor | null;
}

interface Masks {
  /** [N, I]. */
  readonly input: Tensor | null;
  readonly layers: readonly (readonly DirectionMasks[])[];
  /** [N, D · S], after each layer but the last. */
  readonly between: readonly (Tensor | null)[];
  /** [N, D · S]. */
  readonly output: Tensor | null;
}

const drawn = (shape: readonly number[], p: number, layer: RecurrentLayer): Tensor | null =>
  p === 0 || !layer.training ? null : dropout(ones([...shape], { dtype: dtypeOf(layer) }), p);
const dtypeOf = (layer: RecurrentLayer): 'float32' | 'float64' =>
  layer.weight_ih_l0.dtype as 'float32';
const times = (x: Tensor, mask: Tensor | null): Tensor => (mask === null ? x : x.mul(mask));

// A share for each step of each sequence; drawn for packed rows where lengths differ.
function zoneoutOf(
  p: number,
  layer: RecurrentLayer,
  lengths: readonly number[],
  packed: boolean,
): Tensor | null {
  if (p === 0) return null;
  const [T, N, H] = [Math.max(...lengths), lengths.length, layer.hiddenSize];
  const options = { dtype: dtypeOf(layer) };
  if (!layer.training) return full([T, N, H], p, options);
  if (!packed) return empty([T, N, H], options).bernoulli_(p);
  const rows = Array.from({ length: T }, (_, t) => lengths.filter((n) => n > t).length);
  const all = empty([rows.reduce((a, b) => a + b), H], options).bernoulli_(p);
  return stack(
    all.split(rows, 0).map((own) => cat([own, zeros([N - own.shape[0], H], options)], 0)),
    0,
  );
}

export function drawMasks(
  layer: RecurrentLayer,
  lengths: readonly number[],
  packed = false,
): Masks {
  const batch = lengths.length;
  const given = (layer as nn.LSTM).zoneout ?? 0;
  const [ofH, ofC] = typeof given === 'number' ? [given, given] : given;
  const D = layer.bidirectional ? 2 : 1;
  const width = D * (layer.projSize || layer.hiddenSize);
  const input = drawn([batch, layer.inputSize], layer.inputDropout, layer);
  const layers: DirectionMasks[][] = [];
  const between: (Tensor | null)[] = [];
  for (let l = 0; l < layer.numLayers; l++) {
    const directions = Array.from({ length: D }, (_, d) => d);
    const weights = directions.map((d) =>
      drawn(weightsOf(layer, l, d)[1].shape, layer.weightDropout, layer),
    );
    layers.push(
      directions.map((d) => ({
        weight: weights[d],
        recurrent: drawn([batch, layer.hiddenSize], layer.recurrentDropout, layer),
        zoneoutH: zoneoutOf(ofH, layer, lengths, packed),
        zoneoutC: layer instanceof nn.LSTM ? zoneoutOf(ofC, layer, lengths, packed) : null,
      })),
    );
    if (l < layer.numLayers - 1) between.push(drawn([batch, width], layer.dropout, layer));
  }
  return { input, layers, between, output: drawn([batch, width], layer.outputDropout, layer) };
}

/** Row n of what was drawn for a batch. */
export function maskOfRow(masks: Masks, n: number): Masks {
  const row = (mask: Tensor | null): Tensor | null => mask && mask.narrow(0, n, 1);
  return {
    input: row(masks.input),
    layers: masks.layers.map((directions) =>
      directions.map(({ weight, recurrent, zoneoutH, zoneoutC }) => ({
        weight,
        recurrent: row(recurrent),
        zoneoutH: zoneoutH && zoneoutH.narrow(1, n, 1),
        zoneoutC: zoneoutC && zoneoutC.narrow(1, n, 1),
      })),
    ),
    between: masks.between.map(row),
    output: row(masks.output),
  };
}

type Weights = [ih: Tensor, hh: Tensor, ...(Tensor | null)[]];

function weightsOf(layer: RecurrentLayer, l: number, d: number): Weights {
  const parameters = new Map(layer.namedParameters());
  const suffix = `_l${l}${d === 1 ? '_reverse' : ''}`;
  return [...plainNames, ...ofNormalization].map(
    (name) => parameters.get(name + suffix) ?? null,
  ) as Weights;
}
const plainNames = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh', 'weight_hr', 'weight_ch'];
const ofNormalization = ['norm_ih', 'norm_hh', 'norm_ch', 'bias_ch'];

/** (v − mean) / √(variance + 1e-5) · gain + bias, over the last dimension. */
const normalized = (v: Tensor, weight: Tensor, bias: Tensor | null): Tensor =>
  layerNorm(v, [v.shape[v.ndim - 1]], { weight, bias });

/** The cells' equations, `seen` being what W_hh multiplies and h the state before. */
function cell(
  layer: RecurrentLayer,
  x: Tensor,
  seen: Tensor,
  { h, c }: State,
  weights: Weights,
): State {
  const [ih, hh, bih, bhh, hr, ch, normIh, normHh, normCh, biasCh] = weights;
  const ofGates = (v: Tensor, weight: Tensor, bias: Tensor | null, gain: Tensor | null): Tensor =>
    gain ? normalized(linear(v, weight), gain, bias) : linear(v, weight, bias);
  const [ofX, ofH] = [ofGates(x, ih, bih, normIh), ofGates(seen, hh, bhh, normHh)];
  const G = hh.shape[0] / layer.hiddenSize;
  const [xs, hs] = [ofX.chunk(G, -1), ofH.chunk(G, -1)];
  const at = (k: number): Tensor => xs[k].add(hs[k]);
  if (layer instanceof nn.LSTM) {
    const p = ch === null ? [0, 0, 0] : ch.chunk(3, 0);
    const [i, f] = [at(0).add(c!.mul(p[0])).sigmoid(), at(1).add(c!.mul(p[1])).sigmoid()];
    const g = at(2).tanh();
    const after = f.mul(c!).add(i.mul(g));
    const o = at(3).add(after.mul(p[2])).sigmoid();
    const y = o.mul((normCh ? normalized(after, normCh, biasCh) : after).tanh());
    return { h: hr === null ? y : linear(y, hr), c: after, gates: cat([i, f, g, o], -1) };
  }
  if (layer instanceof nn.GRU) {
    const [r, z] = [at(0).sigmoid(), at(1).sigmoid()];
    const n = xs[2].add(r.mul(hs[2])).tanh();
    return { h: n.sub(z.mul(n)).add(z.mul(h)), c, gates: cat([r, z, n], -1) };
  }
  if (layer instanceof nn.JANET) {
    const forget = at(0).sigmoid();
    const input = at(0).sub(1).sigmoid().neg().add(1);
    return { h: forget.mul(h).add(input.mul(at(1).tanh())), c };
  }
  return { h: layer.nonlinearity === 'relu' ? at(0).relu() : at(0).tanh(), c };
}

/** The cell with recurrent dropout and zoneout. */
function step(
  layer: RecurrentLayer,
  x: Tensor,
  before: State,
  weights: Weights,
  masks: DirectionMasks,
  t: number,
): State {
  const after = cell(layer, x, times(before.h, masks.recurrent), before, weights);
  const keep = (k: Tensor | null, old: Tensor, made: Tensor): Tensor => {
    if (k === null) return made;
    const share = k.select(0, t);
    return share.mul(old).add(share.neg().add(1).mul(made));
  };
  return {
    h: keep(masks.zoneoutH, before.h, after.h),
    c: before.c && keep(masks.zoneoutC, before.c, after.c!),
    gates: after.gates,
  };
}

export interface Result {
  readonly out: Tensor;
  readonly h: Tensor;
  readonly c: Tensor | null;
  /** By layer, [T, N, D · S] and [T, N, D · H]. */
  readonly hs: Tensor[];
  readonly cs: Tensor[];
  /** [T, N, D · G · H]; where the layer returns them. */
  readonly gates: Tensor[];
}

/** x [T, N, I]; states [numLayers · D, N, …]. */
export function twin(layer: RecurrentLayer, x: Tensor, start: State, masks: Masks): Result {
  const D = layer.bidirectional ? 2 : 1;
  let xs = x.unbind(0).map((one) => times(one, masks.input));
  const T = xs.length;
  const hs: Tensor[] = [];
  const cs: Tensor[] = [];
  const gates: Tensor[] = [];
  const last: State[] = [];
  for (let l = 0; l < layer.numLayers; l++) {
    const states: State[][] = [];
    for (let d = 0; d < D; d++) {
      const own = masks.layers[l][d];
      const weights = weightsOf(layer, l, d);
      weights[1] = times(weights[1], own.weight);
      const at = l * D + d;
      let state: State = { h: start.h.select(0, at), c: start.c && start.c.select(0, at) };
      const all = new Array<State>(T);
      for (let i = 0; i < T; i++) {
        const t = d === 1 ? T - 1 - i : i;
        all[t] = state = step(layer, xs[t], state, weights, own, t);
      }
      states.push(all);
      last.push(state);
    }
    const joined = (part: (state: State) => Tensor): Tensor[] =>
      xs.map((_, t) =>
        cat(
          states.map((all) => part(all[t])),
          -1,
        ),
      );
    xs = joined(({ h }) => h);
    hs.push(stack(xs, 0));
    if (layer.returnStates === 'gates')
      gates.push(
        stack(
          joined((state) => state.gates!),
          0,
        ),
      );
    if (start.c !== null)
      cs.push(
        stack(
          joined(({ c }) => c!),
          0,
        ),
      );
    if (l < layer.numLayers - 1) xs = xs.map((one) => times(one, masks.between[l]));
  }
  return {
    out: stack(
      xs.map((one) => times(one, masks.output)),
      0,
    ),
    h: stack(
      last.map(({ h }) => h),
      0,
    ),
    c:
      start.c &&
      stack(
        last.map(({ c }) => c!),
        0,
      ),
    hs,
    cs,
    gates,
  };
}

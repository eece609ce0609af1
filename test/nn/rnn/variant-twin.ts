// The variants of the recurrent layers by their equations, step by step in tensor operations: what the fused layers are held to.
// Masks are drawn in the order of the layer's forward, so that one seed gives both the same.
import { cat, nn, ones, stack, type Tensor } from 'ostinato';
import type { RecurrentLayer } from './support';

const { dropout } = nn.functional;

export interface State {
  readonly h: Tensor;
  readonly c: Tensor | null;
}

/** What one forward has drawn for a layer and direction. */
interface DirectionMasks {
  /** [G · H, S]. */
  readonly weight: Tensor | null;
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

export function drawMasks(layer: RecurrentLayer, batch: number): Masks {
  const D = layer.bidirectional ? 2 : 1;
  const width = D * (layer.projSize || layer.hiddenSize);
  const input = drawn([batch, layer.inputSize], layer.inputDropout, layer);
  const layers: DirectionMasks[][] = [];
  const between: (Tensor | null)[] = [];
  for (let l = 0; l < layer.numLayers; l++) {
    layers.push(
      Array.from({ length: D }, (_, d) => ({
        weight: drawn(weightsOf(layer, l, d)[1].shape, layer.weightDropout, layer),
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
    layers: masks.layers,
    between: masks.between.map(row),
    output: row(masks.output),
  };
}

type Weights = [Tensor, Tensor, Tensor | null, Tensor | null, Tensor | null];

function weightsOf(layer: RecurrentLayer, l: number, d: number): Weights {
  const parameters = new Map(layer.namedParameters());
  const suffix = `_l${l}${d === 1 ? '_reverse' : ''}`;
  return ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh', 'weight_hr'].map(
    (name) => parameters.get(name + suffix) ?? null,
  ) as Weights;
}

function step(layer: RecurrentLayer, x: Tensor, { h, c }: State, weights: Weights): State {
  const given = weights.slice(0, 4) as unknown as nn.CellWeights;
  if (layer instanceof nn.LSTM) {
    const [after, cell] = nn.lstmStep(x, [h, c!], given);
    const hr = weights[4];
    return { h: hr === null ? after : nn.functional.linear(after, hr), c: cell };
  }
  if (layer instanceof nn.GRU) return { h: nn.gruStep(x, h, given), c };
  if (layer instanceof nn.JANET) return { h: nn.janetStep(x, h, given), c };
  return { h: nn.rnnStep(x, h, given, layer.nonlinearity), c };
}

export interface Result {
  readonly out: Tensor;
  readonly h: Tensor;
  readonly c: Tensor | null;
  /** By layer, [T, N, D · S] and [T, N, D · H]. */
  readonly hs: Tensor[];
  readonly cs: Tensor[];
}

/** x [T, N, I]; states [numLayers · D, N, …]. */
export function twin(layer: RecurrentLayer, x: Tensor, start: State, masks: Masks): Result {
  const D = layer.bidirectional ? 2 : 1;
  let xs = x.unbind(0).map((one) => times(one, masks.input));
  const T = xs.length;
  const hs: Tensor[] = [];
  const cs: Tensor[] = [];
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
        all[t] = state = step(layer, xs[t], state, weights);
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
  };
}

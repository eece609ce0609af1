/**
 * ONNX's recurrent layers on the kernels of ours. Gates are reordered (ONNX has i, o, f, c and z, r, h), and what is one tensor of all
 * directions there is cut: W [D, G·H, I], R [D, G·H, H], B [D, 2·G·H], P [D, 3·H]; X [T, N, I], Y [T, D, N, H], states [D, N, H].
 */
import * as ops from '../../../ops';
import type { DirectionWeights, SequenceOptions } from '../../../ops/sequence/call';
import type { CellKind } from '../../../ops/sequence/cells';
import { sequence } from '../../../ops/sequence/sequence';
import { contiguous } from '../../../ops/copying/clone';
import { needsGrad } from '../../../autograd/node';
import { utils } from '../../../nn';
import { executor } from '../../../tensor/executor';
import type { Tensor } from '../../../tensor/tensor';
import { cannotRead } from '../../malformed';
import { given, integersOf, type Operator, type Operators, type Results } from '../node';

/** Each of our gates' place among ONNX's. */
const places = { rnn: [0], lstm: [0, 2, 3, 1], gru: [1, 0, 2] } as const;
type Kind = keyof typeof places & CellKind;

/** Blocks of rows in our order. */
function reordered(x: Tensor, kind: Kind): Tensor {
  const order = places[kind];
  if (order.length === 1) return x;
  const blocks = x.chunk(order.length, 0);
  return ops.cat(order.map((place) => blocks[place]), 0); // prettier-ignore
}

function checkShape(name: string, x: Tensor, dtype: string, shape: readonly number[]): Tensor {
  if (x.dtype !== dtype) throw new TypeError(`${name} is ${x.dtype}, X ${dtype}`);
  if (x.ndim === shape.length && x.shape.every((size, d) => size === shape[d])) return x;
  throw new RangeError(
    `${name} must have shape [${shape.join(', ')}], got [${x.shape.join(', ')}]`,
  );
}

interface Layer {
  readonly kind: Kind;
  readonly hidden: number | undefined;
  readonly direction: string;
  readonly relu: boolean;
  /** Of a GRU: whether the reset gate comes after the product with W_hh, as ours does. */
  readonly resetAfter: boolean;
  kept?: Prepared;
}

type Given4 = readonly [W: Tensor, R: Tensor, B: Tensor | null, P: Tensor | null];

/** Weights in our order, a direction each. */
function weightsOf(kind: Kind, H: number, [w, r, b, p]: Given4): DirectionWeights[] {
  const G = places[kind].length;
  const block = (from: Tensor | null, d: number, start: number, count: number): Tensor | null =>
    from && contiguous(from.select(0, d).narrow(0, start, count));
  return Array.from({ length: w.shape[0] }, (_, d): DirectionWeights => {
    const bias = (half: number): Tensor | null => {
      const part = block(b, d, half * G * H, G * H);
      return part && reordered(part, kind);
    };
    return [
      contiguous(reordered(w.select(0, d), kind)),
      contiguous(reordered(r.select(0, d), kind)),
      bias(0),
      bias(1),
      null,
      peepholes(block(p, d, 0, 3 * H), H),
    ];
  });
}

/** What a node's weights were made of, and at which versions. */
interface Prepared {
  readonly of: readonly (Tensor | null)[];
  readonly versions: readonly (number | undefined)[];
  readonly weights: readonly DirectionWeights[];
}

/** The weights that `make` makes, kept with the layer until they change, so that the kernels find them packed; unless they have a history. */
function prepared(
  layer: Layer,
  of: Given4,
  make: () => readonly DirectionWeights[],
): readonly DirectionWeights[] {
  if (executor.isTrace || needsGrad(of)) return make();
  const versions = of.map((x) => x?.version);
  const { kept } = layer;
  const same = kept?.of.every((x, i) => x === of[i] && versions[i] === kept.versions[i]) === true;
  if (same) return kept.weights;
  const weights = make();
  layer.kept = { of, versions, weights };
  return weights;
}

interface Inputs {
  readonly x: Tensor;
  readonly weights: readonly DirectionWeights[];
  readonly lengths: readonly number[] | null;
  readonly h0: Tensor | null;
  readonly c0: Tensor | null;
  readonly hidden: number;
}

function inputsOf(layer: Layer, all: readonly (Tensor | null | undefined)[]): Inputs {
  const [X, W, R, B, lens, h, c, P] = all;
  const x = given(X ?? null);
  if (x.ndim !== 3) throw new RangeError(`X must be [T, N, I], got [${x.shape.join(', ')}]`);
  if (x.dtype !== 'float32' && x.dtype !== 'float64') throw new TypeError(`X is ${x.dtype}`);
  const [T, N, I] = x.shape;
  if (T === 0 || N === 0) throw new RangeError(`X is empty: [${x.shape.join(', ')}]`);
  const D = layer.direction === 'bidirectional' ? 2 : 1;
  const G = places[layer.kind].length;
  const H = layer.hidden ?? given(R ?? null).shape.at(-1) ?? 0;
  if (H < 1) throw new RangeError(`hidden_size is ${H}`);
  const w = checkShape('W', given(W ?? null), x.dtype, [D, G * H, I]);
  const r = checkShape('R', given(R ?? null), x.dtype, [D, G * H, H]);
  const b = B ? checkShape('B', B, x.dtype, [D, 2 * G * H]) : null;
  const p = P ? checkShape('P', P, x.dtype, [D, 3 * H]) : null;
  const state = (name: string, s: Tensor | null | undefined): Tensor | null =>
    s ? contiguous(checkShape(name, s, x.dtype, [D, N, H])) : null;
  const lengths = lens ? integersOf(lens) : null;
  if (lengths !== null && (lengths.length !== N || lengths.some((l) => l < 1 || l > T))) {
    throw new RangeError(`sequence_lens must be ${N} lengths from 1 to ${T}, got [${lengths.join(', ')}]`); // prettier-ignore
  }
  const weights = prepared(layer, [w, r, b, p], () => weightsOf(layer.kind, H, [w, r, b, p]));
  return {
    x,
    weights,
    hidden: H,
    lengths: lengths?.every((l) => l === T) === true ? null : lengths,
    h0: state('initial_h', h),
    c0: state('initial_c', c),
  };
}

/** ONNX has them of i, o, f; ours of i, f, o. */
function peepholes(p: Tensor | null, H: number): Tensor | null {
  if (p === null) return null;
  const [i, o, f] = [0, H, 2 * H].map((start) => p.narrow(0, start, H));
  return ops.cat([i, f, o], 0);
}

const optionsOf = (layer: Layer, inputs: Inputs, batchSizes: Tensor | null): SequenceOptions => ({
  sizes: { inputSize: inputs.x.shape[2], hiddenSize: inputs.hidden, projSize: 0 },
  batchFirst: false,
  relu: layer.relu,
  batchSizes,
  batch: inputs.x.shape[1],
  variants: null,
  returnsCells: false,
  returnsGates: false,
  gradFnNames: ['OnnxBackward0', 'OnnxBackward0'],
});

/** [out [T, N, D · H], hN, cN] of a layer, by the kernels. */
function runKernels(layer: Layer, inputs: Inputs): readonly [Tensor, Tensor, Tensor | null] {
  const { x, weights, lengths, h0, c0 } = inputs;
  if (lengths === null) {
    const [out, h, c] = sequence(layer.kind, x, h0, c0, weights, optionsOf(layer, inputs, null));
    return [out, h, c];
  }
  const packed = utils.rnn.packPaddedSequence(x, lengths, { enforceSorted: false });
  const { sortedIndices: order, unsortedIndices: back, batchSizes } = packed;
  const placed = (s: Tensor | null, index: Tensor | null): Tensor | null =>
    s && (index === null ? s : contiguous(s.indexSelect(1, index)));
  const options = optionsOf(layer, inputs, batchSizes);
  const [data, h, c] = sequence(layer.kind, packed.data, placed(h0, order), placed(c0, order), weights, options); // prettier-ignore
  const rows = new utils.rnn.PackedSequence(data, batchSizes, order, back);
  const [out] = utils.rnn.padPackedSequence(rows, { totalLength: x.shape[0] });
  return [out, placed(h, back)!, placed(c, back)];
}

/**
 * A GRU that applies the reset gate before the product with W_hh, step by step:
 * n = tanh(W_n x + b + W_hn (r ⊙ h) + b), h' = (1 − z) ⊙ n + z ⊙ h.
 */
function runResetBefore(inputs: Inputs): readonly [Tensor, Tensor, null] {
  const { x, weights, lengths, h0, hidden: H } = inputs;
  const [T, N] = x.shape;
  const alive = lengths && ops.tensor(lengths).to('int32').unsqueeze(1);
  const outs: Tensor[] = [];
  const ends: Tensor[] = [];
  for (const [d, [wih, whh, bih, bhh]] of weights.entries()) {
    const gates = x.matmul(wih.t()).add(bih ?? 0);
    const [wr, wz, wn] = whh.chunk(3, 0).map((w) => w.t());
    const [br, bz, bn] = bhh?.chunk(3, 0) ?? [0, 0, 0];
    let h = h0 === null ? ops.zeros([N, H], { dtype: x.dtype }) : h0.select(0, d);
    const steps: Tensor[] = [];
    for (let i = 0; i < T; i++) {
      const t = d === 0 ? i : T - 1 - i;
      const [r, z, n] = gates.select(0, t).chunk(3, 1);
      const reset = r.add(h.matmul(wr)).add(br).sigmoid();
      const update = z.add(h.matmul(wz)).add(bz).sigmoid();
      const candidate = n.add(reset.mul(h).matmul(wn)).add(bn).tanh();
      const next = candidate.add(update.mul(h.sub(candidate)));
      const is = alive && alive.gt(t);
      h = is === null ? next : ops.where(is, next, h);
      steps[t] = is === null ? next : ops.where(is, next, 0);
    }
    outs.push(ops.stack(steps, 0));
    ends.push(h);
  }
  return [ops.cat(outs, 2), ops.stack(ends, 0), null];
}

/** Each sequence backwards, as far as it goes. */
function reversed(x: Tensor, lengths: readonly number[] | null): Tensor {
  if (lengths === null) return x.flip(0);
  const [T, N] = x.shape;
  const order = Int32Array.from({ length: T * N }, (_, i) => {
    const [t, n] = [Math.floor(i / N), i % N];
    return (t < lengths[n] ? lengths[n] - 1 - t : t) * N + n;
  });
  return x
    .reshape([T * N, x.shape[2]])
    .indexSelect(0, ops.tensor(order))
    .reshape(x.shape);
}

function run(layer: Layer, all: readonly (Tensor | null | undefined)[]): Results {
  const inputs = inputsOf(layer, all);
  const backwards = layer.direction === 'reverse';
  const used = backwards ? { ...inputs, x: reversed(inputs.x, inputs.lengths) } : inputs;
  const [ran, h, c] = layer.resetAfter ? runKernels(layer, used) : runResetBefore(used);
  const out = backwards ? reversed(ran, inputs.lengths) : ran;
  const [T, N] = out.shape;
  // [T, N, D · H] → [T, D, N, H].
  const Y = out.reshape([T, N, inputs.weights.length, inputs.hidden]).permute([0, 2, 1, 3]);
  return [Y, h, c];
}

const defaults = { rnn: ['Tanh'], lstm: ['Sigmoid', 'Tanh', 'Tanh'], gru: ['Sigmoid', 'Tanh'] };

const recurrent = (kind: Kind): Operator => ({
  inputs: [3, kind === 'lstm' ? 8 : 6],
  outputs: kind === 'lstm' ? 3 : 2,
  make: (node) => {
    const direction = node.text('direction', 'forward');
    if (!['forward', 'reverse', 'bidirectional'].includes(direction)) cannotRead(`direction is ${direction}`); // prettier-ignore
    const names = node.texts('activations', defaults[kind]);
    const expected = defaults[kind].join();
    const relu = kind === 'rnn' && names.every((name) => name.toLowerCase() === 'relu');
    for (let i = 0; i < names.length && !relu; i += defaults[kind].length) {
      const own = names.slice(i, i + defaults[kind].length).join();
      if (own.toLowerCase() !== expected.toLowerCase()) cannotRead(`activations are ${names.join(', ')}; only ${expected.replaceAll(',', ', ')} are computed`); // prettier-ignore
    }
    for (const name of ['activation_alpha', 'activation_beta']) {
      if (node.floats(name, []).length > 0) cannotRead(`it has ${name}`);
    }
    if (node.float('clip', null) !== null) cannotRead('it clips');
    node.fixed('input_forget', 0);
    const batchFirst = node.flag('layout', false);
    const resetAfter = kind !== 'gru' || node.flag('linear_before_reset', false);
    const layer: Layer = { kind, hidden: node.int('hidden_size', undefined), direction, relu, resetAfter }; // prettier-ignore
    if (!batchFirst) return (xs) => run(layer, xs);
    // Batch first: X [N, T, I], states [N, D, H], Y [N, T, D, H].
    return ([X, W, R, B, lens, h, c, P]) => {
      const swapped = (s: Tensor | null | undefined): Tensor | null => s?.transpose(0, 1) ?? null;
      const [Y, hN, cN] = run(layer, [swapped(X), W, R, B, lens, swapped(h), swapped(c), P]) as readonly (Tensor | null)[]; // prettier-ignore
      return [Y!.permute([2, 0, 1, 3]), swapped(hN), swapped(cN)];
    };
  },
});

export const recurrents: Operators = {
  RNN: recurrent('rnn'),
  LSTM: recurrent('lstm'),
  GRU: recurrent('gru'),
};

// What random programs take of the recurrent layers, cells and Recurrent. Weights are inputs as x is, so that each has its gradient,
// and every row says the same in tensor operations, one row of the batch after the other.
import * as o from 'ostinato';
import { nn, type DType, type Tensor } from 'ostinato';

import type { Entry } from '../ops/entry';

const { packPaddedSequence, padPackedSequence } = nn.utils.rnn;

export interface Row extends Entry {
  /** The same function by its equations. */
  readonly reference?: Entry['f'];
}

interface State {
  readonly h: Tensor;
  readonly c: Tensor;
}
type Weights = readonly (Tensor | undefined)[];
type Step = (gx: Tensor, gh: Tensor, before: State) => State;

const split = (gates: Tensor, count: number): Tensor[] => [...o.chunk(gates, count, -1)];
const steps: Record<string, Step> = {
  'RNN tanh': (gx, gh, { c }) => ({ h: gx.add(gh).tanh(), c }),
  'RNN relu': (gx, gh, { c }) => ({ h: gx.add(gh).relu(), c }),
  LSTM: (gx, gh, before) => {
    const [i, f, g, out] = split(gx.add(gh), 4);
    const c = f.sigmoid().mul(before.c).add(i.sigmoid().mul(g.tanh()));
    return { h: out.sigmoid().mul(c.tanh()), c };
  },
  GRU: (gx, gh, { h, c }) => {
    const [xr, xz, xn] = split(gx, 3);
    const [hr, hz, hn] = split(gh, 3);
    const z = xz.add(hz).sigmoid();
    const n = xr.add(hr).sigmoid().mul(hn).add(xn).tanh();
    return { h: n.sub(z.mul(n)).add(z.mul(h)), c };
  },
  JANET: (gx, gh, { h, c }) => {
    const [s, g] = split(gx.add(gh), 2);
    const one = o.ones([], { dtype: gx.dtype });
    return {
      h: s
        .sigmoid()
        .mul(h)
        .add(one.sub(s.sub(1).sigmoid()).mul(g.tanh())),
      c,
    };
  },
};
type Kind = keyof typeof steps;
const kinds = Object.keys(steps);
const classOf = (kind: Kind): string => kind.split(' ')[0];
const kindOptions = (kind: Kind): object =>
  classOf(kind) === 'RNN' ? { nonlinearity: kind.split(' ')[1] } : {};

const product = (x: Tensor, w: Tensor, bias: Tensor | undefined): Tensor =>
  bias === undefined ? x.matmul(w.t()) : x.matmul(w.t()).add(bias);

/** One step of a cell with its weights, the products included. */
function stepOf(kind: Kind, x: Tensor, before: State, [ih, hh, bih, bhh, hr]: Weights): State {
  const after = steps[kind](product(x, ih!, bih), product(before.h, hh!, bhh), before);
  return hr === undefined ? after : { h: after.h.matmul(hr.t()), c: after.c };
}

interface Form {
  readonly kinds?: readonly Kind[];
  readonly x?: readonly number[];
  readonly hiddenSize?: number;
  readonly options?: Readonly<{
    numLayers?: number;
    bidirectional?: boolean;
    batchFirst?: boolean;
    bias?: boolean;
    projSize?: number;
    dropout?: number;
  }>;
  readonly states?: boolean;
  readonly lengths?: readonly number[];
}
const forms: readonly Form[] = [
  {},
  { states: true },
  { x: [3, 2], states: true },
  { x: [3, 0, 2] },
  { x: [2, 5, 9], hiddenSize: 17 },
  { options: { bias: false, batchFirst: true }, states: true },
  { options: { numLayers: 2, dropout: 0 } },
  { options: { bidirectional: true }, states: true },
  { options: { numLayers: 2, bidirectional: true, batchFirst: true } },
  { lengths: [2, 3, 1], x: [3, 3, 2] },
  { lengths: [3, 1, 3], x: [3, 3, 2], states: true, options: { bidirectional: true, batchFirst: true } }, // prettier-ignore
  { kinds: ['LSTM'], options: { projSize: 2 }, states: true },
  { kinds: ['LSTM'], options: { projSize: 1, bidirectional: true, numLayers: 2 } },
  { kinds: ['LSTM'], lengths: [1, 3], x: [2, 3, 2], options: { projSize: 2, batchFirst: true, bias: false } }, // prettier-ignore
];

type Fields = Record<string, unknown>;
type Layer = nn.Module & Fields & { forward(x: unknown, state?: unknown): [unknown, unknown] };

/** One module for each element type: the values of its own parameters are never read. */
function modules(make: (dtype: DType) => nn.Module): (dtype: DType) => Layer {
  const made = new Map<DType, Layer>();
  return (dtype) => {
    if (!made.has(dtype)) made.set(dtype, make(dtype) as Layer);
    return made.get(dtype)!;
  };
}
function setWeights(module: Fields, names: readonly string[], weights: readonly Tensor[]): void {
  names.forEach((name, i) => void (module[name] = weights[i]));
}
const classes = nn as unknown as Record<
  string,
  new (i: number, h: number, options: object) => nn.Module
>;

/** `x` [T, I] through all layers and directions; `weightsOf` and `start` by layer · directions + direction. */
function runRow(
  kind: Kind,
  x: Tensor,
  start: (at: number) => State,
  weightsOf: (at: number) => Weights,
  { numLayers = 1, bidirectional = false }: NonNullable<Form['options']>,
): [out: Tensor, last: State[]] {
  const last: State[] = [];
  let input = x;
  for (let layer = 0; layer < numLayers; layer++) {
    const sides: Tensor[] = [];
    for (const reverse of bidirectional ? [false, true] : [false]) {
      const at = last.length;
      const outs: Tensor[] = [];
      let state = start(at);
      for (let i = 0; i < input.shape[0]; i++) {
        const t = reverse ? input.shape[0] - 1 - i : i;
        state = stepOf(kind, input.select(0, t), state, weightsOf(at));
        outs[t] = state.h;
      }
      sides.push(o.stack(outs));
      last.push(state);
    }
    input = o.cat(sides, -1);
  }
  return [input, last];
}

function layerRow(kind: Kind, form: Form): Row {
  const { x: size = [3, 2, 2], hiddenSize: H = 3, options = {}, states = false, lengths } = form;
  const { batchFirst = false, bidirectional = false, numLayers = 1, projSize = 0 } = options;
  const I = size[size.length - 1];
  const make = (dtype: DType): nn.Module =>
    new classes[classOf(kind)](I, H, { ...options, ...kindOptions(kind), dtype });
  const moduleOf = modules(make);
  const parameters = [...make('float64').namedParameters()];
  const names = parameters.map(([name]) => name);
  const count = numLayers * (bidirectional ? 2 : 1);
  const S = projSize || H;
  const batch = size.length < 3 ? [] : [batchFirst ? size[0] : size[1]];
  const hasCell = kind === 'LSTM';
  const stateShapes = states
    ? [[count, ...batch, S], ...(hasCell ? [[count, ...batch, H]] : [])]
    : [];
  const parts = (inputs: readonly Tensor[]): [Tensor, Tensor[], Tensor[]] => {
    const [x, ...others] = inputs;
    return [x, others.slice(0, stateShapes.length), others.slice(stateShapes.length)];
  };
  const f = (...inputs: Tensor[]): Tensor[] => {
    const [x, given, weights] = parts(inputs);
    const layer = moduleOf(x.dtype);
    setWeights(layer, names, weights);
    const state = given.length === 0 ? null : hasCell ? given : given[0];
    const source =
      lengths === undefined
        ? x
        : packPaddedSequence(x, [...lengths], { batchFirst, enforceSorted: false });
    const [out, last] = layer.forward(source, state) as [unknown, unknown];
    const padded =
      lengths === undefined
        ? (out as Tensor)
        : padPackedSequence(out as nn.utils.rnn.PackedSequence, { batchFirst })[0];
    return [padded, ...([last].flat() as Tensor[])];
  };
  const reference = (...inputs: Tensor[]): Tensor[] => {
    const [given, before, weights] = parts(inputs);
    const { dtype } = given;
    const each = names.length / count;
    const weightsOf = (at: number): Weights => {
      const [ih, hh, ...others] = weights.slice(at * each, (at + 1) * each);
      const [bih, bhh] = options.bias === false ? [] : others;
      return [ih, hh, bih, bhh, projSize > 0 ? others.at(-1) : undefined];
    };
    // [T, N, I] of batches.
    const x = batch.length === 0 ? given.unsqueeze(1) : batchFirst ? given.transpose(0, 1) : given;
    const zeros = (features: number): Tensor => o.zeros([features], { dtype });
    const rows = Array.from({ length: x.shape[1] }, (_, n) => {
      const start = (at: number): State => {
        const [h, c] = before.map((s) => (batch.length === 0 ? s.select(0, at) : s.select(0, at).select(0, n))); // prettier-ignore
        return { h: h ?? zeros(S), c: c ?? zeros(H) };
      };
      const length = lengths?.[n] ?? x.shape[0];
      const [out, last] = runRow(kind, x.select(1, n).narrow(0, 0, length), start, weightsOf, options); // prettier-ignore
      const padding = o.zeros([x.shape[0] - length, out.shape[1]], { dtype });
      return { out: o.cat([out, padding], 0), last };
    });
    const directions = bidirectional ? 2 : 1;
    if (rows.length === 0) {
      return [
        x
          .sum()
          .mul(0)
          .expand([x.shape[0], 0, directions * S]),
        ...[S, ...(hasCell ? [H] : [])].map((n) => o.zeros([count, 0, n], { dtype })),
      ];
    }
    const stateOf = (key: keyof State): Tensor =>
      o.stack(
        rows.map(({ last }) => o.stack(last.map((state) => state[key]))),
        1,
      );
    const results = [
      o.stack(rows.map(({ out }) => out), batchFirst ? 0 : 1), // prettier-ignore
      stateOf('h'),
      ...(hasCell ? [stateOf('c')] : []),
    ];
    return batch.length === 0 ? results.map((y) => y.squeeze(1)) : results;
  };
  const text = JSON.stringify({ ...options, ...(lengths && { lengths }) }).replace(/"/g, '');
  return {
    name: `${kind}${states ? ' from a state' : ''} ${text}`,
    f,
    reference,
    shapes: [[[...size], ...stateShapes, ...parameters.map(([, { shape }]) => [...shape])]],
    domain: [-1, 1],
    kinks: kind === 'RNN relu' ? [0] : [],
  };
}

function cellRow(kind: Kind, bias: boolean, batch: readonly number[]): Row {
  const [I, H] = [2, 3];
  const name = `${classOf(kind)}Cell`;
  const make = (dtype: DType): nn.Module =>
    new classes[name](I, H, { bias, ...kindOptions(kind), dtype });
  const moduleOf = modules(make);
  const parameters = [...make('float64').namedParameters()];
  const stateShapes = [[...batch, H], ...(kind === 'LSTM' ? [[...batch, H]] : [])];
  const f = (x: Tensor, ...others: Tensor[]): Tensor[] => {
    const cell = moduleOf(x.dtype);
    const given = others.slice(0, stateShapes.length);
    const names = parameters.map(([field]) => field);
    setWeights(cell, names, others.slice(stateShapes.length));
    return [cell.forward(x, kind === 'LSTM' ? given : given[0])].flat() as Tensor[];
  };
  const reference = (x: Tensor, ...others: Tensor[]): Tensor[] => {
    const [h, c] = others;
    const { h: after, c: cell } = stepOf(kind, x, { h, c }, others.slice(stateShapes.length));
    return kind === 'LSTM' ? [after, cell] : [after];
  };
  return {
    name: `${name} ${kind}${bias ? '' : ' without biases'}`,
    f,
    reference,
    shapes: [[[...batch, I], ...stateShapes, ...parameters.map(([, { shape }]) => [...shape])]],
    domain: [-1, 1],
    kinks: kind === 'RNN relu' ? [0] : [],
  };
}

/** A cell of a user's, its weights handed on as parts of its state, so that a compiled sequence has their gradients. */
function unrolledRow(kind: Kind, batchFirst: boolean, compile: boolean): Row {
  const [T, N, I, H] = [3, 2, 2, 3];
  const gates = { RNN: 1, LSTM: 4, GRU: 3, JANET: 2 }[classOf(kind)]!;
  type Carried = readonly Tensor[];
  const f = (x: Tensor, ...state: Tensor[]): Tensor[] => {
    const cell = (xt: Tensor, before?: Carried | null): readonly [Tensor, Carried] => {
      const [h, c, ...weights] = before!;
      const after = stepOf(kind, xt, { h, c }, weights);
      return [after.h, [after.h, after.c, ...weights]];
    };
    const layer = new nn.Recurrent<Carried>(cell, { batchFirst, compile, returnsOutput: true });
    const [out, last] = layer.forward(x, state);
    return [out, last[0], last[1]];
  };
  const reference = (x: Tensor, h: Tensor, c: Tensor, ...weights: Tensor[]): Tensor[] => {
    let state: State = { h, c };
    const time = batchFirst ? 1 : 0;
    const outs = o.unbind(x, time).map((xt) => {
      state = stepOf(kind, xt, state, weights);
      return state.h;
    });
    return [o.stack(outs, time), state.h, state.c];
  };
  const x = batchFirst ? [N, T, I] : [T, N, I];
  return {
    name: `Recurrent ${kind}${batchFirst ? ', batchFirst' : ''}${compile ? '' : ', not compiled'}`,
    f,
    reference,
    shapes: [[x, [N, H], [N, H], [gates * H, I], [gates * H, H], [gates * H], [gates * H]]],
    domain: [-1, 1],
    kinks: kind === 'RNN relu' ? [0] : [],
  };
}

export const recurrent: readonly Row[] = kinds.flatMap((kind) => [
  ...forms.filter((form) => form.kinds?.includes(kind) ?? true).map((form) => layerRow(kind, form)),
  cellRow(kind, true, [2]),
  cellRow(kind, false, [2]),
  cellRow(kind, true, []),
  unrolledRow(kind, false, true),
  unrolledRow(kind, true, true),
  unrolledRow(kind, false, false),
]);

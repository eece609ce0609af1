/** Recurrent layers as ONNX's: gates reordered by nodes, so that the weights stay what the state dict has. */
import type { SequenceContext } from '../../../ops/sequence/sequence';
import { Unwritten, type Emitter, type Pair, type Writer } from './emitter';

/** ONNX's gates by their places among ours. */
const orders = { rnn: [0], lstm: [0, 3, 1, 2], gru: [1, 0, 2] } as const;
const opTypes = { rnn: 'RNN', lstm: 'LSTM', gru: 'GRU' } as const;
const each = 6;

function reordered(emitter: Emitter, x: string, hidden: number, order: readonly number[]): string {
  if (order.length === 1) return x;
  const lengths = emitter.ints(order.map(() => hidden));
  const blocks = emitter.several('Split', [x, lengths], order.length, { axis: 0 });
  return emitter.node('Concat', order.map((gate) => blocks[gate]), { axis: 0 }); // prettier-ignore
}

/** A tensor of all directions, of one of each. */
function joined(emitter: Emitter, parts: readonly string[]): string {
  const stacked = parts.map((x) => emitter.node('Unsqueeze', [x, emitter.ints([0])]));
  return stacked.length === 1 ? stacked[0] : emitter.node('Concat', stacked, { axis: 0 });
}

const sequence: Writer = (pair: Pair) => {
  const { emitter } = pair;
  const { kind, options, directions } = pair.a.context as SequenceContext;
  const { sizes, batchFirst, relu, batchSizes, variants } = options;
  if (kind === 'janet') throw new Unwritten('is JANET, which ONNX does not have');
  if (batchSizes !== null)
    throw new Unwritten('takes a packed sequence; export the model with padded ones');
  if (sizes.projSize > 0)
    throw new Unwritten('is an LSTM with a projection, which ONNX does not have');
  if (variants !== null && variants.some((v) => v.recurrentMask ?? v.zoneoutH ?? v.zoneoutC)) {
    throw new Unwritten('has recurrent dropout or zoneout, which ONNX does not have');
  }
  if (options.returnsCells || options.returnsGates)
    throw new Unwritten('returns states or gates of all steps');
  const H = sizes.hiddenSize;
  const order = orders[kind];
  const all = Array.from({ length: directions }, (_, d) => d);
  const weight = (d: number, i: number): string =>
    reordered(emitter, pair.input(3 + d * each + i), H, order);
  const W = joined(
    emitter,
    all.map((d) => weight(d, 0)),
  );
  const R = joined(
    emitter,
    all.map((d) => weight(d, 1)),
  );
  const B = pair.has(5)
    ? joined(
        emitter,
        all.map((d) => emitter.node('Concat', [weight(d, 2), weight(d, 3)], { axis: 0 })),
      )
    : '';
  const hasPeepholes = pair.has(8);
  // ONNX has those of i, o, f; ours are of i, f, o.
  const P = hasPeepholes
    ? joined(
        emitter,
        all.map((d) => reordered(emitter, pair.input(3 + d * each + 5), H, [0, 2, 1])),
      )
    : '';
  const x = batchFirst
    ? emitter.node('Transpose', [pair.input(0)], { perm: [1, 0, 2] })
    : pair.input(0);
  const inputs = [x, W, R, B, '', pair.has(1) ? pair.input(1) : ''];
  if (kind === 'lstm') inputs.push(pair.has(2) ? pair.input(2) : '', P);
  while (inputs.at(-1) === '') inputs.pop();
  const direction = directions === 2 ? 'bidirectional' : 'forward';
  const attributes = {
    ...{ hidden_size: H, direction },
    ...(kind === 'gru' ? { linear_before_reset: 1 } : {}),
    ...(kind === 'rnn' ? { activations: all.map(() => (relu ? 'Relu' : 'Tanh')) } : {}),
  };
  const [Y, ...states] = emitter.several(
    opTypes[kind],
    inputs,
    kind === 'lstm' ? 3 : 2,
    attributes,
  );
  // [T, D, N, H] → [T, N, D · H], or [N, T, D · H].
  const moved = emitter.node('Transpose', [Y], { perm: batchFirst ? [2, 0, 1, 3] : [0, 2, 1, 3] });
  const out = emitter.node('Reshape', [moved, emitter.ints([0, 0, directions * H])]);
  pair.allResults([out, ...states]);
};

export const recurrent: Readonly<Record<string, Writer>> = { sequence };

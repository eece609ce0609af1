// Layers with masks and with all states as results, against their equations in tensor operations: results, gradients, gradients
// of gradients; padded, packed, batch first; and what these options promise besides.
import {
  autograd,
  compile,
  deepcopy,
  manualSeed,
  nn,
  noGrad,
  ones,
  randn,
  type Tensor,
} from 'ostinato';
import { expectNear } from '../../support';
import type { RecurrentLayer } from './support';
import { drawMasks, maskOfRow, twin, type Result, type State } from './variant-twin';

const dtype = 'float64';
const { packSequence } = nn.utils.rnn;
type Either = Tensor | nn.utils.rnn.PackedSequence;

const all = { dtype, returnStates: 'all' } as const;
const every = {
  ...all,
  inputDropout: 0.3,
  outputDropout: 0.4,
  weightDropout: 0.5,
  lockedDropout: true,
  dropout: 0.25,
  numLayers: 2,
} as const;

const layers: [string, () => RecurrentLayer][] = (
  [
    ['LSTM, states', () => new nn.LSTM(3, 5, all)],
    ['LSTM, states, projected', () => new nn.LSTM(3, 5, { ...all, projSize: 2 })],
    ['LSTM, weightDropout', () => new nn.LSTM(3, 5, { ...all, weightDropout: 0.5 })],
    ['LSTM, everything', () => new nn.LSTM(3, 5, { ...every, bidirectional: true })],
    ['GRU, everything', () => new nn.GRU(3, 17, { ...every, bidirectional: true })],
    ['RNN, everything', () => new nn.RNN(3, 5, { ...every, nonlinearity: 'relu' })],
    ['JANET, everything', () => new nn.JANET(3, 5, { ...every, bias: false })],
  ] as [string, () => unknown][]
).map(([name, make]) => [name, make as () => RecurrentLayer]);

const leaf = (...shape: number[]): Tensor => randn(shape, { dtype, requiresGrad: true });

function statesOf(layer: RecurrentLayer, batch: number): State {
  const D = (layer.bidirectional ? 2 : 1) * layer.numLayers;
  const { hiddenSize, projSize } = layer;
  return {
    h: leaf(D, batch, projSize || hiddenSize),
    c: layer instanceof nn.LSTM ? leaf(D, batch, hiddenSize) : null,
  };
}

function run<S extends Either>(layer: RecurrentLayer, x: S, { h, c }: State): [S, Tensor[], S[]] {
  const given = (c === null ? h : [h, c]) as Tensor;
  const [out, state, states] = (layer as unknown as nn.RNN<'all'>).forward(x as Tensor, given);
  const { h: hs, c: cs = [] } = states as unknown as { h: S[]; c?: S[] };
  return [out as S, [state].flat(), [...hs, ...cs]];
}

const tensorsOf = ({ out, h, c, hs, cs }: Result): Tensor[] =>
  [out, h, c, ...hs, ...cs].filter((x) => x !== null);

/** A number that depends on every result. */
const lossOf = (results: readonly Tensor[]): Tensor => {
  manualSeed(11);
  return results
    .map((y) => y.mul(randn(y.shape, { dtype })).add(y.square().mul(0.1)).sum())
    .reduce((a, b) => a.add(b));
};

function expectSame(fused: Tensor[], readable: Tensor[], leaves: readonly Tensor[]): void {
  expect(fused.map((y) => y.shape)).toEqual(readable.map((y) => y.shape));
  fused.forEach((y, i) => expectNear(y.toTypedArray(), readable[i].toTypedArray(), 1e-12));
  const gradients = (results: Tensor[]): (Tensor | null)[] =>
    autograd.grad(lossOf(results), leaves, { allowUnused: true });
  const [a, b] = [gradients(fused), gradients(readable)];
  a.forEach((g, i) => {
    expect(g === null).toBe(b[i] === null);
    if (g !== null) expectNear(g.toTypedArray(), b[i]!.toTypedArray(), 1e-10);
  });
}

describe.each(layers)('%s', (_name, make) => {
  beforeEach(() => manualSeed(3));

  test.each([true, false])('padded, training %s', (training) => {
    const layer = make().train(training);
    const [x, state] = [leaf(4, 3, 3), statesOf(layer, 3)];
    manualSeed(5);
    const [out, last, states] = run(layer, x, state);
    manualSeed(5);
    const readable = tensorsOf(twin(layer, x, state, drawMasks(layer, 3)));
    const leaves = [x, state.h, ...(state.c === null ? [] : [state.c]), ...layer.parameters()];
    expectSame([out, ...last, ...states], readable, leaves);
  });

  test('packed', () => {
    const layer = make();
    const lengths = [4, 2, 1];
    const xs = lengths.map((T) => leaf(T, 3));
    const state = statesOf(layer, 3);
    manualSeed(5);
    const [out, last, states] = run(layer, packSequence(xs), state);
    const unpack = (y: nn.utils.rnn.PackedSequence): Tensor[] => nn.utils.rnn.unpackSequence(y);
    const rows = (parts: Tensor[][]): Tensor[] => parts.flat();
    manualSeed(5);
    const masks = drawMasks(layer, 3);
    const readable = xs.map((x, n) => {
      const row = (s: Tensor): Tensor => s.narrow(1, n, 1);
      const own = { h: row(state.h), c: state.c && row(state.c) };
      return tensorsOf(twin(layer, x.unsqueeze(1), own, maskOfRow(masks, n)));
    });
    const fused = xs.map((_, n) => [
      unpack(out)[n].unsqueeze(1),
      ...last.map((s) => s.narrow(1, n, 1)),
      ...states.map((y) => unpack(y)[n].unsqueeze(1)),
    ]);
    const leaves = [...xs, state.h, ...(state.c === null ? [] : [state.c]), ...layer.parameters()];
    expectSame(rows(fused), rows(readable), leaves);
  });

  test('second derivatives', () => {
    const layer = make();
    const [x, state] = [leaf(2, 2, 3), statesOf(layer, 2)];
    const slopes = (results: Tensor[]): Tensor => {
      const inputs = [x, ...layer.parameters()];
      const grads = autograd.grad(lossOf(results), inputs, {
        createGraph: true,
        allowUnused: true,
      });
      return grads.map((g) => g!.square().sum()).reduce((a, b) => a.add(b));
    };
    manualSeed(5);
    const [out, last, states] = run(layer, x, state);
    manualSeed(5);
    const readable = tensorsOf(twin(layer, x, state, drawMasks(layer, 2)));
    expectSame([slopes([out, ...last, ...states])], [slopes(readable)], [x, ...layer.parameters()]);
  });

  test('batch first, unbatched, compiled, copied', () => {
    const layer = make();
    const x = leaf(4, 3, 3);
    const state = statesOf(layer, 3);
    manualSeed(5);
    const [out, last, states] = run(layer, x, state);
    const copy = deepcopy(layer);
    expect(copy.toString()).toBe(layer.toString());
    (copy as { batchFirst: boolean }).batchFirst = true;
    manualSeed(5);
    const [first, lastOfFirst, statesOfFirst] = run(copy, x.transpose(0, 1), state);
    const bytes = (ys: Tensor[]): unknown => ys.map((y) => y.toArray());
    const turned = [first, ...statesOfFirst].map((y) => y.transpose(0, 1));
    expect(bytes([...turned, ...lastOfFirst])).toEqual(bytes([out, ...states, ...last]));

    const compiled = compile((given: Tensor) => run(layer, given, state));
    for (let i = 0; i < 2; i++) {
      manualSeed(5);
      const replayed = compiled(x);
      expect(bytes(replayed.flat())).toEqual(bytes([out, ...last, ...states]));
    }

    layer.eval();
    const alone = x.select(1, 1);
    const row = (s: Tensor): Tensor => s.select(1, 1);
    const one = run(layer, alone, { h: row(state.h), c: state.c && row(state.c) });
    const batch = run(layer, x, state);
    expect(bytes([one[0], ...one[1], ...one[2]])).toEqual(
      bytes([batch[0], ...batch[1], ...batch[2]].map((y) => y.select(1, 1))),
    );
    const without = noGrad(() => run(layer, x, state));
    expect(bytes(without.flat())).toEqual(bytes(batch.flat()));
  });
});

test('the last layer’s states are the output, and the last steps the last states', () => {
  const lstm = new nn.LSTM(3, 5, { returnStates: 'all', numLayers: 2 });
  const [out, [hN, cN], { h, c }] = lstm.forward(randn([4, 2, 3]));
  expect(h[1].toArray()).toEqual(out.toArray());
  expect(h.map((x) => x.select(0, 3).toArray())).toEqual(hN.toArray());
  expect(c.map((x) => x.select(0, 3).toArray())).toEqual(cN.toArray());
});

test('weightDropout draws anew in each forward, and leaves the parameters and evaluation alone', () => {
  const lstm = new nn.LSTM(3, 5, { weightDropout: 0.5 });
  const plain = new nn.LSTM(3, 5);
  plain.loadStateDict(lstm.stateDict());
  const x = randn([4, 2, 3]);
  const [a, b] = [lstm.forward(x)[0], lstm.forward(x)[0]];
  expect(a.toArray()).not.toEqual(b.toArray());
  expect(lstm.eval().forward(x)[0].toArray()).toEqual(plain.forward(x)[0].toArray());
});

test('lockedDropout: the mask between layers is the same at all steps', () => {
  const locked = new nn.LockedDropout(0.5, { batchFirst: true });
  const y = locked.forward(ones([2, 6, 8]));
  for (let t = 1; t < 6; t++) expect(y.select(1, t).toArray()).toEqual(y.select(1, 0).toArray());
  expect(y.select(0, 0).toArray()).not.toEqual(y.select(0, 1).toArray());
  expect(new Set(y.toTypedArray())).toEqual(new Set([0, 2]));
  const packed = packSequence([ones([3, 8]), ones([5, 8])], { enforceSorted: false });
  for (const x of nn.utils.rnn.unpackSequence(new nn.LockedDropout().forward(packed))) {
    for (const row of x.unbind(0)) expect(row.toArray()).toEqual(x.select(0, 0).toArray());
  }
  expect(locked.eval().forward(y)).toBe(y);
  expect(() => locked.forward(ones([2, 3]))).toThrow(
    'LockedDropout.forward: input must have 3 dimensions, [N, T, F], got [2, 3]',
  );
});

test('printed', () => {
  expect(
    String(new nn.GRU(3, 5, { inputDropout: 0.1, weightDropout: 0.2, returnStates: 'all' })),
  ).toBe('GRU(3, 5, inputDropout=0.1, weightDropout=0.2, returnStates=all)');
  expect(String(new nn.LSTM(3, 5, { ...every, outputDropout: 0 }))).toBe(
    'LSTM(3, 5, numLayers=2, dropout=0.25, inputDropout=0.3, lockedDropout=True, weightDropout=0.5, returnStates=all)',
  );
  expect(String(new nn.LockedDropout(0.3))).toBe('LockedDropout(p=0.3)');
});

// Layers with masks and with all states as results, against their equations in tensor operations: results, gradients, gradients
// of gradients; padded, packed, batch first; and what these options promise besides.
import {
  autograd,
  compile,
  deepcopy,
  getNumThreads,
  manualSeed,
  nn,
  noGrad,
  ones,
  randn,
  setNumThreads,
  zeros,
  type Tensor,
} from 'ostinato';
import { expectNear } from '../../support';
import type { RecurrentLayer } from './support';
import { drawMasks, maskOfRow, twin, type Result, type State } from './variant-twin';

const dtype = 'float64';
const { packSequence } = nn.utils.rnn;
type Either = Tensor | nn.utils.rnn.PackedSequence;

const all = { dtype, returnStates: 'all' } as const;
const withGates = { dtype, returnStates: 'gates' } as const;
const every = {
  ...all,
  inputDropout: 0.3,
  outputDropout: 0.4,
  weightDropout: 0.5,
  lockedDropout: true,
  recurrentDropout: 0.3,
  dropout: 0.25,
  numLayers: 2,
} as const;

const layers: [string, () => RecurrentLayer][] = (
  [
    ['LSTM, states', () => new nn.LSTM(3, 5, all)],
    ['LSTM, states, projected', () => new nn.LSTM(3, 5, { ...all, projSize: 2 })],
    ['LSTM, gates', () => new nn.LSTM(3, 5, withGates)],
    ['LSTM, gates, projected', () => new nn.LSTM(3, 5, { ...withGates, projSize: 2 })],
    ['GRU, gates', () => new nn.GRU(3, 17, withGates)],
    ['LSTM, weightDropout', () => new nn.LSTM(3, 5, { ...all, weightDropout: 0.5 })],
    ['LSTM, recurrentDropout', () => new nn.LSTM(3, 5, { ...all, recurrentDropout: 0.4 })],
    ['GRU, recurrentDropout', () => new nn.GRU(3, 17, { ...all, recurrentDropout: 0.4 })],
    ['LSTM, zoneout', () => new nn.LSTM(3, 17, { ...all, zoneout: [0.3, 0.5] })],
    ['LSTM, zoneout of c alone', () => new nn.LSTM(3, 5, { ...all, zoneout: [0, 0.5] })],
    ['GRU, zoneout', () => new nn.GRU(3, 5, { ...all, zoneout: 0.4 })],
    ['LSTM, peepholes', () => new nn.LSTM(3, 17, { ...all, peephole: true })],
    [
      'LSTM, peepholes, projected',
      () => new nn.LSTM(3, 5, { ...all, peephole: true, projSize: 2 }),
    ],
    ['LSTM, normalized', () => new nn.LSTM(3, 17, { ...all, layerNorm: true })],
    [
      'LSTM, normalized, no bias',
      () => new nn.LSTM(3, 5, { ...all, layerNorm: true, bias: false }),
    ],
    ['GRU, normalized', () => new nn.GRU(3, 17, { ...all, layerNorm: true })],
    [
      'LSTM, normalized, two layers and directions',
      () =>
        new nn.LSTM(3, 5, {
          ...{ ...every, recurrentDropout: 0, bidirectional: true },
          layerNorm: true,
        }),
    ],
    [
      'GRU, normalized, two layers and directions',
      () =>
        new nn.GRU(3, 5, {
          ...{ ...every, recurrentDropout: 0, bidirectional: true },
          layerNorm: true,
        }),
    ],
    [
      'LSTM, everything',
      () =>
        new nn.LSTM(3, 5, {
          ...{ ...every, ...withGates, bidirectional: true },
          ...{ zoneout: 0.4, peephole: true },
        }),
    ],
    [
      'GRU, everything',
      () => new nn.GRU(3, 17, { ...every, ...withGates, bidirectional: true, zoneout: 0.4 }),
    ],
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
  const { h: hs, c: cs = [], gates = [] } = states as unknown as Record<string, S[] | undefined>;
  return [out as S, [state].flat(), [...hs!, ...cs, ...gates]];
}

const sumOf = (results: readonly Tensor[]): Tensor =>
  results.map((y) => y.square().sum()).reduce((a, b) => a.add(b));

const tensorsOf = ({ out, h, c, hs, cs, gates }: Result): Tensor[] =>
  [out, h, c, ...hs, ...cs, ...gates].filter((x) => x !== null);

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
    const readable = tensorsOf(twin(layer, x, state, drawMasks(layer, [4, 4, 4])));
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
    const masks = drawMasks(layer, lengths, true);
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
    const readable = tensorsOf(twin(layer, x, state, drawMasks(layer, [2, 2])));
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
    'LSTM(3, 5, numLayers=2, dropout=0.25, inputDropout=0.3, lockedDropout=True, weightDropout=0.5, recurrentDropout=0.3, returnStates=all)',
  );
  expect(String(new nn.LockedDropout(0.3))).toBe('LockedDropout(p=0.3)');
});

test('zoneout: kept units have the state before, exactly; in evaluation each keeps its share', () => {
  const lstm = new nn.LSTM(3, 64, { zoneout: [0.5, 0.25], returnStates: 'all' });
  const plain = new nn.LSTM(3, 64, { returnStates: 'all' });
  plain.loadStateDict(lstm.stateDict());
  const x = randn([1, 2, 3]);
  const [h0, c0] = [randn([1, 2, 64]), randn([1, 2, 64])];
  const before = [h0, c0].map((s) => s.toTypedArray());
  const of = (layer: typeof plain): ArrayLike<number>[] =>
    layer.forward(x, [h0, c0])[1].map((s) => s.toTypedArray());
  const [kept, made] = [of(lstm), of(plain)];
  [0.5, 0.25].forEach((share, k) => {
    let count = 0;
    for (let i = 0; i < 128; i++) {
      if (kept[k][i] === before[k][i]) count++;
      else expect(kept[k][i]).toBe(made[k][i]);
    }
    expect(Math.abs(count / 128 - share)).toBeLessThan(0.15);
  });
  const expected = of(lstm.eval());
  [0.5, 0.25].forEach((share, k) => {
    const shares = Array.from(made[k], (y, i) => share * before[k][i] + (1 - share) * y);
    expectNear(expected[k], shares, 1e-6);
  });
});

test('masks and peepholes at sizes around the kernels’ tiles, in float32', () => {
  for (const [T, N, H] of [
    [3, 1, 16],
    [5, 17, 33],
    [2, 40, 64],
  ]) {
    manualSeed(T);
    const options = { recurrentDropout: 0.5, zoneout: 0.2, peephole: true } as const;
    const layer = new nn.LSTM(7, H, { ...options, returnStates: 'gates' });
    const x = randn([T, N, 7]);
    const start = { h: randn([1, N, H]), c: randn([1, N, H]) };
    manualSeed(5);
    const [out, last, states] = run(layer as never, x, start);
    manualSeed(5);
    const masks = drawMasks(layer as never, new Array<number>(N).fill(T));
    const readable = tensorsOf(twin(layer as never, x, start, masks));
    [out, ...last, ...states].forEach((y, i) =>
      expectNear(y.toTypedArray(), readable[i].toTypedArray(), 1e-5),
    );
  }
});

test.each([
  ['LSTM', 3, 1, 16],
  ['LSTM', 5, 17, 33],
  ['LSTM', 2, 40, 64],
  ['GRU', 3, 1, 16],
  ['GRU', 5, 17, 33],
  ['GRU', 2, 40, 64],
] as const)(
  '%s, normalized, T %i, N %i, H %i, float32: the same bits for any number of threads',
  (kind, T, N, H) => {
    manualSeed(T);
    const layer = new nn[kind](7, H, { layerNorm: true, returnStates: 'all' });
    for (const [name, p] of layer.namedParameters())
      if (/^(norm|bias_ch)/.test(name)) nn.init.uniform_(p, 0.5, 1.5);
    const x = randn([T, N, 7], { requiresGrad: true });
    const start = { h: randn([1, N, H]), c: kind === 'LSTM' ? randn([1, N, H]) : null };
    const [threads, bits] = [getNumThreads(), [] as unknown[]];
    for (const count of [1, 2]) {
      setNumThreads(count);
      const [out, last, states] = run(layer as never, x, start);
      const results = [out, ...last, ...states];
      const grads = autograd.grad(sumOf(results), [x, ...layer.parameters()]);
      bits.push([...results, ...grads].map((y) => y!.toArray()));
      const masks = drawMasks(layer as never, new Array<number>(N).fill(T));
      tensorsOf(twin(layer as never, x, start, masks)).forEach((y, i) =>
        expectNear(results[i].toTypedArray(), y.toTypedArray(), 1e-5),
      );
    }
    setNumThreads(threads);
    expect(bits[1]).toEqual(bits[0]);
  },
);

test.each(['LSTM', 'GRU'] as const)(
  '%s, normalized: a graph that is kept gives the same gradients again',
  (kind) => {
    manualSeed(7);
    const layer = new nn[kind](3, 5, { layerNorm: true });
    const x = randn([4, 2, 3], { requiresGrad: true });
    const loss = layer.forward(x)[0].square().sum();
    const inputs = [x, ...layer.parameters()];
    const [first, second, last] = [true, true, false].map((retainGraph) =>
      autograd.grad(loss, inputs, { retainGraph }).map((grad) => grad!.toArray()),
    );
    expect(second).toEqual(first);
    expect(last).toEqual(first);
  },
);

test('the parameters of layer normalization: gains of 1, a bias of 0, drawn as without them', () => {
  manualSeed(2);
  const plain = new nn.LSTM(3, 5, { bidirectional: true, unitForgetBias: true });
  manualSeed(2);
  const layer = new nn.LSTM(3, 5, { bidirectional: true, unitForgetBias: true, layerNorm: true });
  const drawn = new Map(layer.namedParameters());
  for (const [name, p] of plain.namedParameters())
    expect(drawn.get(name)!.toArray()).toEqual(p.toArray());
  const own = [...layer.namedParameters()].filter(([name]) => /^(norm|bias_ch)/.test(name));
  expect(own.map(([name, p]) => [name, p.shape, p.mean().item()])).toEqual(
    ['', '_reverse'].flatMap((at) => [
      [`norm_ih_l0${at}`, [20], 1],
      [`norm_hh_l0${at}`, [20], 1],
      [`norm_ch_l0${at}`, [5], 1],
      [`bias_ch_l0${at}`, [5], 0],
    ]),
  );
  expect(String(layer)).toBe('LSTM(3, 5, bidirectional=True, layerNorm=True)');
  const gru = new nn.GRU(3, 5, { layerNorm: true, bias: false });
  expect([...gru.stateDict().keys()]).toEqual([
    'weight_ih_l0',
    'weight_hh_l0',
    'norm_ih_l0',
    'norm_hh_l0',
  ]);
});

test('zoneout and dropout between layers, batch first: the layers before the last run time first', () => {
  const options = {
    dtype,
    numLayers: 3,
    dropout: 0.25,
    zoneout: 0.4,
    recurrentDropout: 0.3,
  } as const;
  for (const kind of ['LSTM', 'GRU'] as const) {
    manualSeed(3);
    const layer = new nn[kind](3, 5, options);
    const x = leaf(7, 2, 3);
    const resultsOf = (batchFirst: boolean): unknown => {
      (layer as { batchFirst: boolean }).batchFirst = batchFirst;
      layer.zeroGrad();
      manualSeed(5);
      const [out] = layer.forward(batchFirst ? x.transpose(0, 1) : x);
      const timeFirst = batchFirst ? out.transpose(0, 1) : out;
      timeFirst.square().sum().backward();
      return [timeFirst, ...layer.parameters().map((p) => p.grad!)].map((y) => y.toArray());
    };
    expect(resultsOf(true)).toEqual(resultsOf(false));
  }
});

test('without a state, zeros', () => {
  const layer = new nn.LSTM(3, 5, { ...every, ...withGates, zoneout: 0.4, peephole: true });
  const x = randn([4, 3, 3], { dtype });
  const zero = zeros([2, 3, 5], { dtype });
  const values = (state?: [Tensor, Tensor]): unknown => {
    manualSeed(5);
    layer.zeroGrad();
    const [out, last] = layer.forward(x, state);
    out.sum().backward();
    return [out, ...last, ...layer.parameters().map((p) => p.grad!)].map((y) => y.toArray());
  };
  expect(values()).toEqual(values([zero, zero]));
});

test('the parameters of peepholes are in the state dict', () => {
  const layer = new nn.LSTM(3, 5, { peephole: true, numLayers: 2, bidirectional: true });
  const names = [...layer.stateDict().keys()].filter((name) => name.startsWith('weight_ch'));
  const expected = ['l0', 'l0_reverse', 'l1', 'l1_reverse'].map((at) => `weight_ch_${at}`);
  expect(names).toEqual(expected);
  expect(layer.weight_ch_l1_reverse.shape).toEqual([15]);
  expect(String(layer)).toBe('LSTM(3, 5, numLayers=2, bidirectional=True, peephole=True)');
});

type Refused = [what: string, act: () => unknown, message: string];
const normalizedWith = [
  ['projSize', { projSize: 2 }],
  ['recurrentDropout', { recurrentDropout: 0.1 }],
  ['zoneout', { zoneout: 0.1 }],
  ['peephole', { peephole: true }],
  ["returnStates 'gates'", { returnStates: 'gates' }],
] as const;

test.each<Refused>([
  ...normalizedWith.map(([other, options]): Refused => [
    `layerNorm with ${other}`,
    () => new nn.LSTM(3, 5, { ...options, layerNorm: true }),
    `LSTM: layerNorm has no form with ${other}; leave one of them out`,
  ]),
  [
    'zoneout of a projected state',
    () => new nn.LSTM(3, 5, { projSize: 2, zoneout: 0.1 }),
    'LSTM: zoneout has no form for a projected state, got projSize 2; leave one of them out',
  ],
  [
    'recurrentDropout of a projected state',
    () => new nn.LSTM(3, 5, { projSize: 2, recurrentDropout: 0.1 }),
    'LSTM: recurrentDropout has no form for a projected state, got projSize 2; leave one of them out',
  ],
  [
    'zoneout of three',
    () => new nn.LSTM(3, 5, { zoneout: [0.1, 0.1, 0.1] as never }),
    'LSTM: zoneout must be a probability from 0 to 1 or a pair [h, c] of probabilities, got [0.1, 0.1, 0.1]',
  ],
  [
    'a pair for a GRU',
    () => new nn.GRU(3, 5, { zoneout: [0.1, 0.1] as never }),
    'GRU: zoneout must be a probability from 0 to 1, got [0.1, 0.1]',
  ],
  [
    'no probability',
    () => new nn.LSTM(3, 5, { zoneout: [0.1, 1.5] }),
    'LSTM: zoneout must be a probability from 0 to 1 or a pair [h, c] of probabilities, got [0.1, 1.5]',
  ],
  [
    'gates of an RNN',
    () => new nn.RNN(3, 5, { returnStates: 'gates' }),
    "RNN: returnStates must be 'last' or 'all', got 'gates'",
  ],
  [
    'zoneout of a JANET',
    () => new nn.JANET(3, 5, { zoneout: 0.1 } as never),
    "JANET: unknown option 'zoneout'; the options are numLayers, bias, batchFirst, dropout, bidirectional, dtype, inputDropout, outputDropout, lockedDropout, weightDropout, recurrentDropout, returnStates, orthogonal, unitForgetBias",
  ],
])('bad input: %s', (_what, act, message) => {
  expect(act).toThrow(message);
});

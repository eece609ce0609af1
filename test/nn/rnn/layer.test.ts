// What recurrent layers promise besides their numbers: states, modes, memory, and errors that say what to do.
import {
  autograd,
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
import { bitsOf } from '../../support';
import { cells, forward, layers } from './support';

const { packPaddedSequence, padPackedSequence } = nn.utils.rnn;

test('shapes are PyTorch’s', () => {
  const x = randn([5, 3, 4]);
  const [out, [h, c]] = new nn.LSTM(4, 6, { numLayers: 2, bidirectional: true }).forward(x);
  expect([out.shape, h.shape, c.shape]).toEqual([
    [5, 3, 12],
    [4, 3, 6],
    [4, 3, 6],
  ]);
  const [first, last] = new nn.GRU(4, 6, { batchFirst: true }).forward(x);
  expect([first.shape, last.shape]).toEqual([
    [5, 3, 6],
    [1, 5, 6],
  ]);
  const [single, state] = new nn.RNN(4, 6).forward(randn([7, 4]));
  expect([single.shape, state.shape]).toEqual([
    [7, 6],
    [1, 6],
  ]);
  const [projected, [ph, pc]] = new nn.LSTM(4, 6, { projSize: 2 }).forward(x);
  expect([projected.shape, ph.shape, pc.shape]).toEqual([
    [5, 3, 2],
    [1, 3, 2],
    [1, 3, 6],
  ]);
});

test('a batch without rows gives results without rows', () => {
  const [out, h] = new nn.GRU(4, 6).forward(randn([5, 0, 4]));
  expect([out.shape, h.shape]).toEqual([
    [5, 0, 6],
    [1, 0, 6],
  ]);
});

test('states carried step by step give the whole sequence, bit for bit', () => {
  manualSeed(1);
  const lstm = new nn.LSTM(5, 9, { numLayers: 2 });
  const x = randn([6, 3, 5]);
  noGrad(() => {
    const [whole, [hN, cN]] = lstm.forward(x);
    let state: [Tensor, Tensor] | undefined;
    for (let t = 0; t < 6; t++) {
      const [out, next] = lstm.forward(x.narrow(0, t, 1), state);
      expect(bitsOf(out)).toEqual(bitsOf(whole.narrow(0, t, 1)));
      state = next;
    }
    expect(state!.map(bitsOf)).toEqual([bitsOf(hN), bitsOf(cN)]);
  });
});

test.each([1, 4, 40])('a row’s result does not depend on the %d rows that share the batch', (N) => {
  manualSeed(2);
  for (const Layer of Object.values(layers)) {
    const layer = new Layer(5, 33);
    const x = randn([4, N, 5]);
    const [batch] = noGrad(() => forward(layer, x));
    for (let n = 0; n < N; n += 7) {
      const [alone] = noGrad(() => forward(layer, x.narrow(1, n, 1)));
      expect(bitsOf(alone)).toEqual(bitsOf(batch.narrow(1, n, 1)));
    }
  }
});

test('inference and training, one thread and two, give the same bits', () => {
  manualSeed(3);
  const before = getNumThreads();
  for (const Layer of Object.values(layers)) {
    const layer = new Layer(20, 64);
    const x = randn([12, 24, 20], { requiresGrad: true });
    const results = [1, 2].map((threads) => {
      setNumThreads(threads);
      x.grad = null;
      layer.zeroGrad();
      const [out] = forward(layer, x);
      out.sum().backward();
      return [out, x.grad!, ...layer.parameters().map((p) => p.grad!)].map(bitsOf);
    });
    setNumThreads(before);
    expect(results[1]).toEqual(results[0]);
    const [inference] = noGrad(() => forward(layer, x));
    expect(bitsOf(inference)).toEqual(results[0][0]);
  }
});

test('packed weights of inference follow the weights', () => {
  manualSeed(4);
  const rnn = new nn.RNN(3, 4);
  const x = randn([2, 1, 3]);
  const run = (): unknown => bitsOf(noGrad(() => rnn.forward(x)[0]));
  const before = run();
  expect(run()).toEqual(before);
  noGrad(() => rnn.parameters()[0].fill_(0.5));
  const changed = run();
  expect(changed).not.toEqual(before);
  expect(bitsOf(rnn.forward(x)[0])).toEqual(changed);
});

test('a packed batch computes what each sequence gives alone, zero lengths included', () => {
  manualSeed(5);
  const lstm = new nn.LSTM(3, 4, { bidirectional: true });
  const x = randn([5, 4, 3]);
  const lengths = [2, 5, 0, 3];
  const h0 = randn([2, 4, 4]);
  const c0 = randn([2, 4, 4]);
  const packed = packPaddedSequence(x, lengths, { enforceSorted: false });
  const [out, [hN, cN]] = lstm.forward(packed, [h0, c0]);
  const [padded] = padPackedSequence(out, { totalLength: 5 });
  for (const [n, length] of lengths.entries()) {
    const own = (s: Tensor): Tensor => s.narrow(1, n, 1);
    if (length === 0) {
      expect([bitsOf(own(hN)), bitsOf(own(cN))]).toEqual([bitsOf(own(h0)), bitsOf(own(c0))]);
      expect(padded.select(1, n).toArray()).toEqual(zeros([5, 8]).toArray());
      continue;
    }
    const [alone, [h, c]] = lstm.forward(x.narrow(1, n, 1).narrow(0, 0, length), [
      own(h0),
      own(c0),
    ]);
    expect(bitsOf(padded.narrow(0, 0, length).narrow(1, n, 1))).toEqual(bitsOf(alone));
    expect([bitsOf(own(hN)), bitsOf(own(cN))]).toEqual([bitsOf(h), bitsOf(c)]);
  }
});

test('dropout acts between layers while training, and not in eval', () => {
  manualSeed(6);
  const gru = new nn.GRU(3, 50, { numLayers: 2, dropout: 0.5 });
  const x = randn([4, 2, 3]);
  expect(bitsOf(gru.forward(x)[0])).not.toEqual(bitsOf(gru.forward(x)[0]));
  gru.eval();
  expect(bitsOf(gru.forward(x)[0])).toEqual(bitsOf(gru.forward(x)[0]));
});

test('gradients accumulate over two backward passes of one graph', () => {
  const lstm = new nn.LSTM(3, 4);
  const x = randn([2, 2, 3], { requiresGrad: true });
  const loss = lstm.forward(x)[0].sum();
  loss.backward({ retainGraph: true });
  const once = x.grad!.toTypedArray();
  loss.backward();
  expect([...x.grad!.toTypedArray()]).toEqual([...once].map((v) => v * 2));
  expect(() => loss.backward()).toThrow(
    'backward: this graph was already consumed; pass { retainGraph: true } to the first backward call to use it twice',
  );
});

test('only the state’s gradient is used, or only the output’s', () => {
  const gru = new nn.GRU(3, 4);
  const x = randn([2, 2, 3], { requiresGrad: true });
  gru.forward(x)[1].sum().backward();
  expect(x.grad!.shape).toEqual([2, 2, 3]);
});

test('an in-place change of what backward needs is caught', () => {
  const rnn = new nn.RNN(3, 4);
  const x = randn([2, 2, 3]);
  const [out] = rnn.forward(x);
  x.add_(1);
  expect(() => out.sum().backward()).toThrow(
    'backward: a tensor of shape [2, 2, 3] that RNN needs for its gradient was changed in place since (version 2, saved at 1); change a clone() instead, or do it before RNN',
  );
});

test('cells take one step of their layer', () => {
  manualSeed(8);
  const x = randn([3, 5]);
  const pairs = [
    [new nn.LSTMCell(5, 7), new nn.LSTM(5, 7)],
    [new nn.GRUCell(5, 7), new nn.GRU(5, 7)],
    [new nn.JANETCell(5, 7), new nn.JANET(5, 7)],
    [new nn.RNNCell(5, 7, { nonlinearity: 'relu' }), new nn.RNN(5, 7, { nonlinearity: 'relu' })],
  ] as const;
  for (const [cell, layer] of pairs) {
    layer.loadStateDict(new Map([...cell.stateDict()].map(([name, p]) => [`${name}_l0`, p])));
    const stepped = cell.forward(x);
    const h = Array.isArray(stepped) ? stepped[0] : stepped;
    const [out] = forward(layer, x.unsqueeze(0));
    expect(bitsOf(h)).toEqual(bitsOf(out.squeeze(0)));
    const again = cell.forward(x.select(0, 1));
    expect((Array.isArray(again) ? again[0] : again).shape).toEqual([7]);
  }
});

test('cells learn through time', () => {
  const cell = new nn.LSTMCell(2, 3).to('float64');
  const x = randn([4, 2], { dtype: 'float64', requiresGrad: true });
  autograd.gradcheck(
    (steps) => {
      let state: [Tensor, Tensor] | null = null;
      for (const step of steps.unbind(0)) state = cell.forward(step, state);
      return state![0];
    },
    [x],
  );
});

test.each<[string, () => unknown, string]>([
  [
    'features',
    () => new nn.LSTM(64, 8).forward(zeros([20, 8, 40])),
    'LSTM.forward: input has 40 features, but this layer was built with inputSize 64 (input [20, 8, 40], expected [T, N, 64])',
  ],
  [
    'rank',
    () => new nn.RNN(4, 8).forward(zeros([4])),
    'RNN.forward: input must have 2 dimensions (unbatched, [T, features]) or 3 ([T, N, features]), got [4]',
  ],
  [
    'no steps',
    () => new nn.RNN(4, 8).forward(zeros([0, 2, 4])),
    'RNN.forward: the sequence has no steps (input [0, 2, 4])',
  ],
  [
    'dtype',
    () => new nn.GRU(4, 8).forward(zeros([2, 2, 4], { dtype: 'float64' })),
    "GRU.forward: input is float64, but the weights are float32; convert one, for example input.to('float32')",
  ],
  [
    'state shape',
    () => new nn.GRU(4, 8).forward(zeros([2, 3, 4]), zeros([1, 2, 8])),
    'GRU.forward: h0 has shape [1, 2, 8], expected [1, 3, 8] ([numLayers = 1, batch, hiddenSize])',
  ],
  [
    'state rank',
    () => new nn.GRU(4, 8).forward(zeros([2, 4]), zeros([1, 1, 8])),
    'GRU.forward: h0 has shape [1, 1, 8], expected [1, 8] ([numLayers = 1, hiddenSize])',
  ],
  [
    'state dtype',
    () => new nn.RNN(4, 8).forward(zeros([2, 3, 4]), zeros([1, 3, 8], { dtype: 'float64' })),
    'RNN.forward: h0 is float64, but the input is float32',
  ],
  [
    'cell state',
    () =>
      new nn.LSTM(4, 8, { projSize: 3 }).forward(zeros([2, 3, 4]), [
        zeros([1, 3, 3]),
        zeros([1, 3, 3]),
      ]),
    'LSTM.forward: c0 has shape [1, 3, 3], expected [1, 3, 8] ([numLayers = 1, batch, hiddenSize])',
  ],
  [
    'state pair',
    () => new nn.LSTM(4, 8).forward(zeros([2, 3, 4]), zeros([1, 3, 8]) as never),
    'LSTM.forward: state must be a pair [h, c], got a Tensor',
  ],
  [
    'input kind',
    () => new nn.LSTM(4, 8).forward([1] as never),
    'LSTM.forward: input must be a Tensor or a PackedSequence, got [1]',
  ],
  ['sizes', () => new nn.LSTM(4.5, 8), 'LSTM: inputSize must be an integer of at least 1, got 4.5'],
  [
    'NaN size',
    () => new nn.GRU(4, NaN),
    'GRU: hiddenSize must be an integer of at least 1, got NaN',
  ],
  [
    'projection',
    () => new nn.LSTM(4, 8, { projSize: 8 }),
    'LSTM: projSize must be below hiddenSize (8), or 0 for no projection, got 8',
  ],
  [
    'dropout',
    () => new nn.LSTM(4, 8, { numLayers: 2, dropout: 1.5 }),
    'LSTM: dropout must be a probability from 0 to 1, got 1.5',
  ],
  [
    'nonlinearity',
    () => new nn.RNN(4, 8, { nonlinearity: 'sin' as never }),
    "RNN: nonlinearity must be 'tanh' or 'relu', got 'sin'",
  ],
  [
    'cell features',
    () => new nn.LSTMCell(4, 8).forward(ones([2, 5])),
    'LSTMCell.forward: input has 5 features, but this cell was built with inputSize 4 (input [2, 5])',
  ],
  [
    'cell state shape',
    () => new nn.GRUCell(4, 8).forward(ones([2, 4]), ones([8])),
    'GRUCell.forward: h must have shape [2, 8], got [8]',
  ],
])('bad input: %s', (_what, act, message) => {
  expect(act).toThrow(message);
});

describe('options', () => {
  test.each(Object.entries({ ...layers, ...cells }))('%s has float64 parameters', (name, made) => {
    const Layer = made as typeof nn.RNN;
    const layer = new Layer(2, 3, { dtype: 'float64' });
    for (const parameter of layer.parameters()) expect(parameter.dtype).toBe('float64');
    const run = layer.forward.bind(layer) as (x: Tensor) => unknown;
    const out = [run(randn([2, 2], { dtype: 'float64' }))].flat()[0] as Tensor;
    expect(out.dtype).toBe('float64');
    expect(() => new Layer(2, 3, { dtype: 'int32' })).toThrow(
      `${name}: dtype must be float32 or float64, got 'int32'`,
    );
  });

  test('a float64 layer draws the numbers of PyTorch for float64', () => {
    manualSeed(0);
    const { weight_ih_l0 } = new nn.RNN(1, 2, { dtype: 'float64' }) as unknown as Record<
      string,
      Tensor
    >;
    manualSeed(0);
    const bound = 1 / Math.sqrt(2);
    expect(weight_ih_l0.toArray()).toEqual(
      zeros([2, 1], { dtype: 'float64' }).uniform_(-bound, bound).toArray(),
    );
  });

  test.each<[() => unknown, string]>([
    [
      () => new nn.LSTM(2, 3, 2 as never),
      'LSTM: options must be an object, got 2; did you mean { numLayers: 2 }?',
    ],
    [
      () => new nn.LSTM(2, 3, { batch_first: true } as never),
      "LSTM: unknown option 'batch_first'; did you mean 'batchFirst'?",
    ],
    [
      () => new nn.GRU(2, 3, { batchFirst: 'false' as never }),
      "GRU: batchFirst must be true or false, got 'false'",
    ],
    [
      () => new nn.RNN(2, 3, { dropout: true as never }),
      'RNN: dropout must be a probability from 0 to 1, got true',
    ],
    [
      () => new nn.GRUCell(2, 3, false as never),
      'GRUCell: options must be an object, got false; did you mean { bias: false }?',
    ],
    [
      () => new nn.Linear(2, 2, false as never),
      'Linear: options must be an object, got false; did you mean { bias: false }?',
    ],
    [
      () => new nn.MSELoss('sum' as never),
      "MSELoss: options must be an object, got 'sum'; did you mean { reduction: 'sum' }?",
    ],
    [
      () => new nn.Embedding(3, 2, 0 as never),
      'Embedding: options must be an object, got 0; did you mean { paddingIdx: 0 }?',
    ],
  ])('%# is refused', (make, message) => {
    expect(make).toThrow(new TypeError(message));
  });

  test('print with one kind of boolean', () => {
    const options = { bias: false, batchFirst: true, bidirectional: true };
    expect(String(new nn.LSTM(2, 3, options))).toBe(
      'LSTM(2, 3, bias=False, batchFirst=True, bidirectional=True)',
    );
    expect(String(new nn.GRUCell(2, 3, { bias: false }))).toBe('GRUCell(2, 3, bias=False)');
  });
});

// Second derivatives of the fused layers and cells (createGraph): against differences, and what the graph that makes them
// must do besides. PyTorch's numbers are in parity.test.ts.
import { autograd, compile, enableGrad, manualSeed, nn, ones, randn, type Tensor } from 'ostinato';
import { expectNear } from '../../support';
import { forward, type RecurrentLayer } from './support';

const leaf = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64', requiresGrad: true });
const sum = (ys: readonly Tensor[]): Tensor => ys.map((y) => y.sum()).reduce((a, b) => a.add(b));
const flat = (results: unknown): Tensor[] => [results].flat(Infinity) as Tensor[];
const { packPaddedSequence } = nn.utils.rnn;

beforeEach(() => manualSeed(3));

const dtype = 'float64';
const layers: [string, RecurrentLayer][] = [
  ['RNN', new nn.RNN(2, 3, { dtype })],
  ['LSTM, two directions', new nn.LSTM(2, 1, { bidirectional: true, dtype })],
  ['LSTM, projected, without biases', new nn.LSTM(2, 3, { projSize: 2, bias: false, dtype })],
  ['GRU, two layers, batchFirst', new nn.GRU(2, 1, { numLayers: 2, batchFirst: true, dtype })],
  ['JANET', new nn.JANET(2, 3, { dtype })],
];
describe.each(layers)('%s', (_name, layer) => {
  const f = (x: Tensor, ...parameters: Tensor[]): Tensor[] => {
    void parameters;
    return flat(forward(layer, x));
  };
  test('agrees with differences', () => {
    expect(autograd.gradgradcheck(f, [leaf(2, 2, 2), ...layer.parameters()])).toBe(true);
  });
  test('agrees with differences, packed', () => {
    const packed = (x: Tensor, ...parameters: Tensor[]): Tensor[] => {
      void parameters;
      const { batchFirst } = layer;
      const source = packPaddedSequence(x, batchFirst ? [1, 2] : [2, 1], {
        batchFirst,
        enforceSorted: false,
      });
      const [out, state] = (layer as nn.LSTM).forward(source);
      return [out.data, ...flat(state)];
    };
    expect(autograd.gradgradcheck(packed, [leaf(2, 2, 2), ...layer.parameters()])).toBe(true);
  });
});

test.each([
  ['RNNCell', new nn.RNNCell(2, 3, { dtype, nonlinearity: 'tanh' })],
  ['LSTMCell', new nn.LSTMCell(2, 2, { dtype })],
  ['GRUCell without biases', new nn.GRUCell(2, 3, { dtype, bias: false })],
  ['JANETCell', new nn.JANETCell(2, 3, { dtype })],
])('%s agrees with differences', (_name, cell) => {
  const H = cell.hiddenSize;
  const f = (x: Tensor, h: Tensor, c: Tensor): Tensor[] =>
    cell instanceof nn.LSTMCell
      ? cell.forward(x, [h, c])
      : [cell.forward(x, h).add(c.mul(0).sum())];
  expect(autograd.gradgradcheck(f, [leaf(2, 2), leaf(2, H), leaf(2, H)])).toBe(true);
});

test('a third derivative agrees with differences', () => {
  const gru = new nn.GRU(1, 2, { dtype });
  const slope = (x: Tensor): Tensor =>
    enableGrad(() => autograd.grad(gru.forward(x)[0].sum(), x, { createGraph: true })[0]!);
  expect(autograd.gradgradcheck(slope, [leaf(2, 1, 1)])).toBe(true);
});

test('the gradient of one input depends on the others too', () => {
  const rnn = new nn.RNN(2, 3, { dtype });
  const x = leaf(4, 2, 2);
  const loss = sum(flat(rnn.forward(x)));
  const [dx] = autograd.grad(loss, x, { createGraph: true });
  const [mixed] = autograd.grad(dx!.square().sum(), rnn.parameters()[1]);
  const [both] = autograd.grad(loss, [x, rnn.parameters()[1]], { createGraph: true });
  const [expected] = autograd.grad(both!.square().sum(), rnn.parameters()[1]);
  expect(mixed!.toArray()).toEqual(expected!.toArray());
  expect(mixed!.abs().sum().item()).toBeGreaterThan(0);
});

test('one tensor in two places gets both gradients, twice over', () => {
  const cell = new nn.GRUCell(3, 3, { dtype });
  const x = leaf(2, 3);
  expect(autograd.gradgradcheck((v) => cell.forward(v, v), [x])).toBe(true);
});

test('a chain of cells is walked in time that grows with its length alone', () => {
  const cell = new nn.RNNCell(1, 1, { dtype });
  const x = ones([1, 1], { dtype, requiresGrad: true });
  let h: Tensor | null = null;
  for (let t = 0; t < 3000; t++) h = cell.forward(x, h);
  const start = performance.now();
  const [dx] = autograd.grad(h!.sum(), x, { createGraph: true });
  const [second] = autograd.grad(dx!.sum(), x);
  expect(second!.isfinite().all().item()).toBe(1);
  expect(performance.now() - start).toBeLessThan(20_000);
});

test('hooks see each gradient once, and what they return counts', () => {
  const lstm = new nn.LSTM(2, 3, { dtype });
  const x = leaf(3, 1, 2);
  let calls = 0;
  lstm.parameters()[0].registerHook((g) => {
    calls++;
    return g.mul(2);
  });
  const [out] = lstm.forward(x);
  const loss = out.square().sum();
  const [plain] = autograd.grad(loss, lstm.parameters()[0], { retainGraph: true });
  const [recorded] = autograd.grad(loss, lstm.parameters()[0], { createGraph: true });
  expect(calls).toBe(2);
  expectNear(recorded!.toTypedArray(), plain!.toTypedArray(), 1e-12);
});

test('backward with createGraph leaves gradients that can be differentiated', () => {
  const rnn = new nn.RNN(2, 3, { dtype });
  const x = leaf(3, 1, 2);
  rnn.forward(x)[0].sum().backward({ createGraph: true });
  const penalty = x.grad!.square().sum();
  x.grad = null;
  penalty.backward();
  expect(x.grad!.shape).toEqual([3, 1, 2]);
  expect(rnn.parameters()[1].grad!.requiresGrad).toBe(true);
});

test('a change in place of what the gradient needs is still an error', () => {
  const rnn = new nn.RNN(2, 3, { dtype });
  const x = randn([3, 1, 2], { dtype });
  const loss = rnn.forward(x)[0].sum();
  x.mul_(2);
  expect(() => autograd.grad(loss, rnn.parameters()[0], { createGraph: true })).toThrow(
    'backward: a tensor of shape [3, 1, 2] that RNN needs for its gradient was changed in place since (version 2, saved at 1); change a clone() instead, or do it before RNN',
  );
});

test('compiled, with parameters from outside, they are the same bits', () => {
  const cell = new nn.LSTMCell(2, 3, { dtype });
  const f = (x: Tensor, h: Tensor): Tensor => cell.forward(x, [h, h])[0].square();
  const compiled = compile(f);
  const [x, h] = [leaf(2, 2), leaf(2, 3)];
  const leaves = [x, h, ...cell.parameters()];
  let calls = 0;
  cell.weight_ih.registerHook(() => void calls++);
  const seconds = (g: typeof f): unknown[] => {
    const grads = autograd.grad(g(x, h).sum(), leaves, { createGraph: true }) as Tensor[];
    return [...grads, ...autograd.grad(sum(grads.map((one) => one.square())), leaves)].map((one) =>
      one!.toArray(),
    );
  };
  const expected = seconds(f);
  const before = calls;
  expect(seconds(compiled)).toEqual(expected);
  expect(seconds(compiled)).toEqual(expected);
  expect(calls).toBe(3 * before);
});

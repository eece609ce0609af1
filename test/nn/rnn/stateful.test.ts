// A state carried from window to window: the results of the whole sequence, gradients that end at the window, rows that start
// again.
import {
  compile,
  deepcopy,
  manualSeed,
  nn,
  noGrad,
  randn,
  tensor,
  zeros,
  type Tensor,
} from 'ostinato';

const values = (xs: readonly (Tensor | null)[]): unknown => xs.map((x) => x && x.toArray());
const layers = {
  LSTM: () => new nn.LSTM(3, 5, { numLayers: 2 }),
  GRU: () => new nn.GRU(3, 5, { batchFirst: true }),
  RNN: () => new nn.RNN(3, 5),
  JANET: () => new nn.JANET(3, 5),
  'Recurrent LSTMCell': () => new nn.Recurrent(new nn.LSTMCell(3, 5)),
};

beforeEach(() => manualSeed(1));

describe.each(Object.entries(layers))('%s', (_name, make) => {
  const layer = make() as nn.GRU;
  const time = layer.batchFirst ? 1 : 0;
  const series = layer.batchFirst ? randn([2, 9, 3]) : randn([9, 2, 3]);
  const windows = series.split(3, time);
  const rowDim = (layer as nn.Module) instanceof nn.Recurrent ? 0 : 1;

  test('windows give what the whole sequence gives', () => {
    const stateful = new nn.Stateful(layer);
    const outs = windows.map((x) => stateful.forward(x)[0]);
    const whole = layer.forward(series);
    windows.forEach((_, i) => {
      expect(outs[i].toArray()).toEqual(whole[0].narrow(time, 3 * i, 3).toArray());
    });
    expect(values([stateful.state].flat(2) as Tensor[])).toEqual(values([whole[1]].flat(2)));
  });

  test('gradients end at the start of the window', () => {
    const stateful = new nn.Stateful(layer);
    stateful.forward(windows[0]);
    const before = stateful.state as Tensor;
    expect([before].flat().every((x) => !x.requiresGrad)).toBe(true);
    const alone = layer.forward(windows[1], before)[0];
    const carried = stateful.forward(windows[1])[0];
    const gradients = (y: Tensor): unknown => {
      layer.zeroGrad();
      y.square().sum().backward();
      return values(layer.parameters().map((p) => p.grad));
    };
    expect(gradients(carried)).toEqual(gradients(alone));
  });

  test.each([
    ['booleans', [false, true]],
    ['a tensor', tensor([false, true])],
  ])('rows start again: %s', (_what, reset) => {
    const stateful = new nn.Stateful(layer);
    stateful.forward(windows[0]);
    const state = ([stateful.state].flat() as Tensor[]).map((x) => {
      const y = x.clone();
      y.narrow(rowDim, 1, 1).fill_(0);
      return y;
    });
    const expected = layer.forward(windows[1], (state.length === 1 ? state[0] : state) as Tensor);
    expect(stateful.forward(windows[1], reset)[0].toArray()).toEqual(expected[0].toArray());
    stateful.resetState();
    expect(stateful.state).toBeNull();
    expect(stateful.forward(windows[1], reset)[0].toArray()).toEqual(
      layer.forward(windows[1])[0].toArray(),
    );
  });

  test('a copy goes on by itself', () => {
    const stateful = new nn.Stateful(layer);
    stateful.forward(windows[0]);
    const copy = deepcopy(stateful);
    const expected = stateful.forward(windows[1])[0].toArray();
    stateful.resetState();
    expect(copy.forward(windows[1])[0].toArray()).toEqual(expected);
  });
});

test('packed windows and those of single sequences', () => {
  const layer = new nn.LSTM(3, 5);
  const stateful = new nn.Stateful(layer);
  const packed = nn.utils.rnn.packSequence([randn([1, 3]), randn([4, 3])], {
    enforceSorted: false,
  });
  const [, state] = stateful.forward(packed);
  expect(stateful.forward(packed)[0].data.toArray()).toEqual(
    layer.forward(packed, state)[0].data.toArray(),
  );
  stateful.resetState();
  const x = randn([4, 3]);
  stateful.forward(x);
  expect(stateful.forward(x)[0].toArray()).toEqual(
    layer.forward(x, layer.forward(x)[1])[0].toArray(),
  );
  expect(() => stateful.forward(x, [true])).toThrow(
    'Stateful.forward: reset has 1 rows, but the state [1, 5] has no rows (it is unbatched); call resetState()',
  );
});

test('NaN in a row is gone once that row starts again', () => {
  const stateful = new nn.Stateful(new nn.GRU(3, 5));
  const x = randn([2, 2, 3]);
  x.select(1, 0).fill_(NaN);
  stateful.forward(x);
  const [out] = stateful.forward(randn([2, 2, 3]), [true, false]);
  expect(out.isnan().any().item()).toBe(0);
});

test('the state may be set, and is in no state dict', () => {
  const layer = new nn.GRU(3, 5);
  const stateful = new nn.Stateful(layer);
  const h = randn([1, 2, 5], { requiresGrad: true });
  stateful.state = h;
  const x = randn([2, 2, 3]);
  const [out] = stateful.forward(x);
  expect(out.toArray()).toEqual(noGrad(() => layer.forward(x, h))[0].toArray());
  expect([...stateful.stateDict().keys()]).toEqual(
    [...layer.stateDict().keys()].map((k) => `layer.${k}`),
  );
  expect(stateful.state.requiresGrad).toBe(false);
});

test.each([
  [
    'another layer',
    () => new nn.Stateful(new nn.Linear(1, 1) as never),
    'Stateful: layer must be a recurrent layer (RNN, LSTM, GRU, JANET) or a Recurrent, got a Linear',
  ],
  [
    'another batch size',
    () => {
      const stateful = new nn.Stateful(new nn.GRU(3, 5));
      stateful.forward(zeros([2, 2, 3]));
      stateful.forward(zeros([2, 4, 3]));
    },
    'Stateful.forward: the input is of 4 rows, but the state is of 2 rows; call resetState() before a batch of another size',
  ],
  [
    'too few rows to reset',
    () => {
      const stateful = new nn.Stateful(new nn.GRU(3, 5));
      stateful.forward(zeros([2, 2, 3]));
      stateful.forward(zeros([2, 2, 3]), [true]);
    },
    'Stateful.forward: reset has 1 rows, but the state [1, 2, 5] has 2 rows',
  ],
  [
    'numbers for booleans',
    () => new nn.Stateful(new nn.GRU(3, 5)).forward(zeros([2, 2, 3]), zeros([2])),
    'Stateful.forward: reset must be null, an array of booleans or a bool Tensor [N], got a Tensor',
  ],
  [
    'compiled',
    () => {
      const stateful = new nn.Stateful(new nn.GRU(3, 5));
      compile((x: Tensor) => stateful.forward(x)[0])(zeros([2, 2, 3]));
    },
    'compile: Stateful.forward cannot be traced: it keeps the state for the next call; compile a function that takes the state and returns it',
  ],
])('bad input: %s', (_what, act, message) => {
  expect(act).toThrow(message);
});

// Sessions: chunks have the bits of the whole sequence, whatever layers carry the state.
import { io, manualSeed, nn, noGrad, randn, stack, tensor, zeros, Tensor } from 'ostinato';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync } from 'node:fs';

type Model = nn.Module & { forward(x: Tensor): unknown };
const tensors = (value: unknown): Tensor[] =>
  Array.isArray(value)
    ? (value as unknown[]).flatMap(tensors)
    : value instanceof Tensor
      ? [value]
      : Object.values(value as object).flatMap(tensors);
const first = (value: unknown): Tensor => tensors(value)[0];
const arrays = (value: unknown): unknown => tensors(value).map((x) => x.toArray());
const evaluated = (model: Model, x: Tensor): unknown => {
  const { training } = model;
  model.eval();
  const out: unknown = noGrad(() => model.forward(x) as unknown);
  model.train(training);
  return out;
};

/** A cell over the steps of a chunk [T, N, 3], by hand. */
class Loop extends nn.Module {
  constructor(readonly cell: nn.LSTMCell | nn.GRUCell | nn.RNNCell | nn.JANETCell) {
    super();
  }
  forward(x: Tensor): Tensor {
    let state: unknown = null;
    const out: Tensor[] = [];
    for (const one of x.unbind(0)) {
      state = this.cell.forward(one, state as never);
      out.push(first(state));
    }
    return stack(out);
  }
}

/** Two layers, one of them called twice, and dropout. */
class Deep extends nn.Module {
  a = new nn.LSTM(3, 5, { batchFirst: true, numLayers: 2, dropout: 0.5, projSize: 4 });
  drop = new nn.Dropout(0.5);
  b = new nn.GRU(4, 4, { batchFirst: true });
  out = new nn.Linear(4, 2);
  forward(x: Tensor): Tensor {
    const [y] = this.a.forward(x);
    const [z] = this.b.forward(this.drop.forward(y));
    return this.out.forward(this.b.forward(z)[0]);
  }
}

class Leaky extends nn.Module {
  w = new nn.Linear(3, 4);
  forward(x: Tensor, h: Tensor | null = null): Tensor {
    const y = this.w.forward(x).tanh();
    return h === null ? y : h.mul(0.9).add(y.mul(0.1));
  }
}

const models: Record<string, () => Model> = {
  RNN: () => new nn.RNN(3, 5, { nonlinearity: 'relu' }),
  LSTM: () => new nn.LSTM(3, 5),
  GRU: () => new nn.GRU(3, 5),
  JANET: () => new nn.JANET(3, 5),
  'LSTM of 2 layers with projection': () => new nn.LSTM(3, 5, { numLayers: 2, projSize: 2 }),
  'LSTM with peepholes and zoneout': () => new nn.LSTM(3, 5, { peephole: true, zoneout: 0.1 }),
  'LSTM with layer norm': () => new nn.LSTM(3, 5, { layerNorm: true }),
  'GRU with recurrent dropout': () => new nn.GRU(3, 5, { recurrentDropout: 0.5 }),
  'GRU that returns gates': () => new nn.GRU(3, 5, { returnStates: 'all' }),
  RNNCell: () => new Loop(new nn.RNNCell(3, 5)),
  LSTMCell: () => new Loop(new nn.LSTMCell(3, 5)),
  GRUCell: () => new Loop(new nn.GRUCell(3, 5)),
  JANETCell: () => new Loop(new nn.JANETCell(3, 5)),
  'Recurrent of a cell': () => new nn.Recurrent(new nn.LSTMCell(3, 5)),
  'Recurrent of a cell of its own': () => new nn.Recurrent(new Leaky()),
  'Recurrent, not compiled': () => new nn.Recurrent(new Leaky(), { compile: false }),
  Stateful: () => new nn.Stateful(new nn.GRU(3, 5)),
  'Sequential of a Stateful': () =>
    new nn.Sequential(new nn.Stateful(new nn.Recurrent(new nn.GRUCell(3, 5)) as never)) as never,
};
// What `returnStates` adds is an object, which no compiled function returns.
const modes = (model: Model): boolean[] =>
  model instanceof nn.GRU && model.returnStates !== 'last' ? [false] : [false, true];
const timeOf = (model: Model): 0 | 1 => (model instanceof Deep ? 1 : 0);
models['several layers'] = () => new Deep();

beforeEach(() => manualSeed(3));

describe.each(Object.entries(models))('%s', (_name, make) => {
  describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
    test.each([1, 3, 17])('chunks of %i rows', (rows) => {
      const model = make().to(dtype);
      const time = timeOf(model);
      const whole = randn(time === 0 ? [9, rows, 3] : [rows, 9, 3], { dtype });
      const copy = make().to(dtype);
      copy.loadStateDict(model.stateDict());
      const expected = first(evaluated(copy, whole));
      for (const compile of modes(model)) {
        const session = model.stream({ compile });
        let at = 0;
        for (const steps of [4, 1, 1, 3]) {
          const out = first(session.push(whole.narrow(time, at, steps)));
          expect(out.requiresGrad).toBe(false);
          expect(out.toArray()).toEqual(expected.narrow(time, at, steps).toArray());
          at += steps;
        }
      }
      expect(model.training).toBe(true);
    });
  });

  test('snapshot, restore, reset, fork', () => {
    const model = make();
    const time = timeOf(model);
    const [a, b] = randn([6, 6, 3]).split(3, time);
    const session = model.stream();
    expect(session.snapshot().size).toBe(0);
    const begun = arrays(session.push(a));
    const saved = session.snapshot();
    const fork = session.fork();
    const expected = arrays(session.push(b));
    expect(arrays(fork.push(b))).toEqual(expected);
    expect(arrays(fork.push(a))).not.toEqual(begun);
    session.restore(saved);
    expect(arrays(session.push(b))).toEqual(expected);
    const path = join(mkdtempSync(join(tmpdir(), 'session-')), 'a.safetensors');
    io.saveCheckpoint(path, { saved });
    const other = model.stream();
    other.restore(io.loadCheckpoint(path)['saved'] as typeof saved);
    expect(arrays(other.push(b))).toEqual(expected);
    other.restore(io.fromMessage<typeof saved>(structuredClone(io.toMessage(saved))));
    expect(arrays(other.push(b))).toEqual(expected);
    session.reset();
    expect(arrays(session.push(a))).toEqual(begun);
  });

  test('sessions of any age as one batch have the bits of each alone', () => {
    const model = make();
    const time = timeOf(model);
    const rowDim = 1 - time;
    for (const compile of modes(model)) {
      const sessions = new nn.Sessions(model, { compile });
      const all = Array.from({ length: 7 }, () => sessions.open());
      const alone = all.map(() => model.stream());
      const turns = [[0], [1, 0], [2, 3, 1], [6, 0, 4, 5], [5, 4, 3, 2, 1, 0, 6]];
      for (const turn of turns) {
        const x = randn(time === 0 ? [2, turn.length, 3] : [turn.length, 2, 3]);
        const out = first(
          sessions.push(
            turn.map((i) => all[i]),
            x,
          ),
        );
        turn.forEach((i, row) => {
          const own = first(alone[i].push(x.narrow(rowDim, row, 1)));
          expect(out.narrow(rowDim, row, 1).toArray()).toEqual(own.toArray());
          const [saved, expected] = [all[i].snapshot(), alone[i].snapshot()];
          expect([...saved.keys()]).toEqual([...expected.keys()]);
          expect(arrays([...saved.values()])).toEqual(arrays([...expected.values()]));
        });
        if (turn.length !== 3) continue;
        all[6].push(x.narrow(rowDim, 0, 1));
        alone[6].push(x.narrow(rowDim, 0, 1));
        all[2].close();
        [all[2], alone[2]] = [sessions.open(), model.stream()];
        [all[5], alone[5]] = [all[1].fork(), alone[1].fork()];
        all[4].restore(alone[6].snapshot());
        alone[4].restore(all[6].snapshot());
        all[3].reset();
        alone[3].reset();
      }
      expect(sessions.size).toBe(8);
    }
  });
});

test('a session without a batch', () => {
  const model = new nn.LSTM(3, 5);
  const x = randn([4, 3]);
  const session = model.stream();
  const out = [x.narrow(0, 0, 3), x.narrow(0, 3, 1)].flatMap((one) =>
    session.push(one)[0].toArray(),
  );
  expect(out).toEqual(noGrad(() => model.forward(x))[0].toArray());
  const saved = session.snapshot();
  session.restore(saved);
  expect(session.snapshot().get('c')!.shape).toEqual([1, 5]);
  const cell = new nn.GRUCell(3, 5).stream();
  cell.push(x.at(0));
  expect(cell.snapshot().get('h')!.shape).toEqual([5]);
});

test('packed chunks of unequal lengths', () => {
  const model = new nn.GRU(3, 5);
  const { packSequence } = nn.utils.rnn;
  const [a, b] = [randn([5, 3]), randn([5, 3])];
  const sessions = new nn.Sessions(model);
  const both = [sessions.open(), sessions.open()];
  const pack = (one: Tensor, other: Tensor): nn.utils.rnn.PackedSequence =>
    packSequence([one, other], { enforceSorted: false });
  sessions.push(both, pack(a.at('0:1'), b.at('0:4')) as never);
  sessions.push(both, pack(a.at('1:5'), b.at('4:5')) as never);
  [a, b].forEach((x, i) =>
    expect(both[i].snapshot().get('h')!.at(':', 0).toArray()).toEqual(
      noGrad(() => model.forward(x)[1]).toArray(),
    ),
  );
});

test('what push returns is the caller’s', () => {
  const model = new nn.LSTM(3, 5);
  const [mine, untouched] = [model.stream(), model.stream()];
  const x = randn([1, 1, 3]);
  untouched.push(x);
  const [, [h, c]] = mine.push(x);
  h.fill_(7);
  c.fill_(7);
  for (const one of mine.snapshot().values()) one.fill_(7);
  const saved = mine.snapshot();
  mine.restore(saved);
  for (const one of saved.values()) one.fill_(7);
  expect(arrays(mine.push(x))).toEqual(arrays(untouched.push(x)));
});

test('weights may change meanwhile, by value and by tensor', () => {
  for (const compile of [false, true]) {
    const model = new nn.GRU(3, 5);
    const session = model.stream({ compile });
    const x = randn([1, 1, 3]);
    const expected = (): unknown =>
      arrays(noGrad(() => model.forward(x, session.snapshot().get('h'))));
    session.push(x);
    noGrad(() => model.weight_hh_l0.fill_(0.25));
    let wanted = expected();
    expect(arrays(session.push(x))).toEqual(wanted);
    model.weight_ih_l0 = new nn.Parameter(randn([15, 3]));
    wanted = expected();
    expect(arrays(session.push(x))).toEqual(wanted);
    model.loadStateDict(new nn.GRU(3, 5).stateDict());
    wanted = expected();
    expect(arrays(session.push(x))).toEqual(wanted);
  }
});

test('a chunk that fails changes nothing', () => {
  class Sometimes extends nn.Module {
    rnn = new nn.GRU(3, 5);
    fails = false;
    forward(x: Tensor): Tensor {
      const [out] = this.rnn.forward(x);
      if (this.fails) throw new Error('no');
      return out;
    }
  }
  const model = new Sometimes();
  const sessions = new nn.Sessions(model);
  const x = randn([2, 1, 3]);
  for (const session of [model.stream(), sessions.open()]) {
    session.push(x);
    const before = arrays([...session.snapshot().values()]);
    model.fails = true;
    expect(() => session.push(x)).toThrow('no');
    model.fails = false;
    expect(() => session.push(zeros([2, 1, 4]))).toThrow(
      'GRU.forward: input has 4 features, but this layer was built with inputSize 3 (input [2, 1, 4], expected [T, N, 3])',
    );
    expect(arrays([...session.snapshot().values()])).toEqual(before);
    expect(model.training).toBe(true);
    expect(model.rnn.forward(x)[0].requiresGrad).toBe(true);
  }
});

test('as a TransformStream', async () => {
  const model = new nn.GRU(3, 5);
  const x = randn([6, 1, 3]);
  const chunks = new ReadableStream<Tensor>({
    start(controller) {
      for (const one of x.split(2)) controller.enqueue(one);
      controller.close();
    },
  });
  const out: Tensor[] = [];
  for await (const [y] of chunks.pipeThrough(model.stream().transform())) out.push(...y.unbind(0));
  expect(stack(out).toArray()).toEqual(noGrad(() => model.forward(x))[0].toArray());
});

const x = (): Tensor => zeros([2, 2, 3]);
const begun = (): nn.Session<nn.GRU> => {
  const session = new nn.GRU(3, 5).stream();
  session.push(x());
  return session;
};
class Own extends nn.Module {
  rnn = new nn.GRU(3, 5);
  h0 = zeros([1, 2, 5]);
  readonly #hidden = new nn.GRU(3, 5);
  inner = false;
  forward(input: Tensor): Tensor {
    return this.inner ? this.#hidden.forward(input)[0] : this.rnn.forward(input, this.h0)[0];
  }
}

test.each<[string, () => unknown, string]>([
  [
    'a bidirectional layer',
    () => new nn.Sequential(new nn.LSTM(3, 5, { bidirectional: true }) as never).stream(),
    "stream: '0' is bidirectional: its second direction begins at the end of the sequence, which a session does not know",
  ],
  [
    'a bidirectional layer alone',
    () => new nn.Sessions(new nn.GRU(3, 5, { bidirectional: true })),
    'Sessions: the layer is bidirectional: its second direction begins at the end of the sequence, which a session does not know',
  ],
  [
    'no recurrent layer',
    () => new nn.Linear(1, 1).stream(),
    'stream: Linear has no recurrent layer (RNN, LSTM, GRU, JANET, their cells, Recurrent) in its fields, so there is no state to carry; call forward',
  ],
  [
    'no module',
    () => new nn.Sessions({} as never),
    'Sessions: model must be a Module, got an object',
  ],
  [
    'an unknown option',
    () => new nn.GRU(1, 1).stream({ compiled: true } as never),
    "stream: unknown option 'compiled'; did you mean 'compile'?",
  ],
  [
    'another number of rows',
    () => begun().push(zeros([2, 3, 3])),
    'Session.push: the input of the layer is of 3 rows, but the state that it goes on from is of 2 rows; reset() a session before a batch of another size',
  ],
  [
    'no batch after one',
    () => begun().push(zeros([2, 3])),
    'Session.push: the input of the layer is unbatched, but the state that it goes on from is of 2 rows; reset() a session before a batch of another size',
  ],
  [
    'another element type',
    () => {
      const model = new nn.GRU(3, 5);
      const session = model.stream();
      session.push(x());
      model.double();
      session.push(x().to('float64'));
    },
    'Session.push: the input of the layer is float64, but the state that it goes on from is float32; reset() a session after a change of type',
  ],
  [
    'the state of another model',
    () =>
      begun().restore(
        new nn.LSTM(3, 5)
          .stream()
          .snapshot()
          .set('rnn.h', zeros([1, 2, 5])),
      ),
    "Session.restore: the snapshot's 'rnn.h' belongs to a layer that GRU does not have; a snapshot fits the model that it is of",
  ],
  [
    'the state of a larger model',
    () => begun().restore(new Map([['h', zeros([1, 2, 6])]])),
    "Session.restore: the snapshot's 'h' is float32 [1, 2, 6], the layer's is float32 [1, N, 5]; a snapshot fits the model that it is of",
  ],
  [
    'the state of a model of another type',
    () => begun().restore(new Map([['h', zeros([1, 2, 5], { dtype: 'float64' })]])),
    "Session.restore: the snapshot's 'h' is float64 [1, 2, 5], the layer's is float32 [1, N, 5]; a snapshot fits the model that it is of",
  ],
  [
    'half a state',
    () => new nn.LSTM(3, 5).stream().restore(new Map([['h', zeros([1, 2, 5])]])),
    "Session.restore: the snapshot has no 'c'",
  ],
  [
    'a part too many',
    () => begun().restore(new Map([['h', zeros([1, 2, 5])], ['c', zeros([1, 2, 5])]])), // prettier-ignore
    "Session.restore: the snapshot's 'c' is no state of the layer; a snapshot fits the model that it is of",
  ],
  [
    'parts of unequal rows',
    () =>
      new nn.LSTM(3, 5).stream().restore(new Map([['h', zeros([1, 2, 5])], ['c', zeros([1, 3, 5])]])), // prettier-ignore
    "Session.restore: the snapshot's 'c' has 3 rows, others have 2; a snapshot fits the model that it is of",
  ],
  [
    'no snapshot',
    () => begun().restore({} as never),
    'Session.restore: saved must be what snapshot() returned, a Map from names to tensors, got an object',
  ],
  [
    'a snapshot of numbers',
    () => begun().restore(new Map([['h', 1]]) as never),
    "Session.restore: saved must be what snapshot() returned, a Map from names to tensors, but 'h' is 1",
  ],
  [
    'a name that is none',
    () => begun().restore(new Map([['weight', zeros([1])]])),
    "Session.restore: the snapshot's 'weight' is no name of a state; a snapshot fits the model that it is of",
  ],
  [
    'nested without end',
    () =>
      new nn.Recurrent(new Leaky())
        .stream()
        .restore(new Map([[`state${'.0'.repeat(5000)}`, zeros([1])]])),
    'Session.restore: a state must be nested at most 100 deep; what holds itself has no end',
  ],
  [
    'push after close',
    () => {
      const session = begun();
      session.close();
      session.close();
      expect(session.closed).toBe(true);
      session.push(x());
    },
    'Session.push: this session is closed',
  ],
  [
    'a closed session in a batch',
    () => {
      const sessions = new nn.Sessions(new nn.GRU(3, 5));
      const session = sessions.open();
      session.close();
      sessions.push([session], x());
    },
    'Sessions.push: sessions[0] is closed',
  ],
  [
    'a session of others',
    () => new nn.Sessions(new nn.GRU(3, 5)).push([begun()], x()),
    'Sessions.push: sessions[0] was not opened by these Sessions',
  ],
  [
    'a session twice',
    () => {
      const sessions = new nn.Sessions(new nn.GRU(3, 5));
      const one = sessions.open();
      sessions.push([one, one], x());
    },
    'Sessions.push: a session comes twice; each has one row of a batch',
  ],
  [
    'no sessions',
    () => new nn.Sessions(new nn.GRU(3, 5)).push([], x()),
    'Sessions.push: sessions must hold at least one',
  ],
  [
    'fewer sessions than rows',
    () => {
      const sessions = new nn.Sessions(new nn.GRU(3, 5));
      sessions.push([sessions.open()], x());
    },
    'Sessions.push: 1 session needs a batch of as many rows, but the input of the layer is of 2 rows',
  ],
  [
    'sessions without a batch',
    () => new nn.Sessions(new nn.GRU(3, 5)).open().push(zeros([2, 3])),
    'Session.push: 1 session needs a batch of as many rows, but the input of the layer is unbatched',
  ],
  ...[true, false].map((compile): [string, () => void, string] => [
    `sessions of a Recurrent without a batch, as many as its state has features${compile ? ', compiled' : ''}`,
    () => {
      const sessions = new nn.Sessions(new nn.Recurrent(new Leaky()), { compile });
      const five = Array.from({ length: 5 }, () => sessions.open());
      sessions.push(five, zeros([4, 3]));
    },
    'Sessions.push: 5 sessions need a batch of as many rows, but the input of the layer is unbatched',
  ]),
  [
    'a snapshot of a Recurrent of more features',
    () => new nn.Recurrent(new nn.GRUCell(3, 5)).stream().restore(new Map([['state', zeros([2, 4])]])), // prettier-ignore
    "Session.restore: the snapshot's 'state' is float32 [2, 4], the layer's is float32 [N, 5]; a snapshot fits the model that it is of",
  ],
  [
    'a snapshot of a Recurrent of another type',
    () => new nn.Recurrent(new nn.GRUCell(3, 5)).stream().restore(new Map([['state', zeros([2, 5], { dtype: 'float64' })]])), // prettier-ignore
    "Session.restore: the snapshot's 'state' is float64 [2, 5], the layer's is float32 [N, 5]; a snapshot fits the model that it is of",
  ],
  [
    'a snapshot of a Recurrent of another cell',
    () => new nn.Recurrent(new nn.LSTMCell(3, 5)).stream().restore(new Map([['state', zeros([2, 5])]])), // prettier-ignore
    "Session.restore: the snapshot has no 'state.0'",
  ],
  [
    'a snapshot of a Recurrent with a state too many',
    () => new nn.Recurrent(new nn.GRUCell(3, 5)).stream().restore(new Map([['state', zeros([2, 5])], ['state.1', zeros([2, 5])]])), // prettier-ignore
    "Session.restore: the snapshot's 'state.1' is no state of the layer; a snapshot fits the model that it is of",
  ],
  [
    'a snapshot of several rows for one session',
    () => new nn.Sessions(new nn.GRU(3, 5)).open().restore(new Map([['h', zeros([1, 2, 5])]])),
    'Session.restore: 1 session needs a batch of as many rows, but the state of the layer is [1, 2, 5], whose rows are dimension 1',
  ],
  [
    'a state of the model’s own',
    () => new Own().stream().push(x()),
    "Session.push: 'rnn' was called with a state of the model's own, in whose place a session cannot carry its; leave the state away (null) in the first call of a forward",
  ],
  [
    'a layer that no field holds',
    () => {
      const model = new Own();
      model.inner = true;
      model.stream().push(x());
    },
    'Session.push: the model called a GRU that it did not have when the session began (in its fields), so its state would be lost; open a new session',
  ],
  [
    'a layer that was replaced',
    () => {
      const model = new Own();
      const session = model.stream();
      model.rnn = new nn.GRU(3, 5);
      session.push(x());
    },
    "Session.push: 'rnn' of Own is another module than when the session began; open a new one",
  ],
  [
    'rows that start again within a session',
    () => new nn.Stateful(new nn.GRU(3, 5)).stream().push(x(), [true, false]),
    'Stateful.forward: rows cannot start again while a session owns the state; pass no reset, and reset() the session',
  ],
  [
    'a promise',
    () => {
      class Later extends nn.Module {
        rnn = new nn.GRU(3, 5);
        forward(input: Tensor): Promise<Tensor> {
          return Promise.resolve(this.rnn.forward(input)[0]);
        }
      }
      void new Later().stream().push(x());
    },
    'Session.push: Later.forward returned a promise; a session runs synchronous code only',
  ],
  [
    'a tensor for the sessions',
    () => new nn.Sessions(new nn.GRU(3, 5)).push(tensor([1]) as never, x()),
    'Sessions.push: sessions must be an array of sessions, got a Tensor',
  ],
])('bad input: %s', (_what, act, message) => {
  expect(act).toThrow(message);
});

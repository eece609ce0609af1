/** train.fit: validation, early stopping, callbacks, signals, the event loop, and what it refuses. */
import { data, manualSeed, nn, optim, rand, randn, tensor, train, type Tensor } from 'ostinato';

type Batch = [Tensor, Tensor];
const { functional: F } = nn;

interface Made {
  readonly model: nn.Linear;
  readonly optimizer: optim.SGD;
  readonly batches: Batch[];
}
const made = (lr = 0.1): Made => {
  manualSeed(0);
  const model = new nn.Linear(2, 1);
  const w = tensor([[1], [-2]]);
  const batches = Array.from({ length: 4 }, () => randn([8, 2])).map(
    (x) => [x, x.matmul(w)] as Batch,
  );
  return { model, optimizer: new optim.SGD(model.parameters(), { lr }), batches };
};
const mse = new nn.MSELoss();

test('a history: losses, validation, rates, times', async () => {
  const { model, optimizer, batches } = made();
  const scheduler = new optim.lrScheduler.StepLR(optimizer, 2);
  const history = await train.fit(model, batches, {
    loss: mse,
    optimizer,
    scheduler,
    epochs: 4,
    validation: batches.slice(0, 2),
    metrics: { mae: 'mae', rmse: 'rmse', most: (output, target) => output.sub(target).abs().max() },
  });
  expect(history.epochs.map(({ epoch, lr }) => [epoch, lr])).toEqual([[1, 0.1], [2, 0.1], [3, expect.closeTo(0.01)], [4, expect.closeTo(0.01)]]); // prettier-ignore
  for (const { loss, validation, seconds } of history.epochs) {
    expect(Object.keys(validation!)).toEqual(['loss', 'mae', 'rmse', 'most']);
    expect(validation!.rmse ** 2).toBeCloseTo(validation!.loss, 5);
    expect(validation!.most).toBeGreaterThan(validation!.mae);
    expect(loss).toBeGreaterThan(0);
    expect(seconds).toBeGreaterThan(0);
  }
  expect(history).toMatchObject({ steps: 16, stopped: 'epochs', monitor: 'validation.loss', best: { epoch: 4 }, resumedAt: null }); // prettier-ignore
  expect(JSON.parse(JSON.stringify(history))).toEqual(history);
});

test('accuracy counts classes over all batches, but those that are marked', async () => {
  const model = new nn.Linear(2, 2, { bias: false });
  model.weight.data.copy_(tensor([[1, 0], [0, 1]])); // prettier-ignore
  const optimizer = new optim.SGD(model.parameters(), { lr: 0 });
  const x = tensor([[2, 1], [1, 2], [3, 0]]); // prettier-ignore
  const validation: Batch[] = [
    [x, tensor([0, 0, -100], { dtype: 'int32' })],
    [x.at('0:1'), tensor([0], { dtype: 'int32' })],
  ];
  const { epochs } = await train.fit(model, validation, {
    loss: new nn.CrossEntropyLoss(),
    optimizer,
    validation,
    metrics: ['accuracy'],
  });
  expect(epochs[0].validation!.accuracy).toBeCloseTo(2 / 3);
});

test('the validation runs in evaluation mode, from fresh states; all modes and states are put back', async () => {
  manualSeed(1);
  class Net extends nn.Module {
    rnn = new nn.Stateful(new nn.RNN(2, 3));
    drop = new nn.Dropout(0.5);
    frozen = new nn.Dropout(0.5);
    fc = new nn.Linear(3, 1);
    seen: unknown[] = [];
    override forward(x: Tensor): Tensor {
      this.seen.push([
        this.training,
        this.drop.training,
        this.frozen.training,
        this.rnn.state === null,
      ]);
      return this.fc.forward(this.frozen.forward(this.drop.forward(this.rnn.forward(x)[0])));
    }
  }
  const model = new Net();
  model.frozen.eval();
  const batches = [[randn([4, 2, 2]), randn([4, 2, 1])] as Batch];
  await train.fit(model, batches, {
    loss: mse,
    optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
    validation: batches,
    epochs: 2,
    compile: false,
  });
  expect(model.seen).toEqual([[true, true, false, true], [false, false, false, true], [true, true, false, false], [false, false, false, true]]); // prettier-ignore
  expect([model.drop.training, model.frozen.training]).toEqual([true, false]);
});

test('early stopping, with the best weights given back', async () => {
  const { model, optimizer, batches } = made(0);
  const found = [3, 2, 1.95, 2.5, 1.94, 5];
  let at = -1;
  const weights: number[] = [];
  const history = await train.fit(model, batches, {
    loss: mse,
    optimizer,
    epochs: 50,
    validation: batches.slice(0, 1),
    metrics: { wanted: () => found[at] },
    earlyStopping: { patience: 3, minDelta: 0.1, monitor: 'wanted', restoreBest: true },
    callbacks: {
      onStep: ({ step }) => {
        if (step % 4 !== 0) return;
        at++;
        model.bias.data.fill_(at);
      },
      onEpoch: ({ validation }, { best }) => void weights.push(validation!.wanted, best!.epoch),
    },
  });
  expect(weights).toEqual([3, 1, 2, 2, 1.95, 3, 2.5, 3, 1.94, 5]);
  expect([history.stopped, history.epochs.length, history.best]).toEqual(['earlyStopping', 5, { epoch: 5, value: 1.94 }]); // prettier-ignore
  expect(model.bias.item()).toBe(4);
});

test('a plateau schedule is given what is watched', async () => {
  const { model, optimizer, batches } = made();
  const history = await train.fit(model, batches, {
    loss: mse,
    optimizer,
    epochs: 4,
    validation: batches,
    metrics: { constant: () => 1 },
    monitor: 'constant',
    scheduler: new optim.lrScheduler.ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.5 }),
  });
  expect(history.epochs.map(({ lr }) => lr)).toEqual([0.1, 0.1, 0.05, 0.025]);
});

test('callbacks are awaited, and end training with false', async () => {
  const { model, optimizer, batches } = made();
  const events: string[] = [];
  const history = await train.fit(model, batches, {
    loss: mse,
    optimizer,
    epochs: 3,
    callbacks: [
      {
        onStep: async ({ step, epoch, lr }) => {
          await new Promise((done) => setTimeout(done, 1));
          events.push(`${epoch}.${step} ${lr}`);
        },
        onEpoch: ({ epoch }) => (epoch === 2 ? false : undefined),
      },
      { onEpoch: ({ epoch }) => void events.push(`epoch ${epoch}`) },
    ],
  });
  expect(events).toEqual(['1.1 0.1', '1.2 0.1', '1.3 0.1', '1.4 0.1', 'epoch 1', '2.5 0.1', '2.6 0.1', '2.7 0.1', '2.8 0.1', 'epoch 2']); // prettier-ignore
  expect([history.stopped, history.steps]).toEqual(['callback', 8]);
});

describe('a signal', () => {
  test('ends training after the step at hand', async () => {
    const { model, optimizer, batches } = made();
    const controller = new AbortController();
    const history = await train.fit(model, batches, {
      loss: mse,
      optimizer,
      epochs: 3,
      signal: controller.signal,
      callbacks: { onStep: ({ step }) => (step === 6 ? controller.abort() : undefined) },
    });
    expect([history.stopped, history.steps, history.epochs.length]).toEqual(['signal', 6, 1]);
    const none = await train.fit(model, batches, {
      loss: mse,
      optimizer,
      signal: AbortSignal.abort(),
    });
    expect([none.stopped, none.steps]).toEqual(['signal', 0]);
  });

  test('ends a validation', async () => {
    const { model, optimizer, batches } = made();
    const controller = new AbortController();
    let validated = 0;
    const history = await train.fit(model, batches, {
      loss: ([x, y]) => {
        if (!model.training && ++validated === 2) controller.abort();
        return F.mseLoss(model.forward(x), y);
      },
      optimizer,
      validation: batches,
      signal: controller.signal,
      compile: false,
    });
    expect([history.stopped, history.steps, history.epochs.length, validated]).toEqual([
      'signal',
      4,
      0,
      2,
    ]);
    expect(model.training).toBe(true);
  });
});

// Whatever the machine's load: between two turns there are as many steps as fit into 10 ms, and one.
test('the event loop has a turn every 10 ms of steps', async () => {
  const { model, optimizer } = made();
  const clock = jest.spyOn(performance, 'now');
  let time = 0;
  clock.mockImplementation(() => time);
  try {
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    const seen: number[] = [];
    const pairs = Array.from({ length: 100 }, () => [randn([2, 2]), randn([2, 1])] as Batch);
    const fitting = train.fit(model, pairs, {
      loss: mse,
      optimizer,
      callbacks: {
        onStep: () => {
          time += 2;
          seen.push(turns);
        },
      },
    });
    setImmediate(count);
    await fitting;
    isOver = true;
    // A turn for each five steps of 2 ms.
    const others = seen.filter((turn, i) => i > 0 && turn !== seen[i - 1]);
    expect(others.length).toBe(19);
    expect(seen.filter((turn) => turn === seen[50]).length).toBe(5);
  } finally {
    clock.mockRestore();
  }
});

test('a bar where it is asked for, and none in a pipe', async () => {
  const { model, optimizer, batches } = made();
  const written: string[] = [];
  const stream = { isTTY: true, columns: 100, write: (text: string) => void written.push(text) };
  const options = { loss: mse, optimizer, epochs: 2, validation: batches };
  await train.fit(model, batches, { ...options, progress: { stream, minInterval: 0 } });
  expect(written.join('')).toMatch(/epoch 2\/2: .*8\/8/);
  const count = written.length;
  await train.fit(model, batches, {
    ...options,
    progress: { stream: { ...stream, isTTY: false } },
  });
  await train.fit(model, batches, { ...options, progress: false });
  expect(written.length).toBe(count);
});

describe('refusals', () => {
  const { model, optimizer, batches } = made();
  const required = { loss: mse, optimizer };
  const cases: [unknown[], Error][] = [
    [[model, batches, { ...required, epoch: 3 }], new TypeError("train.fit: unknown option 'epoch'; did you mean 'epochs'?")],
    [[model, batches, { optimizer }], new TypeError('train.fit: option loss is required')],
    [[model, batches, { ...required, earlyStopping: { patients: 2 } }], new TypeError("train.fit: unknown option 'patients'; did you mean 'patience'?")],
    [[model, batches, { ...required, checkpoint: { pat: 'x' } }], new TypeError("train.fit: unknown option 'pat'; did you mean 'path'?")],
    [[model, batches, { ...required, callbacks: { onstep: () => undefined } }], new TypeError("train.fit: unknown option 'onstep'; did you mean 'onStep'?")],
    [[model, batches, { ...required, checkpoint: { path: 'x', state: { other: 3 } } }], new TypeError('train.fit: state.other must be a module, an optimizer, a scheduler or a generator, got 3')],
    [[model, batches, { ...required, accumulate: 0 }], new RangeError('train.fit: accumulate must be an integer of at least 1, got 0')],
    [[model, batches, { ...required, metrics: ['accuracy'] }], new RangeError('train.fit: metrics are measured on the validation loader; give validation too')],
    [[model, batches, { ...required, validation: batches, metrics: ['f1'] }], new RangeError('train.fit: metrics must be an array of names (accuracy, mae, mse, rmse) or an object of names and functions of (output, target), got [\'f1\']')],
    [[model, batches, { ...required, monitor: 'validation.loss' }], new RangeError("train.fit: monitor 'validation.loss' is no number of an epoch; without validation only loss can be")],
    [[model, batches, { ...required, validation: batches, metrics: ['accuracy'], monitor: 'acuracy' }], new RangeError("train.fit: monitor 'acuracy' is no number of an epoch; did you mean 'accuracy'?")],
    [[model, batches, { ...required, monitor: 'loss', earlyStopping: { monitor: 'validation.loss' } }], new RangeError("train.fit: monitor is 'loss' and earlyStopping.monitor 'validation.loss'; one thing is watched, so leave one of them out")],
    [[model, batches, { ...required, clip: {} }], new TypeError('train.fit: clip must have maxNorm or clipValue, got neither')],
    [[model, batches, { ...required, scheduler: new optim.lrScheduler.StepLR(new optim.SGD(model.parameters()), 2) }], new RangeError("train.fit: scheduler must be one of the given optimizer, got another's")],
    [[model, batches, { ...required, scheduler: new optim.lrScheduler.ReduceLROnPlateau(optimizer), schedulerPer: 'step' }], new RangeError("train.fit: a ReduceLROnPlateau looks at what is known after an epoch; leave out schedulerPer: 'step'")],
    [[model, batches, { loss: mse, optimizer: new optim.LBFGS(model.parameters()) }], new TypeError('train.fit: LBFGS computes the loss several times a step, which this cannot; call optimizer.step(closure), with compile(loss) in the closure')],
    [[model, 7, required], new TypeError('train.fit: loader must be a DataLoader, or anything else to iterate over, got 7')],
    [[{}, batches, required], new TypeError('train.fit: model must be a Module, got an object')],
    [[new nn.Linear(2, 1).eval(), batches, required], new Error('train.fit: the model is in evaluation mode; call model.train() first, and eval() of modules that are to stay so')],
  ]; // prettier-ignore
  test.each(cases)('%#', (given, error) => {
    expect(() => (train.fit as (...all: unknown[]) => unknown)(...given)).toThrow(error);
  });

  const later: [unknown, unknown, Error][] = [
    [[], required, new RangeError('train.fit: the loader gave no batches in epoch 1; give a DataLoader, or what can be gone through again for each epoch')],
    [batches, { ...required, validation: [] }, new RangeError('train.fit: the validation loader gave no batches')],
    [[rand([3, 2])], required, new TypeError('train.fit: a batch must be [input, target] for a criterion and for metrics, got a Tensor; give predict: (batch) => [output, target], or a loss of the whole batch')],
    [batches, { ...required, loss: () => 3 }, new TypeError('train.fit: loss must return a Tensor of one element, got 3')],
    [batches, { ...required, loss: () => rand([2]) }, new RangeError('train.fit: loss must return a Tensor of one element, got shape [2]; use mean() or sum()')],
    [batches, { ...required, predict: () => 3 }, new TypeError('train.fit: predict must return [output, target], two tensors, got 3')],
    [batches, { ...required, validation: batches, metrics: { odd: () => 'x' } }, new TypeError("train.fit: metric 'odd' must return a number or a Tensor of one element, got 'x'")],
    [batches, { ...required, validation: batches, metrics: ['accuracy'] }, new RangeError('train.fit: accuracy takes scores [N, C, …] and integer classes [N, …], got [8, 1] and float32 [8, 1]; give a function of (output, target) for others')],
    [batches, { loss: ([x, y]: Batch) => F.mseLoss(model.forward(x.transpose(0, 1)), y), optimizer }, new RangeError('linear: input has 8 features, but weight takes 2 (input [2, 8], weight [1, 2])')],
  ]; // prettier-ignore
  test.each(later)('of batches %#', async (loader, options, error) => {
    await expect(
      (train.fit as (...all: unknown[]) => Promise<unknown>)(model, loader, options),
    ).rejects.toThrow(error);
  });

  const itself: unknown[] = [];
  itself.push(itself);
  const named: Record<string, unknown> = {};
  named.itself = named;
  test.each([[itself], [named]])('a batch that holds itself %#', async (batch) => {
    const given = { loss: () => model.weight.sum(), optimizer };
    const error = new RangeError(
      'train.fit: a batch must be nested at most 100 deep; what holds itself has no end',
    );
    expect(() => train.fit(model, [batch], given)).toThrow(error);
    await expect(train.fit(model, new Set([batch]), given)).rejects.toThrow(error);
  });

  test('a model whose training failed is none that is being trained', async () => {
    function* failing(): Generator<Batch> {
      yield batches[0];
      throw new Error('no more');
    }
    const loader = { [Symbol.iterator]: failing };
    const [before] = batches;
    for (const given of [{ ...required }, { ...required, validation: loader }]) {
      const failed = train.fit(model, 'validation' in given ? [before] : loader, given);
      await expect(failed).rejects.toThrow(new Error('no more'));
      expect((await train.fit(model, [before], required)).steps).toBe(1);
    }
  });

  test('a model that is being trained', async () => {
    const first = train.fit(model, batches, required);
    expect(() => train.fit(model, batches, required)).toThrow(
      new Error('train.fit: the model is being trained by another call; await that first'),
    );
    await first;
    await train.fit(model, batches, required);
  });
});

test('what is changed after the call changes nothing', async () => {
  const fitted = async (change: boolean): Promise<unknown> => {
    const { model, optimizer, batches } = made();
    const validation = batches.map(([x, y]) => ({ x, y }));
    const metrics: Record<string, 'mae' | 'mse'> = { error: 'mae' };
    const kept: string[] = [];
    const callbacks = [{ onStep: ({ step }: { step: number }) => void kept.push(`${step}`) }];
    const loader = batches.map(([x, y]) => ({ x, y }));
    const training = train.fit(model, loader, {
      loss: mse,
      predict: ({ x, y }) => [model.forward(x), y],
      optimizer,
      epochs: 2,
      validation,
      metrics,
      callbacks,
    });
    if (change) {
      loader.length = 1;
      validation.pop();
      validation[0].y = validation[1].y;
      metrics.error = 'mse';
      callbacks.length = 0;
    }
    const { epochs } = await training;
    return [kept, epochs.map(({ loss, validation: found }) => [loss, found])];
  };
  expect(await fitted(true)).toEqual(await fitted(false));
});

test('batches whose methods are their own', async () => {
  const fitted = async (own: boolean, asObjects: boolean): Promise<unknown> => {
    const { model, optimizer, batches } = made();
    const never = (): never => {
      throw new Error('called');
    };
    const given = batches.map(([x, y]) => {
      const pair: unknown[] = [x, y];
      if (own) for (const name of ['map', 'flatMap', 'some', 'every', 'slice']) Object.defineProperty(pair, name, { value: never }); // prettier-ignore
      return asObjects ? [{ pair }] : [pair];
    });
    type Given = [Batch] | [{ pair: Batch }];
    const of = ([one]: Given): Batch => (asObjects ? (one as { pair: Batch }).pair : (one as Batch)); // prettier-ignore
    const { epochs, compiled } = await train.fit(model, new Set(given as Given[]), {
      loss: (batch) => F.mseLoss(model.forward(of(batch)[0]), of(batch)[1]),
      optimizer,
    });
    return [compiled, epochs[0].loss];
  };
  for (const asObjects of [false, true])
    expect(await fitted(true, asObjects)).toEqual(await fitted(false, asObjects));
});

test('a schedule of batches goes on after each step', async () => {
  const { model, optimizer, batches } = made();
  const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, 0.1, { totalSteps: 8 });
  await train.fit(model, batches, { loss: mse, optimizer, scheduler, epochs: 1 });
  expect(scheduler.lastEpoch).toBe(4);
});

test('integer targets of a DataLoader', async () => {
  manualSeed(0);
  const model = new nn.Linear(2, 3);
  const samples = Array.from({ length: 6 }, (_, i) => [rand([2]), i % 3] as const);
  const loader = new data.DataLoader(samples, { batchSize: 3 });
  const { compiled } = await train.fit(model, loader, {
    loss: new nn.CrossEntropyLoss(),
    optimizer: new optim.Adam(model.parameters()),
    epochs: 3,
  });
  expect(compiled).toBe(true);
});

/** train.fit: the bits of the loop that is written out. */
import {
  data,
  manualSeed,
  nn,
  noGrad,
  optim,
  rand,
  randint,
  randn,
  train,
  type Tensor,
} from 'ostinato';

type Batch = [Tensor, Tensor];

class Tagger extends nn.Module {
  embed = new nn.Embedding(11, 5);
  rnn = new nn.LSTM(5, 7, { numLayers: 2, batchFirst: true, dropout: 0.3 });
  norm = new nn.BatchNorm1d(7);
  drop = new nn.Dropout(0.25);
  fc = new nn.Linear(7, 4);
  override forward(x: Tensor): Tensor {
    const [out] = this.rnn.forward(x.ndim === 2 ? this.embed.forward(x) : x);
    return this.fc
      .forward(this.drop.forward(this.norm.forward(out.transpose(1, 2)).transpose(1, 2)))
      .transpose(1, 2);
  }
}

const bits = (x: Tensor): number[] => [...new Uint8Array(x.detach().toTypedArray().buffer)];
const stateOf = (model: nn.Module): Record<string, number[]> =>
  Object.fromEntries([...model.stateDict()].map(([name, value]) => [name, bits(value)]));

const { functional: F } = nn;
const { lrScheduler } = optim;

interface Setting {
  readonly clip?: number;
  readonly accumulate?: number;
  readonly per?: 'step' | 'epoch';
  readonly schedule?: 'none' | 'exponential' | 'plateau';
  readonly validates?: boolean;
  readonly compile?: boolean;
  readonly criterion?: boolean;
}

interface Parts {
  readonly model: Tagger;
  readonly optimizer: optim.Optimizer;
  readonly loader: data.DataLoader<[Tensor, Tensor], Batch>;
  readonly validation: data.DataLoader<[Tensor, Tensor], Batch>;
  readonly scheduler: optim.lrScheduler.LRScheduler | optim.lrScheduler.ReduceLROnPlateau | null;
}

function parts({ schedule = 'none' }: Setting): Parts {
  manualSeed(7);
  const model = new Tagger();
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-2 });
  const samples = (n: number): data.TensorDataset<[Tensor, Tensor]> =>
    new data.TensorDataset(randint(0, 11, [n, 6]), randint(0, 4, [n, 6]));
  const loader = new data.DataLoader(samples(21), { batchSize: 4, shuffle: true });
  const validation = new data.DataLoader(samples(8), { batchSize: 4 });
  const scheduler =
    schedule === 'none'
      ? null
      : schedule === 'plateau'
        ? new lrScheduler.ReduceLROnPlateau(optimizer, { patience: 0, threshold: 0.5 })
        : new lrScheduler.ExponentialLR(optimizer, 0.9);
  return { model, optimizer, loader, validation, scheduler };
}

const epochs = 3;

// As everybody writes it.
function writtenOut(setting: Setting): unknown {
  const made = parts(setting);
  const { model, optimizer, loader, validation, scheduler } = made;
  const { clip, accumulate = 1, per = 'epoch', validates = false } = setting;
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    let sum = 0;
    let batches = 0;
    let waiting = 0;
    const update = (): void => {
      if (clip !== undefined) nn.utils.clipGradNorm_(model.parameters(), clip);
      optimizer.step();
      if (per === 'step') (scheduler as optim.lrScheduler.LRScheduler).step();
      waiting = 0;
    };
    for (const [x, y] of loader) {
      if (waiting === 0) optimizer.zeroGrad();
      const loss = F.crossEntropy(model.forward(x), y);
      (accumulate === 1 ? loss : loss.div(accumulate)).backward();
      sum += loss.item();
      batches++;
      if (++waiting === accumulate) update();
    }
    if (waiting > 0) update();
    let found = 0;
    if (validates) {
      model.eval();
      noGrad(() => {
        for (const [x, y] of validation) found += F.crossEntropy(model.forward(x), y).item() / 2;
      });
      model.train();
    }
    if (scheduler instanceof lrScheduler.ReduceLROnPlateau)
      scheduler.step(validates ? found : sum / batches);
    else if (per === 'epoch') scheduler?.step();
    losses.push(sum / batches);
  }
  return { losses, state: stateOf(model), lr: optimizer.paramGroups[0].lr, next: bits(rand([3])) };
}

async function fitted(setting: Setting): Promise<{ result: unknown; history: train.FitHistory }> {
  const { model, optimizer, loader, validation, scheduler } = parts(setting);
  const {
    clip,
    accumulate = 1,
    per,
    validates = false,
    compile = true,
    criterion = false,
  } = setting;
  const history = await train.fit(model, loader, {
    loss: criterion ? new nn.CrossEntropyLoss() : ([x, y]) => F.crossEntropy(model.forward(x), y),
    optimizer,
    epochs,
    accumulate,
    compile,
    scheduler,
    ...(clip === undefined ? {} : { clip }),
    ...(per === undefined ? {} : { schedulerPer: per }),
    ...(validates ? { validation } : {}),
  });
  const losses = history.epochs.map(({ loss }) => loss);
  const result = {
    losses,
    state: stateOf(model),
    lr: optimizer.paramGroups[0].lr,
    next: bits(rand([3])),
  };
  return { result, history };
}

const settings: Record<string, Setting> = {
  'nothing more': {},
  'a criterion': { criterion: true },
  'clipping and a schedule': { clip: 0.05, schedule: 'exponential' },
  'a schedule of steps': { schedule: 'exponential', per: 'step' },
  'batches that add up': { accumulate: 2, clip: 0.05 },
  'batches that add up, four in a step, with a validation': {
    accumulate: 4,
    validates: true,
    schedule: 'exponential',
  },
  'a validation and a plateau': { validates: true, schedule: 'plateau' },
  'a plateau of the training loss': { schedule: 'plateau' },
};

describe.each(Object.entries(settings))('with %s', (_, setting) => {
  const expected = writtenOut(setting);

  test('traced', async () => {
    const { result, history } = await fitted(setting);
    expect({ compiled: history.compiled, reason: history.reason }).toEqual({
      compiled: true,
      reason: null,
    });
    expect(result).toEqual(expected);
    expect(history.steps).toBe(3 * Math.ceil(6 / (setting.accumulate ?? 1)));
    expect(history.stopped).toBe('epochs');
  });

  test('as written', async () => {
    const { result, history } = await fitted({ ...setting, compile: false });
    expect(history.compiled).toBe(false);
    expect(result).toEqual(expected);
  });
});

test('what cannot be traced is run as it is written, and the history says why', async () => {
  const run = async (compile: boolean): Promise<[unknown, train.FitHistory]> => {
    manualSeed(1);
    const layer = new nn.Stateful(new nn.GRU(3, 4));
    const fc = new nn.Linear(4, 1);
    const model = new nn.ModuleList([layer, fc]);
    const windows = randn([6, 5, 2, 3])
      .unbind(0)
      .map((x) => [x, x.sum(-1, { keepdim: true })] as Batch);
    const history = await train.fit(model, windows, {
      loss: ([x, y]) => F.mseLoss(fc.forward(layer.forward(x)[0]), y),
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      epochs: 2,
      compile,
    });
    return [stateOf(model), history];
  };
  const [traced, history] = await run(true);
  expect(history.compiled).toBe(false);
  expect(history.reason).toMatch(
    /Stateful\.forward cannot be traced: it keeps the state for the next call/,
  );
  expect((await run(false))[0]).toEqual(traced);
});

test('fields that a loss changes are as the loss left them, not as a trace did', async () => {
  class Counting extends nn.Module {
    calls = 0;
    seen: number[] = [];
    last: Tensor | null = null;
    fc = new nn.Linear(2, 1);
    override forward(x: Tensor): Tensor {
      this.calls++;
      this.seen.push(this.calls);
      this.last = this.fc.forward(x);
      return this.last;
    }
  }
  const model = new Counting();
  const history = await train.fit(model, [[randn([3, 2]), randn([3, 1])]], {
    loss: new nn.MSELoss(),
    optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
    epochs: 3,
  });
  expect(history.reason).toMatch(/loss changes the field 'calls' of Counting/);
  expect([model.calls, model.seen]).toEqual([3, [1, 2, 3]]);
  expect(model.last!.toTypedArray().every(Number.isFinite)).toBe(true);
});

test('batches that are objects, packed sequences, and a stream that is asynchronous', async () => {
  const make = (): { model: nn.GRU; fc: nn.Linear; both: nn.ModuleList; optimizer: optim.SGD } => {
    manualSeed(2);
    const model = new nn.GRU(3, 4, { batchFirst: true });
    const fc = new nn.Linear(4, 2);
    const both = new nn.ModuleList([model, fc]);
    return { model, fc, both, optimizer: new optim.SGD(both.parameters(), { lr: 0.1 }) };
  };
  const x = randn([5, 3, 4, 3]);
  const y = randint(0, 2, [5, 3]);

  const plain = make();
  for (let i = 0; i < 5; i++) {
    plain.optimizer.zeroGrad();
    const [, h] = plain.model.forward(x.at(i));
    F.crossEntropy(plain.fc.forward(h.at(0)), y.at(i)).backward();
    plain.optimizer.step();
  }

  const objects = make();
  const samples = Array.from({ length: 5 }, (_, i) => ({
    sequence: x.at(i),
    more: { label: y.at(i) },
  }));
  const first = await train.fit(objects.both, samples, {
    loss: ({ sequence, more }) =>
      F.crossEntropy(objects.fc.forward(objects.model.forward(sequence)[1].at(0)), more.label),
    optimizer: objects.optimizer,
  });
  expect(first.compiled).toBe(true);
  expect(stateOf(objects.both)).toEqual(stateOf(plain.both));

  const packed = make();
  async function* stream(): AsyncGenerator<{ packed: nn.utils.rnn.PackedSequence; label: Tensor }> {
    for (let i = 0; i < 5; i++) {
      await Promise.resolve();
      yield {
        packed: nn.utils.rnn.packPaddedSequence(x.at(i), [4, 4, 4], { batchFirst: true }),
        label: y.at(i),
      };
    }
  }
  const second = await train.fit(packed.both, stream(), {
    loss: new nn.CrossEntropyLoss(),
    predict: (batch) => [
      packed.fc.forward(packed.model.forward(batch.packed)[1].at(0)),
      batch.label,
    ],
    optimizer: packed.optimizer,
  });
  expect(second.compiled).toBe(false);
  expect(second.reason).toMatch(/got a PackedSequence/);
  expect(stateOf(packed.both)).toEqual(stateOf(plain.both));
});

describe('a loss that is not the same each time is run as it is written', () => {
  const fit = async (
    loss: (model: nn.Linear, batch: Batch) => Tensor,
  ): Promise<train.FitHistory> => {
    const model = new nn.Linear(2, 1);
    const batches: Batch[] = [[randn([3, 2]), randn([3, 1])]];
    return train.fit(model, batches, {
      loss: (batch) => loss(model, batch),
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      epochs: 4,
    });
  };

  test('numbers of JavaScript that change', async () => {
    let calls = 0;
    const { reason } = await fit((model, [x, y]) => F.mseLoss(model.forward(x).mul(++calls), y));
    expect(reason).toMatch(/loss does something else whenever it runs/);
  });

  test('Math.random', async () => {
    const { reason } = await fit((model, [x, y]) =>
      F.mseLoss(model.forward(x), Math.random() < 2 ? y : x),
    );
    expect(reason).toMatch(/loss draws from Math\.random/);
  });

  test('a tensor kept for the next batch, which a trace cannot give back, is refused', async () => {
    let kept: Tensor | null = null;
    const loss = (model: nn.Linear, [x, y]: Batch): Tensor => {
      const out = model.forward(kept === null ? x : x.add(kept.sum()));
      kept = out.detach();
      return F.mseLoss(out, y);
    };
    await expect(fit(loss)).rejects.toThrow(
      /^train\.fit: loss keeps a tensor that it made for the next batch; .*compile: false$/,
    );
  });
});

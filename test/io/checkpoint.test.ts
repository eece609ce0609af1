// Checkpoints: a run that is cut and continued has the bits of one that is not; every value comes back as it was.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { data, Generator, getRngState, io, manualSeed, nn, optim, ones, randn, setRngState, tensor, type Tensor } from 'ostinato'; // prettier-ignore

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ostinato-checkpoint-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (): string => join(folder, 'run.safetensors');

const optimizers: Record<string, (p: nn.Parameter[]) => optim.Optimizer> = {
  SGD: (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.9 }),
  Adam: (p) => new optim.Adam(p, { lr: 0.05, amsgrad: true }),
  AdamW: (p) => new optim.AdamW(p, { lr: 0.05 }),
  RMSprop: (p) => new optim.RMSprop(p, { lr: 0.01, centered: true, momentum: 0.5 }),
  Adagrad: (p) => new optim.Adagrad(p, { lr: 0.05 }),
  NAdam: (p) => new optim.NAdam(p, { lr: 0.05 }),
  RAdam: (p) => new optim.RAdam(p, { lr: 0.05 }),
  Adamax: (p) => new optim.Adamax(p, { lr: 0.05 }),
  Adadelta: (p) => new optim.Adadelta(p, { lr: 1 }),
  ASGD: (p) => new optim.ASGD(p, { lr: 0.05, t0: 2 }),
  Rprop: (p) => new optim.Rprop(p, { lr: 0.01 }),
  LBFGS: (p) => new optim.LBFGS(p, { lr: 0.1, maxIter: 3, historySize: 3 }),
};
const { lrScheduler } = optim;
interface Schedule {
  step(metric: number): void;
  stateDict(): unknown;
  loadStateDict(state: never): void;
}
const hasMomentum = (o: optim.Optimizer): boolean =>
  'momentum' in o.paramGroups[0] || 'betas' in o.paramGroups[0];
const schedulers: Record<string, (o: optim.Optimizer) => Schedule> = {
  StepLR: (o) => new lrScheduler.StepLR(o, 2),
  ExponentialLR: (o) => new lrScheduler.ExponentialLR(o, 0.9),
  CosineAnnealingLR: (o) => new lrScheduler.CosineAnnealingLR(o, 5),
  LambdaLR: (o) => new lrScheduler.LambdaLR(o, (epoch) => 1 / (1 + epoch)),
  OneCycleLR: (o) =>
    new lrScheduler.OneCycleLR(o, 0.1, {
      totalSteps: 9,
      cycleMomentum: hasMomentum(o),
    }),
  ReduceLROnPlateau: (o) => new lrScheduler.ReduceLROnPlateau(o, { patience: 0 }),
  MultiStepLR: (o) => new lrScheduler.MultiStepLR(o, [1, 3]),
  MultiplicativeLR: (o) => new lrScheduler.MultiplicativeLR(o, (epoch) => 1 - epoch / 10),
  ConstantLR: (o) => new lrScheduler.ConstantLR(o, { totalIters: 2 }),
  LinearLR: (o) => new lrScheduler.LinearLR(o, { totalIters: 3 }),
  PolynomialLR: (o) => new lrScheduler.PolynomialLR(o, { totalIters: 3, power: 2 }),
  CosineAnnealingWarmRestarts: (o) => new lrScheduler.CosineAnnealingWarmRestarts(o, 2),
  CyclicLR: (o) =>
    new lrScheduler.CyclicLR(o, 0.01, 0.1, { stepSizeUp: 2, cycleMomentum: hasMomentum(o) }),
  ChainedScheduler: (o) =>
    new lrScheduler.ChainedScheduler([
      new lrScheduler.ConstantLR(o, { totalIters: 2 }),
      new lrScheduler.ExponentialLR(o, 0.9),
    ]),
  SequentialLR: (o) =>
    new lrScheduler.SequentialLR(
      o,
      [new lrScheduler.LinearLR(o, { totalIters: 2 }), new lrScheduler.ExponentialLR(o, 0.9)],
      [2],
    ),
};

function setUp(optimizer: string, schedule: string) {
  manualSeed(1);
  const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Dropout(0.3), new nn.Linear(4, 1));
  const opt = optimizers[optimizer](model.parameters());
  const scheduler = schedulers[schedule](opt);
  const generator = new Generator().manualSeed(5);
  const loader = new data.DataLoader(new data.TensorDataset(randn([12, 3]), randn([12, 1])), {
    ...{ batchSize: 4, shuffle: true, generator },
  });
  const losses: number[] = [];
  const epoch = (): void => {
    for (const [x, y] of loader) {
      const closure = (): Tensor => {
        opt.zeroGrad();
        const loss = nn.functional.mseLoss(model.forward(x), y);
        loss.backward();
        return loss;
      };
      if (opt instanceof optim.LBFGS) {
        losses.push(opt.step(closure).item());
        continue;
      }
      losses.push(closure().item());
      opt.step();
    }
    const last = losses.at(-1)!;
    if (scheduler instanceof lrScheduler.ReduceLROnPlateau) scheduler.step(last);
    else (scheduler as unknown as optim.lrScheduler.LRScheduler).step();
  };
  return { parts: { model, optimizer: opt, scheduler, generator }, epoch, losses };
}

test('every optimizer and every schedule is among them', () => {
  const names = (exported: object): string[] =>
    Object.entries(exported).flatMap(([name, value]) =>
      typeof value === 'function' ? [name] : [],
    );
  expect(Object.keys(optimizers).sort()).toEqual(names(optim).filter((name) => name !== 'Optimizer').sort()); // prettier-ignore
  expect(Object.keys(schedulers).sort()).toEqual(names(lrScheduler).filter((name) => name !== 'LRScheduler').sort()); // prettier-ignore
});

test.each(Object.keys(schedulers))(
  '%s: its state goes through JSON before and after any step',
  (s) => {
    for (const cut of [0, 1, 2]) {
      const first = setUp('SGD', s);
      const second = setUp('SGD', s);
      for (let i = 0; i < cut; i++) first.epoch();
      second.epoch();
      const json = JSON.stringify(first.parts.scheduler.stateDict());
      second.parts.scheduler.loadStateDict(JSON.parse(json) as never);
      expect(second.parts.scheduler.stateDict()).toEqual(first.parts.scheduler.stateDict());
    }
  },
);

// Every optimizer with six schedules, and two optimizers with every schedule.
const common = [
  'StepLR',
  'ExponentialLR',
  'CosineAnnealingLR',
  'LambdaLR',
  'OneCycleLR',
  'ReduceLROnPlateau',
];
const runs = Object.keys(optimizers).flatMap((o) =>
  (o === 'SGD' || o === 'Adam' ? Object.keys(schedulers) : common).map((s) => [o, s]),
);
test.each(runs)(
  '%s with %s: cut after no, one and two epochs and continued, bit for bit',
  (o, s) => {
    const whole = setUp(o, s);
    for (let i = 0; i < 4; i++) whole.epoch();
    for (const cut of [0, 1, 2]) {
      const first = setUp(o, s);
      for (let i = 0; i < cut; i++) first.epoch();
      io.saveCheckpoint(path(), { ...first.parts, rng: getRngState(), epoch: cut });
      const second = setUp(o, s);
      second.epoch(); // spoils every state
      second.losses.length = 0;
      const { rng, epoch } = io.loadCheckpoint(path(), second.parts);
      setRngState(rng as Uint8Array);
      expect(epoch).toBe(cut);
      for (let i = cut; i < 4; i++) second.epoch();
      expect([...first.losses, ...second.losses]).toEqual(whole.losses);
      for (const [name, x] of whole.parts.model.stateDict()) {
        expect(second.parts.model.stateDict().get(name)!.toArray()).toEqual(x.toArray());
      }
    }
  },
);

test('every plain value comes back as it was', () => {
  const values = {
    numbers: [0, -0, 1.5, NaN, Infinity, -Infinity, 2 ** 53, 5e-324],
    big: [2n ** 63n - 1n, -(2n ** 63n)],
    words: ['', 'ü "\u0000'],
    nothing: [null, undefined, true, false],
    nested: { $: 'tensor', value: 'x', 'a.b': { c: [] }, a: { b: {} } },
    map: new Map<string, unknown>([['b', 1], ['a', new Map()]]), // prettier-ignore
    bytes: Uint8Array.of(1, 255),
    doubles: Float64Array.of(NaN, -0),
    longs: BigInt64Array.of(-1n),
  };
  io.saveCheckpoint(path(), values);
  expect(io.loadCheckpoint(path())).toStrictEqual(values);
});

test('tensors have dotted names that other readers find, twins of a name too', () => {
  io.saveCheckpoint(path(), {
    model: new nn.Linear(2, 1),
    'a.b': ones([1]),
    a: { b: tensor([2]) },
  });
  expect([...io.loadSafetensors(path()).keys()].sort()).toEqual(['a.b', 'a.b~2', 'model.bias', 'model.weight']); // prettier-ignore
  const { a } = io.loadCheckpoint(path());
  expect((a as { b: ReturnType<typeof ones> }).b.toArray()).toEqual([2]);
  expect(JSON.parse(io.readSafetensorsMetadata(path())['checkpoint'])).toHaveProperty('model');
});

test('when one part does not fit, none is changed', () => {
  const model = new nn.Linear(2, 1);
  const optimizer = new optim.Adam(model.parameters());
  io.saveCheckpoint(path(), { model, optimizer });
  const other = new nn.Linear(2, 1);
  const before = other.weight.toArray();
  const wrong = new optim.SGD([...other.parameters(), new nn.Parameter(ones([1]))], { lr: 1 });
  expect(() => io.loadCheckpoint(path(), { model: other, optimizer: wrong })).toThrow(
    new RangeError(
      "SGD.loadStateDict: the state dict does not fit; nothing was loaded:\n  group 0: 2 parameters, but the optimizer's has 3",
    ),
  );
  expect(other.weight.toArray()).toEqual(before);
  const bare = new nn.Linear(2, 1, { bias: false });
  expect(() => io.loadCheckpoint(path(), { model: bare })).toThrow(
    new RangeError(
      'loadStateDict: the state dict does not fit Linear; nothing was loaded:\n  unexpected: bias',
    ),
  );
  io.loadCheckpoint(path(), { model: bare }, { strict: false });
  expect(bare.weight.toArray()).toEqual(model.weight.toArray());
});

test('what is no checkpoint, or of another version, or lacks a part', () => {
  const model = new nn.Linear(2, 1);
  io.saveCheckpoint(path(), { epoch: 1 });
  expect(() => io.loadCheckpoint(path(), { model })).toThrow(
    'loadCheckpoint: the file has no model; it has epoch',
  );
  const write = (metadata: Record<string, string>): void =>
    io.saveSafetensors(path(), new Map(), { metadata });
  write({});
  expect(() => io.loadCheckpoint(path())).toThrow(
    `loadCheckpoint: ${path()} is no checkpoint that saveCheckpoint wrote; loadSafetensors reads other files`,
  );
  write({ format: 'ostinato-checkpoint', version: '2' });
  expect(() => io.loadCheckpoint(path())).toThrow(
    `loadCheckpoint: ${path()} has version 2, this package reads version 1`,
  );
  const odd = ['', '[]', '{"a":{"$":"what","value":""}}', '{"a":{"$":"tensor","value":"x"}}', '{"a":{"$":"map","value":[1]}}', '{"a":{"$":"bigint","value":"1.5"}}', `{"a":${'['.repeat(9999)}${']'.repeat(9999)}}`]; // prettier-ignore
  for (const checkpoint of odd) {
    write({ format: 'ostinato-checkpoint', version: '1', checkpoint });
    expect(() => io.loadCheckpoint(path())).toThrow(/^loadCheckpoint: malformed file .*$/);
  }
});

test('errors of the file itself name the call', () => {
  writeFileSync(path(), 'short');
  expect(() => io.loadCheckpoint(path())).toThrow(
    `loadCheckpoint: malformed file ${path()}: 5 bytes are too short for a header`,
  );
  expect(() => io.readSafetensorsMetadata(path())).toThrow(
    `readSafetensorsMetadata: malformed file ${path()}: 5 bytes are too short for a header`,
  );
  const nowhere = join(folder, 'missing', 'run.safetensors');
  expect(() => {
    io.saveCheckpoint(nowhere, { epoch: 1 });
  }).toThrow(
    `saveCheckpoint: cannot write ${nowhere}: there is no folder ${join(folder, 'missing')} (ENOENT)`,
  );
});

test('what a file cannot hold', () => {
  const loop: unknown[] = [];
  loop.push(loop);
  expect(() => io.saveCheckpoint(path(), { loop })).toThrow(
    'saveCheckpoint: loop.0 holds itself, which a file cannot',
  );
  for (const [value, given] of [
    [() => 1, 'a function'],
    [Symbol('x'), 'Symbol(x)'],
    [new Date(), 'a Date'],
  ]) {
    expect(() => io.saveCheckpoint(path(), { value })).toThrow(
      new TypeError(
        `saveCheckpoint: value must be a tensor, a plain value or an object with stateDict(), got ${String(given)}`,
      ),
    );
  }
  expect(() => io.saveCheckpoint(path(), { value: new Map([[1, 2]]) })).toThrow(
    new TypeError('saveCheckpoint: a key of value must be a string, got 1'),
  );
});

test('what has toJSON() is told to be saved by it', () => {
  const tokenizer = data.CharacterTokenizer.train(['ab']);
  expect(() => io.saveCheckpoint(path(), { tokenizer })).toThrow(
    new TypeError(
      'saveCheckpoint: tokenizer must be a tensor, a plain value or an object with stateDict(), got a CharacterTokenizer; save tokenizer.toJSON()',
    ),
  );
});

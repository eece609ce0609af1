/** train.fit: a training that is interrupted anywhere and goes on has the bits of one that is not. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { data, Generator, io, manualSeed, nn, optim, rand, randint, randn, train, type Tensor } from 'ostinato'; // prettier-ignore
import { settingOf, type Kind } from './setting';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ostinato-fit-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const bits = (x: Tensor): number[] => [...new Uint8Array(x.detach().toTypedArray().buffer)];

const kinds: readonly Kind[] = [
  'plain',
  'everything',
  'stateful',
  'iterable',
  'replacement',
  'augmented',
];

/** What a training has become, but for times. */
function outcome(
  { model, optimizer }: ReturnType<typeof settingOf>,
  history: train.FitHistory,
): unknown {
  return {
    state: [...model.stateDict()].map(([name, x]) => [name, bits(x)]),
    carried: model
      .modules()
      .flatMap((m) => (m instanceof nn.Stateful ? [bits(m.state as Tensor)] : [])),
    optimizer: JSON.stringify(optimizer.stateDict(), (_, value: unknown) =>
      value !== null && typeof value === 'object' && 'toTypedArray' in value
        ? bits(value as Tensor)
        : value,
    ),
    epochs: history.epochs.map(({ seconds, ...rest }) => (void seconds, rest)),
    best: history.best,
    steps: history.steps,
    stopped: history.stopped,
    next: bits(rand([3])),
  };
}

describe.each(kinds)('%s', (kind) => {
  test('interrupted after any step', async () => {
    const whole = settingOf(kind, null);
    const expected = outcome(whole, await train.fit(whole.model, whole.loader, whole.options));
    const { steps } = expected as { steps: number };
    // Every step is the last of some run: the k-th one makes k steps, each of which begins where the one before ended.
    const path = join(folder, `${kind}.safetensors`);
    let at = 0;
    let result: unknown = null;
    for (let length = 1; result === null; length++) {
      const part = settingOf(kind, { path, resume: true, keepBest: true });
      manualSeed(999); // the generators come out of the file
      if (at === 0) manualSeed(11);
      const controller = new AbortController();
      let made = 0;
      const history = await train.fit(part.model, part.loader, {
        ...part.options,
        signal: controller.signal,
        callbacks: { onStep: () => (++made === length ? controller.abort() : undefined) },
      });
      expect(history.resumedAt).toBe(at === 0 ? null : at);
      at = history.steps;
      if (history.stopped !== 'signal') result = outcome(part, history);
      else expect(at).toBeLessThanOrEqual(steps);
    }
    expect(result).toEqual(expected);
    expect(existsSync(join(folder, `${kind}.best.safetensors`))).toBe(true);
  });
});

const childOf = (path: string): ReturnType<typeof spawn> =>
  spawn(
    process.execPath,
    [
      '--no-warnings',
      resolve('scripts/run.cjs'),
      '--source',
      resolve(__dirname, 'killed.ts'),
      path,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );

test('killed at random moments, it goes on as if it had not been', async () => {
  const whole = settingOf('everything', null);
  const expected = outcome(whole, await train.fit(whole.model, whole.loader, whole.options));
  const path = join(folder, 'killed.safetensors');
  let kills = 0;
  for (;;) {
    const child = childOf(path);
    const code = await new Promise<number | null>((done) => {
      child.stdout!.once('data', () => {
        if (kills < 1) setTimeout(() => child.kill('SIGKILL'), 5 + 60 * Math.random());
      });
      child.once('exit', (exit) => done(exit));
    });
    if (code === 0) break;
    expect(code).toBe(null);
    kills++;
    // What there is is complete.
    if (existsSync(path)) expect(io.loadCheckpoint(path)).toHaveProperty('run');
  }
  expect(kills).toBeGreaterThan(0);
  const end = settingOf('everything', { path, resume: true });
  const history = await train.fit(end.model, end.loader, end.options);
  expect(outcome(end, history)).toEqual(expected);
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
}, 60_000);

describe('a checkpoint', () => {
  const fit = (options: Partial<train.FitOptions<[Tensor, Tensor]>>): Promise<train.FitHistory> => {
    const model = new nn.Linear(2, 1);
    const pairs = new data.TensorDataset<[Tensor, Tensor]>(randn([8, 2]), randn([8, 1]));
    return train.fit(
      model,
      new data.DataLoader(pairs, { batchSize: 2, shuffle: true }) as never,
      {
        loss: new nn.MSELoss(),
        optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
        ...options,
      } as train.FitOptions<unknown>,
    );
  };
  const path = (): string => join(folder, 'run.safetensors');

  test('goes on for more epochs, and is replaced where nobody resumes', async () => {
    const first = await fit({ epochs: 2, checkpoint: path() });
    expect(first.epochs.length).toBe(2);
    const more = await fit({ epochs: 5, checkpoint: { path: path(), resume: true } });
    expect([more.resumedAt, more.steps, more.epochs.length]).toEqual([8, 20, 5]);
    expect(more.epochs.slice(0, 2)).toEqual(first.epochs);
    const done = await fit({ epochs: 5, checkpoint: { path: path(), resume: true } });
    expect([done.steps, done.stopped]).toEqual([20, 'epochs']);
    const anew = await fit({ epochs: 1, checkpoint: path() });
    expect([anew.resumedAt, anew.steps]).toEqual([null, 4]);
  });

  test('is written every so many steps', async () => {
    const seen: number[] = [];
    rmSync(path(), { force: true });
    await fit({
      epochs: 1,
      checkpoint: { path: path(), every: 2 },
      callbacks: {
        onStep: ({ step }) => {
          if (step <= 2) return expect(existsSync(path())).toBe(false);
          seen.push((io.loadCheckpoint(path()) as { run: { step: number } }).run.step);
        },
      },
    });
    expect(seen).toEqual([2, 2]);
  });

  test('of another training is refused, and changes nothing', async () => {
    await fit({ epochs: 1, checkpoint: path() });
    const model = new nn.Linear(3, 1);
    const before = bits(model.weight);
    const batches: [Tensor, Tensor][] = [[randn([2, 3]), randn([2, 1])]];
    const options = {
      loss: new nn.MSELoss(),
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
    };
    const checkpoint = { path: path(), resume: true };
    await expect(train.fit(model, batches, { ...options, checkpoint })).rejects.toThrow(
      /.*weight.*/s,
    );
    expect(bits(model.weight)).toEqual(before);
    const generator = new Generator();
    await expect(fit({ checkpoint: { ...checkpoint, state: { generator } } })).rejects.toThrow(
      /^train\.fit: the checkpoint is not of a training like this one: it has no state: generator$/,
    );
    io.saveCheckpoint(path(), { model: new nn.Linear(2, 1) });
    await expect(fit({ checkpoint })).rejects.toThrow(
      /^train\.fit: the checkpoint is not of a training like this one: .*/,
    );
    writeFileSync(path(), readFileSync(path()).subarray(0, 40));
    await expect(fit({ checkpoint })).rejects.toThrow(/^train\.fit: malformed file .*/);
    rmSync(path());
    expect(() => fit({ checkpoint: join(folder, 'nowhere', 'run.safetensors') })).toThrow(
      /^train\.fit: cannot write .*nowhere.*$/,
    );
  });

  test('within an epoch wants the same batches again', async () => {
    const controller = new AbortController();
    const stop = { onStep: () => controller.abort() };
    await fit({ checkpoint: path(), callbacks: stop, signal: controller.signal });
    const model = new nn.Linear(2, 1);
    const pairs = new data.TensorDataset<[Tensor, Tensor]>(randn([8, 2]), randn([8, 1]));
    const loader = new data.DataLoader(pairs, { batchSize: 3, shuffle: true });
    await expect(
      train.fit(model, loader as never, {
        loss: new nn.MSELoss(),
        optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
        checkpoint: { path: path(), resume: true },
      }),
    ).rejects.toThrow(/does not give that epoch's batches again; .*/);
  });

  test('of a sampler that draws between the steps of an epoch is refused where it cannot be gone through again', async () => {
    const first = settingOf('interleaved', { path: path() });
    const callbacks = { onStep: ({ step }: train.StepRecord) => step < 6 };
    await train.fit(first.model, first.loader, { ...first.options, callbacks });
    const second = settingOf('interleaved', { path: path(), resume: true });
    await expect(train.fit(second.model, second.loader, second.options)).rejects.toThrow(
      /.*does not give that epoch's batches again; .*/,
    );
  });

  test('holds other states by name', async () => {
    const generator = new Generator().manualSeed(5);
    const state = { generator };
    await fit({ checkpoint: { path: path(), state }, callbacks: { onStep: () => void randint(0, 9, [1], { generator }) } }); // prettier-ignore
    const after = [...generator.getState()];
    generator.manualSeed(1);
    await fit({ checkpoint: { path: path(), state, resume: true } });
    expect([...generator.getState()]).toEqual(after);
  });
});

/** train.fit: the iterator of a loader is closed however a training ends, is said to be none where it is, and is not waited for for ever. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualSeed, nn, optim, rand, randn, train, type Tensor } from 'ostinato';

type Batch = [Tensor, Tensor];

const made = (): { model: nn.Linear; optimizer: optim.SGD; batch: Batch } => {
  manualSeed(0);
  const model = new nn.Linear(3, 1);
  return {
    model,
    optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
    batch: [randn([4, 3]), randn([4, 1])],
  };
};
const fit = train.fit as (...all: unknown[]) => Promise<train.FitHistory>;

describe.each(['sync', 'async'])('an iterator (%s) is closed', (kind) => {
  const { model, optimizer, batch } = made();
  const endless = (): { loader: unknown; closed: () => number } => {
    let closed = 0;
    const sync = {
      *[Symbol.iterator](): Generator<Batch> {
        try {
          for (;;) yield batch;
        } finally {
          closed++;
        }
      },
    };
    const loader = {
      async *[Symbol.asyncIterator](): AsyncGenerator<Batch> {
        await Promise.resolve();
        yield* sync;
      },
    };
    return { loader: kind === 'sync' ? sync : loader, closed: () => closed };
  };
  const base = { loss: new nn.MSELoss(), optimizer };
  const failing = (): never => {
    throw new Error('mine');
  };
  test.each<[string, object, RegExp]>([
    ['where the loss throws', { loss: failing }, /^mine$/],
    ['at NaN', { loss: ([x]: Batch) => model.forward(x).mul(NaN).sum() }, /is NaN/],
    ['where a callback throws', { callbacks: { onStep: failing } }, /^mine$/],
  ])('%s', async (_, options, message) => {
    const { loader, closed } = endless();
    await expect(fit(model, loader, { ...base, ...options })).rejects.toThrow(message);
    expect(closed()).toBe(1);
  });

  test('where a metric throws', async () => {
    const { loader, closed } = endless();
    const options = { ...base, validation: loader, metrics: { odd: failing } };
    await expect(fit(model, [batch], options)).rejects.toThrow(new Error('mine'));
    expect(closed()).toBe(1);
  });

  test('where a callback ends training', async () => {
    const { loader, closed } = endless();
    await fit(model, loader, { ...base, callbacks: { onStep: () => false } });
    expect(closed()).toBe(1);
  });
});

test('an iterator that has ended or thrown is not closed', async () => {
  const { model, optimizer, batch } = made();
  let closed = 0;
  const of = (next: () => unknown): unknown => ({
    [Symbol.iterator]: () => ({ next, return: () => closed++ }),
  });
  let i = 0;
  const base = { loss: new nn.MSELoss(), optimizer };
  const ends = of(() => ({ done: i++ > 0, value: batch }));
  await fit(model, ends, base);
  const throws = of(() => {
    throw new Error('no more');
  });
  await expect(fit(model, throws, base)).rejects.toThrow(new Error('no more'));
  expect(closed).toBe(0);
});

test('iterators that are none', async () => {
  const { model, optimizer, batch } = made();
  const base = { loss: new nn.MSELoss(), optimizer, callbacks: { onStep: () => false } };
  const value = { done: false, value: batch };
  const sync = (iterator: unknown): unknown => ({ [Symbol.iterator]: () => iterator });
  const slow = (iterator: unknown): unknown => ({ [Symbol.asyncIterator]: () => iterator });
  const cases: [unknown, string][] = [
    [sync(3), 'the iterator of the loader must be one with next(), got 3'],
    [slow(undefined), 'the iterator of the loader must be one with next(), got undefined'],
    [slow({ next: 3 }), 'the iterator of the loader must be one with next(), got an object'],
    [sync({ next: () => undefined }), "the result of the loader's next() must be an object { done, value }, got undefined"],
    [slow({ next: () => Promise.resolve(5) }), "the result of the loader's next() must be an object { done, value }, got 5"],
    [sync({ next: () => value, return: 3 }), "return of the loader's iterator must be a function, got 3"],
  ]; // prettier-ignore
  for (const [loader, message] of cases) {
    const error = new TypeError(`train.fit: ${message}`);
    await expect(fit(model, loader, base)).rejects.toThrow(error);
  }
  const validation = sync({ next: () => null });
  await expect(fit(model, [batch], { ...base, callbacks: {}, validation })).rejects.toThrow(
    /^train\.fit: the result of the loader's next\(\) must be/,
  );
});

describe('a loader that is waited for', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ostinato-fit-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Gives five batches, and draws before each; `waits` before the batch of that number. */
  const loaderOf = (waits: number, controller: AbortController): unknown => ({
    async *[Symbol.asyncIterator](): AsyncGenerator<Batch> {
      for (let i = 0; i < 5; i++) {
        const x = rand([4, 3]);
        if (i === waits) {
          setTimeout(() => controller.abort(), 5);
          await new Promise(() => undefined);
        }
        yield [x, rand([4, 1])];
      }
    },
  });
  const run = async (
    waits: number,
    options: object,
  ): Promise<{ history: train.FitHistory; weight: readonly number[] }> => {
    const { model, optimizer } = made();
    const controller = new AbortController();
    const history = await fit(model, loaderOf(waits, controller), {
      loss: new nn.MSELoss(),
      optimizer,
      epochs: 2,
      signal: controller.signal,
      ...options,
    });
    return { history, weight: [...model.weight.toTypedArray()] as number[] };
  };

  test.each([0, 1, 3])('is not waited for when the signal is aborted: batch %i', async (waits) => {
    const whole = await run(-1, {});
    const checkpoint = { path: join(folder, `${waits}.safetensors`), resume: true };
    const { history } = await run(waits, { checkpoint });
    expect([history.stopped, history.steps]).toEqual(['signal', waits]);
    const { history: after, weight } = await run(-1, { checkpoint });
    expect([after.stopped, after.steps, after.resumedAt]).toEqual(['epochs', 10, waits]);
    expect(weight).toEqual(whole.weight);
  });

  test('within a step of several batches', async () => {
    const checkpoint = { path: join(folder, 'several.safetensors'), every: 1, resume: true };
    const { history } = await run(3, { accumulate: 2, checkpoint });
    expect([history.stopped, history.steps]).toEqual(['signal', 1]);
    const whole = await run(-1, { accumulate: 2 });
    const { weight } = await run(-1, { accumulate: 2, checkpoint });
    expect(weight).toEqual(whole.weight);
  });

  test('of the validation', async () => {
    const { model, optimizer, batch } = made();
    const controller = new AbortController();
    const { stopped, steps } = await fit(model, [batch], {
      loss: new nn.MSELoss(),
      optimizer,
      validation: loaderOf(1, controller),
      signal: controller.signal,
    });
    expect([stopped, steps, model.training]).toEqual(['signal', 1, true]);
  });
});

/** train.fit: a resumption that is refused says why in one sentence, and leaves everything as it was. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRngState, io, manualSeed, nn, optim, randn, train, zeros, type Tensor } from 'ostinato'; // prettier-ignore

type Batch = [Tensor, Tensor];
const folder = mkdtempSync(join(tmpdir(), 'ostinato-fit-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'run.safetensors');
const checkpoint = { path, resume: true };

class Counting extends nn.Module {
  rnn = new nn.Stateful(new nn.RNN(3, 2));
  fc = new nn.Linear(2, 1);
  constructor() {
    super();
    this.registerBuffer('seen', zeros([1]), { persistent: false });
  }
  override forward(x: Tensor): Tensor {
    this.seen.add_(1);
    return this.fc.forward(this.rnn.forward(x)[0]);
  }
  declare seen: Tensor;
}

interface Made {
  model: Counting;
  optimizer: optim.Optimizer;
  batches: Batch[];
}
function made(): Made {
  manualSeed(0);
  const batches = Array.from({ length: 5 }, (): Batch => [randn([4, 2, 3]), randn([4, 2, 1])]);
  const model = new Counting();
  return { model, optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }), batches };
}
const everything = ({ model, optimizer }: Made): unknown =>
  JSON.stringify([
    [...model.stateDict()].map(([name, x]) => [name, x.toArray()]),
    model.seen.toArray(),
    (model.rnn.state as Tensor | null)?.toArray() ?? null,
    optimizer.stateDict(),
    [...getRngState()],
  ]);

/** Refuses to go on, from within the first epoch. */
async function refused(
  made_: Made,
  loader: train.Batches<Batch>,
  options: object,
  message: RegExp | string,
): Promise<void> {
  const before = everything(made_);
  const { model, optimizer } = made_;
  await expect(
    train.fit(model, loader, { loss: new nn.MSELoss(), optimizer, checkpoint, ...options }),
  ).rejects.toThrow(message);
  expect(everything(made_)).toBe(before);
}

beforeEach(async () => {
  rmSync(path, { force: true });
  const { model, optimizer, batches } = made();
  const callbacks = { onStep: ({ step }: train.StepRecord) => step < 3 };
  await train.fit(model, batches, { loss: new nn.MSELoss(), optimizer, checkpoint, callbacks });
});

test('the same training goes on', async () => {
  const { model, optimizer, batches } = made();
  const { resumedAt, steps } = await train.fit(model, batches, {
    loss: new nn.MSELoss(),
    optimizer,
    checkpoint,
  });
  expect([resumedAt, steps]).toEqual([3, 5]);
});

const others =
  /^train\.fit: the checkpoint was written within an epoch, and the loader does not give that epoch's batches again; /;
test.each<[string, (batches: Batch[]) => train.Batches<Batch>]>([
  ['a shorter loader', (batches) => batches.slice(0, 2)],
  ['an array in another order', (batches) => [...batches].reverse()],
  ['batches of another size', (batches) => batches.map(([x, y]) => [x.at(':2'), y.at(':2')])],
  ['an iterable of others', (batches) => new Set(batches.map(([x, y]): Batch => [x.neg(), y]))],
  ['an asynchronous one', (batches) => (async function* () { await Promise.resolve(); yield* batches.toReversed(); })()], // prettier-ignore
])('%s', async (_, other) => {
  const one = made();
  await refused(one, other(one.batches), {}, others);
});

test('a loader that throws', async () => {
  const one = made();
  const loader = {
    *[Symbol.iterator](): Generator<Batch> {
      yield one.batches[0];
      throw new Error('no more');
    },
  };
  await refused(one, loader, {}, /^no more$/);
});

const start = 'train.fit: the checkpoint is not of a training like this one: ';
test('an optimizer or a schedule of another class', async () => {
  const one = made();
  const optimizer = new optim.Adam(one.model.parameters());
  await refused(
    { ...one, optimizer },
    one.batches,
    {},
    `${start}its optimizer is of class SGD, this one's of Adam`,
  );
  const added = { scheduler: new optim.lrScheduler.StepLR(one.optimizer, 3) };
  await refused(one, one.batches, added, new RegExp(`^${start}it has no scheduler$`));
  const { StepLR, ConstantLR } = optim.lrScheduler;
  const options = { loss: new nn.MSELoss(), optimizer: one.optimizer, checkpoint: { path } };
  await train.fit(one.model, one.batches, {
    ...options,
    scheduler: new StepLR(one.optimizer, 3),
  });
  const scheduler = new ConstantLR(one.optimizer);
  await refused(
    one,
    one.batches,
    { scheduler },
    `${start}its scheduler is of class StepLR, this one's of ConstantLR`,
  );
});

test('what train.fit has not written', async () => {
  const one = made();
  const { model, optimizer, batches } = one;
  const written = io.loadCheckpoint(path) as Record<string, Record<string, unknown>>;
  io.saveCheckpoint(path, { model, optimizer });
  await refused(one, batches, {}, new RegExp(`^${start}train\\.fit has not written it$`));
  const cases: [object, string][] = [
    [{ run: { ...written.run, step: 'x' } }, "in it, run.step must be an integer of at least 0, got 'x'"],
    [{ run: { ...written.run, epochs: [{}] } }, 'in it, run.epochs[0] must be an epoch, got an object'],
    [{ carried: {} }, "there is no state of 'rnn'"],
    [{ buffers: new Map() }, "there is no buffer 'seen' of shape [1]"],
    [{ classes: undefined }, 'it does not say the class of its optimizer'],
  ]; // prettier-ignore
  for (const [change, why] of cases) {
    io.saveCheckpoint(path, { ...written, ...change });
    await refused(one, batches, {}, new RegExp(`${why.replace(/[.[\]]/g, '\\$&')}$`));
  }
});

test('a checkpoint that can no longer be written', async () => {
  const { model, optimizer, batches } = made();
  const inner = mkdtempSync(join(folder, 'inner-'));
  await expect(
    train.fit(model, batches, {
      loss: new nn.MSELoss(),
      optimizer,
      checkpoint: { path: join(inner, 'run.safetensors'), every: 2 },
      callbacks: { onStep: () => rmSync(inner, { recursive: true, force: true }) },
    }),
  ).rejects.toThrow(/^train\.fit: cannot write /);
});

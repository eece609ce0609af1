/** train.fit: weights that are no finite numbers and were none before, and options that would be taken for others. */
import * as ostinato from 'ostinato';
import { nn, noGrad, optim, randn, tensor, train, type Tensor } from 'ostinato';

type Batch = [Tensor, Tensor];
const batches = (): Batch[] => Array.from({ length: 3 }, () => [randn([4, 2]), randn([4, 1])]);

class Masked extends nn.Module {
  fc = new nn.Linear(2, 1);
  frozen = new nn.Parameter(tensor([0, -Infinity]), { requiresGrad: false });
  unused = new nn.Parameter(tensor([NaN, 1]));
  /** Of which one element is in use. */
  partly = new nn.Parameter(tensor([-Infinity, 0.5]));
  override forward(x: Tensor): Tensor {
    return this.fc.forward(x).add(this.partly.at(1));
  }
}

describe.each([true, false])('compile: %s', (compile) => {
  test('numbers that are none and were none before the first step', async () => {
    const model = new Masked();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, weightDecay: 0.1 });
    const options = { loss: new nn.MSELoss(), optimizer, epochs: 2, compile };
    expect((await train.fit(model, batches(), options)).stopped).toBe('epochs');
    // Another element of the same parameter is looked at still.
    const ruining = { ...options, epochs: 1, callbacks: { onStep: () => void noGrad(() => model.partly.at(1).fill_(Infinity)) } }; // prettier-ignore
    await expect(train.fit(model, batches().slice(0, 1), ruining)).rejects.toThrow(
      /^train\.fit: step 1 left no finite weights: .*; the model came with an infinity in 'frozen'; /,
    );
  });

  test('weights that a model came with are not blamed on a step', async () => {
    const model = new nn.Linear(2, 1);
    noGrad(() => model.weight.fill_(NaN));
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const failed = train.fit(model, batches(), { loss: new nn.MSELoss(), optimizer, compile });
    await expect(failed).rejects.toThrow(
      "train.fit: the loss of step 1 is NaN: addmm (AddmmBackward0) was the first to make NaN; the model came with NaN in 'weight'; the model is as it was at the beginning",
    );
    await expect(failed).rejects.toMatchObject({ history: { stopped: 'error', steps: 0 } });
  });

  test('hooks run in each step', async () => {
    const model = new nn.Linear(2, 1);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const options = { loss: new nn.MSELoss(), optimizer, epochs: 2, compile };
    let calls = 0;
    const hook = model.registerForwardHook(() => void calls++);
    const { compiled } = await train.fit(model, batches(), options);
    expect([calls, compiled]).toEqual([6, false]);
    hook.remove();
    let added = false;
    const onStep = (): void => {
      if (!added) model.registerFullBackwardHook(() => void calls++);
      added = true;
    };
    await train.fit(model, batches(), { ...options, callbacks: { onStep } });
    expect(calls).toBe(11);
  });
});

test('an infinite limit is that of clipGradNorm_', async () => {
  const grown = (
    clip: number | { maxNorm?: number; clipValue?: number } | null,
    isWritten = false,
  ): unknown[] => {
    const model = new nn.Linear(2, 1);
    noGrad(() => model.parameters().forEach((p) => p.fill_(1)));
    const optimizer = new optim.SGD(model.parameters(), { lr: 1e-30 });
    // Gradients are infinite.
    const loss = (x: Tensor): Tensor => model.forward(x).mul(1e38).mul(1e38).sum();
    const x = tensor([[1, 1]]);
    if (isWritten) {
      loss(x).backward();
      nn.utils.clipGradNorm_(model.parameters(), Infinity);
    } else if (clip !== null) {
      const step = ostinato.compile.step({ model, optimizer, loss, clip });
      step(x);
    }
    return model.parameters().map(({ grad }) => [...grad!.toTypedArray()]);
  };
  const written = grown(null, true);
  expect(written).toEqual([[NaN, NaN], [NaN]]);
  expect(grown(Infinity)).toEqual(written);
  expect(grown({ maxNorm: Infinity })).toEqual(written);
  expect(grown({ clipValue: Infinity })).toEqual([[Infinity, Infinity], [Infinity]]);

  const model = new nn.Linear(2, 1);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const options = { loss: new nn.MSELoss(), optimizer, clip: Infinity };
  expect((await train.fit(model, batches(), options)).steps).toBe(3);
});

test('what is given to callbacks is not the history', async () => {
  const model = new nn.Linear(2, 1);
  const history = await train.fit(model, batches(), {
    loss: new nn.MSELoss(),
    optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
    epochs: 3,
    validation: batches(),
    callbacks: {
      onEpoch: (epoch, before) => {
        for (const one of [epoch, ...before.epochs] as { loss: number }[]) one.loss = 7;
        (epoch.validation as { loss: number }).loss = -7;
        (before.best as { value: number }).value = -7;
      },
    },
  });
  expect(history.epochs.every(({ loss, validation }) => loss < 7 && validation!.loss > 0)).toBe(
    true,
  );
  expect(history.best!.value).toBeGreaterThan(0);
});

test('refusals', async () => {
  const model = new nn.Linear(2, 1);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const required = { loss: new nn.MSELoss(), optimizer };
  const fit = (options: object): Promise<unknown> =>
    train.fit(model, batches(), { ...required, ...options });
  expect(() => fit({ validation: batches(), metrics: { loss: () => 1 } })).toThrow(
    new RangeError(
      "train.fit: no metric can be named 'loss', as the loss of the validation is; give it another name",
    ),
  );
  expect(() => fit({ optimizer: new optim.SGD(new nn.Linear(2, 1).parameters()) })).toThrow(
    new RangeError(
      "train.fit: the optimizer has none of the model's parameters; make it of model.parameters()",
    ),
  );
  expect(() => fit({ progress: { desc: 3 } })).toThrow(
    new TypeError('train.fit: desc must be a string, got 3'),
  );
  await expect(fit({ loss: () => randn([]) })).rejects.toThrow(
    new Error('train.fit: what loss returned depends on no parameter that requires gradients'),
  );
});

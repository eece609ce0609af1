/** train.fit: the first loss that is no finite number ends it, with the operation that made it and the last good weights. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, manualSeed, nn, optim, randn, tensor, train, zeros, type Tensor } from 'ostinato';

type Batch = [Tensor, Tensor];
const { functional: F } = nn;
const bits = (model: nn.Module): number[][] =>
  [...model.stateDict().values()].map((x) => [...new Uint8Array(x.toTypedArray().buffer)]);

interface Diverged extends Error {
  readonly history: train.FitHistory;
}
const failureOf = async (run: Promise<unknown>): Promise<Diverged> => {
  const error: unknown = await run.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Diverged;
};

class Net extends nn.Module {
  norm = new nn.BatchNorm1d(2);
  fc = new nn.Linear(2, 1);
  override forward(x: Tensor): Tensor {
    return this.fc.forward(this.norm.forward(x));
  }
}

describe.each([true, false])('compile: %s', (compile) => {
  const made = (): { model: Net; optimizer: optim.SGD; good: () => Batch } => {
    manualSeed(0);
    const model = new Net();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
    return { model, optimizer, good: () => [randn([4, 2]), randn([4, 1])] };
  };

  test('an operation of the loss', async () => {
    const { model, optimizer, good } = made();
    const batches = [good(), good(), good(), [randn([4, 2]), zeros([4, 1])] as Batch];
    const seen: number[][][] = [];
    const error = await failureOf(
      train.fit(model, batches, {
        loss: ([x, y]) => model.forward(x).mul(y.abs().log().mul(y)).mean(),
        optimizer,
        compile,
        callbacks: { onStep: () => void seen.push(bits(model)) },
      }),
    );
    expect(error.message).toBe(
      'train.fit: the loss of step 4 is NaN: log (LogBackward0) was the first to make an infinity, of which mul (MulBackward0) made NaN; the model has the weights from before step 3, the last with a finite loss',
    );
    expect(error.history.steps).toBe(3);
    // Parameters and running statistics, but for those of the last good batch.
    expect(bits(model).slice(-2)).toEqual(seen[1].slice(-2));
  });

  test('an operation in a module', async () => {
    class Rooted extends nn.Module {
      override forward(x: Tensor): Tensor {
        return x.sub(5).sqrt();
      }
    }
    const model = new nn.Sequential(new nn.Linear(2, 2), new Rooted());
    const error = await failureOf(
      train.fit(model, [[randn([3, 2]), randn([3, 2])]] as Batch[], {
        loss: new nn.MSELoss(),
        optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
        compile,
      }),
    );
    expect(error.message).toBe(
      "train.fit: the loss of step 1 is NaN: sqrt (SqrtBackward0) in '1' was the first to make NaN; the model is as it was at the beginning",
    );
  });

  test('masks of -Infinity are not to blame', async () => {
    const { model, optimizer } = made();
    const mask = tensor([[true], [false], [false], [false]]);
    const error = await failureOf(
      train.fit(model, [[randn([4, 2]), zeros([4, 1])]] as Batch[], {
        loss: ([x, y]) => model.forward(x).maskedFill(mask, -Infinity).softmax(0).div(y).sum(),
        optimizer,
        compile,
      }),
    );
    expect(error.message).toMatch(/.* is (NaN|Infinity): div \(DivBackward0\) was the first .*/);
  });

  test('the batch', async () => {
    const { model, optimizer } = made();
    const error = await failureOf(
      train.fit(model, [[tensor([[1, 2], [NaN, 1]]), zeros([2, 1])]] as Batch[], {
        loss: new nn.MSELoss(),
        optimizer,
        compile,
      }), // prettier-ignore
    );
    expect(error.message).toBe(
      'train.fit: the loss of step 1 is NaN: the batch itself holds NaN; the model is as it was at the beginning',
    );
  });

  test('a gradient', async () => {
    const { model, optimizer, good } = made();
    const x = model.fc.weight;
    const error = await failureOf(
      train.fit(model, [good(), good(), good()], {
        loss: ([a, b]) =>
          F.mseLoss(model.forward(a), b).add(
            x.sub(x.detach()).norm().mul(0).add(x.mul(0).sqrt().sum()),
          ),
        optimizer,
        compile,
      }),
    );
    expect(error.message).toMatch(
      /train\.fit: step 1 left no finite weights: the gradient of \w+ \(\w+Backward0\) was the first to be NaN; the model has the weights from before step 1, the last with a finite loss/,
    );
    expect(model.parameters().every((p) => p.toTypedArray().every(Number.isFinite))).toBe(true);
  });

  test('a learning rate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ostinato-diverged-'));
    try {
      const { model, good } = made();
      const path = join(folder, 'run.safetensors');
      const optimizer = new optim.SGD(model.parameters(), { lr: 1e38 });
      const error = await failureOf(
        train.fit(model, Array.from({ length: 9 }, good), {
          loss: new nn.MSELoss(),
          optimizer,
          compile,
          checkpoint: { path, every: 1 },
        }),
      );
      expect(error.message).toMatch(
        /train\.fit: .*; the model (has the weights from before step \d+, the last with a finite loss|is as it was at the beginning)/,
      );
      expect(model.parameters().every((p) => p.toTypedArray().every(Number.isFinite))).toBe(true);
      // What was written is good too.
      const saved = io.loadCheckpoint(path) as { model: Map<string, Tensor> };
      for (const x of saved.model.values())
        expect(x.toTypedArray().every(Number.isFinite)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

// The examples against their PyTorch translations from the same seed (fixtures: test/fixtures/programs.py): first 100
// losses, gradients of the first step, generated tensors and printed text. Float64 to 1e-9, float32 to 1e-5, relative to
// the largest value.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  cumsum,
  data,
  manualSeed,
  nn,
  ones,
  rand,
  randn,
  setNumThreads,
  stack,
  tensor,
  type Tensor,
} from 'ostinato';
import * as s0a from '../../examples/s0a-matrices';
import * as s0b from '../../examples/s0b-tensors';
import * as s0c from '../../examples/s0c-embeddings';
import * as s2 from '../../examples/s2-layers';
import * as s3a from '../../examples/s3a-by-hand';
import * as s3b from '../../examples/s3b-data';
import * as s3c from '../../examples/s3c-sum-of-three';
import * as s3e from '../../examples/s3e-own-cell';
import * as s3f from '../../examples/s3f-cell-trained';
import * as s4 from '../../examples/s4-from-scratch';
import { expectAgreement, expectSampled, type Both, type Float, type Sample } from './compare';

interface Trained {
  losses: number[];
  gradients: Record<string, Sample>;
}
interface ByHand {
  losses: number[];
  gradients: number[];
  learned: number[];
}
interface Fixture {
  s0a: Both<Trained & { generated: Sample; printed: string }>;
  s0b: Both<Trained & { generated: Sample; printed: string }>;
  s0c: Both<Trained & { generated: Sample; wayBack: number[] }>;
  s2: Both<{ shape: number[]; values: number[]; printed: string }[]>;
  s3a: Both<{ output: Sample; states: Sample; printed: string }>;
  s3b: { seen: number[]; next: number[]; split: number[][] };
  s3c: Both<{ broadcast: Trained; corrected: Trained }>;
  s3d: Both<{ withBias: Sample }>;
  s3e: Both<{ a: Sample; y: Sample; gradients: Record<string, Sample>; printed: string }>;
  s3f: Both<Trained & { before: number[]; printed: string }>;
  s4: Both<Record<'one' | 'partial' | 'batch', ByHand>>;
}
const fixture = JSON.parse(
  readFileSync(join(__dirname, '..', 'fixtures', 'programs.json'), 'utf8'),
) as Fixture;

const floats: readonly Float[] = ['float32', 'float64'];
const quiet = (): void => undefined;

beforeAll(() => setNumThreads(1));

function expectGradients(module: nn.Module, expected: Record<string, Sample>, dtype: Float): void {
  const named = module.namedParameters();
  expect(named.map(([name]) => name)).toEqual(Object.keys(expected));
  for (const [name, parameter] of named) expectSampled(parameter.grad!, expected[name], dtype);
}

function sumNet(dtype: Float): [s3c.SumNet, data.TensorDataset] {
  manualSeed(0);
  const model = new s3c.SumNet().to(dtype);
  const [x, sums] = s3c.threes(100).tensors;
  return [model, new data.TensorDataset(x.to(dtype), sums.to(dtype))];
}

describe.each(floats)('in %s', (dtype) => {
  test('s0a', () => {
    const expected = fixture.s0a[dtype];
    const made = (): [s0a.MatrixRNN, Tensor, Tensor] => {
      manualSeed(0);
      const model = new s0a.MatrixRNN();
      return [model.to(dtype), randn([2, 10, 4]).to(dtype), randn([2, 10, 4]).to(dtype)];
    };
    const [once, x, y] = made();
    s0a.train(once, x, y, { epochs: 1, print: quiet });
    expectGradients(once, expected.gradients, dtype);
    const [model] = made();
    expectAgreement(s0a.train(model, x, y, { print: quiet }), expected.losses, dtype);
    const matrices = s0a.generate(model, randn([1, 1, 4]).to(dtype), 10);
    expectSampled(stack(matrices), expected.generated, dtype);
    expect(matrices[0].toString()).toBe(expected.printed);
  });

  test('s0b', () => {
    const expected = fixture.s0b[dtype];
    const made = (): [s0b.TensorLSTM, Tensor, Tensor] => {
      manualSeed(0);
      const model = new s0b.TensorLSTM();
      return [model.to(dtype), randn([3, 15, 8]).to(dtype), randn([3, 15, 8]).to(dtype)];
    };
    const [once, x, y] = made();
    s0b.train(once, x, y, { epochs: 1, print: quiet });
    expectGradients(once, expected.gradients, dtype);
    const [model] = made();
    const losses = s0b.train(model, x, y, { print: quiet });
    expectAgreement(losses.slice(0, 100), expected.losses, dtype);
    const tensors = s0b.generate(model, randn([1, 1, 8]).to(dtype), 15);
    expectSampled(stack(tensors), expected.generated, dtype);
    expect(tensors[0].toString()).toBe(expected.printed);
  });

  test('s0c', () => {
    const expected = fixture.s0c[dtype];
    const made = (): [s0c.EmbeddingRNN, Tensor, Tensor] => {
      manualSeed(0);
      const model = new s0c.EmbeddingRNN();
      return [model.to(dtype), randn([4, 20, 32]).to(dtype), randn([4, 20, 64]).to(dtype)];
    };
    const [once, x, y] = made();
    s0c.train(once, x, y, { epochs: 1, print: quiet });
    expectGradients(once, expected.gradients, dtype);
    const [model] = made();
    const losses = s0c.train(model, x, y, { print: quiet });
    expectAgreement(losses.slice(0, 100), expected.losses, dtype);
    const seed = randn([1, 1, 32]).to(dtype);
    const back = new nn.Linear(64, 32).to(dtype);
    const wayBack = s0c.trainWayBack(back, model, x);
    expectAgreement(wayBack.slice(0, 100), expected.wayBack, dtype);
    const embeddings = s0c.generate(model, back, seed, 20);
    expectSampled(stack(embeddings), expected.generated, dtype);
  });

  test('s2', () => {
    const shown = Object.values(s2.run(quiet, dtype));
    expect(shown).toHaveLength(fixture.s2[dtype].length);
    for (const [i, { shape, values, printed }] of fixture.s2[dtype].entries()) {
      expect(shown[i].shape).toEqual(shape);
      expectAgreement(shown[i].toTypedArray(), values, dtype);
      expect(shown[i].toString()).toBe(printed);
    }
  });

  test('s3a', () => {
    const expected = fixture.s3a[dtype];
    manualSeed(0);
    const drawn = s3a.drawWeights();
    const x = rand([10]).to(dtype);
    const weights = Object.fromEntries(
      Object.entries(drawn).map(([name, w]: [string, Tensor]) => [name, w.to(dtype)]),
    ) as unknown as s3a.Weights;
    const [output, states] = s3a.unroll(weights, x);
    expectSampled(output, expected.output, dtype);
    expectSampled(states, expected.states, dtype);
    expect(output.toString()).toBe(expected.printed);
  });

  test.each([
    ['broadcast', true],
    ['corrected', false],
  ] as const)('s3c, %s', (form, broadcast) => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(quiet);
    const expected = fixture.s3c[dtype][form];
    const [model, dataset] = sumNet(dtype);
    const losses: number[] = [];
    s3c.train(model, dataset, { epochs: 4, broadcast, onBatch: (loss) => losses.push(loss) });
    expectAgreement(losses, expected.losses, dtype);
    warn.mockRestore();
  });

  test('s3c, gradients', () => {
    const [model, dataset] = sumNet(dtype);
    const loader = new data.DataLoader(dataset, { batchSize: 4, shuffle: true });
    const [first, target] = loader[Symbol.iterator]().next().value as Tensor[];
    nn.functional.mseLoss(model.forward(first).view([-1]), target).backward();
    expectGradients(model, fixture.s3c[dtype].corrected.gradients, dtype);
  });

  test('s3d', () => {
    manualSeed(0);
    const [X, W, H, U] = [
      [100, 3],
      [3, 50],
      [100, 50],
      [50, 50],
    ].map((shape) => randn(shape).to(dtype));
    const sum = X.matmul(W)
      .add(H.matmul(U))
      .add(ones([1, 50], { dtype }));
    expectSampled(sum, fixture.s3d[dtype].withBias, dtype);
  });

  test('s3e', () => {
    const expected = fixture.s3e[dtype];
    manualSeed(0);
    const cell = new s3e.Cell();
    const [x, a0] = [randn([100, 1]).to(dtype), randn([100, 200]).to(dtype)];
    const [a, y] = cell.to(dtype).forward(x, a0);
    expectSampled(a, expected.a, dtype);
    expectSampled(y, expected.y, dtype);
    expect(y.at('0:3').detach().toString()).toBe(expected.printed);
    y.at(':', 0).sum().backward();
    expectGradients(cell, expected.gradients, dtype);
  });

  test('s3f', () => {
    const expected = fixture.s3f[dtype];
    const made = (): [s3f.UnrolledCell, data.TensorDataset] => {
      manualSeed(123);
      const model = new s3f.UnrolledCell().to(dtype);
      const [x, sums] = s3f.threes(10_000).tensors;
      return [model, new data.TensorDataset(x.to(dtype), sums.to(dtype))];
    };
    const [once, dataset] = made();
    const before = once.forward(tensor([[1, 2, 3, 4, 5]], { dtype }));
    expectAgreement(before.toTypedArray(), expected.before, dtype);
    expect(before.toString()).toBe(expected.printed);
    s3f.train(once, dataset, { epochs: 1, batches: 1 });
    expectGradients(once, expected.gradients, dtype);
    const [model] = made();
    const losses: number[] = [];
    s3f.train(model, dataset, { epochs: 1, batches: 100, onBatch: (loss) => losses.push(loss) });
    expectAgreement(losses, expected.losses, dtype);
  });

  test('s4', () => {
    manualSeed(4);
    const drawn = (): s4.Weights =>
      Object.fromEntries(
        Object.entries(s4.drawWeights()).map(([name, w]: [string, Tensor]) => [
          name,
          w.detach().to(dtype).clone().requiresGrad_(),
        ]),
      ) as unknown as s4.Weights;
    const signal = rand([5]).to(dtype);
    const check = (
      weights: s4.Weights,
      predict: () => Tensor,
      target: Tensor,
      { losses, gradients, learned }: ByHand,
    ): void => {
      const list = Object.values(weights) as Tensor[];
      predict().sub(target).square().mean().backward();
      expectAgreement(
        list.map((w) => w.grad!.item()),
        gradients,
        dtype,
      );
      for (const w of list) w.grad = null;
      expectAgreement(s4.train(weights, predict, target).slice(0, 100), losses, dtype);
      expectAgreement(
        list.map((w) => w.item()),
        learned,
        dtype,
      );
    };
    const expected = fixture.s4[dtype];
    const a = drawn();
    check(a, () => s4.total(a, signal), signal.sum(), expected.one);
    const b = drawn();
    check(b, () => s4.partialSums(b, signal), cumsum(signal, 0), expected.partial);
    const c = drawn();
    const signals = rand([5, 100]).to(dtype);
    check(c, () => s4.partialSums(c, signals), cumsum(signals, 0), expected.batch);
  });
});

test('s3b: batches and splits come in PyTorch’s order', () => {
  const { seen, next, split } = s3b.run(quiet);
  expect(seen).toEqual(fixture.s3b.seen);
  expect(next).toEqual(fixture.s3b.next);
  expect(split).toEqual(fixture.s3b.split);
});

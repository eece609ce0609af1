/** What operations made of others compute on the way is given back at once; what they return, and what they were given, is not. */
import { cdist, nn, noGrad, ones, randn, tensor, zeros, type Tensor } from 'ostinato';
import { composed } from '../../../src/ops/declare/composed';

const F = nn.functional;
const shape = [64, 128];
const [y, positive] = [randn(shape), randn(shape).abs().add(0.1)];

const bytes = (x: Tensor): Buffer => Buffer.from(x.toTypedArray().buffer as ArrayBuffer);
const expectEqual = (a: Tensor, b: Tensor): void =>
  expect(Buffer.compare(bytes(a), bytes(b))).toBe(0);

const operations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  softsign: (x) => F.softsign(x),
  tanhshrink: (x) => F.tanhshrink(x),
  glu: (x) => F.glu(x),
  prelu: (x) => F.prelu(x, tensor([0.3])),
  softmin: (x) => F.softmin(x, 1),
  rmsNorm: (x) => F.rmsNorm(x, [128]),
  nanToNum: (x) => x.nanToNum(),
  nansum: (x) => x.nansum(1),
  nanmean: (x) => x.nanmean(1),
  pow: (x) => x.pow(3),
  'pow of 1': (x) => x.pow(1),
  'add with alpha': (x) => x.add(y, { alpha: 3 }),
  'norm of order 3': (x) => x.norm(3, 1),
  'norm of order 2': (x) => x.norm(2, 1),
  cosineSimilarity: (x) => F.cosineSimilarity(x, y),
  pairwiseDistance: (x) => F.pairwiseDistance(x, y),
  cdist: (x) => cdist(x, y),
  'clamp by tensors': (x) => x.clamp(y, positive),
  logit: (x) => x.sigmoid().logit(),
  floorDivide: (x) => x.div(positive, { roundingMode: 'floor' }),
  huberLoss: (x) => F.huberLoss(x, y, { reduction: 'none' }),
  l1Loss: (x) => F.l1Loss(x, y, { reduction: 'none' }),
  softMarginLoss: (x) => F.softMarginLoss(x, y, { reduction: 'none' }),
  gaussianNllLoss: (x) => F.gaussianNllLoss(x, y, positive, { reduction: 'none' }),
  poissonNllLoss: (x) => F.poissonNllLoss(x, positive, { reduction: 'none' }),
  klDiv: (x) => F.klDiv(x, positive, { reduction: 'none' }),
};

test.each(Object.entries(operations))('%s returns memory of its own', (_, f) => {
  const [a, b] = [randn(shape), randn(shape)];
  noGrad(() => {
    const inputs = [a.clone(), y.clone(), positive.clone()];
    const first = f(a);
    const kept = first.clone();
    const second = f(b);
    // Others in between, which take what was given back.
    for (const other of Object.values(operations)) other(b);
    expectEqual(first, kept);
    expectEqual(second, f(b));
    expectEqual(a, inputs[0]);
    expectEqual(y, inputs[1]);
    expectEqual(positive, inputs[2]);
  });
});

test.each(Object.entries(operations))('%s has the same bits where it is recorded', (_, f) => {
  const x = randn(shape);
  const plain = f(x);
  const recorded = f(x.clone().requiresGrad_());
  expectEqual(recorded.detach(), plain);
  // What was saved is not overwritten before the backward.
  for (const other of Object.values(operations)) other(y);
  const leaf = x.clone().requiresGrad_();
  f(leaf).sum().backward();
  const again = x.clone().requiresGrad_();
  const out = f(again);
  for (const other of Object.values(operations)) other(y);
  out.sum().backward();
  expectEqual(again.grad!, leaf.grad!);
});

const growth = (body: () => void): number => {
  body();
  const before = process.memoryUsage().arrayBuffers;
  // Too little for a collection, which V8 makes after 32 MB.
  for (let i = 0; i < 12; i++) body();
  return process.memoryUsage().arrayBuffers - before;
};

test('intermediate results are given back', () => {
  const [a, b] = [randn([256, 512]), randn([256, 512])];
  const result = 2 ** 19;
  expect(growth(() => F.huberLoss(a, b))).toBeLessThan(result);
  expect(growth(() => F.l1Loss(a, b))).toBeLessThan(result);
  expect(growth(() => a.add_(b, { alpha: 0.1 }))).toBeLessThan(result);
  expect(growth(() => a.clamp_({ min: -1 }))).toBeLessThan(result);
  expect(growth(() => a.zero_())).toBeLessThan(result);
  expect(growth(() => F.nllLoss(a, zeros([256], { dtype: 'int32' })))).toBeLessThan(result);
});

test('an error on the way leaves memory to whom it belonged', () => {
  const x = ones([2000]);
  const failing = (): Tensor =>
    composed([x], () => {
      x.add(1);
      throw new Error('on the way');
    });
  expect(failing).toThrow('on the way');
  const made = x.mul(2);
  for (let i = 0; i < 3; i++) F.softsign(x);
  expectEqual(made, x.mul(2));
});

// The weights of losses are read again by backward: it refuses those that were changed in place since.
import { nn, rand, randn, tensor, type Tensor } from 'ostinato';

const F = nn.functional;
const classes = tensor(Int32Array.of(0, 2, 1));
const targets = rand([3, 4]);
const losses: Record<string, (x: Tensor, weight: Tensor) => Tensor> = {
  crossEntropy: (x, weight) => F.crossEntropy(x, classes, { weight }),
  'crossEntropy, smoothed': (x, weight) =>
    F.crossEntropy(x, classes, { weight, labelSmoothing: 0.1 }),
  'crossEntropy of probabilities': (x, weight) => F.crossEntropy(x, targets, { weight }),
  nllLoss: (x, weight) => F.nllLoss(x, classes, { weight }),
  binaryCrossEntropy: (x, weight) => F.binaryCrossEntropy(x.sigmoid(), targets, { weight }),
  binaryCrossEntropyWithLogits: (x, weight) =>
    F.binaryCrossEntropyWithLogits(x, targets, { weight }),
  posWeight: (x, posWeight) => F.binaryCrossEntropyWithLogits(x, targets, { posWeight }),
};

test.each(Object.keys(losses))('%s', (name) => {
  const start = randn([3, 4]);
  const gradient = (change: (weight: Tensor) => void): unknown => {
    const x = start.clone().requiresGrad_();
    const weight = tensor([1, 2, 3, 4]);
    const loss = losses[name](x, weight);
    change(weight);
    loss.backward();
    return x.grad!.toArray();
  };
  const right = gradient(() => undefined);
  let found: unknown;
  try {
    found = gradient((weight) => weight.fill_(7));
  } catch (error) {
    expect((error as Error).message).toContain('was changed in place since');
    return;
  }
  expect(found).toEqual(right);
});

// MultiheadAttention beside PyTorch's numbers (layers/parity.test.ts): masks, weights, forms of the input, refusals.
import { arange, manualSeed, nn, tensor, zeros, type Tensor } from 'ostinato';
import { expectClose, sample } from '../../support';

const made = (options: nn.MultiheadAttentionOptions = {}): nn.MultiheadAttention => {
  manualSeed(1);
  return new nn.MultiheadAttention(8, 2, { dtype: 'float64', ...options });
};
const x = sample([5, 3, 8]);
const causal = arange(5).unsqueeze(1).lt(arange(5));

it('gives the same without weights, of one tensor or of three, batch first or not', () => {
  const layer = made();
  const [out, weights] = layer.forward(x, x, x);
  expect(out.shape).toEqual([5, 3, 8]);
  expect(weights!.shape).toEqual([3, 5, 5]);
  const [bare, none] = layer.forward(x, x.clone(), x.clone(), { needWeights: false });
  expect(none).toBeNull();
  expectClose(bare, out, 1e-12);
  const y = x.transpose(0, 1);
  const [first] = made({ batchFirst: true }).forward(y, y, y);
  expectClose(first.transpose(0, 1), out, 1e-12);
  const [one] = layer.forward(x.select(1, 0), x.select(1, 0), x.select(1, 0));
  expectClose(one, out.select(1, 0), 1e-12);
});

it('hides keys by masks, of bool or added', () => {
  const layer = made();
  const padding = tensor([[false, false, false, false, true], [false, false, false, true, true], [false, false, false, false, false]]); // prettier-ignore
  const [out, weights] = layer.forward(x, x, x, { attnMask: causal, keyPaddingMask: padding, averageAttnWeights: false }); // prettier-ignore
  expect(weights!.shape).toEqual([3, 2, 5, 5]);
  expectClose(weights!.sum(-1), weights!.sum(-1).mul(0).add(1), 1e-12);
  expect(weights!.maskedSelect(causal).abs().sum().item()).toBe(0);
  expect(weights!.select(0, 1).at(':', ':', '3:').abs().sum().item()).toBe(0);
  const added = causal.to('float64').mul(-1e9);
  const [again] = layer.forward(x, x, x, { attnMask: added, keyPaddingMask: padding });
  expectClose(again, out, 1e-12);
  const every = causal.expand([6, 5, 5]);
  const options = { attnMask: every, keyPaddingMask: padding, isCausal: true, needWeights: false };
  expectClose(layer.forward(x, x, x, options)[0], out, 1e-12);
});

it.each<[string, (layer: nn.MultiheadAttention) => unknown, Error]>([
  [
    'other features',
    (layer) => layer.forward(x, x, sample([5, 3, 7])),
    new RangeError(
      'MultiheadAttention.forward: query, key and value must be [L, N, 8], [S, N, 8] and [S, N, 8], or all without N, got [5, 3, 8], [5, 3, 8] and [5, 3, 7]',
    ),
  ],
  [
    'a mask of another shape',
    (layer) => layer.forward(x, x, x, { attnMask: causal.narrow(0, 0, 4) }),
    new RangeError(
      'MultiheadAttention.forward: attnMask must have shape [5, 5] or [6, 5, 5], got [4, 5]',
    ),
  ],
  [
    'a padding mask of another shape',
    (layer) => layer.forward(x, x, x, { keyPaddingMask: causal }),
    new RangeError('MultiheadAttention.forward: keyPaddingMask must have shape [3, 5], got [5, 5]'),
  ],
  [
    'a mask of integers',
    (layer) => layer.forward(x, x, x, { attnMask: causal.to('int32') }),
    new TypeError('MultiheadAttention.forward: attnMask must be of bool or of floats, got int32'),
  ],
  [
    'a padding mask of integers',
    (layer) => layer.forward(x, x, x, { keyPaddingMask: zeros([3, 5], { dtype: 'int32' }) }),
    new TypeError(
      'MultiheadAttention.forward: keyPaddingMask must be of bool or of floats, got int32',
    ),
  ],
  [
    'isCausal alone',
    (layer) => layer.forward(x, x, x, { isCausal: true }),
    new RangeError(
      'MultiheadAttention.forward: isCausal is a hint about attnMask, which must be given',
    ),
  ],
  [
    'heads that do not divide',
    () => new nn.MultiheadAttention(8, 3),
    new RangeError('MultiheadAttention: numHeads must divide embedDim, got 3 heads for 8 features'),
  ],
])('refuses %s', (_, run, error) => {
  expect(() => run(made()) as Tensor).toThrow(error);
});

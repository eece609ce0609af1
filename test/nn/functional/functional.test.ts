// Functions beyond PyTorch's numbers: gradients by differences, options, and what they refuse.
import { gradcheck, gradgradcheck } from '../../../src/autograd';
import * as nn from '../../../src/nn';
import { ones, tensor } from '../../../src/ops';
import { Generator, manualSeed, randn } from '../../../src/random';
import type { Tensor } from '../../../src/tensor/tensor';
import { expectNear } from '../../support';

const F = nn.functional;
const double = (shape: number[]): Tensor => randn(shape, { dtype: 'float64', requiresGrad: true });
const indices = (values: number[]): Tensor => tensor(Int32Array.from(values));

beforeEach(() => {
  manualSeed(1);
});

describe('gradients by differences', () => {
  it('layerNorm, first and second', () => {
    const f = (x: Tensor, weight: Tensor, bias: Tensor): Tensor =>
      F.layerNorm(x, [5], { weight, bias, eps: 1e-3 });
    const inputs = [double([3, 5]), double([5]), double([5])];
    expect(gradcheck(f, inputs)).toBe(true);
    expect(gradgradcheck(f, inputs)).toBe(true);
    expect(gradcheck((x) => F.layerNorm(x, [2, 3]), [double([2, 2, 3])])).toBe(true);
    expect(gradgradcheck((x) => F.layerNorm(x, [2, 3]), [double([2, 2, 3])])).toBe(true);
  });

  it('layerNorm of transposed inputs and gradients', () => {
    const f = (x: Tensor, w: Tensor): Tensor => F.layerNorm(x.t(), [3], { weight: w }).t();
    expect(gradcheck(f, [double([3, 4]), double([3])])).toBe(true);
  });

  // F.cosine_similarity(torch.ones(2, 1), torch.ones(2, 3)): [1., 1.]
  it('cosineSimilarity broadcasts before it takes norms', () => {
    const out = F.cosineSimilarity(ones([2, 1]), ones([2, 3]));
    expectNear(out.toTypedArray(), [1, 1], 1e-6);
  });

  // x = torch.tensor([[1e-9, 2e-9], [0, 0]], requires_grad=True); y = torch.tensor([[.5, 1], [.3, .2]])
  // F.cosine_similarity(x, y), and the gradient of its sum
  it('cosineSimilarity of norms below eps', () => {
    const x = tensor(
      [
        [1e-9, 2e-9],
        [0, 0],
      ],
      { requiresGrad: true },
    );
    const y = tensor([
      [0.5, 1],
      [0.3, 0.2],
    ]);
    const out = F.cosineSimilarity(x, y);
    expectNear(out.toTypedArray(), [0.2236068, 0], 1e-6);
    out.sum().backward();
    expectNear(x.grad!.toTypedArray(), [34721360, 69442720, 83205024, 55470020], 1e-6);
  });

  it('normalize, cosineSimilarity, pad', () => {
    expect(gradcheck((x) => F.normalize(x), [double([3, 4])])).toBe(true);
    expect(gradcheck((x, y) => F.cosineSimilarity(x, y), [double([3, 4]), double([3, 4])])).toBe(
      true,
    );
    expect(gradcheck((x) => F.pad(x, [1, -1, 2, 0]), [double([3, 4])])).toBe(true);
  });

  it('scaledDotProductAttention with each kind of mask', () => {
    const inputs = [double([2, 3, 4]), double([2, 5, 4]), double([2, 5, 2])];
    const keep = tensor([[true, true, false, true, false], [true, true, true, true, true], [false, false, false, false, true]]); // prettier-ignore
    const bias = randn([3, 5], { dtype: 'float64' });
    for (const options of [{}, { isCausal: true }, { attnMask: keep }, { attnMask: bias }]) {
      expect(gradcheck((q, k, v) => F.scaledDotProductAttention(q, k, v, options), inputs)).toBe(
        true,
      );
    }
  });

  it('dropout with a fixed mask', () => {
    const f = (x: Tensor): Tensor =>
      F.dropout(x, 0.4, { generator: new Generator().manualSeed(3) });
    expect(gradcheck(f, [double([4, 5])])).toBe(true);
    expect(gradgradcheck(f, [double([4, 5])])).toBe(true);
  });
});

describe('attention', () => {
  const [q, k, v] = [ones([2, 3, 4]), ones([2, 5, 4]), ones([2, 5, 6])];
  it('gives zeros where every key is masked, and no NaN to the gradients', () => {
    const query = ones([1, 2], { requiresGrad: true });
    const mask = tensor([[false, false]]);
    const out = F.scaledDotProductAttention(query, ones([2, 2]), ones([2, 2]), { attnMask: mask });
    expect(out.toArray()).toEqual([[0, 0]]);
    out.sum().backward();
    expect(query.grad!.toArray()).toEqual([[0, 0]]);
  });
  it('drops weights', () => {
    const dropped = F.scaledDotProductAttention(q, k, v, { dropoutP: 1 });
    expect(new Set(dropped.toTypedArray())).toEqual(new Set([0]));
  });
  it.each<[() => unknown, string]>([
    [
      () => F.scaledDotProductAttention(q, ones([2, 5, 3]), v),
      'scaledDotProductAttention: query [2, 3, 4], key [2, 5, 3] and value [2, 5, 6] do not fit: [..., L, E], [..., S, E], [..., S, Ev]',
    ],
    [
      () => F.scaledDotProductAttention(q, k, ones([2, 4, 6])),
      'scaledDotProductAttention: query [2, 3, 4], key [2, 5, 4] and value [2, 4, 6] do not fit: [..., L, E], [..., S, E], [..., S, Ev]',
    ],
    [
      () => F.scaledDotProductAttention(ones([4]), k, v),
      'scaledDotProductAttention: query must have at least 2 dimensions, got [4]',
    ],
    [
      () => F.scaledDotProductAttention(q, k, v, { isCausal: true, attnMask: ones([3, 5]) }),
      'scaledDotProductAttention: give attnMask or isCausal, not both',
    ],
  ])('refuses what does not fit', (call, message) => {
    expect(call).toThrow(new RangeError(message));
  });
});

describe('other functions refuse', () => {
  it.each<[() => unknown, new (message: string) => Error, string]>([
    [
      () => F.pad(ones([2]), [1]),
      RangeError,
      'pad: takes pairs (before, after), at most 1 for shape [2], got 1 numbers',
    ],
    [
      () => F.pad(ones([2]), [1, 1, 1, 1]),
      RangeError,
      'pad: takes pairs (before, after), at most 1 for shape [2], got 4 numbers',
    ],
    [
      () => F.pad(ones([2]), [-2, -1]),
      RangeError,
      'pad: -2 and -1 leave fewer than no elements of dimension 0, which has 2',
    ],
    [() => F.pad(ones([2]), [0.5, 1]), RangeError, 'pad: amounts[0] must be an integer, got 0.5'],
    [
      () => F.pad(ones([2]), [1, 1], { mode: 'mirror' as never }),
      RangeError,
      "pad: mode must be 'constant', 'reflect', 'replicate' or 'circular', got 'mirror'",
    ],
    [
      () => F.embedding(indices([0]), ones([1, 1]), { maxNorm: -1 }),
      RangeError,
      'embedding: maxNorm must be a number of at least 0, got -1',
    ],
    [
      () => F.embedding(indices([0]), ones([1, 1], { dtype: 'int32' }), { maxNorm: 1 }),
      TypeError,
      'embedding: maxNorm scales rows of float32 or float64, but weight is int32',
    ],
  ])('bad arguments', (call, kind, message) => {
    expect(call).toThrow(new kind(message));
  });
});

// Layers beyond PyTorch's numbers: options, and what they refuse.
import * as nn from '../../../src/nn';
import { ones, tensor, zeros } from '../../../src/ops';
import { manualSeed, randn } from '../../../src/random';
import type { Tensor } from '../../../src/tensor/tensor';

const F = nn.functional;
const indices = (values: number[]): Tensor => tensor(Int32Array.from(values));

beforeEach(() => {
  manualSeed(1);
});

describe('Linear', () => {
  const layer = new nn.Linear(3, 2);
  it('takes any leading dimensions', () => {
    expect(layer.forward(zeros([3])).shape).toEqual([2]);
    expect(layer.forward(zeros([4, 5, 3])).shape).toEqual([4, 5, 2]);
    expect(layer.forward(zeros([0, 3])).shape).toEqual([0, 2]);
    expect(new nn.Linear(0, 2).forward(zeros([4, 0])).shape).toEqual([4, 2]);
    expect(new nn.Linear(3, 2, { dtype: 'float64' }).weight.dtype).toBe('float64');
  });
  it.each<[() => unknown, new (message: string) => Error, string]>([
    [
      () => layer.forward(zeros([2, 4])),
      RangeError,
      'linear: input has 4 features, but weight takes 3 (input [2, 4], weight [2, 3])',
    ],
    [
      () => layer.forward(zeros([2, 3], { dtype: 'float64' })),
      TypeError,
      "linear: input is float64, weight is float32; convert one with to('float64')",
    ],
    [
      () => layer.forward([1, 2, 3] as never),
      TypeError,
      'linear: input must be a Tensor, got [1, 2, 3]; make it one with tensor(…)',
    ],
    [
      () => new nn.Linear(-1, 2),
      RangeError,
      'Linear: inFeatures must be an integer of at least 0, got -1',
    ],
    [
      () => new nn.Linear(1, 2.5),
      RangeError,
      'Linear: outFeatures must be an integer of at least 0, got 2.5',
    ],
    [
      () => new nn.Linear('3' as never, 2),
      TypeError,
      "Linear: inFeatures must be an integer of at least 0, got '3'",
    ],
  ])('refuses bad sizes and types', (call, kind, message) => {
    expect(call).toThrow(new kind(message));
  });
});

describe('Embedding', () => {
  it('gives the padding row zeros and no gradient', () => {
    const layer = new nn.Embedding(4, 3, { paddingIdx: -2 });
    expect(layer.paddingIdx).toBe(2);
    expect(layer.weight.at(2).toArray()).toEqual([0, 0, 0]);
    layer
      .forward(indices([2, 1, 2, 1]))
      .sum()
      .backward();
    expect(layer.weight.grad!.toArray()).toEqual([[0, 0, 0], [2, 2, 2], [0, 0, 0], [0, 0, 0]]); // prettier-ignore
  });

  it('scales down only the rows that it looks up', () => {
    const layer = nn.Embedding.fromPretrained(tensor([[3, 4], [6, 8], [0.3, 0.4]]), { maxNorm: 1 }); // prettier-ignore
    const out = layer.forward(indices([0, 2, 0]));
    expect(out.at(0, 0).item()).toBeCloseTo(0.6, 6);
    expect(layer.weight.at(1).toArray()).toEqual([6, 8]);
    expect(layer.weight.at(2, 0).item()).toBe(Math.fround(0.3));
  });

  it('checks every index before it changes a row', () => {
    const layer = nn.Embedding.fromPretrained(tensor([[3, 4]]), { maxNorm: 1 });
    expect(() => layer.forward(indices([0, 1]))).toThrow(
      new RangeError(
        'embedding: index 1 is out of range for a vocabulary of size 1; it must be from 0 to 0',
      ),
    );
    expect(layer.weight.toArray()).toEqual([[3, 4]]);
  });

  it('from pretrained vectors is frozen, shares memory and draws nothing', () => {
    const table = ones([2, 3]);
    const layer = nn.Embedding.fromPretrained(table);
    expect(layer.weight.requiresGrad).toBe(false);
    table.fill_(2);
    expect(layer.weight.at(0).toArray()).toEqual([2, 2, 2]);
    expect(nn.Embedding.fromPretrained(table, { freeze: false }).weight.requiresGrad).toBe(true);
    manualSeed(5);
    const first = randn([1]).item();
    manualSeed(5);
    nn.Embedding.fromPretrained(table);
    expect(randn([1]).item()).toBe(first);
  });

  it.each<[() => unknown, new (message: string) => Error, string]>([
    [
      () => new nn.Embedding(3, 2).forward(indices([3])),
      RangeError,
      'embedding: index 3 is out of range for a vocabulary of size 3; it must be from 0 to 2',
    ],
    [
      () => new nn.Embedding(3, 2).forward(indices([-1])),
      RangeError,
      'embedding: index -1 is out of range for a vocabulary of size 3; it must be from 0 to 2',
    ],
    [
      () => new nn.Embedding(3, 2).forward(zeros([1])),
      TypeError,
      "embedding: index must be int32, got float32; convert it with to('int32')",
    ],
    [
      () => new nn.Embedding(3, 2, { paddingIdx: 3 }),
      RangeError,
      'Embedding: paddingIdx must be an integer from -3 to 2, got 3',
    ],
    [
      () => new nn.Embedding(1, 2, { weight: ones([2, 2]) }),
      RangeError,
      'Embedding: weight must have shape [1, 2], got [2, 2]',
    ],
    [
      () => nn.Embedding.fromPretrained(ones([2])),
      RangeError,
      'Embedding.fromPretrained: the table must be [numEmbeddings, embeddingDim], got shape [2]',
    ],
  ])('refuses what does not fit', (call, kind, message) => {
    expect(call).toThrow(new kind(message));
  });
});

describe('Dropout', () => {
  it('changes nothing in evaluation, and for p = 0', () => {
    const x = ones([4]);
    expect(new nn.Dropout().eval().forward(x)).toBe(x);
    expect(new nn.Dropout(0).forward(x)).toBe(x);
    expect(new nn.Dropout(1).forward(x).toArray()).toEqual([0, 0, 0, 0]);
  });
  it('keeps the mean', () => {
    const out = F.dropout(ones([10_000]), 0.25);
    const kept = Array.from(out.toTypedArray()).filter((v) => v !== 0);
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.75)]));
    expect(Math.abs(kept.length / 10_000 - 0.75)).toBeLessThan(0.02);
  });
  it('refuses what is no probability', () => {
    for (const p of [-0.1, 1.1, NaN]) {
      expect(() => new nn.Dropout(p)).toThrow(
        new RangeError(`Dropout: p must be a probability from 0 to 1, got ${p}`),
      );
    }
    expect(() => new nn.Dropout('a' as never)).toThrow(
      new TypeError("Dropout: p must be a probability from 0 to 1, got 'a'"),
    );
    expect(() => F.dropout(indices([1]))).toThrow('dropout: takes float tensors, got int32');
    // torch.nn.functional.dropout(torch.tensor([1]), p, training): nothing is drawn, or nothing is kept
    expect(F.dropout(indices([1]), 0).toArray()).toEqual([1]);
    expect(F.dropout(indices([1]), 0.5, { training: false }).toArray()).toEqual([1]);
    expect(F.dropout(indices([1]), 1).toArray()).toEqual([0]);
  });
});

describe('LayerNorm', () => {
  it('refuses what does not fit', () => {
    expect(() => new nn.LayerNorm(3).forward(zeros([2, 4]))).toThrow(
      'layerNorm: the last sizes of the input must be [3], got input [2, 4]',
    );
    expect(() => new nn.LayerNorm([])).toThrow(
      new RangeError('LayerNorm: normalizedShape must have at least one size, got []'),
    );
    expect(() => new nn.LayerNorm(2.5)).toThrow(
      new RangeError('LayerNorm: normalizedShape[0] must be an integer of at least 0, got 2.5'),
    );
    expect(() => new nn.LayerNorm(3).forward(zeros([3], { dtype: 'float64' }))).toThrow(
      new TypeError('layerNorm: input is float64, weight is float32'),
    );
    expect(() => F.layerNorm(zeros([2, 3]), [3], { weight: ones([2]) })).toThrow(
      new RangeError('layerNorm: weight must have shape [3], got [2]'),
    );
  });
  it('takes empty batches', () => {
    expect(new nn.LayerNorm(3).forward(zeros([0, 3])).shape).toEqual([0, 3]);
  });
  it('gives a row the same bits in any batch', () => {
    const layer = new nn.LayerNorm(37);
    const x = randn([50, 37]);
    const all = layer.forward(x);
    expect(layer.forward(x.at('7:8')).toArray()).toEqual(all.at('7:8').toArray());
  });
});

describe('other layers refuse', () => {
  it.each<[() => unknown, new (message: string) => Error, string]>([
    [
      () => new nn.MSELoss({ reduction: 'max' as never }),
      RangeError,
      "MSELoss: reduction must be 'none', 'mean' or 'sum', got 'max'",
    ],
    [
      () => new nn.GELU({ approximate: 'erf' as never }),
      RangeError,
      "GELU: approximate must be 'none' or 'tanh', got 'erf'",
    ],
    [
      () => new (nn.Softmax as unknown as new () => nn.Softmax)(),
      TypeError,
      'Softmax: dim must be an integer, got undefined',
    ],
  ])('bad arguments', (call, kind, message) => {
    expect(call).toThrow(new kind(message));
  });
});

describe('losses keep their weights as buffers', () => {
  it('in the state dict and through to()', () => {
    const loss = new nn.CrossEntropyLoss({ weight: tensor([1, 2, 3]) });
    expect([...loss.stateDict().keys()]).toEqual(['weight']);
    expect(loss.double().weight!.dtype).toBe('float64');
    expect([...new nn.CrossEntropyLoss().stateDict().keys()]).toEqual([]);
  });
  it('and use them', () => {
    const [input, target] = [randn([2, 3]), indices([0, 2])];
    const weighted = new nn.CrossEntropyLoss({ weight: tensor([1, 0, 0]) });
    const first = new nn.CrossEntropyLoss().forward(input.at('0:1'), indices([0]));
    expect(weighted.forward(input, target).item()).toBeCloseTo(first.item(), 6);
    const positive = new nn.BCEWithLogitsLoss({ posWeight: tensor([3]) });
    expect(positive.forward(zeros([1]), ones([1])).item()).toBeCloseTo(3 * Math.LN2, 6);
    const half = new nn.BCELoss({ weight: tensor([0.5]) });
    expect(half.forward(tensor([0.5]), ones([1])).item()).toBeCloseTo(0.5 * Math.LN2, 6);
  });
});

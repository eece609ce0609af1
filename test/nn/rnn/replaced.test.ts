// Parameters, sizes and parts of packed sequences are public fields: what a user puts there is refused by the next call,
// before a kernel reads it by sizes that it no longer has.
import { autograd, manualSeed, nn, randn, tensor, zeros, type Tensor } from 'ostinato';
import { cells, layers } from './support';

const { PackedSequence, padPackedSequence } = nn.utils.rnn;
type Fields = Record<string, unknown>;
const [T, N, I, H] = [3, 2, 4, 5];

const input = (kind: 'layer' | 'cell'): Tensor =>
  kind === 'layer' ? randn([T, N, I]) : randn([N, I]);
const modules = [
  ...Object.entries(layers).map(([name, Layer]) => ({
    name,
    kind: 'layer' as const,
    make: () =>
      new Layer(I, H, { numLayers: 2, bidirectional: true }) as unknown as nn.Module & Fields,
  })),
  ...Object.entries(cells).map(([name, Cell]) => ({
    name,
    kind: 'cell' as const,
    make: () => new Cell(I, H) as unknown as nn.Module & Fields,
  })),
  {
    name: 'LSTM with a projection',
    kind: 'layer' as const,
    make: () => new nn.LSTM(I, H, { projSize: 2 }) as unknown as nn.Module & Fields,
  },
];
const run = (module: Fields, kind: 'layer' | 'cell'): unknown =>
  (module.forward as (x: Tensor) => unknown).call(module, input(kind));

// As a regular expression that matches it alone.
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

describe.each(modules)('$name', ({ kind, make }) => {
  const operation = `${make().constructor.name}.forward`;
  const names = [...make().namedParameters()].map(([name]) => name);

  test.each(names)('refuses another %s', (name) => {
    const { shape } = make()[name] as Tensor;
    const must = escaped(`${operation}: ${name} must be float32 [${shape.join(', ')}], got `);
    const types = escaped(`${operation}: input is float32, but the weights are `);
    const sentence = new RegExp(
      `^(${must}(float32|float64|int32) \\[[\\d, ]*\\]|${types}(float64|int32)(; convert one, for example .*)?)$`,
    );
    const others: unknown[] = [
      new nn.Parameter(zeros([1])),
      new nn.Parameter(zeros([])),
      new nn.Parameter(zeros([...shape, 1])),
      new nn.Parameter(zeros(shape.map((size) => size * 100))),
      new nn.Parameter(zeros(shape, { dtype: 'float64' })),
      zeros(shape, { dtype: 'int32' }),
    ];
    for (const other of others) {
      const module = make();
      module[name] = other;
      expect(() => run(module, kind)).toThrow(sentence);
    }
    for (const other of [null, undefined]) {
      const module = make();
      Object.defineProperty(module, name, { value: other });
      const got = `${operation}: ${name} must be float32 [${shape.join(', ')}], got ${name.startsWith('bias') ? null : other}`;
      expect(() => run(module, kind)).toThrow(new TypeError(got));
    }
  });

  test.each(names)('takes %s with any strides', (name) => {
    const module = make();
    const { shape } = module[name] as Tensor;
    const one = randn(shape.map((size, d) => (d === 0 ? 1 : size)));
    module[name] = new nn.Parameter(one.expand(shape));
    const twin = make();
    twin.loadStateDict(module.stateDict());
    const x = input(kind);
    const outputs = [module, twin].map((of) => {
      const out = (of.forward as (x: Tensor) => unknown).call(of, x);
      return (Array.isArray(out) ? out[0] : out) as Tensor;
    });
    expect(outputs[0].toArray()).toEqual(outputs[1].toArray());
  });

  const sizes = ['inputSize', 'hiddenSize'].concat(
    kind === 'layer' ? ['projSize', 'numLayers', 'bidirectional'] : [],
  );
  test.each(sizes)('refuses another %s', (size) => {
    for (const value of [0, 1, 3, 9, 1e9, -1, NaN, '4', null, undefined]) {
      const module = make();
      const built = module[size];
      if (Object.is(built, value)) continue;
      module[size] = value;
      const shown = typeof value === 'string' ? `'${value}'` : String(value);
      expect(() => run(module, kind)).toThrow(
        new RangeError(
          `${operation}: ${size} is ${shown}, but this layer was built with ${String(built)}; make a new layer for other sizes`,
        ),
      );
    }
  });
});

describe('PackedSequence', () => {
  const int32 = (...values: number[]): Tensor => tensor(Int32Array.of(...values));
  const make = () => new PackedSequence(randn([4, I]), int32(2, 1, 1), int32(1, 0), int32(1, 0));
  const sentences: Record<string, (p: nn.utils.rnn.PackedSequence) => void> = {
    'data must have 3000 rows, the sum of batchSizes, got shape [4, 4]': (p) =>
      p.batchSizes.fill_(1000),
    'batchSizes[0] must be an integer of at least 1, got -1': (p) => p.batchSizes.fill_(-1),
    'batchSizes must not increase, got [1, 2, 1]': (p) => p.batchSizes.copy_(int32(1, 2, 1)),
    'data must have 4 rows, the sum of batchSizes, got shape [2, 4]': (p) =>
      Object.assign(p, { data: randn([2, I]) }),
    'data must be a Tensor, got null': (p) => Object.assign(p, { data: null }),
    'batchSizes must be a Tensor, got [2, 1, 1]': (p) =>
      Object.assign(p, { batchSizes: [2, 1, 1] }),
    'batchSizes must be int32 of one dimension, got float32 [3]': (p) =>
      Object.assign(p, { batchSizes: zeros([3]) }),
    'batch must be an integer of at least 2, got 1': (p) => Object.assign(p, { batch: 1 }),
    'sortedIndices must be int32 [2], got int32 [1]': (p) =>
      Object.assign(p, { sortedIndices: int32(0) }),
    'unsortedIndices must be int32 [2], got float32 [2]': (p) =>
      Object.assign(p, { unsortedIndices: zeros([2]) }),
  };

  test.each(Object.keys(sentences))('changed afterwards: %s', (sentence) => {
    const packed = make();
    sentences[sentence](packed);
    for (const Layer of Object.values(layers)) {
      const layer = new Layer(I, H) as nn.LSTM;
      expect(() => layer.forward(packed)).toThrow(`${Layer.name}.forward: ${sentence}`);
    }
    expect(() => padPackedSequence(packed)).toThrow(`padPackedSequence: ${sentence}`);
    expect(() => packed.lengths()).toThrow(`PackedSequence.lengths: ${sentence}`);
  });

  test('batch sizes changed between forward and backward, which has its own', () => {
    const layer = new nn.LSTM(I, H);
    const gradients = (changed: boolean): unknown => {
      manualSeed(0);
      const packed = make();
      const [out] = layer.forward(packed);
      if (changed) packed.batchSizes.fill_(1000);
      return autograd.grad(out.data.sum(), layer.parameters()).map((g) => g!.toArray());
    };
    expect(gradients(true)).toEqual(gradients(false));
  });
});

test('a number of layers beyond any net is refused', () => {
  expect(() => new nn.LSTM(2, 3, { numLayers: 2 ** 40 })).toThrow(
    'LSTM: numLayers must be at most 10000, got 1099511627776',
  );
});

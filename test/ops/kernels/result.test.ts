/** Results lie in memory as PyTorch's do, and random draws follow (test/fixtures/memory-order.py). */
import { arange, compile, manualSeed, nn, noGrad, ones, rand, randn, type Tensor } from 'ostinato';
import fixture from '../../fixtures/memory-order.json';

const F = nn.functional;
type Orders = Record<string, readonly (readonly number[])[]>;
type Kind = 'float32' | 'bool' | 'int32';

const of = (x: Tensor, kind: Kind): Tensor =>
  kind === 'bool' ? x.gt(0.4) : kind === 'int32' ? x.mul(10).int() : x;
const steps = (shape: number[]): Tensor => arange(24, { dtype: 'float32' }).reshape(shape);
const transposed = (kind: Kind): Tensor =>
  of(steps([3, 2, 4]).div(30).add(0.01).transpose(0, 1), kind);
const rowMajor = (kind: Kind): Tensor => of(steps([2, 3, 4]).div(25).add(0.02), kind);

const given: Record<string, (x: Tensor, y: Tensor) => unknown[]> = {
  '': () => [],
  y: (_, y) => [y],
  x: (x) => [x],
  half: () => [0.5],
  '0': () => [0],
  '1': () => [1],
  yy: (_, y) => [y, y],
  'y half': (_, y) => [y, 0.5],
  sizes: () => [[3, 2, 4]],
};

const camelCase = (name: string): string =>
  name.replace(/_+$/, '').replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase()) +
  (name.endsWith('_') ? '_' : '');
// Strides along dimensions of one element say nothing.
const said = (strides: readonly number[], shape: readonly number[]): string =>
  strides.filter((_, d) => shape[d] !== 1).join();

// PyTorch makes its argument row-major first, and so its result.
const rowMajorThere = new Set(['logsigmoid']);

function resultOf(call: () => unknown): Tensor | null {
  let made: unknown;
  try {
    made = call();
  } catch {
    return null;
  }
  const first = Array.isArray(made) ? (made[0] as unknown) : made;
  const values = (first as { values?: unknown } | null)?.values;
  const x = (typeof values === 'object' && values !== null ? values : first) as Tensor;
  return typeof x === 'object' && x !== null && 'strides' in x ? x : null;
}

/** Which calls give other strides than PyTorch's, of those that give its shape here; and how many do. */
function compared(
  orders: Orders,
  find: (name: string, x: Tensor) => ((...args: unknown[]) => unknown) | undefined,
): { differ: string[]; count: number } {
  const differ: string[] = [];
  let count = 0;
  for (const [key, [shape, strides]] of Object.entries(orders)) {
    const [name, which, kind] = key.split('|') as [string, string, Kind];
    if (rowMajorThere.has(name)) continue;
    const x = transposed(kind);
    const call = find(camelCase(name), x);
    if (call === undefined) continue;
    manualSeed(0);
    const made = resultOf(() => call(...given[which](x, rowMajor(kind))));
    if (made === null || made.shape.join() !== shape.join()) continue;
    count++;
    if (said(made.strides, shape) !== said(strides, shape))
      differ.push(`${key}: ${made.strides.join()}, PyTorch ${strides.join()}`);
  }
  return { differ, count };
}

test('methods of a transposed tensor give results in the order that PyTorch gives them', () => {
  const { differ, count } = compared(fixture.methods, (name, x) => {
    const method = (x as unknown as Record<string, unknown>)[name];
    return typeof method === 'function' ? (...args) => method.apply(x, args) as unknown : undefined;
  });
  expect(differ).toEqual([]);
  expect(count).toBeGreaterThan(1500);
});

test('functions of nn.functional do', () => {
  const { differ, count } = compared(fixture.functional, (name, x) => {
    const f = (F as unknown as Record<string, unknown>)[name];
    return typeof f === 'function'
      ? (...args) => (f as typeof Function)(x as never, ...(args as never[]))
      : undefined;
  });
  expect(differ).toEqual([]);
  expect(count).toBeGreaterThan(60);
});

interface Layer {
  strides: number[];
  masks: number[][][][];
}
const layers = fixture.layers as Record<string, Layer>;

const mask = (x: Tensor): unknown => {
  manualSeed(1);
  return F.dropout(x, 0.5).ne(0).int().toArray();
};
const masks = (x: Tensor): unknown[] =>
  [x, x.tanh(), x.add(1), x.rsub(1), x.mul(ones(x.shape)), x.clone(), x.double()].map(mask);

function check(name: string, x: Tensor): void {
  expect(x.strides).toEqual(layers[name].strides);
  expect(masks(x)).toEqual(layers[name].masks);
}

const recurrent = Object.keys(layers).filter((name) => /^(RNN|LSTM|GRU)/.test(name));
test.each(recurrent)(
  '%s batch first: dropout after it draws the mask that PyTorch draws',
  (name) => {
    const [kind, option] = name.split(' ') as ['RNN' | 'LSTM' | 'GRU', string | undefined];
    manualSeed(0);
    const layer = new nn[kind](2, 3, {
      batchFirst: true,
      bidirectional: option === 'bidirectional',
      numLayers: option === 'num_layers' ? 2 : 1,
    });
    const [y] = layer.forward(randn([2, 4, 2]));
    check(name, y);
  },
);

test('so do attention and padPackedSequence', () => {
  manualSeed(0);
  const attention = new nn.MultiheadAttention(4, 2, { batchFirst: true });
  const [q, k, v] = [randn([2, 3, 4]), randn([2, 3, 4]), randn([2, 3, 4])];
  const [y] = attention.forward(q, k, v, { needWeights: false });
  check('MultiheadAttention', y);
  const { packPaddedSequence, padPackedSequence } = nn.utils.rnn;
  manualSeed(0);
  const packed = packPaddedSequence(rand([2, 3, 2]).add(1), [3, 2], { batchFirst: true });
  check('padPackedSequence', padPackedSequence(packed, { batchFirst: true })[0]);
});

test('layer-normalised layers have the order of plain ones', () => {
  const layer = new nn.LSTM(2, 3, { batchFirst: true, layerNorm: true });
  expect(layer.forward(randn([2, 4, 2]))[0].strides).toEqual([3, 6, 1]);
});

test('a compiled function gives its results in the order of the function itself', () => {
  const layer = new nn.LSTM(2, 3, { batchFirst: true });
  const f = (x: Tensor): Tensor => layer.forward(x)[0].tanh();
  const [x, compiled] = [randn([2, 4, 2]), compile(f)];
  for (const run of [() => compiled(x), () => noGrad(() => compiled(x))]) {
    expect(run().strides).toEqual(f(x).strides);
    expect(mask(run())).toEqual(mask(f(x)));
  }
});

test('sums, losses and products of such results have the bits of their row-major copies', () => {
  const x = transposed('float32').requiresGrad_();
  const y = rowMajor('float32');
  const copy = x.detach().contiguous().requiresGrad_();
  const linear = new nn.Linear(4, 5);
  const results = (z: Tensor): Tensor[] => [
    z.sum(),
    z.sum(1),
    z.mean(),
    z.amax(0),
    F.mseLoss(z, y),
    F.l1Loss(z, y),
    F.mseLoss(z, y, { reduction: 'none' }),
    linear.forward(z),
    z.softmax(1),
    F.layerNorm(z, [4]),
  ];
  const [ours, theirs] = [results(x), results(copy)];
  ours.forEach((one, i) => expect(one.toArray()).toEqual(theirs[i].toArray()));
  for (const all of [ours, theirs]) all.forEach((one) => one.square().sum().backward());
  expect(x.grad!.toArray()).toEqual(copy.grad!.toArray());
});

const operands: Record<string, () => Tensor> = {
  matrix: () => ones([2, 2]),
  row: () => ones([1, 4]),
  column: () => ones([4, 1]),
  transposed: () => ones([3, 2]).t(),
  steps: () => ones([8]).at('::2'),
  vector: () => ones([4]),
  expanded: () => ones([4]).expand([2, 4]),
  cube: () => ones([2, 3, 4]),
};

test('methods give views where PyTorch gives views, and copies where it gives copies', () => {
  const differ: string[] = [];
  let count = 0;
  for (const [key, [shape, shares]] of Object.entries(
    fixture.aliases as unknown as Record<string, [number[], boolean]>,
  )) {
    const [name, which, operand] = key.split('|');
    const x = operands[operand]();
    const method = (x as unknown as Record<string, unknown>)[camelCase(name)];
    if (typeof method !== 'function') continue;
    manualSeed(0);
    const made = resultOf(() => method.apply(x, given[which](x, x)) as unknown);
    if (made === null || made.shape.join() !== shape.join()) continue;
    count++;
    const before = made.toArray();
    (operand === 'expanded' ? x.select(0, 0) : x).fill_(7);
    const isShared = JSON.stringify(made.toArray()) !== JSON.stringify(before);
    if (isShared !== shares)
      differ.push(`${key}: ${isShared ? 'a view' : 'a copy'}, which PyTorch's is not`);
  }
  expect(differ).toEqual([]);
  expect(count).toBeGreaterThan(1000);
});

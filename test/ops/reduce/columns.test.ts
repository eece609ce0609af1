// A column has the same bits alone as among others: every operation along a dimension, and gradients that are summed over one.
import * as o from 'ostinato';
import { compile, nn, Tensor, type DType } from 'ostinato';
import { namesIn } from '../exports';
import { bitsOf, sample } from '../../support';

type Result = Tensor | Iterable<Tensor>;
type Along = (x: Tensor, dim: number | number[], options?: { keepdim: boolean }) => Result;

const operations = o as unknown as Readonly<Record<string, Along>>;
const names = (list: string): string[] => list.split(' ');

// What is not called with (x, dim, options), and what is along no dimension.
const called: Readonly<Record<string, readonly Along[] | null>> = {
  norm: [0, 1, 2, 3, Infinity, -Infinity].map((p): Along => {
    return (x, dim, options) => x.norm(p, dim, options);
  }),
  aminmax: [(x, dim, options) => o.aminmax(x, { dim: dim as number, ...options })],
  kthvalue: [(x, dim, options) => o.kthvalue(x, 3, dim as number, options)],
  topk: [(x, dim) => o.topk(x, 3, dim as number)],
  quantile: [(x, dim, options) => o.quantile(x, 0.3, dim as number, options)],
  nanquantile: [(x, dim, options) => o.nanquantile(x, 0.3, dim as number, options)],
  ...Object.fromEntries(
    names(
      'cummax cummin cumprod cumsum logcumsumexp countNonzero softmax logSoftmax sort argsort',
    ).map((name) => [name, [(x: Tensor, dim: number | number[]) => operations[name](x, dim)]]),
  ),
  uniqueConsecutive: null,
  unique: null,
  msort: null,
  bucketize: null,
  isin: null,
  searchsorted: null,
  bincount: null,
  cdist: null,
  trace: null,
};
const several = new Set(
  names(
    'sum mean nansum nanmean std var variance stdMean varMean amax amin logsumexp any all norm countNonzero',
  ),
);
const forms = ['reduce', 'normalization', 'sorting'].flatMap(namesIn).flatMap((name) => {
  const given = called[name] === undefined ? [operations[name]] : (called[name] ?? []);
  return given.map((f, i) => [given.length > 1 ? `${name} ${i}` : name, name, f] as const);
});

// [shape with k columns, where they are, the dimensions that are reduced]
type Place = readonly [shape: readonly number[], at: number, dim: number | number[]];
const places: readonly Place[] = [
  [[37, 3], 1, 0],
  [[37, 3], 1, -2],
  [[2, 129, 3], 2, 1],
  [[37, 3, 1], 1, 0],
  [[37, 1, 3], 2, 0],
  [[3, 37], 0, 1],
  [[3, 37, 1], 0, [1]],
  [[9000, 2], 1, 0],
];
const placesOfSeveral: readonly Place[] = [
  [[9, 7, 3], 2, [0, 1]],
  [[9, 3, 7], 1, [0, 2]],
  [[3, 9, 7], 0, [1, 2]],
  [[2, 9, 3, 7], 2, [1, 3]],
  [[9, 3, 7, 3], 3, [0, 2]],
];

// x, and the same elements in other orders of memory.
const layouts: readonly ((x: Tensor) => Tensor)[] = [
  (x) => x,
  (x) => x.transpose(0, -1).contiguous().transpose(0, -1),
  (x) => o.stack([x, x], -1).select(-1, 1),
];

const listOf = (y: Result): Tensor[] => (y instanceof Tensor ? [y] : [...y]);

// The outputs of f(x), and the gradient for weights that differ from place to place.
function results(f: (x: Tensor) => Result, given: Tensor, weights?: Tensor[]): Tensor[] {
  const x = given.detach().requiresGrad_();
  const outputs = listOf(f(x));
  const sums = outputs.flatMap((y, i) =>
    y.requiresGrad && weights !== undefined ? [y.mul(weights[i]).sum()] : [],
  );
  if (sums.length > 0) sums.reduce((a, b) => a.add(b)).backward();
  return [...outputs, ...(x.grad === null ? [] : [x.grad])].map((y) => y.detach());
}

function compare(name: string, f: Along, [shape, at, dim]: Place, keepdim: boolean, type: DType) {
  const options = { keepdim };
  const x = sample(shape, { dtype: type });
  const outputs = listOf(f(x, dim, options));
  const columns = outputs.map((y, i) => {
    const reduced = (Array.isArray(dim) ? dim : [dim]).map((d) => (d + x.ndim) % x.ndim);
    const before = y.ndim === x.ndim ? 0 : reduced.filter((d) => d < at).length;
    return { at: at - before, weights: sample(y.shape, { dtype: type, seed: i + 2 }) };
  });
  const all = results((v) => f(v, dim, options), x, columns.map(({ weights }) => weights)); // prettier-ignore
  for (const layout of x.numel > 5000 ? layouts.slice(0, 1) : layouts) {
    for (let k = 0; k < shape[at]; k++) {
      const one = results(
        (v) => f(v, dim, options),
        layout(x.narrow(at, k, 1)),
        columns.map((column) => column.weights.narrow(column.at, k, 1)),
      );
      const wanted = all.map((y, i) => y.narrow(columns[i]?.at ?? at, k, 1).contiguous());
      expect({ name, shape, dim, k, bits: one.map((y) => bitsOf(y.contiguous())) }).toEqual({
        name,
        shape,
        dim,
        k,
        bits: wanted.map(bitsOf),
      });
    }
  }
}

describe.each(['float32', 'float64'] as const)('%s', (type) => {
  test.each(forms)('%s', (_, name, f) => {
    for (const place of [...places, ...(several.has(name) ? placesOfSeveral : [])]) {
      if (Array.isArray(place[2]) && !several.has(name)) continue;
      for (const keepdim of [false, true]) compare(name, f, place, keepdim, type);
    }
  });
});

// Gradients of what is broadcast over rows, with one column and with several.
const rows = 37;
const broadcast: readonly [string, (x: Tensor, b: Tensor) => Tensor][] = [
  ['add', (x, b) => x.add(b)],
  ['sub', (x, b) => x.sub(b)],
  ['mul', (x, b) => x.mul(b)],
  ['where', (x, b) => x.where(x.gt(0), b)],
  ['maskedFill', (x, b) => b.expand(x.shape).maskedFill(x.gt(0), 0)],
  ['expand', (x, b) => b.expand([rows, b.shape.at(-1)!]).mul(x)],
  ['compiled add', compile((x: Tensor, b: Tensor) => x.add(b))],
];

test.each(broadcast)('gradient of a row that is broadcast: %s', (_, f) => {
  for (const type of ['float32', 'float64'] as const) {
    for (const shapeOf of [(k: number) => [k], (k: number) => [1, k]]) {
      const [x, g] = [1, 2].map((seed) => sample([rows, 3], { dtype: type, seed }));
      const b = sample(shapeOf(3), { dtype: type, seed: 3 });
      const gradient = (from: number, count: number): Tensor => {
        const leaf = b.narrow(-1, from, count).contiguous().detach().requiresGrad_();
        f(x.narrow(1, from, count).contiguous(), leaf).backward({
          gradient: g.narrow(1, from, count).contiguous(),
        });
        return leaf.grad!;
      };
      const all = gradient(0, 3);
      for (let k = 0; k < 3; k++)
        expect(bitsOf(gradient(k, 1))).toEqual(bitsOf(all.narrow(-1, k, 1).contiguous()));
    }
  }
});

// y = x·Wᵀ + b of one output and of several.
test('gradients of a layer with one output', () => {
  for (const type of ['float32', 'float64'] as const) {
    for (const lead of [[rows], [5, 9]]) {
      const x = sample([...lead, 4], { dtype: type });
      const weight = sample([3, 4], { dtype: type, seed: 2 });
      const bias = sample([3], { dtype: type, seed: 3 });
      const g = sample([...lead, 3], { dtype: type, seed: 4 });
      const gradients = (from: number, count: number): Tensor[] => {
        const leaves = [weight, bias].map((p) =>
          p.narrow(0, from, count).contiguous().detach().requiresGrad_(),
        );
        nn.functional
          .linear(x, leaves[0], leaves[1])
          .backward({ gradient: g.narrow(-1, from, count).contiguous() });
        return leaves.map((leaf) => leaf.grad!);
      };
      const all = gradients(0, 3);
      for (let k = 0; k < 3; k++) {
        expect(gradients(k, 1).map(bitsOf)).toEqual(
          all.map((one) => bitsOf(one.narrow(0, k, 1).contiguous())),
        );
      }
    }
  }
});

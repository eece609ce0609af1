// What random programs take besides the tables of operations: products, layers, attention, indexing with computed indices.
import * as o from 'ostinato';
import type { Tensor } from 'ostinato';
import type { Entry } from '../ops/entry';

const { nn } = o;
const F = nn.functional;
const kinks: readonly number[] = [];
const row = (
  name: string,
  f: Entry['f'],
  ...shapes: (readonly (readonly number[])[])[]
): Entry => ({ name, f, shapes, kinks });

/** Indices below `count` that the values decide. */
const indicesOf = (x: Tensor, count: number): Tensor =>
  x.detach().argsort(-1).remainder(count).int();

const products: Entry[] = [
  row('matmul', o.matmul, [[3], [3]], [[2, 3], [3]], [[2, 3], [3, 4]], [[2, 2, 3], [3, 2]], [[2, 1, 3], [2, 3, 2]], [[0, 3], [3, 2]], [[2, 0], [0, 3]], [[5, 17], [17, 9]]), // prettier-ignore
  row('linear', (x, w, b) => o.linear(x, w, b), [[2, 3], [4, 3], [4]], [[3], [2, 3], [2]], [[2, 1, 3], [5, 3], [5]]), // prettier-ignore
  row('addmm', (c, a, b) => o.addmm(c, a, b, { alpha: 0.5, beta: -1 }), [[4], [2, 3], [3, 4]]),
  row('baddbmm', (c, a, b) => o.baddbmm(c, a, b), [
    [2, 2, 4],
    [2, 2, 3],
    [2, 3, 4],
  ]),
  row('outer', o.outer, [[2], [3]]),
];

const normalized: Entry[] = [
  row('layerNorm', (x, weight, bias) => F.layerNorm(x, [3], { weight, bias }), [[2, 3], [3], [3]]),
  row('cosineSimilarity', (a, b) => F.cosineSimilarity(a, b), [
    [2, 3],
    [2, 3],
  ]),
  row('normalize', (x) => F.normalize(x), [[2, 3]]),
  row('pad', (x) => F.pad(x, [1, 2]), [[2, 3]]),
  row('attention', (q, k, v) => F.scaledDotProductAttention(q, k, v), [[2, 3, 4], [2, 5, 4], [2, 5, 4]]), // prettier-ignore
  row('causal attention', (q, k, v) => F.scaledDotProductAttention(q, k, v, { isCausal: true }), [[3, 4], [3, 4], [3, 4]]), // prettier-ignore
];

const layered: Entry[] = [
  row('conv1d', (x, w, b) => F.conv1d(x, w, b, { padding: 1 }), [[2, 3, 5], [4, 3, 3], [4]], [[3, 5], [2, 3, 2], [2]]), // prettier-ignore
  row('strided conv1d', (x, w) => F.conv1d(x, w, null, { stride: 2, dilation: 2, groups: 2 }), [[1, 4, 9], [2, 2, 3]]), // prettier-ignore
  row('convTranspose1d', (x, w) => F.convTranspose1d(x, w, null, { stride: 2, outputPadding: 1 }), [[2, 3, 4], [3, 2, 3]]), // prettier-ignore
  row('batchNorm', (x, weight, bias) => F.batchNorm(x, null, null, { weight, bias, training: true }), [[4, 3], [3], [3]], [[2, 3, 4], [3], [3]]), // prettier-ignore
  row('groupNorm', (x, weight, bias) => F.groupNorm(x, 2, { weight, bias }), [[2, 4, 3], [4], [4]]), // prettier-ignore
  row('rmsNorm', (x, weight) => F.rmsNorm(x, [3], { weight }), [[2, 3], [3]]),
  row('avgPool1d', (x) => F.avgPool1d(x, 2, { stride: 1 }), [[2, 3, 5]]),
  row('embeddingBag', (x) => F.embeddingBag(o.tensor([[0, 2], [1, 1]], { dtype: 'int32' }), x, null, { mode: 'sum' }), [[3, 4]]), // prettier-ignore
];

const indexed: Entry[] = [
  row('gather', (x, at) => o.gather(x, 1, indicesOf(at, 3)), [
    [2, 3],
    [2, 4],
  ]),
  row('scatter', (x, at, y) => o.scatter(x, 1, at.detach().argsort(1).int(), y), [[2, 3], [2, 3], [2, 3]]), // prettier-ignore
  row('scatterAdd', (x, at, y) => o.scatterAdd(x, 1, indicesOf(at, 3), y), [[2, 3], [2, 4], [2, 4]]), // prettier-ignore
  row('indexSelect', (x, at) => o.indexSelect(x, 0, indicesOf(at, 3)), [[3, 2], [5]]),
  row('indexAdd', (x, at, y) => o.indexAdd(x, 0, indicesOf(at, 3), y), [[3, 2], [4], [4, 2]]),
  row('take', (x, at) => o.take(x, indicesOf(at, 6)), [[2, 3], [4]]),
  row('sort', (x) => o.sort(x, 1)[0], [[2, 3]]),
  row('at', (x) => x.at(':', '::2'), [
    [2, 3],
    [0, 3],
  ]),
  row('setAt', (x, y) => o.setAt(x.clone(), [':', 1], y), [[2, 3], [2]], [[2, 3], []]),
];

export const layers: readonly Entry[] = [...products, ...normalized, ...layered, ...indexed];

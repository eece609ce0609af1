// src/ops/elementwise: the rows of its operations, see ../entry.ts.
import * as o from 'ostinato';
import { declaredIn, ofOne, ofTwo, smooth, type Entry } from '../entry';
import { namesIn } from '../exports';

const positive = { domain: [0.3, 3], kinks: [] } as const;

const three = (
  name: string,
  f: (x: o.Tensor, a: o.Tensor, b: o.Tensor) => o.Tensor,
): Pick<Entry, 'name' | 'f' | 'shapes'> => ({
  name,
  f,
  shapes: [
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    [[3], [2, 1], []],
    [[], [], []],
    [[0, 3], [3], [3]],
  ],
});

export const table: readonly Entry[] = [
  ...declaredIn(namesIn('elementwise')),
  ofOne('clamp', (x) => o.clamp(x, -0.5, 1), { kinks: [-0.5, 1] }),
  ofOne('clamp min', (x) => o.clamp(x, { min: 0.5 }), { kinks: [0.5] }),
  {
    name: 'clamp by tensors',
    f: (x, low, high) => o.clamp(x, low, high),
    shapes: [
      [[2, 3], [3], [2, 1]],
      [[], [], []],
    ],
    domains: [
      [-2, 2],
      [-1, -0.2],
      [0.1, 1],
    ],
    kinks: [],
  },
  ofOne('elu', (x) => o.elu(x, { alpha: 0.7 })),
  ofOne('gelu', o.gelu, smooth),
  ofOne('gelu tanh', (x) => o.gelu(x, { approximate: 'tanh' }), smooth),
  ofOne('leakyRelu', (x) => o.leakyRelu(x, { negativeSlope: 0.2 })),
  ofOne('softplus', (x) => o.softplus(x, { beta: 2, threshold: 2 }), { kinks: [1] }),
  ofOne('softsign', o.softsign),

  ofOne('clip', (x) => o.clip(x, -0.5, 1), { kinks: [-0.5, 1] }),
  ofOne('clampMin', (x) => o.clampMin(x, -0.5), { kinks: [-0.5] }),
  ofOne('clampMax', (x) => o.clampMax(x, 0.5), { kinks: [0.5] }),
  ofOne('polygamma', (x) => o.polygamma(2, x), positive),
  ofOne('logit', o.logit, { domain: [0.1, 0.9] }),
  ofOne('logit eps', (x) => o.logit(x, { eps: 0.2 }), { domain: [0, 1], kinks: [0.2, 0.8] }),
  ofOne('nanToNum', (x) => o.nanToNum(x), smooth),
  ofOne('selu', o.selu),
  ofOne('celu', (x) => o.celu(x, { alpha: 0.7 })),
  ofOne('hardtanh', (x) => o.hardtanh(x, { minVal: -0.5, maxVal: 1 }), { kinks: [-0.5, 1] }),
  ofOne('relu6', (x) => o.relu6(x), { domain: [-2, 8], kinks: [0, 6] }),
  ofOne('hardshrink', (x) => o.hardshrink(x, { lambd: 0.7 }), { kinks: [-0.7, 0.7] }),
  ofOne('softshrink', (x) => o.softshrink(x), { kinks: [-0.5, 0.5] }),
  ofOne('tanhshrink', o.tanhshrink, smooth),
  ofOne('threshold', (x) => o.threshold(x, 0.2, 5), { kinks: [0.2] }),
  ofOne('glu', (x) => o.glu(x), { shapes: [[[2, 4]], [[6]], [[0, 2]]], kinks: [] }),
  ofOne('glu dim 0', (x) => o.glu(x, 0), { shapes: [[[2, 3]]], kinks: [] }),
  ofTwo('prelu', o.prelu, {
    shapes: [
      [[2, 3], [3]],
      [[2, 3, 2], [1]],
      [[3], [1]],
      [[], [1]],
      [[0, 3], [3]],
    ],
    kinks: [0],
  }),
  ofTwo('lerp number', (a, b) => o.lerp(a, b, 0.7), smooth),
  { ...three('lerp', o.lerp), kinks: [] },
  { ...three('addcmul', (x, a, b) => o.addcmul(x, a, b, { value: -1.5 })), kinks: [] },
  {
    ...three('addcdiv', (x, a, b) => o.addcdiv(x, a, b, { value: 0.5 })),
    domain: [0.3, 2],
    kinks: [],
  },

  ofTwo('add alpha', (a, b) => o.add(a, b, { alpha: -1.5 }), smooth),
  ofOne('add number', (x) => o.add(2, o.add(x, 3)), smooth),
  ofOne('div number', (x) => o.div(o.div(2, x), 3), positive),
  ofTwo('div floor', (a, b) => o.div(a, b, { roundingMode: 'floor' }), {
    domains: [
      [0.1, 0.9],
      [1, 2],
    ],
  }),
  ofOne('mul number', (x) => o.mul(2, o.mul(x, 3)), smooth),
  ofOne('mul by itself', (x) => o.mul(x, x), smooth),
  ofOne('pow number', (x) => o.pow(x, 3), smooth),
  ofOne('pow 2', (x) => o.pow(x, 2), smooth),
  ofOne('pow of number', (x) => o.pow(2.5, x), smooth),
  ofOne('remainder number', (x) => o.remainder(x, 2.5)),
  ofTwo('rsub', (a, b) => o.rsub(a, b), smooth),
  ofTwo('sub alpha', (a, b) => o.sub(a, b, { alpha: 0.5 }), smooth),
  ofOne('sub number', (x) => o.sub(1, o.sub(x, 3)), smooth),
  ofTwo('where', (a, b) => o.where(o.gt(a.detach(), b.detach()), a, b), smooth),
  ofOne('where number', (x) => o.where(o.gt(x.detach(), 0), x, -1), smooth),
];

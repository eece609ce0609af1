/** ONNX's matrix products, convolutions and windows. */
import * as ops from '../../../ops';
import { functional } from '../../../nn';
import type { Tensor } from '../../../tensor/tensor';
import { cannotRead, refuse } from '../../malformed';
import { given, type NodeView, type Operator, type Operators } from '../node';

const gemm: Operator = {
  inputs: [2, 3],
  make: (node) => {
    const [alpha, beta] = [node.float('alpha', 1), node.float('beta', 1)];
    const [flipA, flipB] = [node.flag('transA', false), node.flag('transB', false)];
    return ([a, b, c]) => {
      const x = flipA ? given(a).t() : given(a);
      const plain = alpha === 1 && (c === null || c === undefined || beta === 1);
      // A layer: x Wᵀ + b.
      if (plain && flipB && (!c || (c.ndim === 1 && c.numel === given(b).shape[0]))) {
        return functional.linear(x, given(b), c ?? null);
      }
      const product = x.matmul(flipB ? given(b).t() : given(b));
      const scaled = alpha === 1 ? product : product.mul(alpha);
      return c ? scaled.add(beta === 1 ? c : c.mul(beta)) : scaled;
    };
  },
};

/** A node's window over one dimension, or over two of which one has windows of 1. */
interface Window {
  readonly kernel: readonly number[] | undefined;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly auto: string;
}

function windowOf(node: NodeView): Window {
  const auto = node.text('auto_pad', 'NOTSET');
  if (!['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'].includes(auto))
    refuse(`auto_pad is ${auto}`);
  return {
    kernel: node.ints('kernel_shape', undefined),
    strides: node.ints('strides', []),
    dilations: node.ints('dilations', []),
    pads: node.ints('pads', []),
    auto,
  };
}

/** Of one dimension: sizes, and how much is added at both ends. */
interface Along {
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

function alongOf(window: Window, d: number, dims: number, size: number, length: number): Along {
  const stride = window.strides[d] ?? 1;
  const dilation = window.dilations[d] ?? 1;
  if (window.auto === 'NOTSET' || window.auto === 'VALID') {
    const pads = window.auto === 'VALID' ? [] : window.pads;
    return { size, stride, dilation, before: pads[d] ?? 0, after: pads[d + dims] ?? 0 };
  }
  const span = dilation * (size - 1) + 1;
  const total = Math.max((Math.ceil(length / stride) - 1) * stride + span - length, 0);
  const less = Math.floor(total / 2);
  const [before, after] =
    window.auto === 'SAME_UPPER' ? [less, total - less] : [total - less, less];
  return { size, stride, dilation, before, after };
}

/**
 * Runs `f` over signals [N, C, L]. Of pictures [N, C, H, W] it runs over the rows or columns, if the window spans only one of the two.
 * @param sizes of the window
 */
function overSignals(
  x: Tensor,
  sizes: readonly number[],
  window: Window,
  f: (signal: Tensor, along: Along) => Tensor,
): Tensor {
  const dims = x.ndim - 2;
  if (dims !== sizes.length) throw new RangeError(`an input of ${x.ndim} dimensions, a window of ${sizes.length}`); // prettier-ignore
  const along = sizes.map((size, d) => alongOf(window, d, dims, size, x.shape[d + 2]));
  if (dims === 1) return f(x, along[0]);
  const isTrivial = ({ size, stride, before, after }: Along): boolean =>
    size === 1 && stride === 1 && before === 0 && after === 0;
  const other = along.findIndex(isTrivial);
  if (dims !== 2 || other < 0) {
    throw new RangeError(`a window of [${sizes.join(', ')}]: only those over one dimension are computed`); // prettier-ignore
  }
  // [N, C, H, W] → [N, other, C, along] → [N · other, C, along].
  const order = other === 0 ? [0, 2, 1, 3] : [0, 3, 1, 2];
  const rows = x.permute(order);
  const [N, M, C, L] = rows.shape;
  const y = f(rows.reshape([N * M, C, L]), along[1 - other]);
  return y.reshape([N, M, y.shape[1], y.shape[2]]).permute(other === 0 ? [0, 2, 1, 3] : [0, 2, 3, 1]); // prettier-ignore
}

/** The window's taps as a signal has them: [O, C, 1, k] and [O, C, k, 1] become [O, C, k]. */
const taps = (weight: Tensor): Tensor =>
  weight.ndim === 4 ? weight.reshape([weight.shape[0], weight.shape[1], -1]) : weight;

const conv: Operator = {
  inputs: [2, 3],
  make: (node) => {
    const window = windowOf(node);
    const groups = node.int('group', 1);
    return ([x, weight, bias]) =>
      overSignals(given(x), given(weight).shape.slice(2), window, (signal, along) => {
        const { stride, dilation, before, after } = along;
        const even = before === after && before >= 0;
        const input = even ? signal : functional.pad(signal, [before, after]);
        const padding = even ? before : 0;
        return functional.conv1d(input, taps(given(weight)), bias ?? null, { stride, dilation, padding, groups }); // prettier-ignore
      });
  },
};

const convTranspose: Operator = {
  inputs: [2, 3],
  make: (node) => {
    const window = windowOf(node);
    const groups = node.int('group', 1);
    const added = node.ints('output_padding', []);
    if (node.ints('output_shape', undefined) !== undefined) cannotRead('it has an output_shape');
    if (window.auto !== 'NOTSET' && window.auto !== 'VALID')
      cannotRead(`auto_pad is ${window.auto}`);
    return ([x, weight, bias]) => {
      if (given(x).ndim !== 3)
        throw new RangeError(`an input of ${given(x).ndim} dimensions, not 3`);
      const { stride, dilation, before, after } = alongOf(window, 0, 1, 1, 0);
      const y = functional.convTranspose1d(given(x), given(weight), bias ?? null, {
        ...{ stride, dilation, groups, outputPadding: added[0] ?? 0 },
        padding: Math.min(before, after),
      });
      const more = before - after;
      if (more === 0) return y;
      return y.narrow(2, Math.max(more, 0), y.shape[2] - Math.abs(more));
    };
  },
};

const pool = (
  f: (x: Tensor, along: Along, ceilMode: boolean, countIncludePad: boolean) => Tensor,
  filler: number,
): Operator => ({
  inputs: [1, 1],
  outputs: 2,
  make: (node) => {
    const window = windowOf(node);
    const ceilMode = node.flag('ceil_mode', false);
    const counts = node.flag('count_include_pad', false);
    node.fixed('storage_order', 0);
    if (node.outputs > 1) cannotRead('it has the indices as an output');
    const { kernel } = window;
    if (kernel === undefined) return refuse('it has no kernel_shape');
    return ([x]) =>
      overSignals(given(x), kernel, window, (signal, along) => {
        if (along.before === along.after) return f(signal, along, ceilMode, counts);
        if (filler === 0 && !counts) throw new RangeError('padding that differs at the ends');
        const padded = functional.pad(signal, [along.before, along.after], { value: filler });
        return f(padded, { ...along, before: 0, after: 0 }, ceilMode, counts);
      });
  },
});

const overAll = (f: (x: Tensor, dims: number[]) => Tensor): Operator => ({
  inputs: [1, 1],
  make:
    () =>
    ([x]) =>
      f(
        given(x),
        given(x)
          .shape.map((_, d) => d)
          .slice(2),
      ),
});

export const products: Operators = {
  MatMul: {
    inputs: [2, 2],
    make:
      () =>
      ([a, b]) =>
        ops.matmul(given(a), given(b)),
  },
  Gemm: gemm,
  Einsum: {
    inputs: [1, Infinity],
    make: (node) => {
      const equation = node.text('equation', '');
      return (xs) => ops.einsum(equation, xs.map(given));
    },
  },
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: pool(
    (x, { size, stride, dilation, before }, ceilMode) =>
      functional.maxPool1d(x, size, { stride, dilation, padding: before, ceilMode }),
    -Infinity,
  ),
  AveragePool: pool(
    (x, { size, stride, before }, ceilMode, countIncludePad) =>
      functional.avgPool1d(x, size, { stride, padding: before, ceilMode, countIncludePad }),
    0,
  ),
  GlobalAveragePool: overAll((x, dims) => x.mean(dims, { keepdim: true })),
  GlobalMaxPool: overAll((x, dims) => x.amax(dims, { keepdim: true })),
};

/** Products, convolutions, windows, reductions and normalizations as ONNX's operators. */
import type { ConvolutionContext, ConvTransposeContext } from '../../../ops/convolution/convolve';
import type { AddmmContext } from '../../../ops/matmul/addmm';
import type { BatchNormContext } from '../../../ops/normalization/batch-norm';
import type { LayerNormContext } from '../../../ops/normalization/layer-norm';
import type { SoftmaxContext } from '../../../ops/normalization/softmax';
import type { AvgPoolContext, MaxPoolContext, WindowSizes } from '../../../ops/pooling/pool';
import type { Call as ReductionCall } from '../../../ops/reduce/declaration';
import type { Chosen, PositionContext } from '../../../ops/reduce/extrema';
import { ones, zeros } from '../../../ops';
import { float, Unwritten, type Pair, type Writer } from './emitter';

const matmul: Writer = (pair) =>
  pair.results(pair.emitter.node('MatMul', [pair.input(0), pair.input(1)]));

/** x Wᵀ + b: one node for matrices, a product and a sum for others. */
const linear: Writer = (pair) => {
  const { emitter } = pair;
  const inputs = [pair.input(0), pair.input(1), ...(pair.has(2) ? [pair.input(2)] : [])];
  if (pair.tensor(0).ndim === 2) {
    pair.results(emitter.node('Gemm', inputs, { transB: 1 }));
    return;
  }
  const product = emitter.node('MatMul', [inputs[0], emitter.node('Transpose', [inputs[1]], { perm: [1, 0] })]); // prettier-ignore
  pair.results(pair.has(2) ? emitter.node('Add', [product, inputs[2]]) : product);
};

const addmm: Writer = (pair) => {
  const { emitter } = pair;
  const { beta, alpha } = pair.fixed((scales: AddmmContext) => ({ beta: scales.beta, alpha: scales.alpha })); // prettier-ignore
  const scaled = (x: string, by: number): string => (by === 1 ? x : emitter.node('Mul', [x, emitter.scalar(by, pair.tensor(0).dtype)])); // prettier-ignore
  const product = scaled(emitter.node('MatMul', [pair.input(1), pair.input(2)]), alpha);
  pair.results(emitter.node('Add', [product, scaled(pair.input(0), beta)]));
};

const common = (pair: Pair) => {
  const { stride, padding, dilation, groups, taps } = pair.fixed(({ stride: s, padding: p, dilation: d, groups: g, taps: k }: ConvolutionContext) => ({ stride: s, padding: p, dilation: d, groups: g, taps: k })); // prettier-ignore
  const inputs = [pair.input(0), pair.input(1), ...(pair.has(2) ? [pair.input(2)] : [])];
  const attributes = {
    kernel_shape: [taps],
    strides: [stride],
    dilations: [dilation],
    group: groups,
  };
  return { stride, padding, span: dilation * (taps - 1) + 1, inputs, attributes };
};

const convolution: Writer = (pair) => {
  const { stride, padding, span, inputs, attributes } = common(pair);
  // With a stride of 1 the end may have another padding, which the output's length says.
  const { length, outLength } = pair.a.context as ConvolutionContext;
  const after = stride === 1 ? outLength - 1 + span - length - padding : padding;
  pair.results(pair.emitter.node('Conv', inputs, { ...attributes, pads: [padding, after] }));
};

const convTranspose: Writer = (pair) => {
  const { stride, padding, span, inputs, attributes } = common(pair);
  const added = (context: unknown): number => {
    const { length, outLength } = context as ConvTransposeContext;
    return length - ((outLength - 1) * stride - 2 * padding + span);
  };
  const output_padding = [added(pair.a.context)];
  if (output_padding[0] !== added(pair.b.context)) throw new Unwritten('has another padding for other sizes'); // prettier-ignore
  pair.results(pair.emitter.node('ConvTranspose', inputs, { ...attributes, pads: [padding, padding], output_padding })); // prettier-ignore
};

const reduction =
  (opType: string): Writer =>
  (pair) => {
    const { emitter } = pair;
    const { ndim } = pair.tensor(0);
    const given = pair.fixed(({ dim }: ReductionCall) => dim ?? null);
    const dims = given === null ? null : typeof given === 'number' ? [given] : given;
    const keepdims = Number(pair.a.results[0].ndim === ndim && ndim > 0);
    const all = dims === null || dims.length === 0;
    const axes = all ? Array.from({ length: ndim }, (_, d) => d) : dims.map((d) => (d + ndim) % ndim); // prettier-ignore
    // Of one operator the axes are an input since version 13, of the others since 18.
    const isInput = opType === 'ReduceSum';
    const name = emitter.node(opType, isInput ? [pair.input(0), emitter.ints(axes)] : [pair.input(0)], isInput ? { keepdims } : { keepdims, axes }); // prettier-ignore
    pair.results(name);
  };

const position =
  (opType: string): Writer =>
  (pair) => {
    const { emitter } = pair;
    const dim = pair.fixed(({ dim: of }: PositionContext) => of ?? null);
    const { ndim } = pair.tensor(0);
    const x = dim === null ? emitter.node('Reshape', [pair.input(0), emitter.ints([-1])]) : pair.input(0); // prettier-ignore
    const keepdims = Number(dim !== null && pair.a.results[0].ndim === ndim && ndim > 0);
    pair.results(emitter.node(opType, [x], { axis: dim ?? 0, keepdims }));
  };

const along =
  (opType: string): Writer =>
  (pair) =>
    pair.results(pair.emitter.node(opType, [pair.input(0)], { axis: pair.fixed((dim: SoftmaxContext) => dim) })); // prettier-ignore

const layerNorm: Writer = (pair) => {
  const { emitter } = pair;
  const epsilon = pair.fixed(({ eps }: LayerNormContext) => eps);
  const { dtype, ndim } = pair.tensor(0);
  const count = (pair.a.context as LayerNormContext).shape.length;
  if (pair.has(1)) {
    const inputs = [pair.input(0), pair.input(1), ...(pair.has(2) ? [pair.input(2)] : [])];
    pair.results(emitter.node('LayerNormalization', inputs, { axis: -count, epsilon: float(epsilon) })); // prettier-ignore
    return;
  }
  // Without a weight, whose shape could depend on that of the input.
  const axes = Array.from({ length: count }, (_, i) => ndim - count + i);
  const mean = (x: string): string => emitter.node('ReduceMean', [x], { axes, keepdims: 1 });
  const centred = emitter.node('Sub', [pair.input(0), mean(pair.input(0))]);
  const variance = mean(emitter.node('Mul', [centred, centred]));
  const deviation = emitter.node('Sqrt', [emitter.node('Add', [variance, emitter.scalar(epsilon, dtype)])]); // prettier-ignore
  const y = emitter.node('Div', [centred, deviation]);
  pair.results(pair.has(2) ? emitter.node('Add', [y, pair.input(2)]) : y);
};

const batchNorm: Writer = (pair) => {
  const { emitter } = pair;
  const { running, eps } = pair.a.context as BatchNormContext;
  if (running === null) throw new Unwritten('takes the statistics of the batch; only those of training are written'); // prettier-ignore
  const { dtype, shape } = pair.tensor(0);
  const filled = (make: typeof ones): string => emitter.constant(make([shape[1]], { dtype }));
  const inputs = [pair.input(0), pair.has(1) ? pair.input(1) : filled(ones), pair.has(2) ? pair.input(2) : filled(zeros)]; // prettier-ignore
  const statistics = [pair.other((of: BatchNormContext) => of.running!.mean), pair.other((of: BatchNormContext) => of.running!.variance)]; // prettier-ignore
  pair.results(emitter.node('BatchNormalization', [...inputs, ...statistics], { epsilon: float(eps) })); // prettier-ignore
};

/** Signals [C, L] get a batch. */
function pool(
  pair: Pair,
  opType: string,
  more: (of: WindowSizes) => Record<string, number | readonly number[]>,
): void {
  // prettier-ignore
  const { emitter } = pair;
  const of = pair.fixed(({ sizes }: MaxPoolContext | AvgPoolContext) => sizes ?? null);
  if (of === null) throw new Unwritten('has windows of several sizes');
  const isSingle = pair.tensor(0).ndim === 2;
  const zero = emitter.ints([0]);
  const x = isSingle ? emitter.node('Unsqueeze', [pair.input(0), zero]) : pair.input(0);
  const { size, stride, padding, ceilMode } = of;
  const y = emitter.node(opType, [x], { kernel_shape: [size], strides: [stride], pads: [padding, padding], ceil_mode: Number(ceilMode), ...more(of) }); // prettier-ignore
  pair.results(isSingle ? emitter.node('Squeeze', [y, zero]) : y);
}

export const products: Readonly<Record<string, Writer>> = {
  matmul,
  mm: matmul,
  mv: matmul,
  bmm: matmul,
  dot: matmul,
  linear,
  addmm,
  baddbmm: addmm,
  convolution,
  convTranspose1d: convTranspose,
  sum: reduction('ReduceSum'),
  mean: reduction('ReduceMean'),
  amax: reduction('ReduceMax'),
  amin: reduction('ReduceMin'),
  logsumexp: reduction('ReduceLogSumExp'),
  max: (pair) => extreme(pair, 'Max'),
  min: (pair) => extreme(pair, 'Min'),
  argmax: position('ArgMax'),
  argmin: position('ArgMin'),
  softmax: along('Softmax'),
  logSoftmax: along('LogSoftmax'),
  layerNorm,
  batchNorm,
  maxPool1d: (pair) => pool(pair, 'MaxPool', ({ dilation }) => ({ dilations: [dilation] })),
  avgPool1d: (pair) => pool(pair, 'AveragePool', ({ countIncludePad }) => ({ count_include_pad: Number(countIncludePad) })), // prettier-ignore
};

/** The largest or smallest along a dimension, and where it is. */
function extreme(pair: Pair, kind: 'Max' | 'Min'): void {
  const { emitter } = pair;
  const { ndim } = pair.tensor(0);
  const dim = pair.fixed(({ dim: of }: Chosen | ReductionCall) => of ?? null);
  if (typeof dim !== 'number') throw new Unwritten('has no dimension');
  const keepdims = Number(pair.a.results[0].ndim === ndim);
  pair.results(emitter.node(`Reduce${kind}`, [pair.input(0)], { axes: [(dim + ndim) % ndim], keepdims })); // prettier-ignore
}

/** ONNX's operators that reduce, normalize or choose along dimensions. */
import * as ops from '../../../ops';
import { functional } from '../../../nn';
import type { Tensor } from '../../../tensor/tensor';
import { cannotRead } from '../../malformed';
import { axisOf, given, integersOf, type NodeView, type Operator, type Operators } from '../node';

type Reduce = (x: Tensor, dims: number[], keepdim: boolean) => Tensor;

/** @param since version from which the axes are an input */
const reduction = (f: Reduce, since = 18): Operator => ({
  inputs: [1, 2],
  make: (node) => {
    const keepdim = node.flag('keepdims', true);
    const fixed = node.version < since ? node.ints('axes', undefined) : undefined;
    const noop = node.version >= since && node.flag('noop_with_empty_axes', false);
    return ([x, axes]) => {
      const y = given(x);
      const dims = fixed ?? (axes ? integersOf(axes) : []);
      if (dims.length === 0 && noop) return y;
      const all = dims.length === 0 ? y.shape.map((_, d) => d) : dims.map((d) => axisOf(d, y.ndim));
      return all.length === 0 ? y : f(y, all, keepdim);
    };
  },
});
/** Sums of integers stay integers. */
const sum: Reduce = (x, dims, keepdim) => x.sum(dims, { keepdim });

const prod: Reduce = (x, dims, keepdim) => {
  const y = [...dims].sort((a, b) => b - a).reduce((z, d) => z.prod(d, { keepdim: true }), x);
  return keepdim ? y : y.squeeze(dims);
};

const position = (f: (x: Tensor, dim: number, keepdim: boolean) => Tensor): Operator => ({
  inputs: [1, 1],
  make: (node) => {
    const axis = node.int('axis', 0);
    const keepdim = node.flag('keepdims', true);
    node.fixed('select_last_index', 0);
    return ([x]) => f(given(x), axis, keepdim);
  },
});

/** Along one dimension; before version 13 over all from `axis` on, as one. */
const along = (f: (x: Tensor, dim: number) => Tensor): Operator => ({
  inputs: [1, 1],
  make: (node) => {
    const axis = node.int('axis', node.version < 13 ? 1 : -1);
    if (node.version >= 13) return ([x]) => f(given(x), axis);
    return ([x]) => {
      const { shape, ndim } = given(x);
      const at = axisOf(axis, ndim);
      if (at === ndim - 1) return f(given(x), at);
      const rows = shape.slice(0, at).reduce((a, b) => a * b, 1);
      return f(given(x).reshape([rows, -1]), 1).reshape(shape);
    };
  },
});

const batchNormalization: Operator = {
  inputs: [5, 5],
  outputs: 5,
  make: (node) => {
    const eps = node.float('epsilon', 1e-5);
    node.float('momentum', 0.9);
    node.fixed('training_mode', 0);
    node.fixed('spatial', 1);
    if (node.outputs > 1) cannotRead('it has the outputs of training');
    return ([x, weight, bias, mean, variance]) =>
      functional.batchNorm(given(x), given(mean), given(variance), { weight, bias, eps });
  },
};

const layerNormalization: Operator = {
  inputs: [2, 3],
  outputs: 3,
  make: (node) => {
    const axis = node.int('axis', -1);
    const eps = node.float('epsilon', 1e-5);
    node.int('stash_type', 1);
    if (node.outputs > 1) cannotRead('it has outputs for its gradient');
    return ([x, weight, bias]) => {
      const shape = given(x).shape.slice(axisOf(axis, given(x).ndim));
      const scale = given(weight).expand(shape);
      return functional.layerNorm(given(x), shape, { weight: scale, bias: bias && bias.expand(shape), eps }); // prettier-ignore
    };
  },
};

const groupNormalization: Operator = {
  inputs: [3, 3],
  make: (node) => {
    const groups = node.int('num_groups', 1);
    const eps = node.float('epsilon', 1e-5);
    node.int('stash_type', 1);
    // Before version 21 scale and bias are numbers of each group.
    const spread = (x: Tensor | null, channels: number): Tensor =>
      node.version < 21 ? given(x).repeatInterleave(channels / groups) : given(x);
    return ([x, weight, bias]) => {
      const channels = given(x).shape[1];
      return functional.groupNorm(given(x), groups, { weight: spread(weight, channels), bias: spread(bias, channels), eps }); // prettier-ignore
    };
  },
};

const rmsNormalization: Operator = {
  inputs: [2, 2],
  make: (node) => {
    const axis = node.int('axis', -1);
    const eps = node.float('epsilon', 1e-5);
    node.int('stash_type', 1);
    return ([x, weight]) => {
      const shape = given(x).shape.slice(axisOf(axis, given(x).ndim));
      return functional.rmsNorm(given(x), shape, { eps, weight: given(weight).expand(shape) });
    };
  },
};

/** x / ‖x‖ along an axis. */
const lpNormalization: Operator = {
  inputs: [1, 1],
  make: (node) => {
    const axis = node.int('axis', -1);
    const p = node.int('p', 2);
    return ([x]) => {
      const keepdim = { keepdim: true };
      const size = p === 1 ? given(x).abs().sum(axis, keepdim) : given(x).square().sum(axis, keepdim).sqrt(); // prettier-ignore
      return given(x).div(size);
    };
  },
};

const dropout: Operator = {
  inputs: [1, 3],
  outputs: 2,
  make: (node: NodeView) => {
    if (node.version < 12) node.float('ratio', 0.5);
    node.int('seed', 0);
    return ([x]) => [given(x), node.outputs > 1 ? ops.onesLike(given(x), { dtype: 'bool' }) : null];
  },
};

export const reductions: Operators = {
  ReduceSum: reduction(sum, 13),
  ReduceMean: reduction((x, dims, keepdim) => x.mean(dims, { keepdim })),
  ReduceMax: reduction((x, dims, keepdim) => x.amax(dims, { keepdim })),
  ReduceMin: reduction((x, dims, keepdim) => x.amin(dims, { keepdim })),
  ReduceProd: reduction(prod),
  ReduceL1: reduction((x, dims, keepdim) => sum(x.abs(), dims, keepdim)),
  ReduceL2: reduction((x, dims, keepdim) => sum(x.square(), dims, keepdim).sqrt()),
  ReduceSumSquare: reduction((x, dims, keepdim) => sum(x.square(), dims, keepdim)),
  ReduceLogSum: reduction((x, dims, keepdim) => sum(x, dims, keepdim).log()),
  ReduceLogSumExp: reduction((x, dims, keepdim) => x.logsumexp(dims, { keepdim })),
  ArgMax: position((x, dim, keepdim) => x.argmax(dim, { keepdim })),
  ArgMin: position((x, dim, keepdim) => x.argmin(dim, { keepdim })),
  Softmax: along((x, dim) => x.softmax(dim)),
  LogSoftmax: along((x, dim) => x.logSoftmax(dim)),
  BatchNormalization: batchNormalization,
  InstanceNormalization: {
    inputs: [3, 3],
    make: (node) => {
      const eps = node.float('epsilon', 1e-5);
      return ([x, weight, bias]) => functional.instanceNorm(given(x), null, null, { weight, bias, eps }); // prettier-ignore
    },
  },
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  RMSNormalization: rmsNormalization,
  LpNormalization: lpNormalization,
  Dropout: dropout,
  'ai.onnx.ml.Scaler': {
    inputs: [1, 1],
    make: (node) => {
      const offset = ops.tensor([...node.floats('offset', [0])]);
      const scale = ops.tensor([...node.floats('scale', [1])]);
      return ([x]) => given(x).to('float32').sub(offset).mul(scale);
    },
  },
};

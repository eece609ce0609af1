/**
 * softmax: yᵢ = eˣᵢ / Σ eˣ along a dimension; dx = y·(g − Σ g·y). logSoftmax: y = x − ln Σ eˣ; dx = g − eʸ·Σ g.
 * Both save the result.
 */
import { optionsTable, surplus, withName } from '../../check';
import { family } from '../../native/families';
import { runAlong, runSoftmaxBackward } from '../../native/calls';
import type { DType } from '../../tensor/dtype';
import { floatDType } from '../../tensor/rules';
import { checkDim } from '../../tensor/shape';
import { sizesOf, empty, Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { gradient } from '../declare/gradient';
import { checkTensor } from '../arguments/check';
import { pick } from '../kernels/launch';
import { checkFloat } from '../arguments/floating';
import { copyInto, copyOf, dense } from '../kernels/copy';
import { reductionView } from '../kernels/reduce';

/** Options of `softmax` and `logSoftmax`. */
export interface SoftmaxOptions {
  /** What `x` is converted to first: float32 or float64. Default: the element type of `x`. */
  dtype?: DType;
}
const softmaxOptions = optionsTable<SoftmaxOptions, 'dtype'>('softmax', {
  dtype: floatDType.optional,
});

type Softmax = (x: Tensor, dim: number, options?: SoftmaxOptions) => Tensor;

interface Normalization {
  readonly name: string;
  readonly node: string;
  readonly kernel: 'softmax' | 'log_softmax';
  /** The gradient in differentiable operations. */
  readonly grad: (g: Tensor, y: Tensor, dim: number) => Tensor;
}

// Columns next to each other are read row by row. Of fewer than a vector of them, two transposed copies take less time than reading
// elements that lie apart, from so many elements on.
const worthTransposing = 4096;
const isWalked = (numel: number, inner: number): boolean =>
  inner === 1 || inner >= 16 || numel < worthTransposing;

/** The contiguous [outer, n, inner] of `x`, seen as rows: [outer, inner, n]. */
const rowsOf = (x: Tensor, outer: number, n: number, inner: number): Tensor =>
  new Tensor(x.storage, x.dtype, [outer, inner, n], [n * inner, 1, inner], x.offset);

/** @internal The dimension. */
export type SoftmaxContext = number;

function normalization({ name, node, kernel, grad }: Normalization) {
  const kernels = family(kernel);
  const backward = family(`${kernel}_backward` as const);
  const recorded = gradient<[Tensor], [Tensor], SoftmaxContext>(name, {
    node,
    saves: (_, y) => [y],
    rule: (g, [y], dim) => [grad(g, y, dim)],
    fused: (g, [y], dim) => {
      const { outer, n, inner } = reductionView(name, y, dim, true);
      const run = pick(name, backward, y.dtype);
      const dx = empty(sizesOf(y), y.dtype);
      if (isWalked(y.numel, inner)) {
        runSoftmaxBackward(run, dense(g), y, dx, outer, n, inner);
        return [dx];
      }
      const [gRows, yRows] = [dense(g), y].map((x) => copyOf(rowsOf(x, outer, n, inner)));
      const rows = empty(sizesOf(yRows), y.dtype);
      runSoftmaxBackward(run, gRows, yRows, rows, outer * inner, n, 1);
      copyInto(rows, rowsOf(dx, outer, n, inner));
      return [dx];
    },
  });
  return withName(name, function (argument: Tensor, dim: number, options?: SoftmaxOptions): Tensor {
    if (arguments.length > 3) surplus(name, arguments, 3, 'options');
    checkTensor(name, 'x', argument);
    const dtype = options === undefined ? undefined : softmaxOptions.read(options, name).dtype;
    const x = dtype === undefined ? argument : cast(argument, dtype);
    checkFloat(name, x);
    const d = checkDim(name, dim, x.ndim);
    const out = empty(sizesOf(x), x.dtype);
    const { source, outer, n, inner } = reductionView(name, x, d, true);
    const run = pick(name, kernels, x.dtype);
    if (isWalked(x.numel, inner)) runAlong(run, source, out, outer, n, inner);
    else {
      const given = copyOf(rowsOf(source, outer, n, inner));
      const rows = empty(sizesOf(given), x.dtype);
      runAlong(run, given, rows, outer * inner, n, 1);
      copyInto(rows, rowsOf(out, outer, n, inner));
    }
    return recorded(out, d, x);
  });
}

/**
 * Elements along `dim` as probabilities that sum to 1 (torch.softmax).
 * @throws TypeError for int32 and bool without a `dtype`; RangeError for a dim that x has not.
 * @example softmax(tensor([[1, 2, 3]]), 1)
 */
export const softmax: Softmax = normalization({
  name: 'softmax',
  node: 'SoftmaxBackward0',
  kernel: 'softmax',
  grad: (g, y, dim) => y.mul(g.sub(g.mul(y).sum(dim, { keepdim: true }))),
});

/**
 * The logarithm of `softmax`, without its rounding to 0 (torch.log_softmax).
 * @throws TypeError unless `x` is a tensor of floats or `dtype` is given; RangeError for a dimension that x does not have.
 * @example nn.functional.logSoftmax(tensor([1, 1]), 0) // [-0.6931, -0.6931]
 */
export const logSoftmax: Softmax = normalization({
  name: 'logSoftmax',
  node: 'LogSoftmaxBackward0',
  kernel: 'log_softmax',
  grad: (g, y, dim) => g.sub(y.exp().mul(g.sum(dim, { keepdim: true }))),
});

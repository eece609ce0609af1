/**
 * softmax: yᵢ = eˣᵢ / Σ eˣ along a dimension; dx = y·(g − Σ g·y). logSoftmax: y = x − ln Σ eˣ; dx = g − eʸ·Σ g.
 * Both save the result.
 */
import { isGradEnabled } from '../autograd/mode';
import { record, save } from '../autograd/node';
import { args, family, type KernelFamily } from '../native/kernels';
import { checkDim } from '../tensor/shape';
import { empty, type Tensor } from '../tensor/tensor';
import { contiguous } from './clone';
import { checkTensor, pick } from './elementwise';
import { mul } from './mul';
import { checkFloat, reductionView } from './reduce';
import { sub } from './sub';
import { sum } from './sum';
import { exp } from './unary/rules';

interface Normalization {
  readonly name: string;
  readonly node: string;
  readonly kernels: KernelFamily;
  readonly backwardKernels: KernelFamily;
  /** The gradient in differentiable operations. */
  readonly dx: (g: Tensor, y: Tensor, dim: number) => Tensor;
}

const soft: Normalization = {
  name: 'softmax',
  node: 'SoftmaxBackward0',
  kernels: family('softmax'),
  backwardKernels: family('softmax_backward'),
  dx: (g, y, dim) => mul(y, sub(g, sum(mul(g, y), dim, { keepdim: true }))),
};
const logarithmic: Normalization = {
  name: 'logSoftmax',
  node: 'LogSoftmaxBackward0',
  kernels: family('log_softmax'),
  backwardKernels: family('log_softmax_backward'),
  dx: (g, y, dim) => sub(g, mul(exp(y), sum(g, dim, { keepdim: true }))),
};

function normalize(kind: Normalization, x: Tensor, dim: number): Tensor {
  checkTensor(kind.name, 'x', x);
  checkFloat(kind.name, x);
  const d = checkDim(kind.name, dim, x.ndim);
  const out = empty(x.shape, x.dtype);
  const { source, outer, n, inner } = reductionView(kind.name, x, d, true);
  const run = pick(kind.name, kind.kernels, x.dtype);
  args[0] = source.address;
  args[1] = out.address;
  args[2] = outer;
  args[3] = n;
  args[4] = inner;
  run();
  if (!isGradEnabled() || !x.requiresGrad) return out;
  const saved = save(kind.name, out);
  return record(kind.node, [x], out, (g) => [gradient(kind, g, saved.get(), d)]);
}

function gradient(kind: Normalization, g: Tensor, y: Tensor, dim: number): Tensor {
  if (isGradEnabled()) return kind.dx(g, y, dim);
  const { source, outer, n, inner } = reductionView(kind.name, contiguous(y), dim, true);
  const gradOutput = contiguous(g);
  const out = empty(y.shape, y.dtype);
  const run = pick(kind.name, kind.backwardKernels, y.dtype);
  args[0] = gradOutput.address;
  args[1] = source.address;
  args[2] = out.address;
  args[3] = outer;
  args[4] = n;
  args[5] = inner;
  run();
  return out;
}

/**
 * Elements along `dim` as probabilities that sum to 1 (torch.softmax).
 * @throws TypeError for int32 and bool; RangeError for a dim that x has not.
 * @example softmax(tensor([[1, 2, 3]]), 1)
 */
export const softmax = (x: Tensor, dim: number): Tensor => normalize(soft, x, dim);

/** The logarithm of `softmax`, without its rounding to 0 (torch.log_softmax). */
export const logSoftmax = (x: Tensor, dim: number): Tensor => normalize(logarithmic, x, dim);

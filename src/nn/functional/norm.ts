/** Normalization and similarity along a dimension. */
import { noGrad } from '../../autograd';
import { clamp, div, mul, norm, sum } from '../../ops';
import { calledAs, integer, nonNegative, number, optionsTable, surplus } from '../../check';
import { isFloat, resultType } from '../../tensor/dtype';
import { anyTensor } from '../../tensor/rules';
import { broadcastShapes } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { composed } from '../../ops/declare/composed';

/** Options of `normalize`. */
export interface NormalizeOptions {
  /** Order of the norm. Default: 2. */
  p?: number;
  /** Dimension along which the norm is taken. Default: 1. */
  dim?: number;
  /** Lower bound of the divisor. Default: 1e-12. */
  eps?: number;
}

const normalizeOptions = optionsTable<NormalizeOptions>('normalize', {
  p: number.or(2),
  dim: integer.or(1),
  eps: nonNegative.or(1e-12),
});

/**
 * x / max(‖x‖ₚ, eps) along `dim` (torch.nn.functional.normalize). Any shape to the same shape.
 * @throws TypeError for what is no tensor or no option; RangeError when there is no such dimension.
 * @example nn.functional.normalize(tensor([[3, 4]])) // [[0.6, 0.8]]
 */
export function normalize(input: Tensor, options?: NormalizeOptions): Tensor {
  if (arguments.length > 2) surplus('normalize', arguments, 2, 'options');
  const { p, dim, eps } = normalizeOptions.read(options);
  anyTensor.check('normalize', 'input', input);
  const length = calledAs('normalize', () => norm(input, p, dim, { keepdim: true }));
  return div(input, clamp(length, { min: eps }));
}

/** Options of `cosineSimilarity`. */
export interface CosineSimilarityOptions {
  /** Lower bound of each norm in the divisor. Default: 1e-8. */
  eps?: number;
}

const similarityOptions = optionsTable<CosineSimilarityOptions>('cosineSimilarity', {
  eps: nonNegative.or(1e-8),
});

/**
 * Σ x1·x2 / (max(‖x1‖, eps)·max(‖x2‖, eps)) along `dim` of the shape that both broadcast to
 * (torch.nn.functional.cosine_similarity). The gradient of a norm below eps is that of the norm.
 * @param dim default: 1
 * @throws TypeError for what is no tensor of floats or no option; RangeError when shapes or dimension do not fit.
 * @example nn.functional.cosineSimilarity(randn([100, 128]), randn([100, 128])).shape // [100]
 */
export function cosineSimilarity(
  x1: Tensor,
  x2: Tensor,
  dim: number = 1,
  options?: CosineSimilarityOptions,
): Tensor {
  if (arguments.length > 4) surplus('cosineSimilarity', arguments, 4, 'options');
  const { eps } = similarityOptions.read(options);
  anyTensor.check('cosineSimilarity', 'x1', x1);
  anyTensor.check('cosineSimilarity', 'x2', x2);
  integer.check('cosineSimilarity', 'dim', dim);
  const dtype = resultType(x1, x2);
  if (!isFloat(dtype)) {
    throw new TypeError(
      `cosineSimilarity: takes float32 or float64, got ${x1.dtype} and ${x2.dtype}; convert with to('float32')`,
    );
  }
  const shape = broadcastShapes('cosineSimilarity', sizesOf(x1), sizesOf(x2));
  const unit = (x: Tensor): Tensor => {
    const whole = x.to(dtype).expand(shape);
    const length = calledAs('cosineSimilarity', () => norm(whole, 2, dim, { keepdim: true }));
    const missing = noGrad(() => length.rsub(eps).relu());
    return div(whole, length.add(missing));
  };
  return composed([x1, x2], () => sum(mul(unit(x1), unit(x2)), dim));
}

/** Normalization and similarity along a dimension. */
import { clamp, div, mul, norm, sum } from '../../ops';
import { integer, nonNegative, number, optionsTable } from '../../check';
import { anyTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';

export { layerNorm, type LayerNormOptions } from '../../ops/layer-norm';

/** Options of `normalize`. */
export interface NormalizeOptions {
  /** Order of the norm. Default: 2. */
  p?: number;
  /** Dimension along which the norm is taken. Default: 1. */
  dim?: number;
  /** Least divisor. Default: 1e-12. */
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
  const { p, dim, eps } = normalizeOptions.read(options);
  anyTensor.check('normalize', 'input', input);
  return div(input, clamp(norm(input, p, dim, { keepdim: true }), { min: eps }));
}

/** Options of `cosineSimilarity`. */
export interface CosineSimilarityOptions {
  /** Least divisor of each. Default: 1e-8. */
  eps?: number;
}

const similarityOptions = optionsTable<CosineSimilarityOptions>('cosineSimilarity', {
  eps: nonNegative.or(1e-8),
});

/**
 * Σ x1·x2 / (max(‖x1‖, eps)·max(‖x2‖, eps)) along `dim`; the inputs broadcast (torch.nn.functional.cosine_similarity).
 * @param dim default: 1
 * @throws TypeError for what is no tensor or no option; RangeError when shapes or dimension do not fit.
 * @example nn.functional.cosineSimilarity(randn([100, 128]), randn([100, 128])).shape // [100]
 */
export function cosineSimilarity(
  x1: Tensor,
  x2: Tensor,
  dim: number = 1,
  options?: CosineSimilarityOptions,
): Tensor {
  const { eps } = similarityOptions.read(options);
  anyTensor.check('cosineSimilarity', 'x1', x1);
  anyTensor.check('cosineSimilarity', 'x2', x2);
  const unit = (x: Tensor): Tensor =>
    div(x, clamp(norm(x, 2, dim, { keepdim: true }), { min: eps }));
  return sum(mul(unit(x1), unit(x2)), dim);
}

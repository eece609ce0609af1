/** Normalization and similarity along a dimension. */
import { clamp, div, mul, norm, sum } from '../../ops';
import { checkTensor } from '../../ops/elementwise';
import type { Tensor } from '../../tensor/tensor';

export { layerNorm, type LayerNormOptions } from '../../ops/layer-norm';

export interface NormalizeOptions {
  /** Order of the norm. Default: 2. */
  p?: number;
  /** Default: 1. */
  dim?: number;
  /** Least divisor. Default: 1e-12. */
  eps?: number;
}

/**
 * x / max(‖x‖ₚ, eps) along `dim` (torch.nn.functional.normalize).
 * @example nn.functional.normalize(tensor([[3, 4]])) // [[0.6, 0.8]]
 */
export function normalize(
  input: Tensor,
  { p = 2, dim = 1, eps = 1e-12 }: NormalizeOptions = {},
): Tensor {
  checkTensor('normalize', 'input', input);
  return div(input, clamp(norm(input, p, dim, { keepdim: true }), { min: eps }));
}

/**
 * Σ x1·x2 / (max(‖x1‖, eps)·max(‖x2‖, eps)) along `dim`; the inputs broadcast (torch.nn.functional.cosine_similarity).
 * @param dim default: 1
 * @param options.eps default: 1e-8
 * @example nn.functional.cosineSimilarity(randn([100, 128]), randn([100, 128])).shape // [100]
 */
export function cosineSimilarity(
  x1: Tensor,
  x2: Tensor,
  dim = 1,
  { eps = 1e-8 }: { eps?: number } = {},
): Tensor {
  checkTensor('cosineSimilarity', 'x1', x1);
  checkTensor('cosineSimilarity', 'x2', x2);
  const unit = (x: Tensor): Tensor =>
    div(x, clamp(norm(x, 2, dim, { keepdim: true }), { min: eps }));
  return sum(mul(unit(x1), unit(x2)), dim);
}

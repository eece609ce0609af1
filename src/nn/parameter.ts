/** Parameter: a tensor that a module learns. */
import { Tensor } from '../tensor/tensor';

export interface ParameterOptions {
  /** Whether `backward` computes a gradient for it. Default: true. */
  requiresGrad?: boolean;
}

/**
 * A leaf tensor that a `Module` finds among its fields (torch.nn.Parameter). It shares `data`'s memory
 * and starts without history, with `requiresGrad` on.
 * @throws TypeError when `data` is no tensor, or no float tensor while `requiresGrad` is wanted.
 * @example
 * class Scale extends nn.Module {
 *   factor = new nn.Parameter(ones([3]));
 *   forward(x: Tensor) { return x.mul(this.factor); }
 * }
 */
export class Parameter extends Tensor {
  constructor(data: Tensor, { requiresGrad = true }: ParameterOptions = {}) {
    if (!(data instanceof Tensor)) {
      throw new TypeError(
        `Parameter: data must be a Tensor, got ${data === null ? 'null' : typeof data}; make one with tensor(…)`,
      );
    }
    super(data.storage, data.dtype, data.shape, data.strides, data.offset, data.contiguousLayout);
    this.requiresGrad = requiresGrad;
  }
}

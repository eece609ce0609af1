/** Parameter: a tensor that a module learns. */
import { boolean, optionsTable, refuse, surplus } from '../check';
import { deepcopy, emptyOf, type Copying } from '../tensor/deepcopy';
import { isTensor } from '../tensor/rules';
import { sizesOf, elementStridesOf, Tensor } from '../tensor/tensor';

/** Options of `Parameter`. */
export interface ParameterOptions {
  /** Whether `backward` computes a gradient for it. Default: true. */
  requiresGrad?: boolean;
}

/** A parameter that an option may switch off: null where `On` is false, either where that is not known. */
export type Learned<On extends boolean> = On extends false ? null : Parameter;

const parameterOptions = optionsTable<ParameterOptions>('Parameter', {
  requiresGrad: boolean.or(true),
});

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
  /** @param data the values, whose memory the parameter shares */
  constructor(data: Tensor, options?: ParameterOptions) {
    if (arguments.length > 2) surplus('Parameter', arguments, 2, 'options');
    const { requiresGrad } = parameterOptions.read(options);
    if (!isTensor(data)) refuse('Parameter', 'data', 'a Tensor (make one with tensor(…))', data);
    super(
      data.storage,
      data.dtype,
      sizesOf(data),
      elementStridesOf(data),
      data.offset,
      data.contiguousLayout,
    );
    this.requiresGrad = requiresGrad;
  }

  /** @internal Without `grad`, as torch.nn.Parameter.__deepcopy__. */
  override [deepcopy.custom](copy: Copying, where: () => string): Parameter {
    const { requiresGrad } = this;
    return emptyOf(Parameter, this, [this.copyData(copy, where), { requiresGrad }]);
  }
}

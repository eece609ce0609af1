/** Activations that multiply by a gate: x by a function of itself, or with GLU one half by the sigmoid of the other. */
import { oneOf, optionsTable, surplus } from '../../check';
import { inplaceOptions, type InplaceOptions } from '../../ops/elementwise/inplace-option';
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional';
import { Activation, DimensionActivation, inPlaceIf, InplaceActivation } from './activation';

/**
 * x·sigmoid(x) of each element (torch.nn.SiLU; Elfwing et al. 2017).
 * @throws TypeError for options that it does not have.
 * @example new nn.SiLU().forward(tensor([0, 1])) // [0, 0.7311]
 */
export class SiLU extends InplaceActivation {
  constructor(options?: InplaceOptions) {
    if (arguments.length > 1) surplus('SiLU', arguments, 1, 'options');
    super(inplaceOptions.read(options, 'SiLU').inplace);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.silu(input, inPlaceIf(this.inplace));
  }
}

/** Options of `GELU`. */
export interface GELUOptions {
  /** `'tanh'` for x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))). Default: `'none'`. */
  approximate?: 'none' | 'tanh';
}

const geluOptions = optionsTable<GELUOptions>('GELU', {
  approximate: oneOf('none', 'tanh').or('none'),
});

/**
 * x·Φ(x) of each element, Φ the normal distribution function (torch.nn.GELU; Hendrycks and Gimpel 2016).
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.GELU({ approximate: 'tanh' }).forward(tensor([0, 1])) // [0, 0.8412]
 */
export class GELU extends Activation {
  /** Whether Φ is the function itself or its approximation by tanh. */
  readonly approximate: 'none' | 'tanh';

  constructor(options?: GELUOptions) {
    if (arguments.length > 1) surplus('GELU', arguments, 1, 'options');
    super();
    this.approximate = geluOptions.read(options).approximate;
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.gelu(input, { approximate: this.approximate });
  }

  /** @internal */
  override extraRepr(): string {
    return `approximate='${this.approximate}'`;
  }
}

/**
 * x·tanh(ln(1 + eˣ)) of each element (torch.nn.Mish; Misra 2019).
 * @throws TypeError for options that it does not have.
 * @example new nn.Mish().forward(tensor([0, 1])) // [0, 0.8651]
 */
export class Mish extends InplaceActivation {
  constructor(options?: InplaceOptions) {
    if (arguments.length > 1) surplus('Mish', arguments, 1, 'options');
    super(inplaceOptions.read(options, 'Mish').inplace);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.mish(input, inPlaceIf(this.inplace));
  }
}

/**
 * x·hardsigmoid(x) of each element (torch.nn.Hardswish; Howard et al. 2019).
 * @throws TypeError for options that it does not have.
 * @example new nn.Hardswish().forward(tensor([-4, 1, 4])) // [0, 0.6667, 4]
 */
export class Hardswish extends InplaceActivation {
  constructor(options?: InplaceOptions) {
    if (arguments.length > 1) surplus('Hardswish', arguments, 1, 'options');
    super(inplaceOptions.read(options, 'Hardswish').inplace);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.hardswish(input, inPlaceIf(this.inplace));
  }
}

/**
 * a·sigmoid(b), where a and b are the halves of the input along `dim` (torch.nn.GLU; Dauphin et al. 2016).
 * @throws TypeError, RangeError unless `dim` is an integer.
 * @example new nn.GLU().forward(tensor([1, 2, 0, 0])) // [0.5, 1]
 */
export class GLU extends DimensionActivation {
  /** @param dim the dimension that is halved; −1 is the last */
  constructor(dim = -1) {
    if (arguments.length > 1) surplus('GLU', arguments, 1, 'dim');
    super('GLU', dim);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.glu(input, this.dim);
  }
}

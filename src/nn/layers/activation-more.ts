/** More activations as layers. Each is the function of the same name in nn.functional; any shape to the same shape, but GLU's. */
import { count, integer, nonNegative, number, optionsTable, surplus } from '../../check';
import {
  inplaceFields,
  inplaceOptions,
  type InplaceOptions,
} from '../../ops/elementwise/inplace-option';
import { noGrad } from '../../autograd/mode';
import { full } from '../../ops';
import type { DType } from '../../tensor/dtype';
import { anyTensor, floatDType } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional';
import { Module } from '../module';
import { Parameter } from '../parameter';
import { showInplace, showNumber } from '../print';

/** What all of them have in common: a function of their input, and nothing to learn but PReLU's. */
abstract class Activation extends Module {
  /** @internal */
  protected abstract compute(input: Tensor): Tensor;

  /**
   * The function of `input`.
   * @throws TypeError unless `input` is a tensor that the function takes.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus(`${this.constructor.name}.forward`, arguments, 1, 'input');
    return this.compute(input);
  }
}

/** One that may write its result into its input. */
abstract class InplaceActivation extends Activation {
  /** Whether forward writes its result into its input. */
  readonly inplace: boolean;

  constructor(name: string, options: InplaceOptions | undefined) {
    super();
    this.inplace = inplaceOptions.read(options, name).inplace;
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(this.inplace);
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
    super('Mish', options);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.mish(input, { inplace: this.inplace });
  }
}

/**
 * scale·x, or scale·alpha·(eˣ − 1) below 0, of each element, with alpha = 1.6733 and scale = 1.0507 (torch.nn.SELU; Klambauer et al. 2017).
 * @throws TypeError for options that it does not have.
 * @example new nn.SELU().forward(tensor([-1, 2])) // [-1.1113, 2.1014]
 */
export class SELU extends InplaceActivation {
  constructor(options?: InplaceOptions) {
    if (arguments.length > 1) surplus('SELU', arguments, 1, 'options');
    super('SELU', options);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.selu(input, { inplace: this.inplace });
  }
}

/**
 * (x + 3) / 6, limited to 0 and 1, of each element (torch.nn.Hardsigmoid).
 * @throws TypeError for options that it does not have.
 * @example new nn.Hardsigmoid().forward(tensor([-4, 0, 1.5])) // [0, 0.5, 0.75]
 */
export class Hardsigmoid extends InplaceActivation {
  constructor(options?: InplaceOptions) {
    if (arguments.length > 1) surplus('Hardsigmoid', arguments, 1, 'options');
    super('Hardsigmoid', options);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.hardsigmoid(input, { inplace: this.inplace });
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
    super('Hardswish', options);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.hardswish(input, { inplace: this.inplace });
  }
}

/**
 * ln(sigmoid(x)) of each element (torch.nn.LogSigmoid).
 * @example new nn.LogSigmoid().forward(tensor([0, 1])) // [-0.6931, -0.3133]
 */
export class LogSigmoid extends Activation {
  constructor() {
    if (arguments.length > 0) surplus('LogSigmoid', arguments, 0);
    super();
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.logsigmoid(input);
  }
}

/**
 * x − tanh(x) of each element (torch.nn.Tanhshrink).
 * @example new nn.Tanhshrink().forward(tensor([0, 1])) // [0, 0.2384]
 */
export class Tanhshrink extends Activation {
  constructor() {
    if (arguments.length > 0) surplus('Tanhshrink', arguments, 0);
    super();
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.tanhshrink(input);
  }
}

/** Options of `CELU`. */
export interface CELUOptions extends InplaceOptions {
  /** Minus the limit for x to −∞; not 0. Default: 1. */
  alpha?: number;
}
const celuOptions = optionsTable<CELUOptions>('CELU', { alpha: number.or(1), ...inplaceFields });

/**
 * x, or alpha·(e^(x/alpha) − 1) below 0, of each element (torch.nn.CELU; Barron 2017).
 * @throws TypeError for an option that is none.
 * @example new nn.CELU({ alpha: 2 }).forward(tensor([-1, 2])) // [-0.7869, 2]
 */
export class CELU extends Activation {
  /** Minus the limit for x to −∞. */
  readonly alpha: number;
  /** Whether forward writes its result into its input. */
  readonly inplace: boolean;

  constructor(options?: CELUOptions) {
    if (arguments.length > 1) surplus('CELU', arguments, 1, 'options');
    super();
    const { alpha, inplace } = celuOptions.read(options);
    this.alpha = alpha;
    this.inplace = inplace;
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.celu(input, { alpha: this.alpha, inplace: this.inplace });
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(this.inplace, `alpha=${showNumber(this.alpha)}`);
  }
}

/** Options of `Hardtanh`. */
export interface HardtanhOptions extends InplaceOptions {
  /** The lower limit. Default: −1. */
  minVal?: number;
  /** The upper limit. Default: 1. */
  maxVal?: number;
}
const hardtanhOptions = optionsTable<HardtanhOptions>('Hardtanh', {
  minVal: number.or(-1),
  maxVal: number.or(1),
  ...inplaceFields,
});

/**
 * x limited to `minVal` and `maxVal` (torch.nn.Hardtanh).
 * @throws TypeError for an option that is none; RangeError unless minVal is below maxVal.
 * @example new nn.Hardtanh().forward(tensor([-2, 0.5, 2])) // [-1, 0.5, 1]
 */
export class Hardtanh extends Activation {
  /** The lower limit. */
  readonly minVal: number;
  /** The upper limit. */
  readonly maxVal: number;
  /** Whether forward writes its result into its input. */
  readonly inplace: boolean;

  constructor(options?: HardtanhOptions) {
    if (arguments.length > 1) surplus('Hardtanh', arguments, 1, 'options');
    super();
    const { minVal, maxVal, inplace } = hardtanhOptions.read(options);
    if (!(minVal < maxVal)) {
      throw new RangeError(`Hardtanh: minVal must be below maxVal, got ${minVal} and ${maxVal}`);
    }
    this.minVal = minVal;
    this.maxVal = maxVal;
    this.inplace = inplace;
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.hardtanh(input, { minVal: this.minVal, maxVal: this.maxVal, inplace: this.inplace });
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(
      this.inplace,
      `minVal=${showNumber(this.minVal)}, maxVal=${showNumber(this.maxVal)}`,
    );
  }
}

/**
 * x limited to 0 and 6 (torch.nn.ReLU6).
 * @throws TypeError for options that it does not have.
 * @example new nn.ReLU6().forward(tensor([-1, 2, 7])) // [0, 2, 6]
 */
export class ReLU6 extends InplaceActivation {
  constructor(options?: InplaceOptions) {
    if (arguments.length > 1) surplus('ReLU6', arguments, 1, 'options');
    super('ReLU6', options);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.relu6(input, { inplace: this.inplace });
  }
}

/**
 * 0 where −lambd ≤ x ≤ lambd, x elsewhere (torch.nn.Hardshrink).
 * @throws TypeError unless lambd is a number.
 * @example new nn.Hardshrink().forward(tensor([-1, 0.3, 2])) // [-1, 0, 2]
 */
export class Hardshrink extends Activation {
  /** @param lambd half of the width of the interval that becomes 0 */
  constructor(
    /** Half of the width of the interval that becomes 0. */
    readonly lambd = 0.5,
  ) {
    if (arguments.length > 1) surplus('Hardshrink', arguments, 1, 'lambd');
    super();
    number.check('Hardshrink', 'lambd', lambd);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.hardshrink(input, { lambd: this.lambd });
  }

  /** @internal */
  override extraRepr(): string {
    return String(this.lambd);
  }
}

/**
 * x moved towards 0 by lambd, 0 where −lambd ≤ x ≤ lambd (torch.nn.Softshrink).
 * @throws TypeError unless lambd is a number; RangeError when it is negative.
 * @example new nn.Softshrink().forward(tensor([-1, 0.3, 2])) // [-0.5, 0, 1.5]
 */
export class Softshrink extends Activation {
  /** @param lambd how far x is moved */
  constructor(
    /** How far x is moved. */
    readonly lambd = 0.5,
  ) {
    if (arguments.length > 1) surplus('Softshrink', arguments, 1, 'lambd');
    super();
    nonNegative.check('Softshrink', 'lambd', lambd);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.softshrink(input, { lambd: this.lambd });
  }

  /** @internal */
  override extraRepr(): string {
    return String(this.lambd);
  }
}

/**
 * x where x > threshold, `value` elsewhere (torch.nn.Threshold).
 * @throws TypeError unless both are numbers, or for options that it does not have.
 * @example new nn.Threshold(0.5, 20).forward(tensor([-1, 0.5, 2])) // [20, 20, 2]
 */
export class Threshold extends Activation {
  /** Whether forward writes its result into its input. */
  readonly inplace: boolean;

  /**
   * @param threshold what x must be above of
   * @param value what takes the place of the rest
   */
  constructor(
    /** What x must be above of. */
    readonly threshold: number,
    /** What takes the place of the rest. */
    readonly value: number,
    options?: InplaceOptions,
  ) {
    if (arguments.length > 3) surplus('Threshold', arguments, 3, 'options');
    super();
    number.check('Threshold', 'threshold', threshold);
    number.check('Threshold', 'value', value);
    this.inplace = inplaceOptions.read(options, 'Threshold').inplace;
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.threshold(input, this.threshold, this.value, { inplace: this.inplace });
  }

  /** @internal */
  override extraRepr(): string {
    return showInplace(this.inplace, `threshold=${this.threshold}, value=${this.value}`);
  }
}

/**
 * softmax of −x along `dim` (torch.nn.Softmin).
 * @throws TypeError, RangeError unless `dim` is an integer.
 * @example new nn.Softmin(-1).forward(tensor([[0, 1]])) // [[0.7311, 0.2689]]
 */
export class Softmin extends Activation {
  /** @param dim the dimension that sums to 1; −1 is the last */
  constructor(
    /** The dimension that sums to 1. */
    readonly dim: number,
  ) {
    if (arguments.length > 1) surplus('Softmin', arguments, 1, 'dim');
    super();
    integer.check('Softmin', 'dim', dim);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.softmin(input, this.dim);
  }

  /** @internal */
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * a·sigmoid(b), where a and b are the halves of the input along `dim` (torch.nn.GLU; Dauphin et al. 2016).
 * @throws TypeError, RangeError unless `dim` is an integer.
 * @example new nn.GLU().forward(tensor([1, 2, 0, 0])) // [0.5, 1]
 */
export class GLU extends Activation {
  /** @param dim the dimension that is halved; −1 is the last */
  constructor(
    /** The dimension that is halved. */
    readonly dim = -1,
  ) {
    if (arguments.length > 1) surplus('GLU', arguments, 1, 'dim');
    super();
    integer.check('GLU', 'dim', dim);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.glu(input, this.dim);
  }

  /** @internal */
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** Options of `PReLU`. */
export interface PReLUOptions {
  /** What every slope is at first. Default: 0.25. */
  init?: number;
  /** Element type of the slopes. Default: float32. */
  dtype?: DType;
}
const preluOptions = optionsTable<PReLUOptions>('PReLU', {
  init: number.or(0.25),
  dtype: floatDType.or('float32'),
});

/**
 * x, or weight·x below 0, with learned slopes: one for all, or one for each channel (dimension 1) (torch.nn.PReLU; He et al. 2015).
 * @throws TypeError, RangeError unless `numParameters` is an integer of at least 0, or for an option that is none.
 * @example new nn.PReLU().forward(tensor([-2, 3])) // [-0.5, 3]
 */
export class PReLU extends Activation {
  /** The slopes [numParameters]. */
  weight: Parameter;
  /** What every slope is at first. */
  readonly init: number;

  /** @param numParameters how many slopes: 1, or the number of channels */
  constructor(
    /** How many slopes: 1, or the number of channels. */
    readonly numParameters = 1,
    options?: PReLUOptions,
  ) {
    if (arguments.length > 2) surplus('PReLU', arguments, 2, 'options');
    super();
    count.check('PReLU', 'numParameters', numParameters);
    const { init, dtype } = preluOptions.read(options);
    this.init = init;
    this.weight = new Parameter(full([numParameters], init, { dtype }));
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.prelu(input, this.weight);
  }

  /** Makes every slope `init` again. */
  resetParameters(): void {
    if (arguments.length > 0) surplus('PReLU.resetParameters', arguments, 0);
    const weight = anyTensor.check('PReLU.resetParameters', 'weight', this.weight);
    number.check('PReLU.resetParameters', 'init', this.init);
    noGrad(() => weight.fill_(this.init));
  }

  /** @internal */
  override extraRepr(): string {
    return `numParameters=${this.numParameters}`;
  }
}

/** Rprop: steps whose sizes grow while the gradient's sign stays, and shrink when it changes. */
import { boolean, finite, optionsTable, pairOf, surplus } from '../check';
import { constant } from '../ops/creation/factories';
import { where } from '../ops/elementwise/where';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { LoopOptimizer } from './loop';
import type { CommonOptions, ParamGroup, Params } from './optimizer';
import { rate } from './rate';
import { checkMoment, checkStep, zerosFor } from './state';

/** Options of `Rprop`. */
export interface RpropOptions extends CommonOptions {
  /** Factors by which a step size shrinks (between 0 and 1) and grows (above 1). Default: [0.5, 1.2]. */
  etas?: readonly [number, number];
  /** Least and greatest step size. Default: [1e-6, 50]. */
  stepSizes?: readonly [number, number];
  /** Maximize the objective instead of minimizing it. Default: false. */
  maximize?: boolean;
}

const rpropOptions = optionsTable<RpropOptions>('Rprop', {
  lr: rate.or(1e-2),
  etas: pairOf(finite, 'two numbers [η⁻, η⁺]').or([0.5, 1.2]),
  stepSizes: pairOf(finite, 'two numbers [least, greatest]').or([1e-6, 50]),
  maximize: boolean.or(false),
});

/** What `Rprop` remembers of a parameter: step number, the gradient before, and the size of each element's step. */
export type RpropState = { step: number; prev: Tensor; stepSize: Tensor };

/**
 * Resilient backpropagation, Riedmiller and Braun 1993 (torch.optim.Rprop), for gradients of the whole data. With s = lr at first, for
 * each element:
 *
 *     s *= η⁺ where g·g₋₁ > 0, η⁻ where it is < 0;  s is kept between stepSizes
 *     g = 0 where g·g₋₁ < 0
 *     p −= sign(g)·s
 *
 * @throws TypeError, RangeError for what are no parameters, an option of the wrong kind or out of range, and etas that are not
 * below and above 1.
 * @example
 * const w = new nn.Parameter(ones([2]));
 * const optimizer = new optim.Rprop([w], { lr: 0.01 });
 */
export class Rprop extends LoopOptimizer<RpropOptions, RpropState> {
  /** @param params parameters, or groups of them with options of their own */
  constructor(params: Params<RpropOptions>, options?: RpropOptions) {
    if (arguments.length > 2) surplus('Rprop', arguments, 2, 'options');
    super(params, rpropOptions.read(options, new.target.name));
  }

  protected override checkOptions(options: Readonly<Required<RpropOptions>>): void {
    rpropOptions.verify(options, this.name);
    const [less, more] = options.etas;
    if (!(less > 0 && less < 1 && more > 1)) {
      throw new RangeError(
        `${this.name}: etas must be a number between 0 and 1 and one above 1, got [${less}, ${more}]`,
      );
    }
  }

  protected override newState(param: Tensor, { lr }: ParamGroup<RpropOptions>): RpropState {
    const stepSize = constant(sizesOf(param), lr, param.dtype);
    return { step: 0, prev: zerosFor(param), stepSize };
  }

  protected override checkState(param: Tensor, state: RpropState): void {
    checkStep(this, state.step);
    checkMoment(this, 'prev', state.prev, param);
    checkMoment(this, 'stepSize', state.stepSize, param);
  }

  protected override updateOne(
    p: Tensor,
    grad: Tensor,
    state: RpropState,
    { etas, stepSizes }: ParamGroup<RpropOptions>,
  ): void {
    state.step++;
    const { prev, stepSize } = state;
    // The sign of g·g₋₁: 1, −1, 0 or NaN, which stays NaN.
    const sign = grad.mul(prev).sign_();
    const turned = sign.lt(0);
    const factor = where(sign.gt(0), etas[1], where(sign.eq(0), 1, sign));
    stepSize.mul_(where(turned, etas[0], factor)).clamp_(stepSizes[0], stepSizes[1]);
    const g = where(turned, 0, grad);
    p.sub_(g.sign().mul_(stepSize));
    prev.copy_(g);
  }
}

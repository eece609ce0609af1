/** Adadelta: steps in the parameter's own unit, by running means of squared gradients and of squared steps. */
import { boolean, finiteFrom, optionsTable, surplus } from '../check';
import type { Tensor } from '../tensor/tensor';
import { averageSquare, decayed, LoopOptimizer } from './loop';
import type { CommonOptions, ParamGroup, Params } from './optimizer';
import { fraction, rate } from './rate';
import { checkMoment, checkStep, zerosFor } from './state';

/** Options of `Adadelta`. */
export interface AdadeltaOptions extends CommonOptions {
  /** Coefficient of the running averages of squares, from 0 to 1. Default: 0.9. */
  rho?: number;
  /** Term added to both means for numerical stability. Default: 1e-6. */
  eps?: number;
  /** Weight decay (L2 penalty). Default: 0. */
  weightDecay?: number;
  /** Maximize the objective instead of minimizing it. Default: false. */
  maximize?: boolean;
}

const adadeltaOptions = optionsTable<AdadeltaOptions>('Adadelta', {
  lr: rate.or(1),
  rho: fraction.or(0.9),
  eps: finiteFrom(0).or(1e-6),
  weightDecay: finiteFrom(0).or(0),
  maximize: boolean.or(false),
});

/** What `Adadelta` remembers of a parameter: step number, the mean of squared gradients and that of squared steps. */
export type AdadeltaState = { step: number; squareAvg: Tensor; accDelta: Tensor };

/**
 * Zeiler 2012 (torch.optim.Adadelta):
 *
 *     g = gradient + weightDecay·p
 *     v = rho·v + (1 − rho)·g²
 *     Δ = √(u + eps) / √(v + eps) · g,  u = rho·u + (1 − rho)·Δ²
 *     p −= lr·Δ
 *
 * @throws TypeError, RangeError for what are no parameters, and an option of the wrong kind or out of range.
 * @example
 * const w = new nn.Parameter(ones([2]));
 * const optimizer = new optim.Adadelta([w], { rho: 0.95 });
 */
export class Adadelta extends LoopOptimizer<AdadeltaOptions, AdadeltaState> {
  /** @param params parameters, or groups of them with options of their own */
  constructor(params: Params<AdadeltaOptions>, options?: AdadeltaOptions) {
    if (arguments.length > 2) surplus('Adadelta', arguments, 2, 'options');
    super(params, adadeltaOptions.read(options, new.target.name));
  }

  protected override checkOptions(options: Readonly<Required<AdadeltaOptions>>): void {
    adadeltaOptions.verify(options, this.name);
  }

  protected override newState(param: Tensor): AdadeltaState {
    return { step: 0, squareAvg: zerosFor(param), accDelta: zerosFor(param) };
  }

  protected override checkState(param: Tensor, state: AdadeltaState): void {
    checkStep(this, state.step);
    checkMoment(this, 'squareAvg', state.squareAvg, param);
    checkMoment(this, 'accDelta', state.accDelta, param);
  }

  protected override updateOne(
    p: Tensor,
    grad: Tensor,
    state: AdadeltaState,
    { lr, rho, eps, weightDecay }: ParamGroup<AdadeltaOptions>,
  ): void {
    state.step++;
    const g = decayed(grad, p, weightDecay);
    averageSquare(state.squareAvg, g, rho);
    const delta = state.accDelta.add(eps).sqrt_();
    delta.div_(state.squareAvg.add(eps).sqrt_()).mul_(g);
    averageSquare(state.accDelta, delta, rho);
    p.sub_(delta.mul_(lr));
  }
}

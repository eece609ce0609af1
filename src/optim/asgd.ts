/** ASGD: gradient descent whose average over the steps is kept beside the parameter. */
import { boolean, finite, finiteFrom, optionsTable, surplus } from '../check';
import { pow } from '../native/scalar';
import type { Tensor } from '../tensor/tensor';
import { decayed, LoopOptimizer } from './loop';
import type { CommonOptions, ParamGroup, Params } from './optimizer';
import { rate } from './rate';
import { checkMoment, checkScalar, checkStep, zerosFor } from './state';

/** Options of `ASGD`. */
export interface ASGDOptions extends CommonOptions {
  /** Decay of the parameter, and of the rate. Default: 1e-4. */
  lambd?: number;
  /** Exponent of the rate's decay. Default: 0.75. */
  alpha?: number;
  /** The step after which the average begins. Default: 1e6. */
  t0?: number;
  /** Weight decay (L2 penalty). Default: 0. */
  weightDecay?: number;
  /** Maximize the objective instead of minimizing it. Default: false. */
  maximize?: boolean;
}

const asgdOptions = optionsTable<ASGDOptions>('ASGD', {
  lr: rate.or(1e-2),
  lambd: finite.or(1e-4),
  alpha: finite.or(0.75),
  t0: finite.or(1e6),
  weightDecay: finiteFrom(0).or(0),
  maximize: boolean.or(false),
});

/** What `ASGD` remembers of a parameter: step number, the rate, the weight of the newest in the average, and the average. */
export type ASGDState = { step: number; eta: number; mu: number; ax: Tensor };

/**
 * Averaged stochastic gradient descent, Polyak and Juditsky 1992 (torch.optim.ASGD). With η = lr and µ = 1 at first:
 *
 *     g = gradient + weightDecay·p
 *     p = (1 − lambd·η)·p − η·g
 *     ax += µ·(p − ax)
 *     η = lr / (1 + lambd·lr·t)^alpha,  µ = 1 / max(1, t − t0)
 *
 * The average is `optimizer.state.get(p).ax`. η and µ are float32, as in PyTorch.
 * @throws TypeError, RangeError for what are no parameters, and an option of the wrong kind or out of range.
 * @example
 * const w = new nn.Parameter(ones([2]));
 * const optimizer = new optim.ASGD([w], { lr: 0.01, t0: 100 });
 */
export class ASGD extends LoopOptimizer<ASGDOptions, ASGDState> {
  /** @param params parameters, or groups of them with options of their own */
  constructor(params: Params<ASGDOptions>, options?: ASGDOptions) {
    if (arguments.length > 2) surplus('ASGD', arguments, 2, 'options');
    super(params, asgdOptions.read(options, new.target.name));
  }

  protected override checkOptions(options: Readonly<Required<ASGDOptions>>): void {
    asgdOptions.verify(options, this.name);
  }

  protected override newState(param: Tensor, { lr }: ParamGroup<ASGDOptions>): ASGDState {
    return { step: 0, eta: Math.fround(lr), mu: 1, ax: zerosFor(param) };
  }

  protected override checkState(param: Tensor, state: ASGDState): void {
    checkStep(this, state.step);
    checkScalar(this, 'eta', state.eta);
    checkScalar(this, 'mu', state.mu);
    checkMoment(this, 'ax', state.ax, param);
  }

  protected override updateOne(
    p: Tensor,
    grad: Tensor,
    state: ASGDState,
    { lr, lambd, alpha, t0, weightDecay }: ParamGroup<ASGDOptions>,
  ): void {
    const step = ++state.step;
    const { eta, mu, ax } = state;
    const g = decayed(grad, p, weightDecay);
    p.mul_(1 - lambd * eta).sub_(g.mul(eta));
    if (mu === 1) ax.copy_(p);
    else ax.add_(p.sub(ax).mul_(mu));
    state.eta = Math.fround(lr / pow(1 + lambd * lr * step, alpha));
    state.mu = Math.fround(1 / Math.max(1, step - t0));
  }
}

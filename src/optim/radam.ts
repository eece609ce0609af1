/** RAdam: Adam that begins without the denominator, until the running mean of squares can be trusted. */
import { boolean, finiteFrom, optionsTable, surplus } from '../check';
import { Powers } from '../native/scalar';
import type { Tensor } from '../tensor/tensor';
import { anyBetas } from './adam';
import { average, averageSquare, decayed, LoopOptimizer } from './loop';
import type { CommonOptions, ParamGroup, Params } from './optimizer';
import { rate } from './rate';
import { checkMoment, checkStep, zerosFor } from './state';

/** Options of `RAdam`. */
export interface RAdamOptions extends CommonOptions {
  /** Coefficients of the running averages of the gradient and of its square. Default: [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Term added to the denominator for numerical stability. Default: 1e-8. */
  eps?: number;
  /** Weight decay coefficient. Default: 0. */
  weightDecay?: number;
  /** Whether weight decay shrinks the parameter, as in RAdamW, instead of joining the gradient. Default: false. */
  decoupledWeightDecay?: boolean;
  /** Maximize the objective instead of minimizing it. Default: false. */
  maximize?: boolean;
}

const radamOptions = optionsTable<RAdamOptions>('RAdam', {
  lr: rate.or(1e-3),
  betas: anyBetas.or([0.9, 0.999]),
  eps: finiteFrom(0).or(1e-8),
  weightDecay: finiteFrom(0).or(0),
  decoupledWeightDecay: boolean.or(false),
  maximize: boolean.or(false),
});

/** What `RAdam` remembers of a parameter: step number, m and v. */
export type RAdamState = { step: number; expAvg: Tensor; expAvgSq: Tensor };

/**
 * Liu et al. 2019 (torch.optim.RAdam):
 *
 *     g = gradient + weightDecay·p        decoupled: p *= 1 − lr·weightDecay instead
 *     m = β1·m + (1 − β1)·g,  v = β2·v + (1 − β2)·g²
 *     ρ∞ = 2/(1 − β2) − 1,  ρ = ρ∞ − 2t·β2ᵗ/(1 − β2ᵗ)
 *     r = √((ρ − 4)(ρ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρ))
 *     p −= lr·m/(1 − β1ᵗ) · (ρ > 5 ? r·√(1 − β2ᵗ) / (√v + eps) : 1)
 *
 * @throws TypeError, RangeError for what are no parameters, and an option of the wrong kind or out of range.
 * @example
 * const w = new nn.Parameter(ones([2]));
 * const optimizer = new optim.RAdam([w], { lr: 0.001 });
 */
export class RAdam extends LoopOptimizer<RAdamOptions, RAdamState> {
  readonly #powers1 = new Powers();
  readonly #powers2 = new Powers();

  /** @param params parameters, or groups of them with options of their own */
  constructor(params: Params<RAdamOptions>, options?: RAdamOptions) {
    if (arguments.length > 2) surplus('RAdam', arguments, 2, 'options');
    super(params, radamOptions.read(options, new.target.name));
  }

  protected override checkOptions(options: Readonly<Required<RAdamOptions>>): void {
    radamOptions.verify(options, this.name);
  }

  protected override newState(param: Tensor): RAdamState {
    return { step: 0, expAvg: zerosFor(param), expAvgSq: zerosFor(param) };
  }

  protected override checkState(param: Tensor, state: RAdamState): void {
    checkStep(this, state.step);
    checkMoment(this, 'expAvg', state.expAvg, param);
    checkMoment(this, 'expAvgSq', state.expAvgSq, param);
  }

  protected override updateOne(
    p: Tensor,
    grad: Tensor,
    state: RAdamState,
    options: ParamGroup<RAdamOptions>,
  ): void {
    const { lr, betas, eps, weightDecay, decoupledWeightDecay } = options;
    const [beta1, beta2] = betas;
    const step = ++state.step;
    if (decoupledWeightDecay && weightDecay !== 0) p.mul_(1 - lr * weightDecay);
    const g = decoupledWeightDecay ? grad : decayed(grad, p, weightDecay);
    average(state.expAvg, g, beta1);
    averageSquare(state.expAvgSq, g, beta2);
    const decay = this.#powers2.of(beta2, step);
    const most = 2 / (1 - beta2) - 1;
    const length = most - (2 * step * decay) / (1 - decay);
    const move = state.expAvg.mul(lr / (1 - this.#powers1.of(beta1, step)));
    if (length > 5) {
      const square = ((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length);
      move.mul_(Math.sqrt(square) * Math.sqrt(1 - decay)).div_(state.expAvgSq.sqrt().add_(eps));
    }
    p.sub_(move);
  }
}

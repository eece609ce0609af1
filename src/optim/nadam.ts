/** NAdam: Adam with Nesterov momentum. */
import { boolean, finiteFrom, optionsTable, surplus } from '../check';
import { pow, Powers } from '../native/scalar';
import { copyInto } from '../ops/kernels/copy';
import type { Tensor } from '../tensor/tensor';
import { anyBetas } from './adam';
import { decayed, LoopOptimizer, withScratch } from './loop';
import type { CommonOptions, ParamGroup, Params } from './optimizer';
import { rate } from './rate';
import { checkMoment, checkScalar, checkStep, zerosFor } from './state';

/** Options of `NAdam`. */
export interface NAdamOptions extends CommonOptions {
  /** Coefficients of the running averages of the gradient and of its square. Default: [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Term added to the denominator for numerical stability. Default: 1e-8. */
  eps?: number;
  /** Weight decay coefficient. Default: 0. */
  weightDecay?: number;
  /** How fast momentum rises to β1. Default: 4e-3. */
  momentumDecay?: number;
  /** Whether weight decay shrinks the parameter, as in NAdamW, instead of joining the gradient. Default: false. */
  decoupledWeightDecay?: boolean;
  /** Maximize the objective instead of minimizing it. Default: false. */
  maximize?: boolean;
}

const nadamOptions = optionsTable<NAdamOptions>('NAdam', {
  lr: rate.or(2e-3),
  betas: anyBetas.or([0.9, 0.999]),
  eps: finiteFrom(0).or(1e-8),
  weightDecay: finiteFrom(0).or(0),
  momentumDecay: finiteFrom(0).or(4e-3),
  decoupledWeightDecay: boolean.or(false),
  maximize: boolean.or(false),
});

/** What `NAdam` remembers of a parameter: step number, the product of all µ so far, m and v. */
export type NAdamState = { step: number; muProduct: number; expAvg: Tensor; expAvgSq: Tensor };

/**
 * Dozat 2016 (torch.optim.NAdam):
 *
 *     g = gradient + weightDecay·p        decoupled: p *= 1 − lr·weightDecay instead
 *     µₜ = β1·(1 − 0.96^(t·momentumDecay) / 2)
 *     m = β1·m + (1 − β1)·g,  v = β2·v + (1 − β2)·g²
 *     p −= lr·((1 − µₜ)/(1 − ∏µ)·g + µₜ₊₁/(1 − µₜ₊₁·∏µ)·m) / (√(v / (1 − β2ᵗ)) + eps)
 *
 * ∏µ is a float32, as in PyTorch.
 * @throws TypeError, RangeError for what are no parameters, and an option of the wrong kind or out of range.
 * @example
 * const w = new nn.Parameter(ones([2]));
 * const optimizer = new optim.NAdam([w], { lr: 0.002 });
 */
export class NAdam extends LoopOptimizer<NAdamOptions, NAdamState> {
  readonly #powers2 = new Powers();

  /** @param params parameters, or groups of them with options of their own */
  constructor(params: Params<NAdamOptions>, options?: NAdamOptions) {
    if (arguments.length > 2) surplus('NAdam', arguments, 2, 'options');
    super(params, nadamOptions.read(options, new.target.name));
  }

  protected override checkOptions(options: Readonly<Required<NAdamOptions>>): void {
    nadamOptions.verify(options, this.name);
  }

  protected override newState(param: Tensor): NAdamState {
    return { step: 0, muProduct: 1, expAvg: zerosFor(param), expAvgSq: zerosFor(param) };
  }

  protected override checkState(param: Tensor, state: NAdamState): void {
    checkStep(this, state.step);
    checkScalar(this, 'muProduct', state.muProduct);
    checkMoment(this, 'expAvg', state.expAvg, param);
    checkMoment(this, 'expAvgSq', state.expAvgSq, param);
  }

  protected override updateOne(
    p: Tensor,
    grad: Tensor,
    state: NAdamState,
    options: ParamGroup<NAdamOptions>,
  ): void {
    const { lr, betas, eps, weightDecay, momentumDecay, decoupledWeightDecay } = options;
    const [beta1, beta2] = betas;
    const step = ++state.step;
    if (decoupledWeightDecay && weightDecay !== 0) p.mul_(1 - lr * weightDecay);
    const g = decoupledWeightDecay ? grad : decayed(grad, p, weightDecay);
    const mu = beta1 * (1 - 0.5 * pow(0.96, step * momentumDecay));
    const next = beta1 * (1 - 0.5 * pow(0.96, (step + 1) * momentumDecay));
    state.muProduct = Math.fround(state.muProduct * Math.fround(mu));
    const { expAvg, expAvgSq, muProduct: product } = state;
    expAvg.lerp_(g, 1 - beta1);
    expAvgSq.mul_(beta2).addcmul_(g, g, { value: 1 - beta2 });
    withScratch(p, (denominator) => {
      copyInto(expAvgSq, denominator);
      denominator
        .div_(1 - this.#powers2.of(beta2, step))
        .sqrt_()
        .add_(eps);
      p.addcdiv_(g, denominator, { value: -(lr * (1 - mu)) / (1 - product) });
      p.addcdiv_(expAvg, denominator, { value: -(lr * next) / (1 - product * next) });
    });
  }
}

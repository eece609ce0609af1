/** Adamax: Adam by the infinity norm of the gradients so far. */
import { boolean, finiteFrom, optionsTable, surplus } from '../check';
import { Powers } from '../native/scalar';
import { family } from '../native/families';
import { copyInto } from '../ops/kernels/copy';
import { applyBinary } from '../ops/kernels/launch';
import type { Tensor } from '../tensor/tensor';
import { anyBetas } from './adam';
import { decayed, LoopOptimizer, withScratch } from './loop';
import type { CommonOptions, ParamGroup, Params } from './optimizer';
import { rate } from './rate';
import { checkMoment, checkStep, zerosFor } from './state';

/** Options of `Adamax`. */
export interface AdamaxOptions extends CommonOptions {
  /** Coefficients of the running average of the gradient and of its norm. Default: [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Term added to the norm for numerical stability. Default: 1e-8. */
  eps?: number;
  /** Weight decay (L2 penalty). Default: 0. */
  weightDecay?: number;
  /** Maximize the objective instead of minimizing it. Default: false. */
  maximize?: boolean;
}

const adamaxOptions = optionsTable<AdamaxOptions>('Adamax', {
  lr: rate.or(2e-3),
  betas: anyBetas.or([0.9, 0.999]),
  eps: finiteFrom(0).or(1e-8),
  weightDecay: finiteFrom(0).or(0),
  maximize: boolean.or(false),
});

const maxima = family('maximum');

/** What `Adamax` remembers of a parameter: step number, m and u. */
export type AdamaxState = { step: number; expAvg: Tensor; expInf: Tensor };

/**
 * Kingma and Ba 2014, section 7.1 (torch.optim.Adamax):
 *
 *     g = gradient + weightDecay·p
 *     m = β1·m + (1 − β1)·g,  u = max(β2·u, |g| + eps)
 *     p −= lr/(1 − β1ᵗ) · m / u
 *
 * @throws TypeError, RangeError for what are no parameters, and an option of the wrong kind or out of range.
 * @example
 * const w = new nn.Parameter(ones([2]));
 * const optimizer = new optim.Adamax([w], { lr: 0.002 });
 */
export class Adamax extends LoopOptimizer<AdamaxOptions, AdamaxState> {
  readonly #powers1 = new Powers();

  /** @param params parameters, or groups of them with options of their own */
  constructor(params: Params<AdamaxOptions>, options?: AdamaxOptions) {
    if (arguments.length > 2) surplus('Adamax', arguments, 2, 'options');
    super(params, adamaxOptions.read(options, new.target.name));
  }

  protected override checkOptions(options: Readonly<Required<AdamaxOptions>>): void {
    adamaxOptions.verify(options, this.name);
  }

  protected override newState(param: Tensor): AdamaxState {
    return { step: 0, expAvg: zerosFor(param), expInf: zerosFor(param) };
  }

  protected override checkState(param: Tensor, state: AdamaxState): void {
    checkStep(this, state.step);
    checkMoment(this, 'expAvg', state.expAvg, param);
    checkMoment(this, 'expInf', state.expInf, param);
  }

  protected override updateOne(
    p: Tensor,
    grad: Tensor,
    state: AdamaxState,
    { lr, betas, eps, weightDecay }: ParamGroup<AdamaxOptions>,
  ): void {
    const [beta1, beta2] = betas;
    const step = ++state.step;
    const g = decayed(grad, p, weightDecay);
    const { expAvg, expInf } = state;
    expAvg.lerp_(g, 1 - beta1);
    expInf.mul_(beta2);
    withScratch(p, (size) => {
      copyInto(g, size);
      applyBinary('maximum', maxima, expInf, size.abs_().add_(eps), expInf);
    });
    p.addcdiv_(expAvg, expInf, { value: -(lr / (1 - this.#powers1.of(beta1, step))) });
  }
}

/** Adam and AdamW: steps scaled by running means of the gradient and of its square. One kernel call a group. */
import { family } from '../native/families';
import { runAdam } from '../native/generated';
import { zeros } from '../ops/factories';
import { kernelFor, type Table } from '../ops/table';
import type { DType } from '../tensor/dtype';
import type { Tensor } from '../tensor/tensor';
import { FusedOptimizer } from './fused';
import { checkOption, type CommonOptions, type ParamGroup, type Params } from './optimizer';

export interface AdamOptions extends CommonOptions {
  /** How much of the running means of the gradient and of its square is kept. Default: [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the denominator. Default: 1e-8. */
  eps: number;
  /** Adam: added to the gradient, times the parameter; default 0. AdamW: shrinks the parameter; default 0.01. */
  weightDecay: number;
  /** Divide by the largest mean so far (Reddi et al. 2018). Default: false. */
  amsgrad: boolean;
  /** Climb instead of descending. Default: false. */
  maximize: boolean;
}

export type AdamState = {
  step: number;
  expAvg: Tensor;
  expAvgSq: Tensor;
  maxExpAvgSq: Tensor | null;
};

const kernels = family('adam');

/**
 * Kingma and Ba 2014 (torch.optim.Adam):
 *
 *     g = gradient + weightDecay·p
 *     m += (1 − β1)(g − m),  v = β2·v + (1 − β2)·g²
 *     p −= lr/(1 − β1ᵗ) · m / (√v / √(1 − β2ᵗ) + eps)
 *
 * @throws RangeError for an option out of range.
 * @example
 * const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
 * optimizer.zeroGrad();
 * lossFn.forward(model.forward(x), y).backward();
 * optimizer.step();
 */
export class Adam extends FusedOptimizer<AdamOptions, AdamState> {
  // Parameters nearly always share one step number, and so one rate.
  readonly #last = { step: 0, lr: 0, beta1: 0, beta2: 0, rate: 0, correction: 0 };

  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(8, params, {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      amsgrad: false,
      maximize: false,
      ...options,
    });
  }

  /** Whether weight decay shrinks the parameter instead of joining the gradient. */
  protected get decoupledWeightDecay(): boolean {
    return false;
  }

  protected override checkOptions(options: Readonly<AdamOptions>): void {
    checkOption(this.name, 'lr', options.lr);
    checkOption(this.name, 'eps', options.eps);
    checkOption(this.name, 'weightDecay', options.weightDecay);
    if (!Array.isArray(options.betas) || options.betas.length !== 2) {
      throw new TypeError(`${this.name}: betas must be two numbers [β1, β2]`);
    }
    checkOption(this.name, 'betas[0]', options.betas[0], 0, 1);
    checkOption(this.name, 'betas[1]', options.betas[1], 0, 1);
  }

  protected override newState(param: Tensor, { amsgrad }: ParamGroup<AdamOptions>): AdamState {
    const fresh = (): Tensor => zeros(param.shape, { dtype: param.dtype });
    return {
      step: 0,
      expAvg: fresh(),
      expAvgSq: fresh(),
      maxExpAvgSq: amsgrad ? fresh() : null,
    };
  }

  protected override putState(
    table: Table,
    state: AdamState,
    { shape, dtype }: Tensor,
    { lr, betas, amsgrad }: AdamOptions,
  ): void {
    const step = ++state.step;
    const last = this.#last;
    const [beta1, beta2] = betas;
    if (last.step !== step || last.lr !== lr || last.beta1 !== beta1 || last.beta2 !== beta2) {
      const rate = lr / (1 - beta1 ** step);
      const correction = Math.sqrt(1 - beta2 ** step);
      Object.assign(last, { step, lr, beta1, beta2, rate, correction });
    }
    if (amsgrad) state.maxExpAvgSq ??= zeros(shape, { dtype });
    table.put(state.expAvg.address);
    table.put(state.expAvgSq.address);
    table.put(amsgrad ? state.maxExpAvgSq!.address : 0);
    table.put(last.rate);
    table.put(last.correction);
  }

  protected override launch(table: Table, dtype: DType, options: AdamOptions): void {
    const { lr, betas, eps, weightDecay, maximize } = options;
    runAdam(
      kernelFor(kernels, dtype),
      table,
      table.rows,
      lr,
      betas[0],
      betas[1],
      eps,
      weightDecay,
      this.decoupledWeightDecay,
      maximize,
    );
  }
}

/**
 * Adam with decoupled weight decay, p *= 1 − lr·weightDecay: Loshchilov and Hutter 2017 (torch.optim.AdamW).
 * `weightDecay` is 0.01 by default.
 * @throws RangeError for an option out of range.
 * @example new optim.AdamW(model.parameters(), { lr: 3e-4, weightDecay: 0.1 })
 */
export class AdamW extends Adam {
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { weightDecay: 1e-2, ...options });
  }
  protected override get decoupledWeightDecay(): boolean {
    return true;
  }
}

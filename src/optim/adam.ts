/** Adam and AdamW: steps scaled by running means of the gradient and of its square. One kernel call a group. */
import { boolean, finiteFrom, numberBelow, optionsTable, pairOf, surplus } from '../check';
import { family } from '../native/families';
import { runAdam } from '../native/calls';
import { kernelFor, type Table } from '../ops/kernels/table';
import type { DType } from '../tensor/dtype';
import type { Tensor } from '../tensor/tensor';
import { FusedOptimizer } from './fused';
import type { CommonOptions, ParamGroup, Params } from './optimizer';
import { rate } from './rate';
import { checkMoment, checkStep, zerosFor } from './state';
import { Powers } from '../native/scalar';

/** Coefficients of two running averages. */
export const anyBetas = pairOf(numberBelow(0, 1), 'two numbers [β1, β2]');

/** Options of `Adam` and `AdamW`. */
export interface AdamOptions extends CommonOptions {
  /** Coefficients of the running averages of the gradient and of its square. Default: [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Term added to the denominator for numerical stability. Default: 1e-8. */
  eps?: number;
  /** Weight decay coefficient: an L2 penalty for Adam, decoupled for AdamW. Default: 0, for AdamW 0.01. */
  weightDecay?: number;
  /** Whether to use the AMSGrad variant: divide by the largest v so far (Reddi et al. 2018). Default: false. */
  amsgrad?: boolean;
  /** Maximize the objective instead of minimizing it. Default: false. */
  maximize?: boolean;
}

const adamOptions = optionsTable<AdamOptions>('Adam', {
  lr: rate.or(1e-3),
  betas: anyBetas.or([0.9, 0.999]),
  eps: finiteFrom(0).or(1e-8),
  weightDecay: finiteFrom(0).or(0),
  amsgrad: boolean.or(false),
  maximize: boolean.or(false),
});

/** What `Adam` remembers of a parameter: step number, m, v, and with `amsgrad` the largest v so far. */
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
 *     p −= lr/(1 − β1ᵗ) · m / (√v / √(1 − β2ᵗ) + eps)      amsgrad: the largest v so far in place of v
 *
 * @throws TypeError, RangeError for what are no parameters, and an option of the wrong kind or out of range.
 * @example
 * const w = new nn.Parameter(ones([2]));
 * const optimizer = new optim.Adam([w], { lr: 1e-3 });
 * optimizer.zeroGrad();
 * w.square().sum().backward();
 * optimizer.step();
 */
export class Adam extends FusedOptimizer<AdamOptions, AdamState> {
  // Parameters nearly always share one step number, and so one rate.
  readonly #last = { step: 0, lr: 0, beta1: 0, beta2: 0, rate: 0, correction: 0 };
  readonly #powers1 = new Powers();
  readonly #powers2 = new Powers();

  /** @param params parameters, or groups of them with options of their own */
  constructor(params: Params<AdamOptions>, options?: AdamOptions) {
    if (arguments.length > 2) surplus('Adam', arguments, 2, 'options');
    super(8, params, adamOptions.read(options, new.target.name));
  }

  /** @internal Whether weight decay shrinks the parameter instead of joining the gradient. */
  protected get decoupledWeightDecay(): boolean {
    return false;
  }

  protected override checkOptions(options: Readonly<Required<AdamOptions>>): void {
    adamOptions.verify(options, this.name);
  }

  protected override newState(param: Tensor, { amsgrad }: ParamGroup<AdamOptions>): AdamState {
    return {
      step: 0,
      expAvg: zerosFor(param),
      expAvgSq: zerosFor(param),
      maxExpAvgSq: amsgrad ? zerosFor(param) : null,
    };
  }

  protected override checkState(param: Tensor, state: AdamState): void {
    checkStep(this, state.step);
    checkMoment(this, 'expAvg', state.expAvg, param);
    checkMoment(this, 'expAvgSq', state.expAvgSq, param);
    checkMoment(this, 'maxExpAvgSq', state.maxExpAvgSq, param, true);
  }

  protected override putState(
    table: Table,
    state: AdamState,
    param: Tensor,
    { lr, betas, amsgrad }: ParamGroup<AdamOptions>,
  ): void {
    const step = ++state.step;
    const last = this.#last;
    const beta1 = betas[0];
    const beta2 = betas[1];
    if (last.step !== step || last.lr !== lr || last.beta1 !== beta1 || last.beta2 !== beta2) {
      last.step = step;
      last.lr = lr;
      last.beta1 = beta1;
      last.beta2 = beta2;
      last.rate = lr / (1 - this.#powers1.of(beta1, step));
      last.correction = Math.sqrt(1 - this.#powers2.of(beta2, step));
    }
    if (amsgrad) state.maxExpAvgSq ??= zerosFor(param);
    table.put(state.expAvg.address);
    table.put(state.expAvgSq.address);
    table.put(amsgrad ? state.maxExpAvgSq!.address : 0);
    table.put(last.rate);
    table.put(last.correction);
  }

  protected override launch(table: Table, dtype: DType, options: ParamGroup<AdamOptions>): void {
    const { lr, betas, eps, weightDecay, maximize } = options;
    runAdam(kernelFor(kernels, dtype), {
      table,
      rows: table.rows,
      lr,
      beta1: betas[0],
      beta2: betas[1],
      eps,
      weightDecay,
      decoupled: this.decoupledWeightDecay,
      maximize,
    });
  }
}

const adamWOptions = optionsTable<AdamOptions>('AdamW', {
  ...adamOptions.fields,
  weightDecay: finiteFrom(0).or(1e-2),
});

/**
 * Adam with decoupled weight decay (torch.optim.AdamW; Loshchilov and Hutter 2017): p *= 1 − lr·weightDecay before Adam's
 * step, whose gradient has no decay. `weightDecay` is 0.01 by default.
 * @throws TypeError, RangeError for what are no parameters, and an option of the wrong kind or out of range.
 * @example
 * const w = new nn.Parameter(ones([2]));
 * const optimizer = new optim.AdamW([w], { lr: 3e-4, weightDecay: 0.1 });
 */
export class AdamW extends Adam {
  /** @param params parameters, or groups of them with options of their own */
  constructor(params: Params<AdamOptions>, options?: AdamOptions) {
    if (arguments.length > 2) surplus('AdamW', arguments, 2, 'options');
    super(params, adamWOptions.read(options));
  }

  protected override get decoupledWeightDecay(): boolean {
    return true;
  }
}

/** Adagrad: steps scaled by the sum of all squared gradients. One kernel call a group. */
import { family } from '../native/families';
import { runAdagrad } from '../native/generated';
import { full } from '../ops/factories';
import { kernelFor, type Table } from '../ops/table';
import type { DType } from '../tensor/dtype';
import type { Tensor } from '../tensor/tensor';
import { FusedOptimizer } from './fused';
import { checkOption, type CommonOptions, type ParamGroup, type Params } from './optimizer';

export interface AdagradOptions extends CommonOptions {
  /** The rate of step t is lr / (1 + (t − 1)·lrDecay). Default: 0. */
  lrDecay: number;
  /** Added to the gradient, times the parameter. Default: 0. */
  weightDecay: number;
  /** What the sum of squares starts from. Default: 0. */
  initialAccumulatorValue: number;
  /** Added to the denominator. Default: 1e-10. */
  eps: number;
  /** Climb instead of descending. Default: false. */
  maximize: boolean;
}

export type AdagradState = { step: number; sum: Tensor };

const kernels = family('adagrad');

/**
 * Duchi et al. 2011 (torch.optim.Adagrad):
 *
 *     g = gradient + weightDecay·p,  sum += g²
 *     p −= lr/(1 + (t − 1)·lrDecay) · g / (√sum + eps)
 *
 * @throws RangeError for an option out of range.
 * @example new optim.Adagrad(model.parameters(), { lr: 0.05 })
 */
export class Adagrad extends FusedOptimizer<AdagradOptions, AdagradState> {
  constructor(params: Params<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    super(5, params, {
      lr: 1e-2,
      lrDecay: 0,
      eps: 1e-10,
      weightDecay: 0,
      initialAccumulatorValue: 0,
      maximize: false,
      ...options,
    });
  }

  protected override checkOptions(options: Readonly<AdagradOptions>): void {
    const names = ['lr', 'lrDecay', 'weightDecay', 'initialAccumulatorValue', 'eps'] as const;
    for (const name of names) checkOption('Adagrad', name, options[name]);
  }

  protected override newState(param: Tensor, options: ParamGroup<AdagradOptions>): AdagradState {
    const { dtype, shape } = param;
    return { step: 0, sum: full(shape, options.initialAccumulatorValue, { dtype }) };
  }

  protected override putState(
    table: Table,
    state: AdagradState,
    _param: Tensor,
    { lr, lrDecay }: AdagradOptions,
  ): void {
    state.step++;
    table.put(state.sum.address);
    table.put(lr / (1 + (state.step - 1) * lrDecay));
  }

  protected override launch(table: Table, dtype: DType, options: AdagradOptions): void {
    const { eps, weightDecay, maximize } = options;
    runAdagrad(kernelFor(kernels, dtype), table, table.rows, eps, weightDecay, maximize);
  }
}

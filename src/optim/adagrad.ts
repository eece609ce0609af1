/** Adagrad: steps scaled by the sum of all squared gradients. One kernel call a group. */
import { boolean, finiteFrom, optionsTable, surplus } from '../check';
import { family } from '../native/families';
import { runAdagrad } from '../native/calls';
import { constant } from '../ops/creation/factories';
import { kernelFor, type Table } from '../ops/kernels/table';
import type { DType } from '../tensor/dtype';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { FusedOptimizer } from './fused';
import type { CommonOptions, ParamGroup, Params } from './optimizer';
import { rate } from './rate';
import { checkMoment, checkStep } from './state';

/** Options of `Adagrad`. */
export interface AdagradOptions extends CommonOptions {
  /** Learning rate decay: the rate of step t is lr / (1 + (t − 1)·lrDecay). Default: 0. */
  lrDecay?: number;
  /** Weight decay (L2 penalty). Default: 0. */
  weightDecay?: number;
  /** Initial value of the sum of squares. Default: 0. */
  initialAccumulatorValue?: number;
  /** Term added to the denominator for numerical stability. Default: 1e-10. */
  eps?: number;
  /** Maximize the objective instead of minimizing it. Default: false. */
  maximize?: boolean;
}

const adagradOptions = optionsTable<AdagradOptions>('Adagrad', {
  lr: rate.or(1e-2),
  lrDecay: finiteFrom(0).or(0),
  eps: finiteFrom(0).or(1e-10),
  weightDecay: finiteFrom(0).or(0),
  initialAccumulatorValue: finiteFrom(0).or(0),
  maximize: boolean.or(false),
});

/** What `Adagrad` remembers of a parameter: step number and the sum of squares. */
export type AdagradState = { step: number; sum: Tensor };

const kernels = family('adagrad');

/**
 * Duchi et al. 2011 (torch.optim.Adagrad):
 *
 *     g = gradient + weightDecay·p,  sum += g²
 *     p −= lr/(1 + (t − 1)·lrDecay) · g / (√sum + eps)
 *
 * @throws TypeError, RangeError for what are no parameters, and an option of the wrong kind or out of range.
 * @example
 * const w = new nn.Parameter(ones([2]));
 * const optimizer = new optim.Adagrad([w], { lr: 0.05 });
 */
export class Adagrad extends FusedOptimizer<AdagradOptions, AdagradState> {
  /** @param params parameters, or groups of them with options of their own */
  constructor(params: Params<AdagradOptions>, options?: AdagradOptions) {
    if (arguments.length > 2) surplus('Adagrad', arguments, 2, 'options');
    super(5, params, adagradOptions.read(options, new.target.name));
  }

  protected override checkOptions(options: Readonly<Required<AdagradOptions>>): void {
    adagradOptions.verify(options, this.name);
  }

  protected override newState(param: Tensor, options: ParamGroup<AdagradOptions>): AdagradState {
    const { dtype } = param;
    const shape = sizesOf(param);
    return { step: 0, sum: constant(shape, options.initialAccumulatorValue, dtype) };
  }

  protected override checkState(param: Tensor, state: AdagradState): void {
    checkStep(this, state.step);
    checkMoment(this, 'sum', state.sum, param);
  }

  protected override putState(
    table: Table,
    state: AdagradState,
    _param: Tensor,
    { lr, lrDecay }: ParamGroup<AdagradOptions>,
  ): void {
    state.step++;
    table.put(state.sum.address);
    table.put(lr / (1 + (state.step - 1) * lrDecay));
  }

  protected override launch(table: Table, dtype: DType, options: ParamGroup<AdagradOptions>): void {
    const { eps, weightDecay, maximize } = options;
    runAdagrad(kernelFor(kernels, dtype), table, table.rows, eps, weightDecay, maximize);
  }
}

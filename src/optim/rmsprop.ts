/** RMSprop: steps scaled by a running mean of squared gradients. One kernel call a group. */
import { boolean, finiteFrom, optionsTable, surplus } from '../check';
import { family } from '../native/families';
import { runRmsprop } from '../native/calls';
import { kernelFor, type Table } from '../ops/kernels/table';
import type { DType } from '../tensor/dtype';
import type { Tensor } from '../tensor/tensor';
import { FusedOptimizer } from './fused';
import type { CommonOptions, ParamGroup, Params } from './optimizer';
import { rate } from './rate';
import { checkMoment, checkStep, zerosFor } from './state';

/** Options of `RMSprop`. */
export interface RMSpropOptions extends CommonOptions {
  /** Smoothing constant. Default: 0.99. */
  alpha?: number;
  /** Term added to the denominator for numerical stability. Default: 1e-8. */
  eps?: number;
  /** Weight decay (L2 penalty). Default: 0. */
  weightDecay?: number;
  /** Momentum factor. Default: 0. */
  momentum?: number;
  /** Whether the gradient is normalized by an estimate of its variance (Graves 2013). Default: false. */
  centered?: boolean;
  /** Maximize the objective instead of minimizing it. Default: false. */
  maximize?: boolean;
}

const rMSpropOptions = optionsTable<RMSpropOptions>('RMSprop', {
  lr: rate.or(1e-2),
  momentum: finiteFrom(0).or(0),
  alpha: finiteFrom(0).or(0.99),
  eps: finiteFrom(0).or(1e-8),
  centered: boolean.or(false),
  weightDecay: finiteFrom(0).or(0),
  maximize: boolean.or(false),
});

/** What `RMSprop` remembers of a parameter: step number, s, buffer, and with `centered` the mean of g. */
export type RMSpropState = {
  step: number;
  squareAvg: Tensor;
  momentumBuffer: Tensor | null;
  gradAvg: Tensor | null;
};

const kernels = family('rmsprop');

/**
 * Tieleman and Hinton 2012, centered: Graves 2013 (torch.optim.RMSprop):
 *
 *     g = gradient + weightDecay·p
 *     s = alpha·s + (1 − alpha)·g²        centered: minus the square of g's running mean
 *     buffer = momentum·buffer + g / (√s + eps)
 *     p −= lr·buffer
 *
 * @throws TypeError, RangeError for what are no parameters, and an option of the wrong kind or out of range.
 * @example
 * const w = new nn.Parameter(ones([2]));
 * const optimizer = new optim.RMSprop([w], { lr: 0.001, momentum: 0.9 });
 */
export class RMSprop extends FusedOptimizer<RMSpropOptions, RMSpropState> {
  /** @param params parameters, or groups of them with options of their own */
  constructor(params: Params<RMSpropOptions>, options?: RMSpropOptions) {
    if (arguments.length > 2) surplus('RMSprop', arguments, 2, 'options');
    super(6, params, rMSpropOptions.read(options, new.target.name));
  }

  protected override checkOptions(options: Readonly<Required<RMSpropOptions>>): void {
    rMSpropOptions.verify(options, this.name);
  }

  protected override newState(param: Tensor, options: ParamGroup<RMSpropOptions>): RMSpropState {
    return {
      step: 0,
      squareAvg: zerosFor(param),
      momentumBuffer: options.momentum > 0 ? zerosFor(param) : null,
      gradAvg: options.centered ? zerosFor(param) : null,
    };
  }

  protected override checkState(param: Tensor, state: RMSpropState): void {
    checkStep(this, state.step);
    checkMoment(this, 'squareAvg', state.squareAvg, param);
    checkMoment(this, 'momentumBuffer', state.momentumBuffer, param, true);
    checkMoment(this, 'gradAvg', state.gradAvg, param, true);
  }

  protected override putState(
    table: Table,
    state: RMSpropState,
    param: Tensor,
    { momentum, centered }: ParamGroup<RMSpropOptions>,
  ): void {
    state.step++;
    if (centered) state.gradAvg ??= zerosFor(param);
    if (momentum > 0) state.momentumBuffer ??= zerosFor(param);
    table.put(state.squareAvg.address);
    table.put(centered ? state.gradAvg!.address : 0);
    table.put(momentum > 0 ? state.momentumBuffer!.address : 0);
  }

  protected override launch(table: Table, dtype: DType, options: ParamGroup<RMSpropOptions>): void {
    const { lr, alpha, eps, weightDecay, momentum, maximize } = options;
    const run = kernelFor(kernels, dtype);
    runRmsprop(run, { table, rows: table.rows, lr, alpha, eps, weightDecay, momentum, maximize });
  }
}

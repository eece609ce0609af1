/** RMSprop: steps scaled by a running mean of squared gradients. One kernel call a group. */
import { family } from '../native/families';
import { runRmsprop } from '../native/generated';
import { zeros } from '../ops/factories';
import { kernelFor, type Table } from '../ops/table';
import type { DType } from '../tensor/dtype';
import type { Tensor } from '../tensor/tensor';
import { FusedOptimizer } from './fused';
import { checkOption, type CommonOptions, type ParamGroup, type Params } from './optimizer';

export interface RMSpropOptions extends CommonOptions {
  /** How much of the running mean is kept. Default: 0.99. */
  alpha: number;
  /** Added to the denominator. Default: 1e-8. */
  eps: number;
  /** Added to the gradient, times the parameter. Default: 0. */
  weightDecay: number;
  /** Share of the last update that is kept. Default: 0. */
  momentum: number;
  /** Divide by the deviation about the mean gradient instead. Default: false. */
  centered: boolean;
  /** Climb instead of descending. Default: false. */
  maximize: boolean;
}

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
 * @throws RangeError for an option out of range.
 * @example new optim.RMSprop(model.parameters(), { lr: 0.001, momentum: 0.9 })
 */
export class RMSprop extends FusedOptimizer<RMSpropOptions, RMSpropState> {
  constructor(params: Params<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    super(6, params, {
      lr: 1e-2,
      momentum: 0,
      alpha: 0.99,
      eps: 1e-8,
      centered: false,
      weightDecay: 0,
      maximize: false,
      ...options,
    });
  }

  protected override checkOptions(options: Readonly<RMSpropOptions>): void {
    for (const name of ['lr', 'alpha', 'eps', 'weightDecay', 'momentum'] as const) {
      checkOption('RMSprop', name, options[name]);
    }
  }

  protected override newState(param: Tensor, options: ParamGroup<RMSpropOptions>): RMSpropState {
    const fresh = (): Tensor => zeros(param.shape, { dtype: param.dtype });
    return {
      step: 0,
      squareAvg: fresh(),
      momentumBuffer: options.momentum > 0 ? fresh() : null,
      gradAvg: options.centered ? fresh() : null,
    };
  }

  protected override putState(
    table: Table,
    state: RMSpropState,
    { shape, dtype }: Tensor,
    { momentum, centered }: RMSpropOptions,
  ): void {
    state.step++;
    if (centered) state.gradAvg ??= zeros(shape, { dtype });
    if (momentum > 0) state.momentumBuffer ??= zeros(shape, { dtype });
    table.put(state.squareAvg.address);
    table.put(centered ? state.gradAvg!.address : 0);
    table.put(momentum > 0 ? state.momentumBuffer!.address : 0);
  }

  protected override launch(table: Table, dtype: DType, options: RMSpropOptions): void {
    const { lr, alpha, eps, weightDecay, momentum, maximize } = options;
    const run = kernelFor(kernels, dtype);
    runRmsprop(run, table, table.rows, lr, alpha, eps, weightDecay, momentum, maximize);
  }
}

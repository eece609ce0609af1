/** SGD: stochastic gradient descent, with momentum. All parameters of a group in one kernel call. */
import { family } from '../native/families';
import { runSgd } from '../native/generated';
import { kernelFor, type Table } from '../ops/table';
import type { DType } from '../tensor/dtype';
import { empty, type Tensor } from '../tensor/tensor';
import { FusedOptimizer } from './fused';
import { checkOption, type CommonOptions, type Params } from './optimizer';

export interface SGDOptions extends CommonOptions {
  /** Share of the last update that is kept. Default: 0. */
  momentum: number;
  /** Share of the gradient that is left out of the momentum. Default: 0. */
  dampening: number;
  /** Added to the gradient, times the parameter (an L2 penalty). Default: 0. */
  weightDecay: number;
  /** Look ahead by one momentum step (Sutskever et al. 2013). Default: false. */
  nesterov: boolean;
  /** Climb instead of descending. Default: false. */
  maximize: boolean;
}

export type SGDState = { momentumBuffer: Tensor | null };

const kernels = family('sgd');

/**
 * Stochastic gradient descent (torch.optim.SGD):
 *
 *     g = gradient + weightDecay·p
 *     buffer = momentum·buffer + (1 − dampening)·g      (the first time: g)
 *     p −= lr·(nesterov ? g + momentum·buffer : buffer)
 *
 * @throws RangeError for an option out of range, or nesterov without momentum or with dampening.
 * @example
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
 */
export class SGD extends FusedOptimizer<SGDOptions, SGDState> {
  constructor(params: Params<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(5, params, {
      lr: 1e-3,
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
      maximize: false,
      ...options,
    });
  }

  protected override checkOptions(options: Readonly<SGDOptions>): void {
    checkOption('SGD', 'lr', options.lr);
    checkOption('SGD', 'momentum', options.momentum);
    checkOption('SGD', 'weightDecay', options.weightDecay);
    checkOption('SGD', 'dampening', options.dampening, -Infinity);
    if (options.nesterov && (options.momentum <= 0 || options.dampening !== 0)) {
      throw new RangeError(
        `SGD: nesterov needs momentum above 0 and dampening 0, got momentum ${options.momentum} and dampening ${options.dampening}`,
      );
    }
  }

  protected override newState(): SGDState {
    return { momentumBuffer: null };
  }

  protected override putState(
    table: Table,
    state: SGDState,
    param: Tensor,
    { momentum }: SGDOptions,
  ): void {
    const fresh = momentum !== 0 && state.momentumBuffer === null;
    if (fresh) state.momentumBuffer = empty(param.shape, param.dtype);
    table.put(momentum === 0 ? 0 : state.momentumBuffer!.address);
    table.put(fresh ? 1 : 0);
  }

  protected override launch(table: Table, dtype: DType, options: SGDOptions): void {
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = options;
    const run = kernelFor(kernels, dtype);
    runSgd(run, table, table.rows, lr, momentum, dampening, weightDecay, nesterov, maximize);
  }
}

/** SGD: stochastic gradient descent, with momentum. All parameters of a group in one kernel call. */
import { args, family } from '../native/kernels';
import type { DType } from '../tensor/dtype';
import { empty, type Tensor } from '../tensor/tensor';
import { byDType } from './groups';
import {
  checkOption,
  Optimizer,
  type CommonOptions,
  type ParamGroup,
  type Params,
  type Update,
} from './optimizer';
import { kernelFor, Table } from '../ops/table';

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
export class SGD extends Optimizer<SGDOptions, SGDState> {
  readonly #table = new Table(5);

  constructor(params: Params<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(params, {
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

  protected override update(
    updates: readonly Update<SGDState>[],
    options: ParamGroup<SGDOptions>,
  ): void {
    byDType(updates, (some, dtype) => this.#run(some, dtype, options));
  }

  #run(updates: readonly Update<SGDState>[], dtype: DType, options: SGDOptions): void {
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = options;
    const table = this.#table;
    table.begin(updates.length);
    for (const { param, grad, state } of updates) {
      const fresh = momentum !== 0 && state.momentumBuffer === null;
      if (fresh) state.momentumBuffer = empty(param.shape, dtype);
      table.put(param.numel);
      table.put(param.address);
      table.put(grad.address);
      table.put(momentum === 0 ? 0 : state.momentumBuffer!.address);
      table.put(fresh ? 1 : 0);
    }
    args[2] = lr;
    args[3] = momentum;
    args[4] = dampening;
    args[5] = weightDecay;
    args[6] = nesterov ? 1 : 0;
    args[7] = maximize ? 1 : 0;
    table.run(kernelFor(kernels, dtype));
  }
}

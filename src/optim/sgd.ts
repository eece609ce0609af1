/** SGD: stochastic gradient descent, with momentum. All parameters of a group in one kernel call. */
import { boolean, finite, finiteFrom, optionsTable, surplus } from '../check';
import { family } from '../native/families';
import { runSgd } from '../native/calls';
import { kernelFor, type Table } from '../ops/kernels/table';
import type { DType } from '../tensor/dtype';
import { sizesOf, empty, type Tensor } from '../tensor/tensor';
import { FusedOptimizer } from './fused';
import type { CommonOptions, ParamGroup, Params } from './optimizer';
import { rate } from './rate';
import { checkMoment } from './state';

/** Options of `SGD`. */
export interface SGDOptions extends CommonOptions {
  /** Momentum factor. Default: 0. */
  momentum?: number;
  /** Dampening for momentum. Default: 0. */
  dampening?: number;
  /** Weight decay (L2 penalty). Default: 0. */
  weightDecay?: number;
  /** Enables Nesterov momentum (Sutskever et al. 2013). Default: false. */
  nesterov?: boolean;
  /** Maximize the objective instead of minimizing it. Default: false. */
  maximize?: boolean;
}

const sGDOptions = optionsTable<SGDOptions>('SGD', {
  lr: rate.or(1e-3),
  momentum: finiteFrom(0).or(0),
  dampening: finite.or(0),
  weightDecay: finiteFrom(0).or(0),
  nesterov: boolean.or(false),
  maximize: boolean.or(false),
});

/** What `SGD` remembers of a parameter: its momentum buffer. */
export type SGDState = { momentumBuffer: Tensor | null };

const kernels = family('sgd');

/**
 * Stochastic gradient descent (torch.optim.SGD):
 *
 *     g = gradient + weightDecay·p
 *     buffer = momentum·buffer + (1 − dampening)·g      (the first time: g)
 *     p −= lr·(nesterov ? g + momentum·buffer : buffer)
 *
 * @throws TypeError, RangeError for what are no parameters, an option of the wrong kind or out of range, and nesterov
 * without momentum or with dampening.
 * @example
 * const w = new nn.Parameter(ones([2]));
 * const optimizer = new optim.SGD([w], { lr: 0.1, momentum: 0.9 });
 */
export class SGD extends FusedOptimizer<SGDOptions, SGDState> {
  /** @param params parameters, or groups of them with options of their own */
  constructor(params: Params<SGDOptions>, options?: SGDOptions) {
    if (arguments.length > 2) surplus('SGD', arguments, 2, 'options');
    super(5, params, sGDOptions.read(options, new.target.name));
  }

  protected override checkOptions(options: Readonly<Required<SGDOptions>>): void {
    sGDOptions.verify(options, this.name);
    if (options.nesterov && (options.momentum <= 0 || options.dampening !== 0)) {
      throw new RangeError(
        `SGD: nesterov needs momentum above 0 and dampening 0, got momentum ${options.momentum} and dampening ${options.dampening}`,
      );
    }
  }

  protected override newState(): SGDState {
    return { momentumBuffer: null };
  }

  protected override checkState(param: Tensor, state: SGDState): void {
    checkMoment(this, 'momentumBuffer', state.momentumBuffer, param, true);
  }

  protected override putState(
    table: Table,
    state: SGDState,
    param: Tensor,
    { momentum }: ParamGroup<SGDOptions>,
  ): void {
    const fresh = momentum !== 0 && state.momentumBuffer === null;
    if (fresh) state.momentumBuffer = empty(sizesOf(param), param.dtype);
    table.put(momentum === 0 ? 0 : state.momentumBuffer!.address);
    table.put(fresh ? 1 : 0);
  }

  protected override launch(table: Table, dtype: DType, options: ParamGroup<SGDOptions>): void {
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = options;
    const run = kernelFor(kernels, dtype);
    runSgd(run, {
      table,
      rows: table.rows,
      lr,
      momentum,
      dampening,
      weightDecay,
      nesterov,
      maximize,
    });
  }
}

/** ChannelNorm: what normalizations by channel share, parameters and running statistics. */
import { count, surplus } from '../../check';
import { ones, tensor, zeros } from '../../ops/creation/factories';
import type { DType } from '../../tensor/dtype';
import { anyTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import { ones_, zeros_ } from '../init';
import { Module } from '../module';
import { Parameter, type Learned } from '../parameter';
import { showBoolean, showNumber } from '../print';

interface Read {
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly bias: boolean;
  readonly trackRunningStats: boolean;
  readonly dtype: DType;
}

/** Parameters and running statistics of a number of channels. */
export abstract class ChannelNorm<Affine extends boolean, Bias extends boolean> extends Module {
  /** Added to the variance. */
  readonly eps: number;
  /** Part of new statistics in the running ones; null for their plain average. */
  readonly momentum: number | null;
  /** Whether a weight (and a bias) is learned. */
  readonly affine: boolean;
  /** Whether running statistics are kept. */
  readonly trackRunningStats: boolean;
  /** [numFeatures]; null with `affine: false`. */
  weight: Learned<Affine>;
  /** [numFeatures]; null with `affine: false` or `bias: false`. */
  bias: Affine extends false ? null : Learned<Bias>;
  /** Running means, [numFeatures]; null with `trackRunningStats: false`. */
  declare running_mean: Tensor | null;
  /** Running unbiased variances, [numFeatures]; null with `trackRunningStats: false`. */
  declare running_var: Tensor | null;
  /** Batches seen, int32 of 0 dimensions; null with `trackRunningStats: false`. */
  declare num_batches_tracked: Tensor | null;

  constructor(
    name: string,
    /** Channels of an input. */
    readonly numFeatures: number,
    { eps, momentum, affine, bias, trackRunningStats, dtype }: Read,
  ) {
    super();
    count.check(name, 'numFeatures', numFeatures);
    this.eps = eps;
    this.momentum = momentum;
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    const weight = affine ? new Parameter(ones([numFeatures], { dtype })) : null;
    this.weight = weight as typeof this.weight;
    const shift = affine && bias ? new Parameter(zeros([numFeatures], { dtype })) : null;
    this.bias = shift as typeof this.bias;
    const kept = (x: Tensor): Tensor | null => (trackRunningStats ? x : null);
    this.registerBuffer('running_mean', kept(zeros([numFeatures], { dtype })));
    this.registerBuffer('running_var', kept(ones([numFeatures], { dtype })));
    this.registerBuffer('num_batches_tracked', kept(tensor(0, { dtype: 'int32' })));
  }

  /** `running_mean`. */
  get runningMean(): Tensor | null {
    return this.running_mean;
  }

  /** `running_var`. */
  get runningVar(): Tensor | null {
    return this.running_var;
  }

  /** `num_batches_tracked`. */
  get numBatchesTracked(): Tensor | null {
    return this.num_batches_tracked;
  }

  /** @internal Batches seen, whatever a user has put there. */
  protected tracked(method: string): Tensor | null {
    const name = `${this.constructor.name}.${method}`;
    return anyTensor.orNull.check(name, 'num_batches_tracked', this.num_batches_tracked);
  }

  /** Running statistics back to mean 0, variance 1 and no batch. */
  resetRunningStats(): void {
    if (arguments.length > 0) surplus(`${this.constructor.name}.resetRunningStats`, arguments, 0);
    const { running_mean: mean, running_var: variance } = this;
    const batches = this.tracked('resetRunningStats');
    if (mean !== null) zeros_(mean);
    if (variance !== null) ones_(variance);
    batches?.zero_();
  }

  /** Running statistics as `resetRunningStats`, weight back to 1, bias to 0. */
  resetParameters(): void {
    if (arguments.length > 0) surplus(`${this.constructor.name}.resetParameters`, arguments, 0);
    this.resetRunningStats();
    const [weight, bias]: (Parameter | null)[] = [this.weight, this.bias];
    if (weight !== null) ones_(weight);
    if (bias !== null) zeros_(bias);
  }

  /** @internal */
  override extraRepr(): string {
    const { numFeatures, eps, momentum, affine, bias, trackRunningStats } = this;
    const part = momentum === null ? 'None' : showNumber(momentum);
    return [
      numFeatures,
      `eps=${showNumber(eps)}`,
      `momentum=${part}`,
      `affine=${showBoolean(affine)}`,
      `bias=${showBoolean(bias !== null)}`,
      `trackRunningStats=${showBoolean(trackRunningStats)}`,
    ].join(', ');
  }
}

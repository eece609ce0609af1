/** Schedules of one line each. Formulas step from the rate in use, so that a rate changed by hand stays changed. */
import type { CommonOptions, ParamGroup } from '../optimizer';
import {
  checkFinite,
  checkPositiveInteger,
  LRScheduler,
  type AnyOptimizer,
  type SchedulerOptions,
} from './scheduler';

type Groups = readonly ParamGroup<CommonOptions>[];
const rates = (groups: Groups): number[] => groups.map((group) => group.lr);

/**
 * Multiplies the rate by `gamma` every `stepSize` epochs (torch.optim.lr_scheduler.StepLR).
 * @param options.gamma default: 0.1
 * @example
 * const scheduler = new optim.lrScheduler.StepLR(optimizer, 30, { gamma: 0.5 });
 */
export class StepLR extends LRScheduler {
  readonly gamma: number;
  constructor(
    optimizer: AnyOptimizer,
    readonly stepSize: number,
    options: SchedulerOptions & { gamma?: number } = {},
  ) {
    super(optimizer, options);
    this.gamma = options.gamma ?? 0.1;
    checkPositiveInteger('StepLR', 'stepSize', stepSize);
    checkFinite('StepLR', 'gamma', this.gamma);
    this.begin();
  }
  protected override getLr(groups: Groups): number[] {
    if (this.lastEpoch === 0 || this.lastEpoch % this.stepSize !== 0) return rates(groups);
    return groups.map((group) => group.lr * this.gamma);
  }
}

/**
 * Multiplies the rate by `gamma` every epoch (torch.optim.lr_scheduler.ExponentialLR).
 * @example new optim.lrScheduler.ExponentialLR(optimizer, 0.97)
 */
export class ExponentialLR extends LRScheduler {
  constructor(
    optimizer: AnyOptimizer,
    readonly gamma: number,
    options: SchedulerOptions = {},
  ) {
    super(optimizer, options);
    checkFinite('ExponentialLR', 'gamma', gamma);
    this.begin();
  }
  protected override getLr(groups: Groups): number[] {
    return this.initial ? rates(groups) : groups.map((group) => group.lr * this.gamma);
  }
}

/**
 * The initial rate times what a function says for the epoch (torch.optim.lr_scheduler.LambdaLR).
 * @param lrLambda one function for all groups, or one for each
 * @example new optim.lrScheduler.LambdaLR(optimizer, (epoch) => 0.95 ** epoch)
 */
export class LambdaLR extends LRScheduler {
  readonly lrLambdas: readonly ((epoch: number) => number)[];
  constructor(
    optimizer: AnyOptimizer,
    lrLambda: ((epoch: number) => number) | readonly ((epoch: number) => number)[],
    options: SchedulerOptions = {},
  ) {
    super(optimizer, options);
    const count = optimizer.paramGroups.length;
    const list: readonly unknown[] = Array.isArray(lrLambda)
      ? lrLambda
      : new Array<unknown>(count).fill(lrLambda);
    if (list.length !== count) {
      throw new RangeError(`LambdaLR: there are ${count} groups but ${list.length} functions`);
    }
    if (list.some((item) => typeof item !== 'function')) {
      throw new TypeError('LambdaLR: takes a function of the epoch, or an array of them');
    }
    this.lrLambdas = list as readonly ((epoch: number) => number)[];
    this.begin();
  }
  protected override getLr(): number[] {
    return this.baseLrs.map((base, i) => base * this.lrLambdas[i](this.lastEpoch));
  }
}

/**
 * Half a cosine from the initial rate down to `etaMin` in `TMax` epochs, and up again after (Loshchilov and Hutter
 * 2016, without restarts; torch.optim.lr_scheduler.CosineAnnealingLR).
 * @param options.etaMin default: 0
 * @example new optim.lrScheduler.CosineAnnealingLR(optimizer, 100)
 */
export class CosineAnnealingLR extends LRScheduler {
  readonly etaMin: number;
  constructor(
    optimizer: AnyOptimizer,
    readonly TMax: number,
    options: SchedulerOptions & { etaMin?: number } = {},
  ) {
    super(optimizer, options);
    this.etaMin = options.etaMin ?? 0;
    checkPositiveInteger('CosineAnnealingLR', 'TMax', TMax);
    checkFinite('CosineAnnealingLR', 'etaMin', this.etaMin);
    this.begin();
  }
  protected override getLr(groups: Groups): number[] {
    const { TMax, etaMin, lastEpoch: epoch } = this;
    if (this.initial) return rates(groups);
    if ((epoch - 1 - TMax) % (2 * TMax) === 0) {
      // At the bottom the ratio below is 0 / 0: one step up, from the formula itself.
      const rise = (1 - Math.cos(Math.PI / TMax)) / 2;
      return groups.map((group, i) => group.lr + (this.baseLrs[i] - etaMin) * rise);
    }
    const now = 1 + Math.cos((Math.PI * epoch) / TMax);
    const before = 1 + Math.cos((Math.PI * (epoch - 1)) / TMax);
    return groups.map((group) => (now / before) * (group.lr - etaMin) + etaMin);
  }
}

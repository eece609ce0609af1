/** Schedules that multiply the rate by a factor: at milestones, constant for a while, along a line, along a power of a line. */
import { arrayOf, count, finite, integer, optionsTable, rule, surplus } from '../../check';
import { pow } from '../../native/scalar';
import { fraction } from '../rate';
import {
  LRScheduler,
  ratesOf,
  schedulerFields,
  type AnyOptimizer,
  type Groups,
  type SchedulerOptions,
} from './scheduler';

/** Options of `MultiStepLR`. */
export interface MultiStepLROptions extends SchedulerOptions {
  /** The factor. Default: 0.1. */
  gamma?: number;
}

const multiStepOptions = optionsTable<MultiStepLROptions>('MultiStepLR', {
  gamma: finite.or(0.1),
  ...schedulerFields,
});
const epochs = arrayOf(integer, 'an array of epochs');

/**
 * Multiplies the rate by `gamma` at each of some epochs, twice at one that is there twice
 * (torch.optim.lr_scheduler.MultiStepLR): lr = initial lr · gamma^(milestones up to the epoch).
 * @throws TypeError for what is no optimizer, no array of integers, no option; RangeError for what is no integer.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler = new optim.lrScheduler.MultiStepLR(optimizer, [30, 80]);
 */
export class MultiStepLR extends LRScheduler {
  /** The epochs, in order. */
  readonly milestones: readonly number[];
  /** The factor. */
  readonly gamma: number;

  /** @param milestones epochs at which the rate is reduced, in any order */
  constructor(
    optimizer: AnyOptimizer,
    milestones: readonly number[],
    options?: MultiStepLROptions,
  ) {
    if (arguments.length > 3) surplus('MultiStepLR', arguments, 3, 'options');
    const { gamma, lastEpoch } = multiStepOptions.read(options);
    const list = epochs.check('MultiStepLR', 'milestones', milestones);
    super(optimizer, { lastEpoch });
    this.milestones = [...list].sort((a, b) => a - b);
    this.gamma = gamma;
    this.begin();
  }

  protected override getLr(groups: Groups): number[] {
    const { length } = this.milestones.filter((epoch) => epoch === this.lastEpoch);
    if (length === 0) return ratesOf(groups);
    const factor = pow(this.gamma, length);
    return groups.map((group) => group.lr * factor);
  }

  protected override getClosedFormLr(): number[] {
    const { length } = this.milestones.filter((epoch) => epoch <= this.lastEpoch);
    const factor = pow(this.gamma, length);
    return this.baseLrs.map((base) => base * factor);
  }
}

/** Options of `ConstantLR`. */
export interface ConstantLROptions extends SchedulerOptions {
  /** The factor, from 0 to 1. Default: 1/3. */
  factor?: number;
  /** Epochs after which the initial rate is back. Default: 5. */
  totalIters?: number;
}

const constantOptions = optionsTable<ConstantLROptions>('ConstantLR', {
  factor: fraction.or(1 / 3),
  totalIters: count.or(5),
  ...schedulerFields,
});

/**
 * Multiplies the rate by `factor` until `totalIters` epochs are done (torch.optim.lr_scheduler.ConstantLR):
 * lr = initial lr · (epoch < totalIters ? factor : 1).
 * @throws TypeError for what is no optimizer or no option; RangeError for an option out of range, and when a factor of 0 is to
 * be taken back.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler = new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.5, totalIters: 4 });
 */
export class ConstantLR extends LRScheduler {
  /** The factor. */
  readonly factor: number;
  /** Epochs after which the initial rate is back. */
  readonly totalIters: number;

  constructor(optimizer: AnyOptimizer, options?: ConstantLROptions) {
    if (arguments.length > 2) surplus('ConstantLR', arguments, 2, 'options');
    const { factor, totalIters, lastEpoch } = constantOptions.read(options);
    super(optimizer, { lastEpoch });
    this.factor = factor;
    this.totalIters = totalIters;
    this.begin();
  }

  protected override getLr(groups: Groups): number[] {
    if (this.lastEpoch === 0) return groups.map((group) => group.lr * this.factor);
    if (this.lastEpoch !== this.totalIters) return ratesOf(groups);
    if (this.factor === 0) {
      throw new RangeError(
        'ConstantLR.step: a factor of 0 cannot be taken back from the rate; use SequentialLR to begin with a rate of 0',
      );
    }
    return groups.map((group) => group.lr * (1 / this.factor));
  }

  protected override getClosedFormLr(): number[] {
    const factor = this.factor + Number(this.lastEpoch >= this.totalIters) * (1 - this.factor);
    return this.baseLrs.map((base) => base * factor);
  }
}

/** Options of `LinearLR`. */
export interface LinearLROptions extends SchedulerOptions {
  /** The factor of the first epoch, above 0 and at most 1. Default: 1/3. */
  startFactor?: number;
  /** The factor from epoch `totalIters` on, from 0 to 1. Default: 1. */
  endFactor?: number;
  /** Epochs from one to the other. Default: 5. */
  totalIters?: number;
}

const linearOptions = optionsTable<LinearLROptions>('LinearLR', {
  startFactor: rule<number>(
    'a number above 0 and at most 1',
    (value) => typeof value === 'number',
    (value) => value > 0 && value <= 1,
  ).or(1 / 3),
  endFactor: fraction.or(1),
  totalIters: count.or(5),
  ...schedulerFields,
});

/**
 * Multiplies the rate by a factor on a line from `startFactor` to `endFactor`, a warm-up or a decay
 * (torch.optim.lr_scheduler.LinearLR):
 * lr = initial lr · (startFactor + (endFactor − startFactor)·min(epoch, totalIters) / totalIters).
 * @throws TypeError for what is no optimizer or no option; RangeError for an option out of range.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler = new optim.lrScheduler.LinearLR(optimizer, { startFactor: 0.1, totalIters: 10 });
 */
export class LinearLR extends LRScheduler {
  /** The factor of the first epoch. */
  readonly startFactor: number;
  /** The factor from epoch `totalIters` on. */
  readonly endFactor: number;
  /** Epochs from one to the other. */
  readonly totalIters: number;

  constructor(optimizer: AnyOptimizer, options?: LinearLROptions) {
    if (arguments.length > 2) surplus('LinearLR', arguments, 2, 'options');
    const { startFactor, endFactor, totalIters, lastEpoch } = linearOptions.read(options);
    super(optimizer, { lastEpoch });
    this.startFactor = startFactor;
    this.endFactor = endFactor;
    this.totalIters = totalIters;
    this.begin();
  }

  protected override getLr(groups: Groups): number[] {
    const { startFactor: start, totalIters: total, lastEpoch: epoch } = this;
    if (epoch === 0) return groups.map((group) => group.lr * start);
    if (this.initial || epoch > total) return ratesOf(groups);
    const rise = this.endFactor - start;
    const factor = 1 + rise / (total * start + (epoch - 1) * rise);
    return groups.map((group) => group.lr * factor);
  }

  protected override getClosedFormLr(): number[] {
    const { startFactor: start, totalIters: total, lastEpoch: epoch } = this;
    const share = ((this.endFactor - start) * Math.min(total, epoch)) / total;
    return this.baseLrs.map((base) => base * (start + share));
  }
}

/** Options of `PolynomialLR`. */
export interface PolynomialLROptions extends SchedulerOptions {
  /** Epochs until the rate is 0. Default: 5. */
  totalIters?: number;
  /** The exponent. Default: 1. */
  power?: number;
}

const polynomialOptions = optionsTable<PolynomialLROptions>('PolynomialLR', {
  totalIters: count.or(5),
  power: finite.or(1),
  ...schedulerFields,
});

/**
 * Lets the rate fall to 0 in `totalIters` epochs along a power of a line (torch.optim.lr_scheduler.PolynomialLR):
 * lr = initial lr · (1 − min(epoch, totalIters) / totalIters)^power.
 * @throws TypeError for what is no optimizer or no option; RangeError for an option out of range.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler = new optim.lrScheduler.PolynomialLR(optimizer, { totalIters: 100, power: 2 });
 */
export class PolynomialLR extends LRScheduler {
  /** Epochs until the rate is 0. */
  readonly totalIters: number;
  /** The exponent. */
  readonly power: number;

  constructor(optimizer: AnyOptimizer, options?: PolynomialLROptions) {
    if (arguments.length > 2) surplus('PolynomialLR', arguments, 2, 'options');
    const { totalIters, power, lastEpoch } = polynomialOptions.read(options);
    super(optimizer, { lastEpoch });
    this.totalIters = totalIters;
    this.power = power;
    this.begin();
  }

  protected override getLr(groups: Groups): number[] {
    const { totalIters: total, lastEpoch: epoch } = this;
    if (this.initial || epoch > total) return ratesOf(groups);
    const factor = pow((1 - epoch / total) / (1 - (epoch - 1) / total), this.power);
    return groups.map((group) => group.lr * factor);
  }

  protected override getClosedFormLr(): number[] {
    const { totalIters: total, lastEpoch: epoch } = this;
    const factor = pow(1 - Math.min(total, epoch) / total, this.power);
    return this.baseLrs.map((base) => base * factor);
  }
}

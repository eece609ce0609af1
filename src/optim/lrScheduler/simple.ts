/** Schedules of one line each. Recursive formulas from the current learning rate, as in PyTorch: a rate that the user sets is kept. */
import { finite, optionsTable, positiveInteger, surplus } from '../../check';
import { cos, pow } from '../../native/scalar';
import {
  LRScheduler,
  ratesOf,
  schedulerFields,
  schedulerOptions,
  type AnyOptimizer,
  type Groups,
  type SchedulerOptions,
} from './scheduler';

/** Options of `StepLR`. */
export interface StepLROptions extends SchedulerOptions {
  /** The factor. Default: 0.1. */
  gamma?: number;
}

const stepOptions = optionsTable<StepLROptions>('StepLR', {
  gamma: finite.or(0.1),
  ...schedulerFields,
});

/**
 * Multiplies the rate by `gamma` every `stepSize` epochs (torch.optim.lr_scheduler.StepLR):
 * lr = initial lr · gamma^⌊epoch / stepSize⌋.
 * @throws TypeError for what is no optimizer or no option; RangeError for a stepSize below 1.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler = new optim.lrScheduler.StepLR(optimizer, 30, { gamma: 0.5 });
 */
export class StepLR extends LRScheduler {
  /** The factor. */
  readonly gamma: number;

  /** @param stepSize epochs between two reductions */
  constructor(
    optimizer: AnyOptimizer,
    /** Epochs between two reductions. */
    readonly stepSize: number,
    options?: StepLROptions,
  ) {
    if (arguments.length > 3) surplus('StepLR', arguments, 3, 'options');
    const { gamma, lastEpoch } = stepOptions.read(options);
    positiveInteger.check('StepLR', 'stepSize', stepSize);
    super(optimizer, { lastEpoch });
    this.gamma = gamma;
    this.begin();
  }

  protected override getLr(groups: Groups): number[] {
    if (this.lastEpoch === 0 || this.lastEpoch % this.stepSize !== 0) return ratesOf(groups);
    return groups.map((group) => group.lr * this.gamma);
  }

  protected override getClosedFormLr(): number[] {
    const factor = pow(this.gamma, Math.floor(this.lastEpoch / this.stepSize));
    return this.baseLrs.map((base) => base * factor);
  }
}

/**
 * Multiplies the rate by `gamma` every epoch (torch.optim.lr_scheduler.ExponentialLR): lr = initial lr · gamma^epoch.
 * @throws TypeError for what is no optimizer, no number, no option.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler = new optim.lrScheduler.ExponentialLR(optimizer, 0.97);
 */
export class ExponentialLR extends LRScheduler {
  /** @param gamma the factor */
  constructor(
    optimizer: AnyOptimizer,
    /** The factor. */
    readonly gamma: number,
    options?: SchedulerOptions,
  ) {
    if (arguments.length > 3) surplus('ExponentialLR', arguments, 3, 'options');
    const read = schedulerOptions.read(options, 'ExponentialLR');
    finite.check('ExponentialLR', 'gamma', gamma);
    super(optimizer, read);
    this.begin();
  }

  protected override getLr(groups: Groups): number[] {
    return this.initial ? ratesOf(groups) : groups.map((group) => group.lr * this.gamma);
  }

  protected override getClosedFormLr(): number[] {
    const factor = pow(this.gamma, this.lastEpoch);
    return this.baseLrs.map((base) => base * factor);
  }
}

/** Options of `CosineAnnealingLR`. */
export interface CosineAnnealingOptions extends SchedulerOptions {
  /** Minimum learning rate. Default: 0. */
  etaMin?: number;
}

const cosineOptions = optionsTable<CosineAnnealingOptions>('CosineAnnealingLR', {
  etaMin: finite.or(0),
  ...schedulerFields,
});

/**
 * Half a cosine from the initial rate down to `etaMin` in `TMax` epochs, and up again after (Loshchilov and Hutter
 * 2016, without restarts; torch.optim.lr_scheduler.CosineAnnealingLR):
 * lr = etaMin + (initial lr − etaMin)·(1 + cos(π·epoch / TMax)) / 2.
 * @throws TypeError for what is no optimizer or no option; RangeError for a TMax below 1.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, 100);
 */
export class CosineAnnealingLR extends LRScheduler {
  /** Minimum learning rate. */
  readonly etaMin: number;

  /** @param TMax epochs from the initial to the minimum learning rate */
  constructor(
    optimizer: AnyOptimizer,
    /** Epochs from the initial to the minimum learning rate. */
    readonly TMax: number,
    options?: CosineAnnealingOptions,
  ) {
    if (arguments.length > 3) surplus('CosineAnnealingLR', arguments, 3, 'options');
    const { etaMin, lastEpoch } = cosineOptions.read(options);
    positiveInteger.check('CosineAnnealingLR', 'TMax', TMax);
    super(optimizer, { lastEpoch });
    this.etaMin = etaMin;
    this.begin();
  }

  protected override getLr(groups: Groups): number[] {
    const { TMax, etaMin, lastEpoch: epoch } = this;
    if (this.initial) return ratesOf(groups);
    if ((epoch - 1 - TMax) % (2 * TMax) === 0) {
      // At the bottom the ratio below is 0 / 0: one step up, from the formula itself.
      const rise = (1 - cos(Math.PI / TMax)) / 2;
      return groups.map((group, i) => group.lr + (this.baseLrs[i] - etaMin) * rise);
    }
    const now = 1 + cos((Math.PI * epoch) / TMax);
    const before = 1 + cos((Math.PI * (epoch - 1)) / TMax);
    return groups.map((group) => (now / before) * (group.lr - etaMin) + etaMin);
  }
  protected override getClosedFormLr(): number[] {
    const { TMax, etaMin } = this;
    const now = 1 + cos((Math.PI * this.lastEpoch) / TMax);
    return this.baseLrs.map((base) => etaMin + ((base - etaMin) * now) / 2);
  }
}

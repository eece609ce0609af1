/** ReduceLROnPlateau: a rate that falls when a measure stops improving. */
import { checkOption } from '../optimizer';
import { Tensor } from '../../tensor/tensor';
import { checkFinite, checkOptimizer, type AnyOptimizer, type SchedulerState } from './scheduler';

export interface PlateauOptions {
  /** Whether the measure is to fall (`min`, default) or to rise. */
  mode?: 'min' | 'max';
  /** The rate is multiplied by it. Default: 0.1. */
  factor?: number;
  /** Epochs without improvement that are tolerated. Default: 10. */
  patience?: number;
  /** Least improvement that counts. Default: 1e-4. */
  threshold?: number;
  /** Whether `threshold` is a share of the best measure (`rel`, default) or a difference. */
  thresholdMode?: 'rel' | 'abs';
  /** Epochs after a reduction in which nothing is counted. Default: 0. */
  cooldown?: number;
  /** Least rate, for all groups or for each. Default: 0. */
  minLr?: number | readonly number[];
  /** Smaller changes of the rate are left out. Default: 1e-8. */
  eps?: number;
}

/**
 * Multiplies the rate by `factor` when a measure has not improved for more than `patience` epochs
 * (torch.optim.lr_scheduler.ReduceLROnPlateau).
 * @example
 * const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer, { patience: 3 });
 * scheduler.step(validationLoss);
 */
export class ReduceLROnPlateau {
  lastEpoch = 0;
  best: number;
  numBadEpochs = 0;
  cooldownCounter = 0;
  readonly options: Readonly<Required<PlateauOptions>>;
  #lastLr: number[];

  /** @throws RangeError for an option out of range. */
  constructor(
    readonly optimizer: AnyOptimizer,
    options: PlateauOptions = {},
  ) {
    const name = 'ReduceLROnPlateau';
    checkOptimizer(name, optimizer);
    this.options = {
      mode: 'min',
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: 'rel',
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
      ...options,
    };
    const { mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps } = this.options;
    checkOption(name, 'factor', factor, 0, 1);
    for (const [key, value] of Object.entries({ patience, threshold, cooldown, eps })) {
      checkOption(name, key, value);
    }
    if (!['min', 'max'].includes(mode) || !['rel', 'abs'].includes(thresholdMode)) {
      throw new RangeError(
        `${name}: mode must be 'min' or 'max' and thresholdMode 'rel' or 'abs', got '${mode}' and '${thresholdMode}'`,
      );
    }
    if (Array.isArray(minLr) && minLr.length !== optimizer.paramGroups.length) {
      throw new RangeError(
        `${name}: there are ${optimizer.paramGroups.length} groups but ${minLr.length} rates in minLr`,
      );
    }
    this.best = mode === 'min' ? Infinity : -Infinity;
    this.#lastLr = optimizer.paramGroups.map((group) => group.lr);
  }

  /** The rates in use, one for each group. */
  getLastLr(): number[] {
    return this.#lastLr.slice();
  }

  /** Whether `value` is better than `best` by more than the threshold. */
  #improves(value: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === 'min' ? -1 : 1;
    const margin =
      thresholdMode === 'rel' ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return mode === 'min' ? value < margin : value > margin;
  }

  /** Takes an epoch's measure: a number or a tensor of one. */
  step(metrics: number | Tensor): void {
    const current = metrics instanceof Tensor ? metrics.item() : metrics;
    if (typeof current !== 'number') {
      throw new TypeError(
        `ReduceLROnPlateau.step: takes the measure, a number or a tensor of one, got ${typeof current}`,
      );
    }
    this.lastEpoch++;
    if (this.#improves(current)) {
      this.best = current;
      this.numBadEpochs = 0;
    } else this.numBadEpochs++;
    if (this.cooldownCounter > 0) {
      this.cooldownCounter--;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs > this.options.patience) {
      this.#reduce();
      this.cooldownCounter = this.options.cooldown;
      this.numBadEpochs = 0;
    }
    this.#lastLr = this.optimizer.paramGroups.map((group) => group.lr);
  }

  #reduce(): void {
    const { factor, minLr, eps } = this.options;
    for (const [i, group] of this.optimizer.paramGroups.entries()) {
      const least = typeof minLr === 'number' ? minLr : (minLr[i] ?? 0);
      const next = Math.max(group.lr * factor, least);
      if (group.lr - next > eps) group.lr = next;
    }
  }

  /** What `loadStateDict` needs to continue. */
  stateDict(): SchedulerState {
    return {
      last_epoch: this.lastEpoch,
      best: this.best,
      num_bad_epochs: this.numBadEpochs,
      cooldown_counter: this.cooldownCounter,
      _last_lr: this.getLastLr(),
    };
  }

  /** @throws TypeError when an entry is missing or of another kind. */
  loadStateDict(state: SchedulerState): void {
    const name = 'ReduceLROnPlateau.loadStateDict';
    const { last_epoch, best, num_bad_epochs, cooldown_counter, _last_lr } = state;
    for (const [key, value] of Object.entries({ last_epoch, num_bad_epochs, cooldown_counter })) {
      checkFinite(name, key, value);
    }
    if (typeof best !== 'number' || !Array.isArray(_last_lr)) {
      throw new TypeError(`${name}: best must be a number and _last_lr an array`);
    }
    this.lastEpoch = last_epoch as number;
    this.best = best;
    this.numBadEpochs = num_bad_epochs as number;
    this.cooldownCounter = cooldown_counter as number;
    this.#lastLr = (_last_lr as number[]).slice();
  }
}

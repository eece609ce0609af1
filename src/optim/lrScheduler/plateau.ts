/** ReduceLROnPlateau: a learning rate that is reduced when a metric stops improving. */
import {
  arrayOf,
  either,
  finite,
  finiteFrom,
  isMade,
  number,
  numberBelow,
  objectOf,
  oneOf,
  optionsTable,
  refuse,
  surplus,
} from '../../check';
import { executor } from '../../tensor/executor';
import { isTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import {
  anyOptimizer,
  refuseSchedulerCopy,
  type AnyOptimizer,
  type SchedulerState,
} from './scheduler';
import { deepcopy, type Copying } from '../../tensor/deepcopy';

/** Options of `ReduceLROnPlateau`. */
export interface PlateauOptions {
  /** Whether the metric is to decrease (`min`, default) or to increase. */
  mode?: 'min' | 'max';
  /** The learning rate is multiplied by it. Default: 0.1. */
  factor?: number;
  /** Epochs without improvement that are tolerated. Default: 10. */
  patience?: number;
  /** Least improvement that counts. Default: 1e-4. */
  threshold?: number;
  /** Whether `threshold` is relative to the best metric (`rel`, default) or absolute. */
  thresholdMode?: 'rel' | 'abs';
  /** Cooldown: epochs after a reduction in which bad epochs are not counted. Default: 0. */
  cooldown?: number;
  /** Minimum learning rate, for all groups or for each. Default: 0. */
  minLr?: number | readonly number[];
  /** Smaller changes of the learning rate are ignored. Default: 1e-8. */
  eps?: number;
}

const plateauOptions = optionsTable<PlateauOptions>('ReduceLROnPlateau', {
  mode: oneOf('min', 'max').or('min'),
  factor: numberBelow(0, 1).or(0.1),
  patience: finiteFrom(0).or(10),
  threshold: finiteFrom(0).or(1e-4),
  thresholdMode: oneOf('rel', 'abs').or('rel'),
  cooldown: finiteFrom(0).or(0),
  minLr: either<number | readonly number[]>(finite, arrayOf(finite)).or(0),
  eps: finiteFrom(0).or(1e-8),
});

const savedState = objectOf('what stateDict() returned', {
  last_epoch: finite,
  // JSON has no infinity and writes null.
  best: number.orNull,
  num_bad_epochs: finite,
  cooldown_counter: finite,
  _last_lr: arrayOf(finite, 'an array of rates'),
});

/**
 * Multiplies the learning rate by `factor` when a metric has not improved for more than `patience` epochs
 * (torch.optim.lr_scheduler.ReduceLROnPlateau).
 * @throws TypeError for what is no optimizer or no option; RangeError for an option out of range.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer, { patience: 3 });
 * scheduler.step(0.7); // the validation loss of an epoch
 */
export class ReduceLROnPlateau {
  /** The number of steps. */
  lastEpoch = 0;
  /** The best metric so far. */
  best: number;
  /** Epochs since the metric has improved. */
  numBadEpochs = 0;
  /** Epochs of cooldown left. */
  cooldownCounter = 0;
  /** The options, with defaults in place. */
  readonly options: Readonly<Required<PlateauOptions>>;
  #lastLr: number[];

  constructor(
    /** The optimizer whose learning rates are set. */
    readonly optimizer: AnyOptimizer,
    options?: PlateauOptions,
  ) {
    if (arguments.length > 2) surplus('ReduceLROnPlateau', arguments, 2, 'options');
    const name = 'ReduceLROnPlateau';
    this.options = plateauOptions.read(options);
    anyOptimizer.check(name, 'optimizer', optimizer);
    const { minLr } = this.options;
    if (typeof minLr !== 'number' && minLr.length !== optimizer.paramGroups.length) {
      throw new RangeError(
        `${name}: minLr must be one number, or one for each of the ${optimizer.paramGroups.length} parameter groups, got ${minLr.length}`,
      );
    }
    this.best = this.#worst();
    this.#lastLr = optimizer.paramGroups.map((group) => group.lr);
  }

  /** @internal */
  [isMade](): boolean {
    return #lastLr in this;
  }

  /** @internal @throws TypeError always. */
  [deepcopy.custom](copy: Copying, where: () => string): never {
    void copy;
    refuseSchedulerCopy(this, where);
  }

  /** The best metric before the first: infinite. */
  #worst(): number {
    return this.options.mode === 'min' ? Infinity : -Infinity;
  }

  /** The rates in use, one for each group. */
  getLastLr(): number[] {
    if (arguments.length > 0) surplus('ReduceLROnPlateau.getLastLr', arguments, 0);
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

  /**
   * Takes an epoch's metric: a number or a tensor of one.
   * @throws TypeError for anything else.
   */
  step(metrics: number | Tensor): void {
    if (arguments.length > 1) surplus('ReduceLROnPlateau.step', arguments, 1, 'metrics');
    executor.refuse('ReduceLROnPlateau.step', 'it changes learning rates; call it outside');
    const current = isTensor(metrics) ? metrics.item() : metrics;
    if (typeof current !== 'number') {
      refuse('ReduceLROnPlateau.step', 'metrics', 'a number or a tensor of one', current);
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
    if (arguments.length > 0) surplus('ReduceLROnPlateau.stateDict', arguments, 0);
    return {
      last_epoch: this.lastEpoch,
      best: this.best,
      num_bad_epochs: this.numBadEpochs,
      cooldown_counter: this.cooldownCounter,
      _last_lr: this.getLastLr(),
    };
  }

  /**
   * Loads what `stateDict` returned, also through JSON: a best metric of null is that before the first one, which is
   * infinite.
   * @throws TypeError, RangeError when an entry is missing or of another kind.
   */
  loadStateDict(state: SchedulerState): void {
    if (arguments.length > 1) surplus('ReduceLROnPlateau.loadStateDict', arguments, 1, 'state');
    const saved = savedState.check('ReduceLROnPlateau.loadStateDict', 'state', state);
    this.lastEpoch = saved.last_epoch;
    this.best = saved.best ?? this.#worst();
    this.numBadEpochs = saved.num_bad_epochs;
    this.cooldownCounter = saved.cooldown_counter;
    this.#lastLr = [...saved._last_lr];
  }
}

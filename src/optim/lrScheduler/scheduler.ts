/** LRScheduler: what schedules of the learning rate share. Each schedule is one formula in a file beside this. */
import {
  arrayOf,
  finite,
  instanceOf,
  integerFrom,
  isArray,
  isMade,
  markCopy,
  objectOf,
  optionsTable,
  refuseAbstract,
  surplus,
} from '../../check';
import { executor } from '../../tensor/executor';
import { Optimizer, type CommonOptions, type ParamGroup } from '../optimizer';
import { deepcopy, refuseCopy, type Copying } from '../../tensor/deepcopy';

/** Any optimizer: a scheduler touches its groups' rates only. */
export type AnyOptimizer = Optimizer;

/** Options of every schedule. */
export interface SchedulerOptions {
  /** The last epoch that was done before, when training is resumed. Default: −1, none. */
  lastEpoch?: number;
}

/** A scheduler's state, by PyTorch's names; null stands for what has no number in JSON, an infinite best metric. */
export interface SchedulerState {
  [name: string]: number | null | readonly number[] | readonly SchedulerState[];
}

/** The groups whose rates are set. */
export type Groups = readonly ParamGroup<CommonOptions>[];

/** The rates that the groups have. */
export const ratesOf = (groups: Groups): number[] => groups.map((group) => group.lr);

/** A value for each of the optimizer's groups: `value` for all, or as many as there are. */
export function forEachGroup<T extends number | ((epoch: number) => number)>(
  operation: string,
  name: string,
  value: T | readonly T[],
  { paramGroups: groups }: AnyOptimizer,
  kind: string = 'number',
): readonly T[] {
  const list = isArray(value) ? value : groups.map(() => value);
  if (list.length !== groups.length) {
    throw new RangeError(
      `${operation}: ${name} must be one ${kind}, or one for each of the ${groups.length} parameter groups, got ${list.length}`,
    );
  }
  return list;
}

/** The row that the tables of all schedules share. */
export const schedulerFields = { lastEpoch: integerFrom(-1).or(-1) };

/** The table of schedules that have no options of their own. */
export const schedulerOptions = optionsTable<SchedulerOptions>('LRScheduler', schedulerFields);

export const anyOptimizer = instanceOf(Optimizer, 'an optimizer');

/** @throws TypeError always: the copy would set the rates of the same optimizer. */
export function refuseSchedulerCopy(scheduler: object, where: () => string): never {
  refuseCopy(
    scheduler,
    where,
    "which sets the rates of the optimizer that it was made with; make one for the copy's optimizer and load this one's stateDict()",
  );
}

const anyRates = arrayOf(finite, 'an array of rates');
const savedState = objectOf('what stateDict() returned', {
  last_epoch: finite,
  base_lrs: anyRates,
  _last_lr: anyRates,
});

/**
 * Base class of learning rate schedules (torch.optim.lr_scheduler.LRScheduler): a subclass says each group's rate for
 * `lastEpoch`. `step()` is called after each epoch (or batch), after the optimizer's own.
 *
 * @throws TypeError for what is no optimizer; RangeError when it is to be resumed and the groups have no `initialLr`.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler: optim.lrScheduler.LRScheduler = new optim.lrScheduler.ExponentialLR(optimizer, 0.5);
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.05]
 */
export abstract class LRScheduler {
  /** How many steps were made: 0 after construction. */
  lastEpoch: number;
  /** Each group's rate before any schedule. */
  baseLrs: number[];
  #lastLr: number[] = [];
  #initial = false;
  readonly #updatesBefore: number;

  constructor(
    /** The optimizer whose learning rates are set. */
    readonly optimizer: AnyOptimizer,
    options?: SchedulerOptions,
  ) {
    refuseAbstract(new.target, LRScheduler, 'use StepLR and the like, or a subclass with getLr', [
      'getLr',
    ]);
    const name = this.constructor.name;
    const { lastEpoch } = schedulerOptions.read(options, name);
    anyOptimizer.check(name, 'optimizer', optimizer);
    for (const [i, group] of optimizer.paramGroups.entries()) {
      if (lastEpoch === -1) group.initialLr ??= group.lr;
      else if (group.initialLr === undefined) {
        throw new RangeError(
          `${name}: group ${i} has no initialLr to resume from; load the optimizer's state dict first`,
        );
      }
    }
    this.baseLrs = optimizer.paramGroups.map((group) => group.initialLr!);
    this.lastEpoch = lastEpoch;
    this.#updatesBefore = optimizer.updates;
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

  /** @internal The constructor's own step, which a subclass calls when its fields are set. */
  begin(): void {
    this.#initial = true;
    try {
      this.advance();
    } finally {
      this.#initial = false;
    }
  }

  /** Whether the rates are being set for the first time. */
  protected get initial(): boolean {
    return this.#initial;
  }

  /** Each group's rate for `lastEpoch`. */
  protected abstract getLr(groups: Groups): number[];

  /** Each group's rate for `lastEpoch` from the initial rates alone, where there is such a formula. */
  protected getClosedFormLr(groups: Groups): number[] {
    return this.getLr(groups);
  }

  /** The rates in use, one for each group. */
  getLastLr(): number[] {
    if (arguments.length > 0) surplus(`${this.constructor.name}.getLastLr`, arguments, 0);
    return this.#lastLr.slice();
  }

  /** Goes on to the next epoch's rates. */
  step(): void {
    if (arguments.length > 0) surplus(`${this.constructor.name}.step`, arguments, 0);
    executor.refuse(`${this.constructor.name}.step`, 'it changes learning rates; call it outside');
    if (this.#updatesBefore === this.optimizer.updates && this.lastEpoch === 0) {
      process.emitWarning(
        `${this.constructor.name}.step() was called before the optimizer's step(): the first learning rate is skipped`,
      );
    }
    this.advance();
  }

  /** @internal The next epoch's rates. */
  advance(): void {
    this.lastEpoch++;
    this.setRates(this.getLr(this.optimizer.paramGroups));
  }

  /** @internal The rates of epoch 0, whatever the groups have now. */
  restart(): void {
    this.lastEpoch = 0;
    this.setRates(this.getClosedFormLr(this.optimizer.paramGroups));
  }

  /** @internal Takes the constructor's own step back: another scheduler says when it is made. */
  takeBack(): void {
    this.lastEpoch--;
  }

  /** Gives each group its rate. */
  protected setRates(rates: readonly number[]): void {
    const groups = this.optimizer.paramGroups;
    groups.forEach((group, i) => (group.lr = rates[i]));
    this.#lastLr = ratesOf(groups);
  }

  /** What `loadStateDict` needs to continue. The optimizer has a state dict of its own. */
  stateDict(): SchedulerState {
    if (arguments.length > 0) surplus(`${this.constructor.name}.stateDict`, arguments, 0);
    return {
      last_epoch: this.lastEpoch,
      base_lrs: this.baseLrs.slice(),
      _last_lr: this.getLastLr(),
    };
  }

  /**
   * Loads what `stateDict` returned.
   * @throws TypeError, RangeError when an entry is missing or of another kind.
   */
  loadStateDict(state: SchedulerState): void {
    if (arguments.length > 1)
      surplus(`${this.constructor.name}.loadStateDict`, arguments, 1, 'state');
    const name = `${this.constructor.name}.loadStateDict`;
    const { last_epoch, base_lrs, _last_lr } = savedState.check(name, 'state', state);
    for (const [key, list] of Object.entries({ base_lrs, _last_lr })) {
      if (list.length !== this.baseLrs.length) {
        throw new RangeError(
          `${name}: ${key} must hold ${this.baseLrs.length} rates, got ${list.length}`,
        );
      }
    }
    this.lastEpoch = last_epoch;
    this.baseLrs = [...base_lrs];
    this.#lastLr = [..._last_lr];
  }
}

markCopy(LRScheduler, 'LRScheduler');

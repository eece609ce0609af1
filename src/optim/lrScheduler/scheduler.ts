/** LRScheduler: what schedules of the learning rate share. Each schedule is one formula in a file beside this. */
import { Optimizer, type CommonOptions, type ParamGroup } from '../optimizer';

/** Any optimizer: a scheduler touches its groups' rates only. */
export type AnyOptimizer = Optimizer;

export interface SchedulerOptions {
  /** The last epoch that was done before, when training is resumed. Default: -1, none. */
  lastEpoch?: number;
}

/** What a scheduler remembers, by PyTorch's names. */
export type SchedulerState = Record<string, number | readonly number[]>;

export function checkOptimizer(operation: string, optimizer: unknown): void {
  if (!(optimizer instanceof Optimizer)) {
    throw new TypeError(
      `${operation}: takes an optimizer first, got ${optimizer === null ? 'null' : typeof optimizer}`,
    );
  }
}

/** @throws RangeError or TypeError unless `value` is an integer of at least 1. */
export function checkPositiveInteger(operation: string, name: string, value: unknown): void {
  if (Number.isInteger(value) && (value as number) >= 1) return;
  const message = `${operation}: ${name} must be an integer of at least 1, got ${String(value)}`;
  throw typeof value === 'number' ? new RangeError(message) : new TypeError(message);
}

/** @throws RangeError or TypeError unless `value` is finite. */
export function checkFinite(operation: string, name: string, value: unknown): void {
  if (Number.isFinite(value)) return;
  const message = `${operation}: ${name} must be a finite number, got ${String(value)}`;
  throw typeof value === 'number' ? new RangeError(message) : new TypeError(message);
}

/**
 * Base class of learning rate schedules (torch.optim.lr_scheduler.LRScheduler). `step()` is called after
 * each epoch (or batch), after the optimizer's own.
 */
export abstract class LRScheduler {
  /** How many steps were made: 0 after construction. */
  lastEpoch: number;
  /** Each group's rate before any schedule. */
  baseLrs: number[];
  #lastLr: number[] = [];
  #initial = true;
  readonly #updatesBefore: number;

  constructor(
    readonly optimizer: AnyOptimizer,
    { lastEpoch = -1 }: SchedulerOptions = {},
  ) {
    const name = this.constructor.name;
    checkOptimizer(name, optimizer);
    if (!Number.isInteger(lastEpoch) || lastEpoch < -1) {
      throw new RangeError(
        `${name}: lastEpoch must be an integer of at least -1, got ${lastEpoch}`,
      );
    }
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

  /** The constructor's own step, which a subclass calls when its fields are set. */
  protected begin(): void {
    this.#advance();
    this.#initial = false;
  }

  /** Whether the rates are being set for the first time. */
  protected get initial(): boolean {
    return this.#initial;
  }

  /** Each group's rate for `lastEpoch`. */
  protected abstract getLr(groups: readonly ParamGroup<CommonOptions>[]): number[];

  /** The rates in use, one for each group. */
  getLastLr(): number[] {
    return this.#lastLr.slice();
  }

  /** Goes on to the next epoch's rates. */
  step(): void {
    if (this.#updatesBefore === this.optimizer.updates && this.lastEpoch === 0) {
      process.emitWarning(
        `${this.constructor.name}.step() was called before the optimizer's step(): the first learning rate is skipped`,
      );
    }
    this.#advance();
  }

  #advance(): void {
    this.lastEpoch++;
    const groups = this.optimizer.paramGroups;
    const rates = this.getLr(groups);
    groups.forEach((group, i) => (group.lr = rates[i]));
    this.#lastLr = rates;
  }

  /** What `loadStateDict` needs to continue. The optimizer has a state dict of its own. */
  stateDict(): SchedulerState {
    return {
      last_epoch: this.lastEpoch,
      base_lrs: this.baseLrs.slice(),
      _last_lr: this.getLastLr(),
    };
  }

  /** @throws TypeError when an entry is missing or of another kind. */
  loadStateDict(state: SchedulerState): void {
    const name = `${this.constructor.name}.loadStateDict`;
    const { last_epoch, base_lrs, _last_lr } = state;
    checkFinite(name, 'last_epoch', last_epoch);
    for (const [key, list] of Object.entries({ base_lrs, _last_lr })) {
      if (!Array.isArray(list) || list.length !== this.baseLrs.length) {
        throw new TypeError(`${name}: ${key} must hold ${this.baseLrs.length} rates`);
      }
    }
    this.lastEpoch = last_epoch as number;
    this.baseLrs = (base_lrs as number[]).slice();
    this.#lastLr = (_last_lr as number[]).slice();
  }
}

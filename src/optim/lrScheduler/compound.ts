/** Schedules made of schedules: one after the other, and all together. */
import {
  arrayOf,
  instanceOf,
  integer,
  isArray,
  isInstance,
  isPlain,
  objectOf,
  optionsTable,
  rule,
  surplus,
  type Rule,
} from '../../check';
import { ReduceLROnPlateau } from './plateau';
import {
  anyOptimizer,
  LRScheduler,
  ratesOf,
  schedulerOptions,
  type AnyOptimizer,
  type SchedulerOptions,
  type SchedulerState,
} from './scheduler';

const anyScheduler: Rule<LRScheduler> = instanceOf(LRScheduler, 'a scheduler of a fixed schedule');
const schedulerList = arrayOf(anyScheduler, 'an array of schedulers');
const savedStates = objectOf('what stateDict() returned', {
  _schedulers: arrayOf(
    rule<SchedulerState>("a scheduler's state", isPlain),
    "an array of schedulers' states",
  ),
});

/** The schedulers, all of one optimizer. */
function schedulersOf(
  operation: string,
  schedulers: unknown,
  optimizer: AnyOptimizer | undefined,
): readonly LRScheduler[] {
  const given = isArray(schedulers) ? Array.from(schedulers) : schedulers;
  if (isArray(given)) {
    const at = given.findIndex((each) => isInstance(each, ReduceLROnPlateau));
    if (at >= 0) {
      throw new TypeError(
        `${operation}: schedulers[${at}] must not be a ReduceLROnPlateau, whose step needs a metric; call its step(metrics) beside this one's`,
      );
    }
  }
  const list = schedulerList.check(operation, 'schedulers', given);
  if (list.length === 0) throw new RangeError(`${operation}: schedulers must have at least one`);
  const own = optimizer ?? list[0].optimizer;
  const at = list.findIndex((each) => each.optimizer !== own);
  if (at >= 0) {
    throw new RangeError(
      `${operation}: schedulers[${at}] (${list[at].constructor.name}) is of another optimizer than ${optimizer === undefined ? 'schedulers[0]' : 'the one given'}`,
    );
  }
  return list;
}

/** A schedule that is made of others. */
abstract class Compound extends LRScheduler {
  /** @internal */
  readonly parts: readonly LRScheduler[];

  constructor(optimizer: AnyOptimizer, parts: readonly LRScheduler[], options?: SchedulerOptions) {
    super(optimizer, options);
    this.parts = parts;
  }

  protected override getLr(): number[] {
    return ratesOf(this.optimizer.paramGroups);
  }

  /** @internal */
  override takeBack(): void {
    for (const part of this.parts) part.takeBack();
  }

  /** What `loadStateDict` needs to continue, of each scheduler too. */
  override stateDict(): SchedulerState {
    if (arguments.length > 0) surplus(`${this.constructor.name}.stateDict`, arguments, 0);
    return { ...super.stateDict(), _schedulers: this.parts.map((part) => part.stateDict()) };
  }

  /**
   * Loads what `stateDict` returned.
   * @throws TypeError, RangeError when an entry is missing or of another kind.
   */
  override loadStateDict(state: SchedulerState): void {
    const name = `${this.constructor.name}.loadStateDict`;
    if (arguments.length > 1) surplus(name, arguments, 1, 'state');
    const { _schedulers: states } = savedStates.check(name, 'state', state);
    if (states.length !== this.parts.length) {
      throw new RangeError(
        `${name}: state._schedulers must hold ${this.parts.length} states, got ${states.length}`,
      );
    }
    super.loadStateDict(state);
    this.parts.forEach((part, i) => part.loadStateDict(states[i]));
  }
}

const epochs = arrayOf(integer, 'an array of epochs');

/**
 * One schedule after the other: each from a milestone on, where it begins with its epoch 0
 * (torch.optim.lr_scheduler.SequentialLR). Once it is made, only its own `step()` is called.
 * @throws TypeError for what is no optimizer, no scheduler, no array of integers; RangeError for no schedulers, those of another
 * optimizer, another number of milestones than one fewer, and a scheduler made of others at another place than the first, since it has no
 * formula for its epoch 0.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const { LinearLR, ExponentialLR, SequentialLR } = optim.lrScheduler;
 * const parts = [new LinearLR(optimizer), new ExponentialLR(optimizer, 0.9)];
 * const scheduler = new SequentialLR(optimizer, parts, [5]);
 */
export class SequentialLR extends Compound {
  readonly #milestones: readonly number[];

  /**
   * @param schedulers in the order in which they are used
   * @param milestones the epoch from which each but the first is used, in order
   */
  constructor(
    optimizer: AnyOptimizer,
    schedulers: readonly LRScheduler[],
    milestones: readonly number[],
    options?: SchedulerOptions,
  ) {
    if (arguments.length > 4) surplus('SequentialLR', arguments, 4, 'options');
    const name = 'SequentialLR';
    const { lastEpoch } = schedulerOptions.read(options, name);
    anyOptimizer.check(name, 'optimizer', optimizer);
    const parts = schedulersOf(name, schedulers, optimizer);
    const list = epochs.check(name, 'milestones', milestones);
    if (list.length !== parts.length - 1) {
      throw new RangeError(
        `${name}: milestones must have one epoch fewer than there are schedulers, which are ${parts.length}, got ${list.length}`,
      );
    }
    const at = parts.findIndex((part, i) => i > 0 && part instanceof Compound);
    if (at > 0) {
      throw new RangeError(
        `${name}: schedulers[${at}] must not be a ${parts[at].constructor.name}, which cannot begin at a milestone; put its schedulers here, with their milestones`,
      );
    }
    super(optimizer, parts, { lastEpoch });
    this.#milestones = list;
    this.lastEpoch = lastEpoch + 1;
    for (const group of optimizer.paramGroups) group.lr = group.initialLr!;
    this.takeBack();
    this.parts[this.#indexAt(0)].begin();
    this.setRates(ratesOf(optimizer.paramGroups));
  }

  /** How many milestones are at or before an epoch (bisect_right). */
  #indexAt(epoch: number): number {
    let [low, high] = [0, this.#milestones.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (epoch < this.#milestones[middle]) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** @internal */
  override advance(): void {
    this.lastEpoch++;
    const i = this.#indexAt(this.lastEpoch);
    const part = this.parts[i];
    if (i > 0 && this.#milestones[i - 1] === this.lastEpoch) part.restart();
    else part.advance();
    this.setRates(ratesOf(this.optimizer.paramGroups));
  }
}

/** Options of `ChainedScheduler`. */
export interface ChainedOptions {
  /** The optimizer that all must be of. Default: the first scheduler's. */
  optimizer?: AnyOptimizer;
}

const chainedOptions = optionsTable<ChainedOptions, 'optimizer'>('ChainedScheduler', {
  optimizer: anyOptimizer.optional,
});

/**
 * Several schedules of one optimizer, all of them at each step, in order: the rate is the product of what each does to it
 * (torch.optim.lr_scheduler.ChainedScheduler).
 * @throws TypeError for what is no scheduler or no option; RangeError for no schedulers, and those of another optimizer.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const { ConstantLR, ExponentialLR, ChainedScheduler } = optim.lrScheduler;
 * const scheduler = new ChainedScheduler([new ConstantLR(optimizer), new ExponentialLR(optimizer, 0.9)]);
 */
export class ChainedScheduler extends Compound {
  constructor(schedulers: readonly LRScheduler[], options?: ChainedOptions) {
    if (arguments.length > 2) surplus('ChainedScheduler', arguments, 2, 'options');
    const { optimizer } = chainedOptions.read(options);
    const parts = schedulersOf('ChainedScheduler', schedulers, optimizer);
    super(parts[0].optimizer, parts);
    this.lastEpoch = 0;
    this.setRates(ratesOf(this.optimizer.paramGroups));
  }

  /** @internal */
  override advance(): void {
    this.lastEpoch++;
    for (const part of this.parts) part.advance();
    this.setRates(ratesOf(this.optimizer.paramGroups));
  }
}

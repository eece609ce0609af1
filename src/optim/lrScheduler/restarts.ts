/** CosineAnnealingWarmRestarts: half a cosine down, again and again, each as long as the one before or longer. */
import {
  finite,
  finiteFrom,
  objectOf,
  optionsTable,
  positive,
  positiveInteger,
  surplus,
} from '../../check';
import { executor } from '../../tensor/executor';
import { cos } from '../../native/scalar';
import {
  LRScheduler,
  schedulerFields,
  type AnyOptimizer,
  type SchedulerOptions,
  type SchedulerState,
} from './scheduler';

/** Options of `CosineAnnealingWarmRestarts`. */
export interface WarmRestartsOptions extends SchedulerOptions {
  /** Each period is so many times as long as the one before. Default: 1. */
  TMult?: number;
  /** Minimum learning rate. Default: 0. */
  etaMin?: number;
}

const name = 'CosineAnnealingWarmRestarts';
const restartOptions = optionsTable<WarmRestartsOptions>(name, {
  TMult: positiveInteger.or(1),
  etaMin: finite.or(0),
  ...schedulerFields,
});
const anyEpoch = finiteFrom(0);
const savedPeriod = objectOf('what stateDict() returned', { T_i: positive, T_cur: finiteFrom(0) });

/**
 * Half a cosine from the initial rate down to `etaMin` in `T0` epochs, and again from the initial rate, in periods that are `TMult` times
 * as long each (Loshchilov and Hutter 2016; torch.optim.lr_scheduler.CosineAnnealingWarmRestarts):
 * lr = etaMin + (initial lr − etaMin)·(1 + cos(π·TCur / TI)) / 2.
 * @throws TypeError for what is no optimizer or no option; RangeError for a T0 or TMult below 1.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler = new optim.lrScheduler.CosineAnnealingWarmRestarts(optimizer, 10, { TMult: 2 });
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  /** Each period is so many times as long as the one before. */
  readonly TMult: number;
  /** Minimum learning rate. */
  readonly etaMin: number;
  /** Length of the present period, in epochs. */
  TI: number;
  /** Epochs since it began. */
  TCur: number;

  /** @param T0 epochs of the first period */
  constructor(
    optimizer: AnyOptimizer,
    /** Epochs of the first period. */
    readonly T0: number,
    options?: WarmRestartsOptions,
  ) {
    if (arguments.length > 3) surplus(name, arguments, 3, 'options');
    const { TMult, etaMin, lastEpoch } = restartOptions.read(options);
    positiveInteger.check(name, 'T0', T0);
    super(optimizer, { lastEpoch });
    this.TMult = TMult;
    this.etaMin = etaMin;
    this.TI = T0;
    this.TCur = lastEpoch;
    this.begin();
  }

  protected override getLr(): number[] {
    const { etaMin, TCur, TI } = this;
    const now = 1 + cos((Math.PI * TCur) / TI);
    return this.baseLrs.map((base) => etaMin + ((base - etaMin) * now) / 2);
  }

  /**
   * Goes on to the next epoch's rates, or to those of any epoch, which may be a fraction: `step(epoch + batch / batches)`.
   * @throws TypeError, RangeError for what is no number of at least 0.
   */
  override step(epoch?: number): void {
    if (arguments.length > 1) surplus(`${name}.step`, arguments, 1, 'epoch');
    if (epoch === undefined) {
      super.step();
      return;
    }
    anyEpoch.check(`${name}.step`, 'epoch', epoch);
    executor.refuse(`${name}.step`, 'it changes learning rates; call it outside');
    this.#goTo(epoch);
  }

  /** @internal */
  override advance(): void {
    if (this.lastEpoch < 0) {
      this.#goTo(0);
      return;
    }
    this.TCur++;
    if (this.TCur >= this.TI) {
      this.TCur %= this.TI;
      this.TI *= this.TMult;
    }
    super.advance();
  }

  #goTo(epoch: number): void {
    let [begin, length] = [0, this.T0];
    if (this.TMult === 1) begin = Math.floor(epoch / length) * length;
    else {
      while (epoch >= begin + length) {
        begin += length;
        length *= this.TMult;
      }
    }
    this.TI = length;
    this.TCur = epoch - begin;
    this.lastEpoch = Math.floor(epoch);
    this.setRates(this.getLr());
  }

  /** What `loadStateDict` needs to continue. */
  override stateDict(): SchedulerState {
    if (arguments.length > 0) surplus(`${name}.stateDict`, arguments, 0);
    return { ...super.stateDict(), T_i: this.TI, T_cur: this.TCur };
  }

  /**
   * Loads what `stateDict` returned.
   * @throws TypeError, RangeError when an entry is missing or of another kind.
   */
  override loadStateDict(state: SchedulerState): void {
    if (arguments.length > 1) surplus(`${name}.loadStateDict`, arguments, 1, 'state');
    const { T_i, T_cur } = savedPeriod.check(`${name}.loadStateDict`, 'state', state);
    super.loadStateDict(state);
    this.TI = T_i;
    this.TCur = T_cur;
  }
}

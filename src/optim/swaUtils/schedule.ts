/** SWALR: the rate of weight averaging, reached from whatever the groups have. */
import { cos } from '../../native/scalar';
import {
  arrayOf,
  count,
  either,
  finite,
  objectOf,
  oneOf,
  optionsTable,
  surplus,
} from '../../check';
import {
  anyOptimizer,
  forEachGroup,
  LRScheduler,
  schedulerFields,
  type AnyOptimizer,
  type Groups,
  type SchedulerOptions,
  type SchedulerState,
} from '../lrScheduler/scheduler';

/** Options of `SWALR`. */
export interface SWALROptions extends SchedulerOptions {
  /** Steps until the rate is reached. Default: 10. */
  annealEpochs?: number;
  /** Along a cosine or a line. Default: 'cos'. */
  annealStrategy?: 'cos' | 'linear';
}

const swaOptions = optionsTable<SWALROptions>('SWALR', {
  annealEpochs: count.or(10),
  annealStrategy: oneOf('cos', 'linear').or('cos'),
  ...schedulerFields,
});
const eachGroup = either<number | readonly number[]>(
  finite,
  arrayOf(finite, 'an array of numbers'),
);
const savedState = objectOf('what stateDict() returned', { _step_count: finite });

/**
 * Brings the rate of each group to `swaLr` in `annealEpochs` steps, and leaves it there (torch.optim.swa_utils.SWALR). With
 * α(s) = (1 − cos(π·min(s/annealEpochs, 1)))/2, or min(s/annealEpochs, 1) for 'linear', step s sets
 *
 *     lr = swaLr·α(s) + (lr − α(s−1)·swaLr)/(1 − α(s−1))·(1 − α(s))
 *
 * so that other schedules may change the rate in between.
 * @throws TypeError for what is no optimizer or no option; RangeError for another number of rates than groups, and an option out of
 * range.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler = new optim.swaUtils.SWALR(optimizer, 0.05, { annealEpochs: 20, annealStrategy: 'linear' });
 */
export class SWALR extends LRScheduler {
  /** Steps until the rate is reached. */
  readonly annealEpochs: number;
  /** The rate that each group comes to. */
  readonly swaLrs: readonly number[];
  readonly #linear: boolean;
  // As in PyTorch, of steps since this was made, not of epochs: resumed by `lastEpoch` it begins anew.
  #steps = 0;

  /** @param swaLr the rate to come to, for all groups or for each */
  constructor(optimizer: AnyOptimizer, swaLr: number | readonly number[], options?: SWALROptions) {
    if (arguments.length > 3) surplus('SWALR', arguments, 3, 'options');
    const { annealEpochs, annealStrategy, lastEpoch } = swaOptions.read(options);
    anyOptimizer.check('SWALR', 'optimizer', optimizer);
    const rates = eachGroup.check('SWALR', 'swaLr', swaLr);
    const swaLrs = forEachGroup('SWALR', 'swaLr', rates, optimizer);
    super(optimizer, { lastEpoch });
    this.annealEpochs = annealEpochs;
    this.swaLrs = swaLrs.slice();
    this.#linear = annealStrategy === 'linear';
    this.begin();
  }

  /** @internal */
  override begin(): void {
    this.#steps = -1;
    super.begin();
  }

  /** @internal */
  override advance(): void {
    this.#steps++;
    super.advance();
  }

  /** @internal */
  override restart(): void {
    this.#steps++;
    super.restart();
  }

  #part(step: number): number {
    const t = Math.max(0, Math.min(1, step / Math.max(1, this.annealEpochs)));
    return this.#linear ? t : (1 - cos(Math.PI * t)) / 2;
  }

  protected override getLr(groups: Groups): number[] {
    const step = this.annealEpochs === 0 ? Math.max(1, this.#steps) : this.#steps;
    const [before, now] = [this.#part(step - 1), this.#part(step)];
    return groups.map(({ lr }, i) => {
      const swaLr = this.swaLrs[i];
      const from = before === 1 ? swaLr : (lr - before * swaLr) / (1 - before);
      return swaLr * now + from * (1 - now);
    });
  }

  /** What `loadStateDict` needs to continue. The optimizer has a state dict of its own. */
  override stateDict(): SchedulerState {
    if (arguments.length > 0) surplus('SWALR.stateDict', arguments, 0);
    return { ...super.stateDict(), _step_count: this.#steps + 1 };
  }

  /**
   * Loads what `stateDict` returned.
   * @throws TypeError, RangeError when an entry is missing or of another kind.
   */
  override loadStateDict(state: SchedulerState): void {
    if (arguments.length > 1) surplus('SWALR.loadStateDict', arguments, 1, 'state');
    const { _step_count: steps } = savedState.check('SWALR.loadStateDict', 'state', state);
    super.loadStateDict(state);
    this.#steps = steps - 1;
  }
}

/** OneCycleLR: learning rate up to a maximum and down again in one cycle, momentum inversely. */
import {
  arrayOf,
  boolean,
  describe,
  either,
  finiteFrom,
  isPlain,
  oneOf,
  optionsTable,
  positive,
  positiveInteger,
  probability,
  surplus,
} from '../../check';
import { requireMomentum, setMomentum } from './momentum';
import {
  anyOptimizer,
  forEachGroup,
  LRScheduler,
  schedulerFields,
  type AnyOptimizer,
  type Groups,
  type SchedulerOptions,
} from './scheduler';
import { cos } from '../../native/scalar';

/** Options of `OneCycleLR`. */
export interface OneCycleOptions extends SchedulerOptions {
  /** Length of the cycle, in steps; or give `epochs` and `stepsPerEpoch`. */
  totalSteps?: number;
  /** Epochs of training, times `stepsPerEpoch` the length of the cycle. */
  epochs?: number;
  /** Steps of an epoch. */
  stepsPerEpoch?: number;
  /** Fraction of the cycle in which the learning rate increases. Default: 0.3. */
  pctStart?: number;
  /** Form of the rise and fall: half a cosine or a straight line. Default: `'cos'`. */
  annealStrategy?: 'cos' | 'linear';
  /** Whether momentum (or the first beta) falls while the rate rises. Default: true. */
  cycleMomentum?: boolean;
  /** Minimum momentum, for all groups or for each. Default: 0.85. */
  baseMomentum?: number | readonly number[];
  /** Maximum momentum, for all groups or for each. Default: 0.95. */
  maxMomentum?: number | readonly number[];
  /** The cycle starts at maxLr / divFactor. Default: 25. */
  divFactor?: number;
  /** And ends at that rate / finalDivFactor. Default: 1e4. */
  finalDivFactor?: number;
  /** A third phase goes from the initial to the last rate. Default: false. */
  threePhase?: boolean;
}

const eachGroup = either<number | readonly number[]>(
  finiteFrom(0),
  arrayOf(finiteFrom(0), 'an array of such'),
);

const oneCycleOptions = optionsTable<OneCycleOptions, 'totalSteps' | 'epochs' | 'stepsPerEpoch'>(
  'OneCycleLR',
  {
    totalSteps: positiveInteger.optional,
    epochs: positiveInteger.optional,
    stepsPerEpoch: positiveInteger.optional,
    pctStart: probability.or(0.3),
    annealStrategy: oneOf('cos', 'linear').or('cos'),
    cycleMomentum: boolean.or(true),
    baseMomentum: eachGroup.or(0.85),
    maxMomentum: eachGroup.or(0.95),
    divFactor: positive.or(25),
    finalDivFactor: positive.or(1e4),
    threePhase: boolean.or(false),
    ...schedulerFields,
  },
);

interface Phase {
  readonly end: number;
  /** From one to another of initial, max and min rate. */
  readonly from: 0 | 1 | 2;
  readonly to: 0 | 1 | 2;
  /** From one to the other of base and max momentum. */
  readonly momentum: readonly [0 | 1, 0 | 1];
}

/**
 * The rate rises from maxLr / divFactor to `maxLr` in the first `pctStart` of the cycle, then falls to the initial rate /
 * finalDivFactor, momentum inversely (torch.optim.lr_scheduler.OneCycleLR; Smith and Topin 2017). `step()` is called
 * after every batch.
 * @throws TypeError for what is no optimizer or no option; RangeError for an option out of range, and an optimizer without
 * momentum while it is to cycle.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, 0.01, { totalSteps: 1000 });
 */
export class OneCycleLR extends LRScheduler {
  /** Length of the cycle, in steps. */
  readonly totalSteps: number;
  readonly #phases: readonly Phase[];
  readonly #linear: boolean;
  readonly #cyclesMomentum: boolean;
  /** For each group: initial, max and min rate; base and max momentum. */
  readonly #rates: readonly (readonly [number, number, number])[];
  readonly #momenta: readonly (readonly [number, number])[];

  /** @param maxLr maximum learning rate, for all groups or for each */
  constructor(
    optimizer: AnyOptimizer,
    maxLr: number | readonly number[],
    options?: OneCycleOptions,
  ) {
    if (arguments.length > 3) surplus('OneCycleLR', arguments, 3, 'options');
    const read = oneCycleOptions.read(options);
    const { pctStart, annealStrategy, divFactor, finalDivFactor, threePhase, cycleMomentum } = read;
    const { epochs, stepsPerEpoch, totalSteps } = read;
    anyOptimizer.check('OneCycleLR', 'optimizer', optimizer);
    // What PyTorch's keywords become at first.
    if (isPlain(maxLr)) {
      throw new TypeError(
        `OneCycleLR: maxLr comes before the options, as new OneCycleLR(optimizer, maxLr, { totalSteps }), got ${describe(maxLr)}`,
      );
    }
    if (totalSteps === undefined && (epochs === undefined || stepsPerEpoch === undefined)) {
      throw new TypeError(
        'OneCycleLR: the options must have totalSteps, or epochs and stepsPerEpoch',
      );
    }
    const steps = totalSteps ?? epochs * stepsPerEpoch;
    positiveInteger.check('OneCycleLR', 'totalSteps (or epochs times stepsPerEpoch)', steps);
    const peaks = eachGroup.check('OneCycleLR', 'maxLr', maxLr);
    super(optimizer, { lastEpoch: read.lastEpoch });
    this.totalSteps = steps;
    this.#linear = annealStrategy === 'linear';
    const groups = optimizer.paramGroups;
    const each = (name: string, value: number | readonly number[]): readonly number[] =>
      forEachGroup('OneCycleLR', name, value, optimizer);
    this.#rates = each('maxLr', peaks).map((max) => {
      const first = max / divFactor;
      return [first, max, first / finalDivFactor];
    });
    const base = each('baseMomentum', read.baseMomentum);
    const max = each('maxMomentum', read.maxMomentum);
    this.#momenta = groups.map((_, i) => [base[i], max[i]]);
    this.#cyclesMomentum = cycleMomentum;
    if (cycleMomentum) requireMomentum('OneCycleLR', optimizer);
    const up: Phase = { end: pctStart * steps - 1, from: 0, to: 1, momentum: [1, 0] };
    this.#phases = threePhase
      ? [
          up,
          { end: 2 * pctStart * steps - 2, from: 1, to: 0, momentum: [0, 1] },
          { end: steps - 1, from: 0, to: 2, momentum: [1, 1] },
        ]
      : [up, { end: steps - 1, from: 1, to: 2, momentum: [0, 1] }];
    if (this.lastEpoch === -1) {
      groups.forEach((group, i) => (group.initialLr = this.#rates[i][0]));
      this.baseLrs = groups.map((group) => group.initialLr!);
    }
    this.begin();
  }

  #anneal(start: number, end: number, share: number): number {
    return this.#linear
      ? (end - start) * share + start
      : end + ((start - end) / 2) * (cos(Math.PI * share) + 1);
  }

  protected override getLr(groups: Groups): number[] {
    const step = this.lastEpoch;
    if (step > this.totalSteps) {
      throw new RangeError(
        `OneCycleLR.step: step ${step} is past the end of the cycle; totalSteps is ${this.totalSteps}`,
      );
    }
    const found = this.#phases.findIndex((phase) => step <= phase.end);
    const at = found < 0 ? this.#phases.length - 1 : found;
    const start = at === 0 ? 0 : this.#phases[at - 1].end;
    const phase = this.#phases[at];
    const share = (step - start) / (phase.end - start);
    return groups.map((group, i) => {
      if (this.#cyclesMomentum) {
        const momenta = this.#momenta[i];
        const [from, to] = phase.momentum;
        setMomentum(group, this.#anneal(momenta[from], momenta[to], share));
      }
      const rate = this.#rates[i];
      return this.#anneal(rate[phase.from], rate[phase.to], share);
    });
  }
}

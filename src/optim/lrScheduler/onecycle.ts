/** OneCycleLR: up to a maximum and down again in one cycle, momentum the other way. */
import { checkOption, type CommonOptions, type ParamGroup } from '../optimizer';
import {
  checkPositiveInteger,
  LRScheduler,
  type AnyOptimizer,
  type SchedulerOptions,
} from './scheduler';

export interface OneCycleOptions extends SchedulerOptions {
  /** Length of the cycle, in steps; or give `epochs` and `stepsPerEpoch`. */
  totalSteps?: number;
  epochs?: number;
  stepsPerEpoch?: number;
  /** Share of the cycle in which the rate rises. Default: 0.3. */
  pctStart?: number;
  /** Default: `cos`. */
  annealStrategy?: 'cos' | 'linear';
  /** Whether momentum (or the first beta) falls while the rate rises. Default: true. */
  cycleMomentum?: boolean;
  /** Default: 0.85. */
  baseMomentum?: number | readonly number[];
  /** Default: 0.95. */
  maxMomentum?: number | readonly number[];
  /** The cycle starts at maxLr / divFactor. Default: 25. */
  divFactor?: number;
  /** And ends at that rate / finalDivFactor. Default: 1e4. */
  finalDivFactor?: number;
  /** A third phase goes from the initial to the last rate. Default: false. */
  threePhase?: boolean;
}

interface Phase {
  readonly end: number;
  /** From one to another of initial, max and min rate. */
  readonly from: 0 | 1 | 2;
  readonly to: 0 | 1 | 2;
  /** From one to the other of base and max momentum. */
  readonly momentum: readonly [0 | 1, 0 | 1];
}

type Momentum = { momentum?: number; betas?: readonly [number, number] };

/**
 * Smith and Topin 2017 (torch.optim.lr_scheduler.OneCycleLR). `step()` is called after every batch.
 * @param maxLr for all groups or for each
 * @example new optim.lrScheduler.OneCycleLR(optimizer, 0.01, { totalSteps: 1000 })
 */
export class OneCycleLR extends LRScheduler {
  readonly totalSteps: number;
  readonly #phases: readonly Phase[];
  readonly #linear: boolean;
  readonly #cyclesMomentum: boolean;
  /** For each group: initial, max and min rate; base and max momentum. */
  readonly #rates: readonly (readonly [number, number, number])[];
  readonly #momenta: readonly (readonly [number, number])[];

  /** @throws RangeError for an option out of range, or an optimizer without momentum while it is to cycle. */
  constructor(
    optimizer: AnyOptimizer,
    maxLr: number | readonly number[],
    options: OneCycleOptions = {},
  ) {
    const {
      pctStart = 0.3,
      annealStrategy = 'cos',
      divFactor = 25,
      finalDivFactor = 1e4,
    } = options;
    const { epochs, stepsPerEpoch, totalSteps, threePhase = false, cycleMomentum = true } = options;
    super(optimizer, options);
    const steps = totalSteps ?? (epochs ?? NaN) * (stepsPerEpoch ?? NaN);
    checkPositiveInteger('OneCycleLR', 'totalSteps (or epochs times stepsPerEpoch)', steps);
    checkOption('OneCycleLR', 'pctStart', pctStart, 0, 1 + Number.EPSILON);
    checkOption('OneCycleLR', 'divFactor', divFactor, Number.MIN_VALUE);
    checkOption('OneCycleLR', 'finalDivFactor', finalDivFactor, Number.MIN_VALUE);
    if (annealStrategy !== 'cos' && annealStrategy !== 'linear') {
      throw new RangeError(
        `OneCycleLR: annealStrategy must be 'cos' or 'linear', got '${String(annealStrategy)}'`,
      );
    }
    this.totalSteps = steps;
    this.#linear = annealStrategy === 'linear';
    const groups = optimizer.paramGroups;
    const each = (name: string, value: number | readonly number[]): readonly number[] => {
      const list = typeof value === 'number' ? groups.map(() => value) : value;
      if (list.length !== groups.length) {
        throw new RangeError(
          `OneCycleLR: there are ${groups.length} groups but ${list.length} values in ${name}`,
        );
      }
      for (const one of list) checkOption('OneCycleLR', name, one);
      return list;
    };
    this.#rates = each('maxLr', maxLr).map((max) => {
      const first = max / divFactor;
      return [first, max, first / finalDivFactor];
    });
    const base = each('baseMomentum', options.baseMomentum ?? 0.85);
    const max = each('maxMomentum', options.maxMomentum ?? 0.95);
    this.#momenta = groups.map((_, i) => [base[i], max[i]]);
    this.#cyclesMomentum = cycleMomentum;
    if (cycleMomentum && groups.some((group) => !('momentum' in group) && !('betas' in group))) {
      throw new RangeError(
        'OneCycleLR: the optimizer has neither momentum nor betas; pass { cycleMomentum: false }',
      );
    }
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
      : end + ((start - end) / 2) * (Math.cos(Math.PI * share) + 1);
  }

  protected override getLr(groups: readonly ParamGroup<CommonOptions>[]): number[] {
    const step = this.lastEpoch;
    if (step > this.totalSteps) {
      throw new RangeError(
        `OneCycleLR.step: step ${step} is behind the cycle's end; totalSteps is ${this.totalSteps}`,
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
        const value = this.#anneal(momenta[from], momenta[to], share);
        const options = group as Momentum;
        if (options.betas !== undefined) options.betas = [value, options.betas[1]];
        else options.momentum = value;
      }
      const rate = this.#rates[i];
      return this.#anneal(rate[phase.from], rate[phase.to], share);
    });
  }
}

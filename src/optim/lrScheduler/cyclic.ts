/** CyclicLR: the rate goes up and down between two bounds for ever, momentum inversely. */
import {
  arrayOf,
  boolean,
  either,
  finite,
  functionOf,
  oneOf,
  optionsTable,
  positiveInteger,
  surplus,
} from '../../check';
import { pow } from '../../native/scalar';
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

/** Options of `CyclicLR`. */
export interface CyclicLROptions extends SchedulerOptions {
  /** Steps of the rising half of a cycle. Default: 2000. */
  stepSizeUp?: number;
  /** Steps of the falling half. Default: `stepSizeUp`. */
  stepSizeDown?: number;
  /** How the height of the cycles changes: not, halved after each, or by gamma^step. Default: `'triangular'`. */
  mode?: 'triangular' | 'triangular2' | 'exp_range';
  /** The constant of `'exp_range'`. Default: 1. */
  gamma?: number;
  /** A height of one's own, from 0 to 1, in place of `mode`: of the cycle (from 1) or of the step, as `scaleMode` says. */
  scaleFn?: (x: number) => number;
  /** What `scaleFn` is given. Default: `'cycle'`. */
  scaleMode?: 'cycle' | 'iterations';
  /** Whether momentum (or the first beta) falls while the rate rises. Default: true. */
  cycleMomentum?: boolean;
  /** Minimum momentum, for all groups or for each. Default: 0.8. */
  baseMomentum?: number | readonly number[];
  /** Maximum momentum, for all groups or for each. Default: 0.9. */
  maxMomentum?: number | readonly number[];
}

const eachGroup = either<number | readonly number[]>(finite, arrayOf(finite, 'an array of such'));

const cyclicOptions = optionsTable<CyclicLROptions, 'stepSizeDown' | 'scaleFn'>('CyclicLR', {
  stepSizeUp: positiveInteger.or(2000),
  stepSizeDown: positiveInteger.optional,
  mode: oneOf('triangular', 'triangular2', 'exp_range').or('triangular'),
  gamma: finite.or(1),
  scaleFn: functionOf<(x: number) => number>().optional,
  scaleMode: oneOf('cycle', 'iterations').or('cycle'),
  cycleMomentum: boolean.or(true),
  baseMomentum: eachGroup.or(0.8),
  maxMomentum: eachGroup.or(0.9),
  ...schedulerFields,
});

/**
 * The rate goes up from `baseLr` to `maxLr` in `stepSizeUp` steps and down again in `stepSizeDown`, momentum inversely
 * (torch.optim.lr_scheduler.CyclicLR; Smith 2015). With x from 0 to 1 and back, lr = baseLr + (maxLr − baseLr)·x·height, where the
 * height is 1, 2^(1 − cycle), gamma^step or `scaleFn`'s. `step()` is called after every batch.
 * @throws TypeError for what is no optimizer or no option; RangeError for an option out of range, and an optimizer without
 * momentum while it is to cycle.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1, momentum: 0.9 });
 * const scheduler = new optim.lrScheduler.CyclicLR(optimizer, 0.01, 0.1, { stepSizeUp: 100 });
 */
export class CyclicLR extends LRScheduler {
  /** Each group's highest rate. */
  readonly maxLrs: readonly number[];
  /** Steps of a cycle. */
  readonly totalSize: number;
  readonly #up: number;
  readonly #height: (cycle: number, step: number) => number;
  /** Base and max momentum of each group; null where momentum stays. */
  readonly #momenta: readonly (readonly [number, number])[] | null;

  /**
   * @param baseLr lowest rate, for all groups or for each
   * @param maxLr highest rate, for all groups or for each
   */
  constructor(
    optimizer: AnyOptimizer,
    baseLr: number | readonly number[],
    maxLr: number | readonly number[],
    options?: CyclicLROptions,
  ) {
    if (arguments.length > 4) surplus('CyclicLR', arguments, 4, 'options');
    const name = 'CyclicLR';
    const read = cyclicOptions.read(options);
    const { stepSizeUp, stepSizeDown = stepSizeUp, lastEpoch, cycleMomentum } = read;
    anyOptimizer.check(name, 'optimizer', optimizer);
    const groups = optimizer.paramGroups;
    const each = (of: string, value: number | readonly number[]): readonly number[] =>
      forEachGroup(name, of, eachGroup.check(name, of, value), optimizer);
    const baseLrs = each('baseLr', baseLr);
    const maxLrs = each('maxLr', maxLr);
    const base = each('baseMomentum', read.baseMomentum);
    const max = each('maxMomentum', read.maxMomentum);
    if (cycleMomentum) requireMomentum(name, optimizer);
    if (lastEpoch === -1) groups.forEach((group, i) => (group.lr = baseLrs[i]));
    super(optimizer, { lastEpoch });
    this.maxLrs = maxLrs;
    this.totalSize = stepSizeUp + stepSizeDown;
    this.#up = stepSizeUp / this.totalSize;
    this.#height = heightOf(read);
    this.#momenta = cycleMomentum ? groups.map((_, i) => [base[i], max[i]]) : null;
    this.begin();
    this.baseLrs = [...baseLrs];
  }

  protected override getLr(groups: Groups): number[] {
    const step = this.lastEpoch;
    const cycle = Math.floor(1 + step / this.totalSize);
    const x = 1 + step / this.totalSize - cycle;
    const share = x <= this.#up ? x / this.#up : (x - 1) / (this.#up - 1);
    const height = this.#height(cycle, step);
    this.#momenta?.forEach(([base, max], i) => {
      if (i < groups.length) setMomentum(groups[i], max - (max - base) * share * height);
    });
    return this.baseLrs.map((base, i) => base + (this.maxLrs[i] - base) * share * height);
  }
}

function heightOf({
  mode,
  gamma,
  scaleFn,
  scaleMode,
}: Pick<CyclicLROptions, 'mode' | 'gamma' | 'scaleFn' | 'scaleMode'>): (
  cycle: number,
  step: number,
) => number {
  if (scaleFn !== undefined) {
    return scaleMode === 'cycle' ? (cycle) => scaleFn(cycle) : (_, step) => scaleFn(step);
  }
  if (mode === 'triangular') return () => 1;
  if (mode === 'triangular2') return (cycle) => 1 / pow(2, cycle - 1);
  return (_, step) => pow(gamma!, step);
}

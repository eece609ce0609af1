/** Schedules by functions of the user's: of the initial rate, and of the rate before. */
import { arrayOf, functionOf, number, surplus } from '../../check';
import {
  anyOptimizer,
  forEachGroup,
  LRScheduler,
  ratesOf,
  schedulerOptions,
  type AnyOptimizer,
  type Groups,
  type SchedulerOptions,
} from './scheduler';

type Lambda = (epoch: number) => number;
const anyLambda = functionOf<Lambda>('a function of the epoch');
const lambdas = arrayOf(anyLambda, 'a function of the epoch, or an array of them');

/** What a function of the user's says for an epoch. @throws TypeError for what is no number. */
const factorOf = (operation: string, lambda: Lambda, epoch: number): number =>
  number.check(operation, 'the result of lrLambda', lambda(epoch));

/** A function for each group, out of one or of as many. */
function lambdasOf(operation: string, optimizer: AnyOptimizer, given: unknown): readonly Lambda[] {
  anyOptimizer.check(operation, 'optimizer', optimizer);
  const value = anyLambda.accepts(given) ? given : lambdas.check(operation, 'lrLambda', given);
  return forEachGroup(operation, 'lrLambda', value, optimizer, 'function');
}

/**
 * The initial rate times what a function says for the epoch (torch.optim.lr_scheduler.LambdaLR):
 * lr = initial lr · lambda(epoch).
 * @throws TypeError for what is no optimizer, no function, no option; RangeError for another number of functions than
 * groups.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler = new optim.lrScheduler.LambdaLR(optimizer, (epoch) => 0.95 ** epoch);
 */
export class LambdaLR extends LRScheduler {
  /** A function for each group. */
  readonly lrLambdas: readonly ((epoch: number) => number)[];

  /** @param lrLambda one function for all groups, or one for each */
  constructor(
    optimizer: AnyOptimizer,
    lrLambda: ((epoch: number) => number) | readonly ((epoch: number) => number)[],
    options?: SchedulerOptions,
  ) {
    if (arguments.length > 3) surplus('LambdaLR', arguments, 3, 'options');
    const read = schedulerOptions.read(options, 'LambdaLR');
    const list = lambdasOf('LambdaLR', optimizer, lrLambda);
    super(optimizer, read);
    this.lrLambdas = list;
    this.begin();
  }

  protected override getLr(): number[] {
    return this.baseLrs.map(
      (base, i) => base * factorOf('LambdaLR', this.lrLambdas[i], this.lastEpoch),
    );
  }
}

/**
 * The rate before times what a function says for the epoch (torch.optim.lr_scheduler.MultiplicativeLR): lr *= lambda(epoch),
 * from epoch 1 on.
 * @throws TypeError for what is no optimizer, no function, no option; RangeError for another number of functions than
 * groups.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(ones([2]))], { lr: 0.1 });
 * const scheduler = new optim.lrScheduler.MultiplicativeLR(optimizer, () => 0.95);
 */
export class MultiplicativeLR extends LRScheduler {
  /** A function for each group. */
  readonly lrLambdas: readonly ((epoch: number) => number)[];

  /** @param lrLambda one function for all groups, or one for each */
  constructor(
    optimizer: AnyOptimizer,
    lrLambda: ((epoch: number) => number) | readonly ((epoch: number) => number)[],
    options?: SchedulerOptions,
  ) {
    if (arguments.length > 3) surplus('MultiplicativeLR', arguments, 3, 'options');
    const read = schedulerOptions.read(options, 'MultiplicativeLR');
    const list = lambdasOf('MultiplicativeLR', optimizer, lrLambda);
    super(optimizer, read);
    this.lrLambdas = list;
    this.begin();
  }

  protected override getLr(groups: Groups): number[] {
    if (this.initial) return ratesOf(groups);
    return groups.map(
      (group, i) => group.lr * factorOf('MultiplicativeLR', this.lrLambdas[i], this.lastEpoch),
    );
  }
}

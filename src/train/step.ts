/** compile.step: a whole training step whose forward and backward are traced once and replayed. */
import {
  either,
  functionOf,
  instanceOf,
  isPlain,
  nonNegative,
  optionsTable,
  positiveInteger,
  rule,
  surplus,
} from '../check';
import type { Argument } from '../compile';
import type { Module } from '../nn';
import { anyModule } from '../nn/any-module';
import { lrScheduler, Optimizer } from '../optim';
import type { Tensor } from '../tensor/tensor';
import { TrainingStep, type ClipOptions } from './training-step';

export type { ClipOptions } from './training-step';

/** What `compile.step` takes. */
export interface StepOptions<A extends readonly Argument[] = readonly Argument[]> {
  /** What is trained: its modes and fields are looked at before each step. */
  model: Module;
  /** Updates the parameters after each backward; all but LBFGS, which computes the loss again. */
  optimizer: Optimizer;
  /** The loss of a batch, one element: a function that `compile` could take. */
  loss: (...batch: A) => Tensor;
  /** The largest norm of all gradients together, or more about clipping. Default: none is clipped. */
  clip?: number | ClipOptions | null;
  /** Goes on after each step; null (the default) for none. */
  scheduler?: lrScheduler.LRScheduler | null;
  /** How many signatures of batches are kept; the one used longest ago goes first. Default: 64. */
  cacheSize?: number;
}

/** The most that the norm may be, or more about clipping. */
export const anyClip = either<number | ClipOptions>(
  nonNegative,
  rule<ClipOptions>('an object of options', isPlain),
).orNull;

type AnyStep = StepOptions<never[]>;

const stepOptions = optionsTable<AnyStep>('compile.step', {
  model: anyModule,
  optimizer: instanceOf(Optimizer, 'an optimizer'),
  loss: functionOf('a function of a batch that returns its loss'),
  clip: anyClip.or(null),
  scheduler: instanceOf(lrScheduler.LRScheduler, 'a learning rate scheduler').orNull.or(null),
  cacheSize: positiveInteger.or(64),
});

/**
 * A whole training step as one call: clears the gradients, computes the loss and its gradients, clips them, lets the optimizer
 * update the parameters and the scheduler go on. What `loss` does is traced when a batch of its form comes for the first time and
 * replayed in one crossing into native code afterwards, with the bits and the draws of the step that is written out.
 *
 * `loss` is a function that `compile` could take, of batches of tensors (nested in arrays; numbers, strings, booleans and null count as
 * constants), and returns a tensor of one element. It may change tensors from outside in place, as BatchNorm1d its running
 * statistics. A form of batch that comes later is replayed from its second time on. What may change between steps is noticed by the
 * step that follows: modes, fields and parameters of the model, hooks, the optimizer's options, parameters and state. Other
 * JavaScript that `loss` reads must not change.
 *
 * @returns a function of a batch that makes the step and returns the loss, which has no graph
 * @throws TypeError, RangeError for options of the wrong kind or out of range, and for LBFGS; each step throws what the step that is
 * written out would, and Error for what a trace cannot hold (see `compile`).
 * @example
 * const model = new nn.Sequential(new nn.Linear(3, 8), new nn.Tanh(), new nn.Linear(8, 1));
 * const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 });
 * const step = compile.step({
 *   model,
 *   optimizer,
 *   loss: ([x, y]: [Tensor, Tensor]) => nn.functional.mseLoss(model.forward(x), y),
 *   clip: 1,
 * });
 * for (let i = 0; i < 10; i++) step([randn([4, 3]), randn([4, 1])]).item();
 */
export function step<A extends readonly Argument[]>(
  options: StepOptions<A>,
): (...batch: A) => Tensor {
  if (arguments.length > 1) surplus('compile.step', arguments, 1, 'options');
  const made = new TrainingStep('compile.step', stepOptions.read(options as unknown as AnyStep));
  return (...batch: A): Tensor => made.call(batch);
}

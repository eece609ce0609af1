/** `optim`: optimizers and learning rate schedules. */
export { Adagrad, type AdagradOptions, type AdagradState } from './adagrad';
export { Adam, AdamW, type AdamOptions, type AdamState } from './adam';
export * as lrScheduler from './lrScheduler';
export {
  Optimizer,
  type CommonOptions,
  type GroupInit,
  type ParamGroup,
  type Params,
  type ParamState,
  type Update,
  type ZeroGradOptions,
} from './optimizer';
export { RMSprop, type RMSpropOptions, type RMSpropState } from './rmsprop';
export { SGD, type SGDOptions, type SGDState } from './sgd';
export type { OptimizerStateDict, StateValue } from './state';

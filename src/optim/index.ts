/** `optim`: optimizers and learning rate schedules. */
export { Adadelta, type AdadeltaOptions, type AdadeltaState } from './adadelta';
export { Adagrad, type AdagradOptions, type AdagradState } from './adagrad';
export { Adam, AdamW, type AdamOptions, type AdamState } from './adam';
export { Adamax, type AdamaxOptions, type AdamaxState } from './adamax';
export { ASGD, type ASGDOptions, type ASGDState } from './asgd';
export { LBFGS, type LBFGSOptions, type LBFGSState } from './lbfgs';
export * as lrScheduler from './lrScheduler';
export { NAdam, type NAdamOptions, type NAdamState } from './nadam';
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
export { RAdam, type RAdamOptions, type RAdamState } from './radam';
export { RMSprop, type RMSpropOptions, type RMSpropState } from './rmsprop';
export { Rprop, type RpropOptions, type RpropState } from './rprop';
export { SGD, type SGDOptions, type SGDState } from './sgd';
export * as swaUtils from './swaUtils';
export type { OptimizerStateDict, StateValue } from './state';

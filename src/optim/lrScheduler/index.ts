/** `optim.lrScheduler`: schedules of the learning rate (torch.optim.lr_scheduler). */
export { ChainedScheduler, SequentialLR, type ChainedOptions } from './compound';
export { CyclicLR, type CyclicLROptions } from './cyclic';
export {
  ConstantLR,
  LinearLR,
  MultiStepLR,
  PolynomialLR,
  type ConstantLROptions,
  type LinearLROptions,
  type MultiStepLROptions,
  type PolynomialLROptions,
} from './factor';
export { LambdaLR, MultiplicativeLR } from './lambda';
export { OneCycleLR, type OneCycleOptions } from './onecycle';
export { ReduceLROnPlateau, type PlateauOptions } from './plateau';
export { CosineAnnealingWarmRestarts, type WarmRestartsOptions } from './restarts';
export {
  LRScheduler,
  type AnyOptimizer,
  type SchedulerOptions,
  type SchedulerState,
} from './scheduler';
export {
  CosineAnnealingLR,
  ExponentialLR,
  StepLR,
  type CosineAnnealingOptions,
  type StepLROptions,
} from './simple';

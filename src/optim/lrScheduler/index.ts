/** `optim.lrScheduler`: schedules of the learning rate (torch.optim.lr_scheduler). */
export { OneCycleLR, type OneCycleOptions } from './onecycle';
export { ReduceLROnPlateau, type PlateauOptions } from './plateau';
export {
  LRScheduler,
  type AnyOptimizer,
  type SchedulerOptions,
  type SchedulerState,
} from './scheduler';
export {
  CosineAnnealingLR,
  ExponentialLR,
  LambdaLR,
  StepLR,
  type CosineAnnealingOptions,
  type StepLROptions,
} from './simple';

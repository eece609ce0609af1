/** `train`: training as one call. */
export { fit } from './fit/fit';
export type {
  BestEpoch,
  EpochRecord,
  FitHistory,
  StopReason,
  ValidationRecord,
} from './fit/history';
export type { MetricFunction, MetricName, Metrics } from './fit/metrics';
export type { Loss, Prediction } from './fit/objective';
export type {
  EarlyStoppingOptions,
  FitCallbacks,
  FitCheckpointOptions,
  FitOptions,
  Scheduler,
  StepRecord,
  Verdict,
} from './fit/options';
export type { Batches } from './fit/passes';

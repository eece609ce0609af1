/** The `autograd` namespace of the package. */
export {
  backward,
  gradients as grad,
  type AutogradBackwardOptions,
  type BackwardOptions,
  type GradOptions,
} from './gradients';
export { gradcheck, gradgradcheck, type GradcheckOptions } from './gradcheck';
export { detectAnomaly, setDetectAnomaly, type AnomalyOptions } from './anomaly';
export * as functional from './functional';
export {
  Function,
  type FunctionClass,
  type FunctionClassWithSetup,
  type FunctionContext,
} from './function';
export { enableGrad, inferenceMode, isGradEnabled, noGrad, setGradEnabled } from './mode';

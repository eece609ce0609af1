/** The `autograd` namespace of the package. */
export { backward, gradients as grad, type BackwardOptions, type GradOptions } from './gradients';
export { gradcheck, gradgradcheck, type GradcheckOptions } from './gradcheck';
export { enableGrad, isGradEnabled, noGrad } from './mode';

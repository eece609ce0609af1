/** `autograd.functional`: derivatives of functions of tensors, and their products with vectors (torch.autograd.functional). */
export { hessian, jacobian } from './jacobian';
export { hvp, jvp, vhp, vjp } from './products';
export type { FunctionalOptions, Hessian, Jacobian, Like, Tensors } from './shared';

/** Tracing a function of tensors and replaying it in native code. */
export { compile, type CompileOptions } from './compile';
export { StepProgram } from './step-program';
export { checkLoss, type Signature } from './traced';
export { fitsForm, flattenArguments, replaceTensors } from './tree';
export type { Argument, Result } from './tree';

/** Tracing a function of tensors and replaying it in native code. */
export { compile, type CompileOptions } from './compile';
export type { Argument, Result } from './tree';

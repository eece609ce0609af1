/** The package's public surface: PyTorch's names in camelCase. */
export * from './ops';
export * as autograd from './autograd';
export { enableGrad, isGradEnabled, noGrad } from './autograd';
export { compile, type CompileOptions } from './compile';
export * as nn from './nn';
export * as optim from './optim';
export * from './random';
export * as data from './data';
export * as io from './io';
export * as generate from './generate';
export * as plot from './plot';
export * as testing from './testing';
export { Progress, tqdm, type TqdmIterable, type TqdmOptions } from './progress/tqdm';
export { getNumThreads, isa, setNumThreads } from './native/kernels';
export { deepcopy, type Copier } from './tensor/deepcopy';
export type { DType } from './tensor/dtype';
export type { NestedArray } from './tensor/tensor';
export { Tensor, type TensorClass } from './tensor/public';

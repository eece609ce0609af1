/** The package's public surface: PyTorch's names in camelCase. */
import * as autograd from './autograd';
import { guardClasses } from './check';
import * as data from './data';
import * as distributions from './distributions';
import * as nn from './nn';
import * as optim from './optim';
import { Progress } from './progress/tqdm';
import * as random from './random';
import { Tensor } from './tensor/public';

guardClasses({ autograd, data, distributions, nn, optim, Progress, random }, Tensor);

export * from './ops';
export * as autograd from './autograd';
export { enableGrad, inferenceMode, isGradEnabled, noGrad, setGradEnabled } from './autograd';
export type { CompileOptions } from './compile';
export { compile, type ClipOptions, type StepOptions } from './train';
export * as train from './train/train';
export * as nn from './nn';
export * as optim from './optim';
export * from './random';
export * as data from './data';
export * as distributions from './distributions';
export * as io from './io';
export * as generate from './generate';
export * as plot from './plot';
export * as testing from './testing';
export * as utils from './utils';
export { Progress, tqdm, type TqdmIterable, type TqdmOptions } from './progress/tqdm';
export { isa } from './native/instance';
export { getNumThreads, setNumThreads } from './native/threads';
export { deepcopy, type Copier } from './tensor/deepcopy';
export type { DType } from './tensor/dtype';
export type { NestedArray } from './tensor/tensor';
export { Tensor, type TensorClass } from './tensor/public';

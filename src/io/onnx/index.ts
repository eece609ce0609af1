/** Networks of ONNX: read into modules. */
export { loadOnnx } from './load';
export type { OnnxModel, OnnxValue } from './types';

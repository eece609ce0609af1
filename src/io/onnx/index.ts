/** Networks of ONNX: read into modules, and written from them. */
export { exportOnnx, type DynamicAxes, type ExportOnnxOptions } from './export/export';
export { loadOnnx } from './load';
export type { OnnxModel, OnnxValue } from './types';

/** Networks of ONNX: read into modules, and written from them. A file of its own in the package, which the first call reads (onnx-files.ts). */
export { exportOnnx } from './export/export';
export { loadOnnx } from './load';

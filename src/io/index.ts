/** The `io` namespace: files, and messages between threads. */
export {
  loadSafetensors,
  readSafetensorsMetadata,
  saveSafetensors,
  type SaveOptions,
} from './safetensors';
export { loadNpy, loadNpz, saveNpy, saveNpz, type NpyOptions, type NpzOptions } from './npy';
export { loadTorch } from './torch';
export type { FileTypes } from './file-types';
export type { FilePath } from './path';
export { loadCheckpoint, saveCheckpoint, type LoadCheckpointOptions } from './checkpoint';
export type { Stateful, StatefulGenerator } from './checkpoint-values';
export { fromMessage, toMessage } from './message';
export { exportOnnx, loadOnnx } from './onnx-files';
export type { DynamicAxes, ExportOnnxOptions, OnnxModel, OnnxValue } from './onnx/types';

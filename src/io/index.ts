/** The `io` namespace: files. */
export {
  loadSafetensors,
  readSafetensorsMetadata,
  saveSafetensors,
  type SaveOptions,
} from './safetensors';
export type { FilePath } from './files';
export {
  loadCheckpoint,
  saveCheckpoint,
  type LoadCheckpointOptions,
  type Stateful,
  type StatefulGenerator,
} from './checkpoint';

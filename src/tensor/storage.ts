/** Memory, from the executor that is on. */
import { executor } from './executor';
import type { Storage } from './memory';

export { bufferOf, type Storage } from './memory';

/** Uninitialised memory that lives as long as the storage. */
export const allocate = (bytes: number): Storage => executor.allocate(bytes);

/** Uninitialised memory for the engine's own use; `release` it when nothing reads it any more. */
export const acquire = (bytes: number): Storage => executor.acquire(bytes);

/** Returns acquired memory. The caller vouches that no tensor that a user can reach sees it. */
export const release = (storage: Storage): void => executor.release(storage);

/** Memory, from the executor that is on. */
import { executor } from './executor';
import type { Storage } from './memory';

export type { Storage } from './memory';

/** Uninitialised memory that belongs to whoever holds the storage. */
export const allocate = (bytes: number): Storage => executor.allocate(bytes);

/** Uninitialised memory for the engine's own use; `giveBack` it when nothing reads it any more. */
export const borrow = (bytes: number): Storage => executor.borrow(bytes);

/** Returns borrowed memory. The caller vouches that no tensor that a user can reach sees it. */
export const giveBack = (storage: Storage): void => executor.giveBack(storage);

/**
 * Ownership of memory. Two sources:
 *
 * - `allocate`: for tensors. The collector frees it.
 * - `acquire` / `release`: for what only the engine can see (saved gates, packed weights, gradients). Size-class free
 *   lists, refilled by the engine itself, so that a synchronous loop reuses the same warm memory without waiting for
 *   the collector.
 *
 * Ownership of gradients, which no other file writes: a storage is the user's unless a backward walk allocated it. What a
 * walk allocated is the engine's, and goes back to the free lists when its last reference is dropped (a gradient that waits
 * in the graph, or a leaf's `grad`), until user code may see it: from `escape` on it is the user's. What a gradient rule
 * allocated and did not return goes back when the rule has ended, and so does what an operation that is made of others
 * computes on the way to its result (`composed`). What a walk with `createGraph` allocated is the graph's:
 * never reused, since nodes may have saved it, but a leaf may take it as its `grad`.
 */
import {
  alignment,
  alignUp,
  cut,
  largestInSlab,
  newStorage,
  Owner,
  refer,
  resize,
  setOwnerOf,
  touch,
  type Storage,
} from './memory';

let allocatingFor: Owner = Owner.user;

/** Who owns what `allocate` gives from now on. Returns who did before. */
export function setOwner(owner: Owner): Owner {
  const before = allocatingFor;
  allocatingFor = owner;
  return before;
}

// What gradient rules that run now have allocated for the engine, an inner walk's after those of the outer one. Counted apart:
// V8 gives the memory of an array back that is cut short, and the next rule would make it grow again.
const allocated: (Storage | null)[] = [];
let allocatedCount = 0;

/** What a rule is about to allocate begins here. */
export const markAllocated = (): number => allocatedCount;

/** Releases what has been allocated since the mark and has no reference: the rule's own intermediate results. */
export function releaseUnreferenced(mark: number): void {
  for (let i = mark; i < allocatedCount; i++) {
    const storage = allocated[i]!;
    allocated[i] = null;
    if (storage.references === 0 && storage.owner === Owner.engine) release(storage);
  }
  allocatedCount = mark;
}

/** Forgets it: after an error, what still refers to it is unknown. */
export function forgetAllocated(mark: number): void {
  while (allocatedCount > mark) allocated[--allocatedCount] = null;
}

/**
 * Runs `body`, which records nothing and keeps no tensor but its result. The memory of its intermediate results is the engine's, and
 * free when it has ended: the next call computes in lines that are still in cache. The result is its caller's.
 */
export function composed<R extends { readonly storage: Storage }>(body: () => R): R {
  // A walk releases what its rules compute; what the graph owns is not reused.
  if (allocatingFor !== Owner.user) return body();
  const mark = allocatedCount;
  allocatingFor = Owner.engine;
  let result: R;
  try {
    result = body();
  } catch (error) {
    forgetAllocated(mark);
    throw error;
  } finally {
    allocatingFor = Owner.user;
  }
  const kept = result.storage;
  for (let i = mark; i < allocatedCount; i++)
    if (allocated[i] === kept) setOwnerOf(kept, Owner.user);
  releaseUnreferenced(mark);
  return result;
}

/** Uninitialised memory for a tensor. */
export function allocate(bytes: number): Storage {
  if (allocatingFor === Owner.engine) {
    const storage = acquire(bytes);
    setOwnerOf(storage, Owner.engine);
    allocated[allocatedCount++] = storage;
    return storage;
  }
  const storage =
    bytes > largestInSlab
      ? newStorage(bytes)
      : cut(bytes <= alignment ? alignment : alignUp(bytes), bytes);
  if (allocatingFor !== Owner.user) setOwnerOf(storage, allocatingFor);
  return storage;
}

/** Memory for a leaf's `grad` that the engine fills: its own, until user code may see it. */
export function acquireGradient(bytes: number): Storage {
  const storage = acquire(bytes);
  setOwnerOf(storage, Owner.engine);
  return storage;
}

/** Whether the memory of a leaf's `grad` may be overwritten: nothing else refers to it. */
export const isEngines = (storage: Storage): boolean =>
  storage.owner === Owner.engine && storage.references === 1;

// Free lists by size class: multiples of 64 bytes up to 512, then four classes to each power of two, so that at
// most a fifth is wasted.
const freeLists: Storage[][] = [];
const freeBytesLimit = 1 << 30;
let freeBytes = 0;
let classIndex = 0;

// The size of the class that holds `bytes`; its index is left in `classIndex`.
function sizeClass(bytes: number): number {
  // So that NaN is none of them.
  if (!(bytes <= 2 ** 30)) return largeClass(bytes);
  const above = bytes <= 256 ? 256 : bytes - 1;
  const shift = 29 - Math.clz32(above);
  const count = bytes <= 0 ? 1 : ((bytes - 1) >> shift) + 1;
  classIndex = (shift - 6) * 4 + count - 1;
  return count << shift;
}

// The same beyond what the bits of an int32 hold.
function largeClass(bytes: number): number {
  // eslint-disable-next-line no-restricted-syntax -- sizes of memory, not results
  const exponent = Math.floor(Math.log2(bytes - 1));
  const step = 2 ** (exponent - 2);
  const count = Math.ceil(bytes / step);
  classIndex = (exponent - 8) * 4 + count - 1;
  return count * step;
}

/** Uninitialised memory for the engine's own use; `release` it when nothing reads it any more. */
export function acquire(bytes: number): Storage {
  const size = sizeClass(bytes);
  const list = freeLists[classIndex];
  if (list !== undefined && list.length > 0) {
    const found = list.pop()!;
    freeBytes -= size;
    resize(found, bytes);
    return found;
  }
  return size <= largestInSlab ? cut(size, bytes) : newStorage(size, bytes);
}

/** Returns acquired memory. The caller vouches that no tensor that a user can reach sees it. */
export function release(storage: Storage): void {
  const { capacity } = storage;
  resize(storage, 0);
  // What was kept of it (packed weights) is invalid for its next use.
  touch(storage, 1);
  if (freeBytes + capacity > freeBytesLimit) return;
  setOwnerOf(storage, Owner.user);
  refer(storage, -storage.references);
  // A class's size is its own class.
  sizeClass(capacity);
  while (freeLists.length <= classIndex) freeLists.push([]);
  freeLists[classIndex].push(storage);
  freeBytes += capacity;
}

/** A gradient in this storage starts to wait in the graph, or becomes a leaf's `grad`. */
export function addReference(storage: Storage): void {
  refer(storage, 1);
}

/** Drops a reference; after the last one, the engine's memory is free for the next gradient. */
export function dropReference(storage: Storage): void {
  if (refer(storage, -1) === 0 && storage.owner === Owner.engine) release(storage);
}

/** User code may see this storage from now on, and so may keep it. */
export function escape(storage: Storage): void {
  setOwnerOf(storage, Owner.user);
}

/** Whether a gradient that fills this storage may become a leaf's `grad` as it is: nothing else refers to it. */
export const isUnshared = (storage: Storage): boolean =>
  storage.owner !== Owner.user && storage.references === 1;

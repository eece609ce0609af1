/**
 * Where elements live, and who may hold them. A storage is a piece of a V8-owned, uninitialised ArrayBuffer, 64-byte
 * aligned, its address read once. The collector frees it: no finalizer, no dispose. Two sources:
 *
 * - `allocate`: what a user may hold. Small pieces are cut from slabs, so that a tensor of a few elements
 *   costs nanoseconds; the price is that one live piece keeps its slab alive (16 KB for up to 256 bytes,
 *   64 KB for up to 4 KB: apart, so that a list of losses does not keep the outputs beside them).
 * - `borrow` / `giveBack`: what only the engine can see (saved gates, packed weights, gradients). Size-class
 *   free lists, refilled by the engine itself, so that a synchronous loop reuses the same warm memory
 *   without waiting for the collector.
 *
 * Ownership of gradients, which no other file writes: a storage is the user's unless a backward walk allocated it. What a
 * walk allocated is the engine's, and goes back to the free lists when its last holder releases it (a gradient that waits
 * in the graph, or a leaf's `grad`), until user code may see it: from `escape` on it is the user's. What a walk with
 * `createGraph` allocated is the graph's: never reused, since nodes may have saved it, but a leaf may take it as its `grad`.
 */
import { addressOf, type Memory } from '../native/kernels';
import { observer } from './observer';

/** Who may hold a storage: see above. */
export const Owner = { user: 0, graph: 1, engine: 2 } as const;
export type Owner = (typeof Owner)[keyof typeof Owner];

export class Storage implements Memory {
  /** Counts in-place changes (`bumpVersion`), so that a backward sees whether what it saved is still what it was. */
  version = 0;
  owner: Owner = Owner.user;
  /** How many gradients that wait in the graph, and how many leaves' `grad`, lie here. */
  holders = 0;
  constructor(
    readonly buffer: ArrayBuffer,
    readonly byteOffset: number,
    /** What was asked for. */
    public byteLength: number,
    readonly address: number,
    /** What there is. */
    readonly capacity: number,
  ) {}
}

const alignment = 64;
const largestInSlab = 4096;
// V8 refuses larger ArrayBuffers; a request above it is the caller's size, not our fault.
const largestBuffer = 2 ** 33;

const alignUp = (n: number): number => Math.ceil(n / alignment) * alignment;

function newStorage(bytes: number): Storage {
  if (bytes > largestBuffer) {
    throw new RangeError(
      `allocate: ${bytes} bytes are more than one tensor can hold (${largestBuffer} bytes)`,
    );
  }
  let raw: Buffer;
  try {
    raw = Buffer.allocUnsafeSlow(bytes + alignment);
  } catch {
    throw new RangeError(`allocate: no memory for ${bytes} bytes; use a smaller batch or shape`);
  }
  const start = addressOf(raw);
  const address = alignUp(start);
  const byteOffset = raw.byteOffset + (address - start);
  return new Storage(raw.buffer as ArrayBuffer, byteOffset, bytes, address, bytes);
}

interface Slab {
  readonly largestPiece: number;
  readonly bytes: number;
  memory: Storage | null;
  used: number;
}
const small: Slab = { largestPiece: 256, bytes: 16 * 1024, memory: null, used: 0 };
const medium: Slab = { largestPiece: largestInSlab, bytes: 64 * 1024, memory: null, used: 0 };

function cut(size: number, bytes: number): Storage {
  const slab = size <= small.largestPiece ? small : medium;
  let { memory } = slab;
  let at = slab.used;
  if (memory === null || at + size > slab.bytes) {
    memory = slab.memory = newStorage(slab.bytes);
    at = 0;
  }
  slab.used = at + size;
  return new Storage(memory.buffer, memory.byteOffset + at, bytes, memory.address + at, size);
}

let allocatingFor: Owner = Owner.user;

/** Who owns what `allocate` gives from now on. Returns who did before. */
export function setOwner(owner: Owner): Owner {
  const before = allocatingFor;
  allocatingFor = owner;
  return before;
}

/** Uninitialised memory for a tensor. */
export function allocate(bytes: number): Storage {
  if (observer !== null) return observer.allocate(bytes);
  if (allocatingFor === Owner.engine) {
    const storage = borrow(bytes);
    storage.owner = Owner.engine;
    return storage;
  }
  const storage =
    bytes > largestInSlab
      ? newStorage(bytes)
      : cut(bytes <= alignment ? alignment : alignUp(bytes), bytes);
  if (allocatingFor !== Owner.user) storage.owner = allocatingFor;
  return storage;
}

// Free lists by size class: multiples of 64 bytes up to 512, then four classes to each power of two, so that at
// most a fifth is wasted.
const freeLists: Storage[][] = [];
const freeBytesLimit = 1 << 30;
let freeBytes = 0;
let classIndex = 0;

// The size of the class that holds `bytes`; its index is left in `classIndex`.
function sizeClass(bytes: number): number {
  const above = bytes <= 256 ? 256 : bytes - 1;
  const exponent = above < 2 ** 31 ? 31 - Math.clz32(above) : Math.floor(Math.log2(above));
  const step = exponent < 31 ? 1 << (exponent - 2) : 2 ** (exponent - 2);
  const count = bytes <= 0 ? 1 : Math.ceil(bytes / step);
  classIndex = (exponent - 8) * 4 + count - 1;
  return count * step;
}

/** Uninitialised memory for the engine's own use; `giveBack` it when nothing reads it any more. */
export function borrow(bytes: number): Storage {
  if (observer !== null) return observer.allocate(bytes);
  const size = sizeClass(bytes);
  const list = freeLists[classIndex];
  if (list !== undefined && list.length > 0) {
    const found = list.pop()!;
    freeBytes -= size;
    found.byteLength = bytes;
    return found;
  }
  if (size <= largestInSlab) return cut(size, bytes);
  const made = newStorage(size);
  made.byteLength = bytes;
  return made;
}

/** Returns borrowed memory. The caller vouches that no tensor that a user can reach sees it. */
export function giveBack(storage: Storage): void {
  if (observer !== null) return;
  const { capacity } = storage;
  if (freeBytes + capacity > freeBytesLimit) return;
  storage.owner = Owner.user;
  storage.holders = 0;
  // A class's size is its own class.
  sizeClass(capacity);
  while (freeLists.length <= classIndex) freeLists.push([]);
  freeLists[classIndex].push(storage);
  freeBytes += capacity;
}

/** A gradient in this storage starts to wait in the graph, or becomes a leaf's `grad`. */
export function acquire(storage: Storage): void {
  storage.holders++;
}

/** A holder lets go. Behind the last one, the engine's memory is free for the next gradient. */
export function release(storage: Storage): void {
  if (--storage.holders === 0 && storage.owner === Owner.engine) giveBack(storage);
}

/** User code may see this storage from now on, and so may keep it. */
export function escape(storage: Storage): void {
  storage.owner = Owner.user;
}

/** Whether a gradient that fills this storage may become a leaf's `grad` as it is: nobody else holds it. */
export const isUnshared = (storage: Storage): boolean =>
  storage.owner !== Owner.user && storage.holders === 1;

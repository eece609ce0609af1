/**
 * Where elements live. A storage is a piece of a V8-owned, uninitialised ArrayBuffer, 64-byte aligned, its
 * address read once. The collector frees it: no finalizer, no dispose. Two sources:
 *
 * - `allocate`: what a user may hold. Small pieces are cut from slabs, so that a tensor of a few elements
 *   costs nanoseconds; the price is that one live piece keeps its slab (16 KB) alive.
 * - `borrow` / `giveBack`: what only the engine can see (saved gates, packed weights, gradients in
 *   passing). Size-class free lists, refilled by the engine itself, so that a synchronous loop reuses the
 *   same warm memory without waiting for the collector.
 */
import { addressOf, type Memory } from '../native/kernels';

export class Storage implements Memory {
  /** Counts in-place changes, so that a backward can tell whether what it saved is still what it was. */
  version = 0;
  /** Set once the memory belongs to some tensor's `grad` (or to the user), so that no second one takes it. */
  claimed = false;
  constructor(
    readonly buffer: ArrayBuffer,
    readonly byteOffset: number,
    readonly byteLength: number,
    readonly address: number,
  ) {}
}

const alignment = 64;
const slabBytes = 16 * 1024;
const largestInSlab = 1024;
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
  return new Storage(raw.buffer as ArrayBuffer, byteOffset, bytes, address);
}

let slab: Storage | null = null;
let slabUsed = 0;

/** Uninitialised memory that belongs to whoever holds the storage. */
export function allocate(bytes: number): Storage {
  if (bytes > largestInSlab) return newStorage(bytes);
  const size = bytes <= alignment ? alignment : alignUp(bytes);
  if (slab === null || slabUsed + size > slabBytes) {
    slab = newStorage(slabBytes);
    slabUsed = 0;
  }
  const piece = new Storage(
    slab.buffer,
    slab.byteOffset + slabUsed,
    bytes,
    slab.address + slabUsed,
  );
  slabUsed += size;
  return piece;
}

// Free lists by size class: four classes to each power of two, so that at most a fifth is wasted.
const freeLists = new Map<number, Storage[]>();
const freeBytesLimit = 1 << 30;
let freeBytes = 0;

function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** Math.max(Math.floor(Math.log2(bytes - 1)) - 2, 6);
  return Math.ceil(bytes / step) * step;
}

/** Uninitialised memory for the engine's own use; `giveBack` it when nothing reads it any more. */
export function borrow(bytes: number): Storage {
  const size = sizeClass(bytes);
  const found = freeLists.get(size)?.pop();
  if (found === undefined) return newStorage(size);
  freeBytes -= size;
  return found;
}

/** Returns borrowed memory. The caller vouches that no tensor that a user can reach sees it. */
export function giveBack(storage: Storage): void {
  if (freeBytes + storage.byteLength > freeBytesLimit) return;
  let list = freeLists.get(storage.byteLength);
  if (list === undefined) freeLists.set(storage.byteLength, (list = []));
  list.push(storage);
  freeBytes += storage.byteLength;
}

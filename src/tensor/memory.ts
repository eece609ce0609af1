/**
 * Where elements live. A storage is a piece of a V8-owned, uninitialised ArrayBuffer, 64-byte aligned, its address read
 * once. The collector frees it: no finalizer, no dispose. Small pieces are cut from slabs, so that a tensor of a few
 * elements costs nanoseconds; the price is that one live piece keeps its slab alive (16 KB for up to 256 bytes, 64 KB
 * for up to 4 KB: apart, so that a list of losses does not keep the outputs beside them).
 */
import { addressOf, type Memory } from '../native/kernels';

/** Who may hold a storage: see pool.ts. */
export const Owner = { user: 0, graph: 1, engine: 2 } as const;
export type Owner = (typeof Owner)[keyof typeof Owner];

export class Storage implements Memory {
  /** Counts in-place changes (`bumpVersion`), so that a backward sees whether what it saved is still what it was. */
  version = 0;
  owner: Owner = Owner.user;
  /** How many gradients that wait in the graph, and leaves' `grad`, are in this memory. */
  holders = 0;
  constructor(
    readonly buffer: ArrayBuffer,
    readonly byteOffset: number,
    /** The size requested. */
    public byteLength: number,
    readonly address: number,
    /** What there is. */
    readonly capacity: number,
  ) {}
}

export const alignment = 64;
/** Pieces up to this size are cut from slabs. */
export const largestInSlab = 4096;
// V8 refuses larger ArrayBuffers; a request above it is the caller's size, not our fault.
const largestBuffer = 2 ** 33;

export const alignUp = (n: number): number => Math.ceil(n / alignment) * alignment;

/** Memory of its own. */
export function newStorage(bytes: number): Storage {
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

/** A piece of a slab: `size` bytes, a multiple of the alignment, of which `bytes` were requested. */
export function cut(size: number, bytes: number): Storage {
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

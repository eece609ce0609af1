/**
 * Where elements live. A storage is a piece of a V8-owned, uninitialised ArrayBuffer, 64-byte aligned, its address read
 * once. The collector frees it: no finalizer, no dispose. Small pieces are cut from slabs, so that a tensor of a few
 * elements costs nanoseconds; the price is that one live piece keeps its slab alive (16 KB for up to 256 bytes, 64 KB
 * for up to 4 KB: apart, so that a list of losses does not keep the outputs beside them).
 */
import { types } from 'node:util';
import { readOnly, uncloneable } from '../check';
import { addon } from '../native/instance';
import { addressOf, type Memory } from '../native/memory';
import { deepcopy } from './deepcopy';

/** Who may hold a storage: see pool.ts. */
export const Owner = { user: 0, graph: 1, engine: 2 } as const;
export type Owner = (typeof Owner)[keyof typeof Owner];

// `structuredClone` would copy a storage without its class and its memory.
const refusal = uncloneable(
  'a Tensor: send io.toMessage(x) and call io.fromMessage on the other side; x.clone() copies it',
);

/** What the bytes are a piece of: a function, since who has a buffer can end it. */
export let bufferOf: (storage: Storage) => ArrayBuffer;
// What pool.ts writes of a storage.
export let setLength: (storage: Storage, bytes: number) => void;
export let setOwnerOf: (storage: Storage, owner: Owner) => void;
/** Adds to `references`; returns what they are then. */
export let refer: (storage: Storage, by: number) => number;
/** Notes that the memory has been written to `times` times. */
export let touch: (storage: Storage, times: number) => void;

let count = 0;

export class Storage implements Memory {
  /** @internal */
  readonly refusal = refusal;
  /** @internal For what compares objects by their fields: no two storages are equal. */
  readonly id = (count = (count + 1) | 0);
  readonly #buffer: ArrayBuffer;
  readonly #byteOffset: number;
  #byteLength: number;
  readonly #address: number;
  readonly #capacity: number;
  #version = 0;
  /** Of memory that threads share: where all of them count changes. */
  readonly #counter: Int32Array | null;
  #owner: Owner = Owner.user;
  #references = 0;

  static {
    bufferOf = (storage) => storage.#buffer;
    setLength = (storage, bytes) => {
      storage.#byteLength = bytes;
    };
    setOwnerOf = (storage, owner) => {
      storage.#owner = owner;
    };
    refer = (storage, by) => (storage.#references += by);
    touch = (storage, times) => {
      storage.#version += times;
      if (storage.#counter !== null) Atomics.add(storage.#counter, 0, times);
    };
  }

  constructor(
    buffer: ArrayBuffer,
    byteOffset: number,
    byteLength: number,
    address: number,
    capacity: number,
    counter: Int32Array | null = null,
  ) {
    this.#counter = counter;
    this.#buffer = buffer;
    this.#byteOffset = byteOffset;
    this.#byteLength = byteLength;
    this.#address = address;
    this.#capacity = capacity;
  }

  get byteOffset(): number {
    return this.#byteOffset;
  }
  /** The size requested. */
  get byteLength(): number {
    return this.#byteLength;
  }
  get address(): number {
    return this.#address;
  }
  /** What there is. */
  get capacity(): number {
    return this.#capacity;
  }
  /** Counts in-place changes (`touch`), so that a backward sees whether what it saved is still what it was. */
  get version(): number {
    return this.#version;
  }
  /**
   * What changes with each change in place of any thread: for what is kept of the elements themselves. A graph goes by `version`, since threads that
   * train together change each other's weights between forward and backward.
   */
  get changes(): number {
    return this.#counter === null ? this.#version : Atomics.load(this.#counter, 0);
  }
  get owner(): Owner {
    return this.#owner;
  }
  /** How many gradients that wait in the graph, and leaves' `grad`, are in this memory. */
  get references(): number {
    return this.#references;
  }

  /** All bytes in memory of its own, which no other thread has. */
  [deepcopy.custom](): Storage {
    const { byteOffset, byteLength } = this;
    const size = Math.max(alignment, alignUp(byteLength));
    const made = size <= largestInSlab ? cut(size, byteLength) : newStorage(byteLength);
    const bytes = new Uint8Array(this.#buffer, byteOffset, byteLength);
    new Uint8Array(made.#buffer, made.byteOffset, byteLength).set(bytes);
    return made;
  }
}

readOnly('Storage', Storage.prototype);

/** That of a trace, which has addresses and no bytes. */
export const noBuffer = new ArrayBuffer(0);

export const alignment = 64;
/** Pieces up to this size are cut from slabs. */
export const largestInSlab = 4096;
// V8 refuses larger ArrayBuffers; a request above it is the caller's size, not our fault.
const largestBuffer = 2 ** 33;

export const alignUp = (n: number): number => Math.ceil(n / alignment) * alignment;

// Under AddressSanitizer alone (`npm run test:sanitize`), every byte that no storage uses is poisoned: the slack around storages
// and in slabs, where pieces are apart by a redzone, and what waits in the free lists.
const { setAddressable } = addon;
const redzone = setAddressable === undefined ? 0 : alignment;

/** From now on the first `bytes` of `storage` are in use, the others are not. */
export function resize(storage: Storage, bytes: number): void {
  setLength(storage, bytes);
  if (setAddressable !== undefined) {
    setAddressable(bufferOf(storage), storage.byteOffset, storage.capacity, bytes);
  }
}

// From here on an allocation that fails must leave the collector addresses of its own.
const large = 2 ** 24;

/**
 * A buffer made by `make`.
 * @throws RangeError when there is no memory for `bytes`, or no buffer is so large
 */
export function allocated<B>(operation: string, bytes: number, advice: string, make: () => B): B {
  if (bytes > largestBuffer) {
    throw new RangeError(
      `${operation}: ${bytes} bytes are more than one tensor can hold (${largestBuffer} bytes)`,
    );
  }
  const isLarge = bytes >= large;
  if (isLarge) addon.giveUpSpareAddresses();
  try {
    return make();
  } catch {
    throw new RangeError(`${operation}: no memory for ${bytes} bytes; ${advice}`);
  } finally {
    if (isLarge) addon.keepSpareAddresses();
  }
}

/** Memory of its own, of which the first `used` bytes are in use. */
export function newStorage(bytes: number, used = bytes): Storage {
  const raw = allocated('allocate', bytes, 'use a smaller batch or shape', () =>
    Buffer.allocUnsafeSlow(bytes + alignment),
  );
  const start = addressOf(raw);
  const address = alignUp(start);
  const byteOffset = raw.byteOffset + (address - start);
  const buffer = raw.buffer;
  if (setAddressable !== undefined) setAddressable(buffer, 0, buffer.byteLength, 0);
  const made = new Storage(buffer, byteOffset, used, address, bytes);
  resize(made, used);
  return made;
}

// Of one buffer there is one storage in a thread, so that what shares memory shares a version too.
const sharedStorages = new WeakMap<SharedArrayBuffer, Storage>();

// The count of changes is in the buffer's last whole int32, where no element is: buffers are aligned to 8 bytes at least, and have one alignment
// more than their elements need.
function counterIn(buffer: SharedArrayBuffer): Int32Array | null {
  const last = Math.floor(buffer.byteLength / 4) - 1;
  return buffer.byteLength < alignment ? null : new Int32Array(buffer, 4 * last, 1);
}

/** The storage of a buffer that threads share, made here or received. */
export function storageOver(buffer: SharedArrayBuffer): Storage {
  const known = sharedStorages.get(buffer);
  if (known !== undefined) return known;
  const start = addressOf(new Uint8Array(buffer));
  const address = alignUp(start);
  const bytes = Math.max(0, buffer.byteLength - alignment);
  // Typed arrays and kernels see no difference.
  const storage = new Storage(
    buffer as unknown as ArrayBuffer,
    address - start,
    bytes,
    address,
    bytes,
    counterIn(buffer),
  );
  sharedStorages.set(buffer, storage);
  return storage;
}

/** Memory of its own, all 0, that threads may share. */
export const newSharedStorage = (bytes: number): Storage =>
  storageOver(
    // The array over it is made here too, since an array of these bytes may be refused where the buffer is not.
    allocated('shareMemory_', bytes, 'share less', () => {
      const buffer = new SharedArrayBuffer(bytes + alignment);
      return new Uint8Array(buffer).buffer;
    }),
  );

/** The buffer that threads may share, or null for memory of this thread alone. */
export function sharedBufferOf(storage: Storage): SharedArrayBuffer | null {
  const buffer: unknown = bufferOf(storage);
  return types.isSharedArrayBuffer(buffer) ? buffer : null;
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
  // So that NaN comes here too, after which every piece of this slab would begin at NaN.
  if (memory === null || !(at + size <= slab.bytes)) {
    if (Number.isNaN(size)) {
      throw new RangeError(
        'allocate: the sizes of a tensor must be integers, but one is NaN or none',
      );
    }
    memory = slab.memory = newStorage(slab.bytes, 0);
    at = 0;
  }
  slab.used = at + size + redzone;
  const { byteOffset, address } = memory;
  const piece = new Storage(bufferOf(memory), byteOffset + at, bytes, address + at, size);
  if (redzone > 0) resize(piece, bytes);
  return piece;
}

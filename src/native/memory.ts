/**
 * Memory that kernels are given. Only values that hold their own address (`Memory`) are passed around, never bare addresses:
 * the holder stays alive on the stack while its address is in use.
 */
import { addon } from './instance';

/** Something with bytes at a fixed address: a tensor, a storage. */
export interface Memory {
  readonly address: number;
}

/** Where an array's bytes are. */
export const addressOf = (array: ArrayBufferView): number => addon.addressOf(array);

/** Doubles that native code finds by their address, which stay alive beside it. */
export class Doubles {
  readonly address: number;
  constructor(readonly values: Float64Array) {
    this.address = addressOf(values);
  }
}

/** The memory at an offset of `bytes` from the start of `memory`, which it keeps alive. */
export const memoryAt = (memory: Memory, bytes: number): Memory =>
  bytes === 0 ? memory : new Interior(memory, bytes);

class Interior implements Memory {
  readonly address: number;
  constructor(
    readonly memory: Memory,
    bytes: number,
  ) {
    this.address = memory.address + bytes;
  }
}

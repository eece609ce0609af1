/**
 * The table of addresses that fused kernels walk: one row of doubles for each tensor, all of a group in one call. It is
 * rewritten for every step, because gradients change places; its memory is kept.
 */
import type { KernelFamily } from '../../native/families';
import type { Kernel } from '../../native/kernels';
import type { Memory } from '../../native/memory';
import { suffixOf, type DType } from '../../tensor/dtype';
import { allocate, bufferOf, type Storage } from '../../tensor/storage';

const bytesPerCell = 8;

export class Table implements Memory {
  #storage: Storage;
  #cells: Float64Array;
  #next = 0;

  constructor(private readonly columns: number) {
    this.#storage = allocate(64 * columns * bytesPerCell);
    this.#cells = this.#view();
  }

  #view(): Float64Array {
    const { byteOffset, byteLength } = this.#storage;
    return new Float64Array(bufferOf(this.#storage), byteOffset, byteLength / bytesPerCell);
  }

  /** Clears the table and reserves `rows` rows. */
  begin(rows: number): void {
    this.#next = 0;
    const bytes = rows * this.columns * bytesPerCell;
    if (bytes <= this.#storage.byteLength) return;
    this.#storage = allocate(bytes * 2);
    this.#cells = this.#view();
  }

  /** Writes the next cell; a row's cells come in the order of its columns. */
  put(value: number): void {
    this.#cells[this.#next++] = value;
  }

  /** How many rows were written. */
  get rows(): number {
    return this.#next / this.columns;
  }

  /** Where the kernels find it, until the next `begin`. */
  get address(): number {
    return this.#storage.address;
  }
}

/** The kernel of a family for a float type. */
export const kernelFor = <Signature extends string>(
  kernels: KernelFamily<Signature>,
  dtype: DType,
): Kernel<Signature> => kernels[suffixOf(dtype)]!;

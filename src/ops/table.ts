/**
 * The table of addresses that fused kernels walk: one row of doubles for each tensor, all of a group in one call. It is
 * rewritten for every step, because gradients change places; its memory is kept.
 */
import { args, type Kernel, type KernelFamily } from '../native/kernels';
import { suffixOf, type DType } from '../tensor/dtype';
import { allocate, type Storage } from '../tensor/storage';

const bytesPerCell = 8;

export class Table {
  #storage: Storage;
  #cells: Float64Array;
  #next = 0;

  constructor(private readonly columns: number) {
    this.#storage = allocate(64 * columns * bytesPerCell);
    this.#cells = this.#view();
  }

  #view(): Float64Array {
    const { buffer, byteOffset, byteLength } = this.#storage;
    return new Float64Array(buffer, byteOffset, byteLength / bytesPerCell);
  }

  /** Forgets all rows and makes room for `rows`. */
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

  /**
   * Calls a kernel (table, rows, …rest): the first two arguments are written here, the others by the caller from
   * args[2] on.
   */
  run(kernel: Kernel): void {
    args[0] = this.#storage.address;
    args[1] = this.rows;
    kernel();
  }
}

/** The kernel of a family for a float type. */
export const kernelFor = (kernels: KernelFamily, dtype: DType): Kernel => kernels[suffixOf(dtype)]!;

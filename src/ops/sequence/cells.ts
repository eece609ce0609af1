/** What the recurrent kernels need to know of each cell, and the sizes of the memory that they are given. */
import { family, type KernelFamily, type NamesOf } from '../../native/families';
import { addon, constants } from '../../native/instance';
import type { SequenceMemory } from '../../native/load';
import { itemSize, type DType } from '../../tensor/dtype';

type ForwardKernels = NamesOf<'SequenceForward'>;
/** The cells of native/kernels/sequence/cells.inc. */
export type CellKind = ForwardKernels extends `${infer Kind}_forward` ? Kind : never;

export interface Cell {
  readonly name: string;
  /** Blocks of H rows in the weights. */
  readonly gates: number;
  /** Values for each hidden unit that backward needs. */
  readonly blocks: number;
  readonly hasCellState: boolean;
  /** Whether backward needs the activated gates (a plain RNN's output says enough). */
  readonly savesGates: boolean;
  readonly forward: KernelFamily<'SequenceForward'>;
  readonly backward: KernelFamily<'SequenceBackward'>;
  /** Of each element size, what is known for the sizes of a layer. */
  readonly memory: Readonly<Record<number, WeakMap<CellSizes, SequenceMemory>>>;
}

function cellOf(kind: CellKind, name: string): Cell {
  const { gates, blocks, hasCellState, savesGates } = constants[kind];
  return {
    name,
    gates,
    blocks,
    hasCellState: hasCellState === 1,
    savesGates: savesGates === 1,
    forward: family(`${kind}_forward`),
    backward: family(`${kind}_backward`),
    memory: { 4: new WeakMap(), 8: new WeakMap() },
  };
}

/** The cells, under the names of their layers. */
export const cells: Readonly<Record<CellKind, Cell>> = {
  rnn: cellOf('rnn', 'RNN'),
  lstm: cellOf('lstm', 'LSTM'),
  gru: cellOf('gru', 'GRU'),
  janet: cellOf('janet', 'JANET'),
};

/** I, H, P and what follows from them. */
export interface CellSizes {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** Features that the state is projected to; 0 for none. */
  readonly projSize: number;
}

/** Features of the recurrent state: S. */
export const stateSize = ({ hiddenSize, projSize }: CellSizes): number => projSize || hiddenSize;

interface KnownMemory {
  readonly cell: Cell;
  readonly sizes: CellSizes;
  readonly bytes: number;
  readonly memory: SequenceMemory;
}
// Of the last call: backward asks for the sizes that its forward had.
let last: KnownMemory | null = null;

function memoryOf(cell: Cell, sizes: CellSizes, dtype: DType): SequenceMemory {
  const bytes = itemSize(dtype);
  if (last === null || last.sizes !== sizes || last.cell !== cell || last.bytes !== bytes)
    last = { cell, sizes, bytes, memory: found(cell, sizes, bytes) };
  return last.memory;
}

/** Computed once for each layer: a layer has one object of sizes. */
function found(cell: Cell, sizes: CellSizes, bytes: number): SequenceMemory {
  const known = cell.memory[bytes].get(sizes);
  if (known !== undefined) return known;
  const { inputSize, hiddenSize, projSize } = sizes;
  const { gates, blocks } = cell;
  const made = addon.sequenceMemory(gates, blocks, bytes, inputSize, hiddenSize, projSize);
  cell.memory[bytes].set(sizes, made);
  return made;
}

/** Elements of the packed weights. */
export const packedLength = (cell: Cell, sizes: CellSizes, dtype: DType): number =>
  memoryOf(cell, sizes, dtype).packed;

/** Elements of backward's workspace. */
export const workspaceLength = (cell: Cell, sizes: CellSizes, dtype: DType): number =>
  memoryOf(cell, sizes, dtype).workspace;

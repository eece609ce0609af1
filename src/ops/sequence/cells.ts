/**
 * What the recurrent kernels need to know of each cell, and the sizes of the memory that they are given. The
 * formulae mirror native/kernels/sequence/arguments.h.
 */
import { family, type KernelFamily } from '../../native/families';
import { itemSize, type DType } from '../../tensor/dtype';

export type CellKind = 'rnn' | 'lstm' | 'gru';

export interface Cell {
  readonly name: string;
  /** Rows of the weights for each hidden unit. */
  readonly gates: number;
  /** Values for each hidden unit that backward needs. */
  readonly blocks: number;
  readonly hasCellState: boolean;
  /** Whether backward needs the activated gates (a plain RNN's output says enough). */
  readonly savesGates: boolean;
  readonly forward: KernelFamily<'SequenceForward'>;
  readonly backward: KernelFamily<'SequenceBackward'>;
}

export const cells: Readonly<Record<CellKind, Cell>> = {
  rnn: {
    name: 'RNN',
    gates: 1,
    blocks: 1,
    hasCellState: false,
    savesGates: false,
    forward: family('rnn_forward'),
    backward: family('rnn_backward'),
  },
  lstm: {
    name: 'LSTM',
    gates: 4,
    blocks: 4,
    hasCellState: true,
    savesGates: true,
    forward: family('lstm_forward'),
    backward: family('lstm_backward'),
  },
  gru: {
    name: 'GRU',
    gates: 3,
    blocks: 4,
    hasCellState: false,
    savesGates: true,
    forward: family('gru_forward'),
    backward: family('gru_backward'),
  },
};

/** I, H, P and what follows from them. */
export interface CellSizes {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** Features that the state is projected to; 0 for none. */
  readonly projSize: number;
}

/** Features of the state that goes round: S. */
export const stateSize = ({ hiddenSize, projSize }: CellSizes): number => projSize || hiddenSize;

const upToVector = (n: number, dtype: DType): number => {
  const lanes = 64 / itemSize(dtype);
  return Math.ceil(n / lanes) * lanes;
};

/** Elements of the packed weights. */
export function packedLength(cell: Cell, sizes: CellSizes, dtype: DType): number {
  const { inputSize: I, hiddenSize: H, projSize: P } = sizes;
  const up = (n: number): number => upToVector(n, dtype);
  return up(1) + up(H) * (cell.blocks + cell.gates * (I + stateSize(sizes))) + up(P) * H;
}

/** Elements of backward's workspace. */
export function workspaceLength(cell: Cell, sizes: CellSizes, dtype: DType): number {
  const { inputSize: I, hiddenSize: H, projSize: P } = sizes;
  const up = (n: number): number => upToVector(n, dtype);
  const G = cell.gates;
  return Math.max(up(stateSize(sizes)) * G * H + (P ? up(H) * P : 0), up(I) * G * H);
}

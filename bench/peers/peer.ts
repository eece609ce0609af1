/** What a peer is to the benchmark: something that is asked for the same work and is timed in turn. */
import type { PeerName, Request, Work } from '../works/work';

/** A piece of work at a peer. */
export interface Side {
  /** Results of a fresh run, as samples (`sample` of works/work.ts). */
  result(): Promise<readonly (readonly number[])[]>;
  /** Seconds of one run: the mean over about `seconds`. */
  time(seconds: number): Promise<number>;
  /** Page faults of one run in the last `time`, where known. */
  faults?(): number;
}

export interface Peer {
  readonly name: PeerName;
  /** Heading of its column. */
  readonly label: string;
  readonly version: string;
  /** Its process. */
  readonly pid: number;
  /** The work there, or null when it has no such work. */
  side(work: Work): Promise<Side | null>;
  stop(): void;
}

/** A JavaScript peer inside the process that is made for it (worker.ts). */
export interface Engine {
  readonly version: string;
  side(request: Request): Promise<Side>;
}

export const labels: Readonly<Record<PeerName, string>> = {
  torch: 'PyTorch',
  tuned: 'PyTorch, tuned',
  openblas: 'OpenBLAS',
  onnx: 'onnxruntime',
  tfjs: 'tfjs-wasm',
};

/** How each is installed. */
export const installs: Readonly<Record<PeerName, string>> = {
  torch: 'pip install torch==2.13.0',
  tuned: 'pip install torch==2.13.0',
  openblas: 'pip install numpy',
  onnx: 'npm install --no-save --ignore-scripts onnxruntime-node',
  tfjs: 'npm install --no-save --ignore-scripts @tensorflow/tfjs @tensorflow/tfjs-backend-wasm',
};

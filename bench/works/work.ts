/**
 * What a row of the benchmark is: a piece of work done by Ostinato, what peers are asked for that does the same, and
 * the goals it is held to. The rows themselves are beside this file, a theme a file; index.ts puts them in order.
 */
import { tensor, type Tensor } from 'ostinato';

/** A side that a work is compared with. */
export type PeerName = 'torch' | 'tuned' | 'openblas' | 'onnx' | 'tfjs';

/** What a row must reach. */
export type Goal =
  /** At least `times` as fast as that peer. A goal against `torch` implies one against `tuned`. */
  | { readonly than: 'torch' | 'openblas' | 'onnx'; readonly times: number }
  /** At least this share of the processor's multiply-add peak: needs `flops`. */
  | { readonly peakShare: number }
  /** At least this share of the bandwidth of the level that holds `resident`: needs `moved`. */
  | { readonly bandwidthShare: number }
  /** At most so many seconds. */
  | { readonly seconds: number }
  /** One of these suffices. */
  | { readonly either: readonly Goal[] };

/** A function of bench/peers/torch_*.py, by its name in WORKS, and its arguments. */
export interface TorchRequest {
  readonly work: string;
  readonly args: readonly unknown[];
}

/** A work of bench/peers/onnx.ts or tfjs.ts. */
export interface Request {
  readonly work: string;
  readonly args: readonly unknown[];
}

/** Numbers to compare with a peer's, each list by itself, relative to its largest element. */
export type Results = readonly (Tensor | ArrayLike<number>)[];

/** What `make` returns: `run` is timed; `result` is called once, before, on a fresh one. */
export interface Made {
  readonly run: () => void;
  readonly result: () => Results;
}

export interface Work {
  readonly name: string;
  /** A section of the table, and a word to filter by. */
  readonly group: string;
  readonly goals: readonly Goal[];
  /** Threads of both sides. Default 1. */
  readonly threads?: number;
  /** Floating-point operations of one run. */
  readonly flops?: number;
  /** Bytes that one run must read and write at least. */
  readonly moved?: number;
  /** Working set that is read again in each run, in bytes: which cache level bounds it. */
  readonly resident?: number;
  /** It writes about as much as it reads: compare with the bandwidth of copying, not of reading. */
  readonly copies?: boolean;
  /** How many times a run does the work (here and at PyTorch), for works of nanoseconds. Default 1. */
  readonly perRun?: number;
  readonly torch?: TorchRequest;
  readonly onnx?: Request;
  readonly tfjs?: Request;
  make(): Made;
}

/** The values that every side starts from: sin(0.7 i + phase). */
export function values(n: number, phase: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => Math.sin(i * 0.7 + phase));
}

/** A tensor of `values`. */
export function filled(shape: readonly number[], phase: number): Tensor {
  const n = shape.reduce((product, size) => product * size, 1);
  return tensor(values(n, phase)).reshape([...shape]);
}

/** 4096 elements at most, evenly spaced, from the first on: what sides exchange to be compared. */
export function sample(result: Tensor | ArrayLike<number>): number[] {
  const all = 'toTypedArray' in result ? result.toTypedArray() : result;
  const count = Math.min(all.length, 4096);
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]);
}

/** The largest difference of two sides' results, relative to the largest element of the list it is in. */
export function disagreement(ours: Results, theirs: readonly (readonly number[])[]): number {
  if (ours.length !== theirs.length) return NaN;
  let worst = 0;
  for (const [list, result] of ours.entries()) {
    const own = sample(result);
    const other = theirs[list];
    if (own.length !== other.length) return NaN;
    const largest = other.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
    for (const [i, value] of other.entries()) {
      const difference = Math.abs(own[i] - value) / largest;
      if (!(difference <= worst)) worst = difference;
    }
  }
  return worst;
}

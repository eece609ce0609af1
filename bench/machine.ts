/** What the machine can do, measured in the run that compares with it, and where the sides may run. */
import { spawnSync } from 'node:child_process';
import { median } from './measure';
import { copyBandwidth, peakFlops, readBandwidth } from './peak';
import type { Work } from './works/work';

/** Processors that this process may use; empty where the system has no `taskset`. */
export const processors: readonly number[] = allowedProcessors();

function allowedProcessors(): number[] {
  const { status, stdout } = spawnSync('taskset', ['-c', '-p', `${process.pid}`], {
    encoding: 'utf8',
  });
  if (status !== 0) return [];
  return stdout
    .slice(stdout.lastIndexOf(':') + 1)
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

/** Ties a process to processors: every thread of it, or its main one alone. False where that is not possible. */
export function pin(pid: number, on: readonly number[], every: boolean): boolean {
  if (on.length === 0) return false;
  const flags = every ? ['-a', '-c', '-p'] : ['-c', '-p'];
  return spawnSync('taskset', [...flags, on.join(), `${pid}`]).status === 0;
}

/** Where sides with so many threads run: one of them on the last processor, several on all. */
export const place = (threads: number): readonly number[] =>
  threads === 1 ? processors.slice(-1) : processors;

/** The best of several measurements, since other work can only slow one down. */
function best(measure: () => number): number {
  return Math.max(...Array.from({ length: 9 }, measure));
}

const arrayOf = (bytes: number): Float32Array =>
  new Float32Array(2 * Math.max(512, Math.ceil(bytes / 8))).fill(1);

/** The machine when nothing disturbs it. */
export class Machine {
  #peak = 0;

  /** Multiply-add peak of one thread in float32, operations a second. */
  get peak(): number {
    this.#peak ||= best(peakFlops);
    return this.#peak;
  }

  /** Bytes a second when `bytes` are read over and over. */
  bandwidth(bytes: number): number {
    const array = arrayOf(bytes);
    return best(() => readBandwidth(array));
  }
}

/**
 * What bounds a work, measured in each round beside it: both then run at the same clock rate and beside the same load, so that
 * their ratio says something on a machine that others use too.
 */
export class Bounds {
  readonly #work: Work;
  readonly #memory: Float32Array | null;
  readonly #peaks: number[] = [];
  readonly #bandwidths: number[] = [];

  constructor(work: Work) {
    this.#work = work;
    const { moved, resident } = work;
    this.#memory = moved === undefined || resident === undefined ? null : arrayOf(resident);
  }

  /** Once more, for a round in which the work took `seconds`. */
  measure(seconds: number): void {
    const { flops, moved, copies, threads = 1 } = this.#work;
    if (flops !== undefined) this.#peaks.push(flops / seconds / (peakFlops() * threads));
    if (this.#memory !== null) {
      const bandwidth = copies ? copyBandwidth(this.#memory) : readBandwidth(this.#memory);
      this.#bandwidths.push(moved! / seconds / bandwidth);
    }
  }

  /** Share of the multiply-add peak of all threads: the median of the rounds. */
  get peakShare(): number | null {
    return this.#peaks.length === 0 ? null : median(this.#peaks);
  }

  /** Share of the bandwidth, read or copied, of the level that holds what is used again and again. */
  get bandwidthShare(): number | null {
    return this.#bandwidths.length === 0 ? null : median(this.#bandwidths);
  }
}

/** What the machine can do, measured in the run that compares with it, and where the sides may run. */
import { spawnSync } from 'node:child_process';
import { timeCalls } from './measure';
import { peakFlops, readBandwidth } from './peak';
import { values } from './works/work';

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

export class Machine {
  #peak = 0;
  readonly #bandwidths = new Map<string, number>();

  /** Multiply-add peak of one thread in float32, operations a second. */
  get peak(): number {
    if (this.#peak === 0) this.#peak = peakFlops();
    return this.#peak;
  }

  /** The peak measured again: the best so far is kept, since a processor's clock moves. */
  refresh(): void {
    this.#peak = Math.max(this.#peak, peakFlops());
  }

  /** Bytes a second when `bytes` are read over and over; with `copy`, when half is copied to the other half. */
  bandwidth(bytes: number, copy = false): number {
    const size = Math.max(1024, Math.ceil(bytes / 8) * 8);
    const key = `${size} ${copy}`;
    let best = this.#bandwidths.get(key);
    if (best === undefined) {
      best = copy ? copyBandwidth(size) : readBandwidth(size);
      this.#bandwidths.set(key, best);
    }
    return best;
  }
}

const rounds = 7;

function copyBandwidth(bytes: number): number {
  const from = values(bytes / 8, 0);
  const to = values(bytes / 8, 1);
  let best = 0;
  for (let i = 0; i < rounds; i++) {
    best = Math.max(best, bytes / timeCalls(() => to.set(from), 0.01));
  }
  return best;
}

/** Timing a side of a comparison, and what is said of its rounds. */
import Benchmark from 'benchmark';

export type Clock = 'wall' | 'cpu';
let clock: Clock = 'wall';

/**
 * What `timeCalls` and `timeAsync` read from now on: the time that passes, or the processor time of this process (all
 * of its threads, collector and system calls included), which a busy machine does not stretch.
 * Returns what was read before.
 */
export function setClock(which: Clock): Clock {
  const before = clock;
  clock = which;
  return before;
}

function now(): number {
  if (clock === 'wall') return performance.now() / 1000;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Seconds for one call of `body`: the mean over about `seconds` of calls, by the `benchmark` package. */
export function time(body: () => void, seconds: number): number {
  const bench = new Benchmark('', {
    fn: body,
    async: false,
    minSamples: 1,
    initCount: 1,
    minTime: seconds / 2,
    maxTime: seconds,
  });
  bench.run({ async: false });
  const { error } = bench as unknown as { error?: Error };
  if (error !== undefined) throw error;
  return bench.stats.mean;
}

/**
 * The same for a comparison: one call to warm up, then calls until `seconds` have passed, the clock being read after
 * 1, 2, 4, … calls. torch_worker.py measures PyTorch in the same way.
 */
export function timeCalls(body: () => void, seconds: number): number {
  body();
  let calls = 0;
  const start = now();
  for (let batch = 1; ; batch *= 2) {
    for (let i = 0; i < batch; i++) body();
    calls += batch;
    const passed = now() - start;
    // The next batch doubles the calls: stop when that would last too long.
    if (passed * 1.5 >= seconds) return passed / calls;
  }
}

/** The same for a body that returns a promise. */
export async function timeAsync(body: () => Promise<unknown>, seconds: number): Promise<number> {
  await body();
  let calls = 0;
  const start = now();
  for (let batch = 1; ; batch *= 2) {
    for (let i = 0; i < batch; i++) await body();
    calls += batch;
    const passed = now() - start;
    if (passed * 1.5 >= seconds) return passed / calls;
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Half the distance between the quartiles over the median: the spread of the rounds. */
export function spread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))];
  return (at(0.75) - at(0.25)) / 2 / median(values);
}

/** What the rounds of one side come to. */
export interface Timing {
  readonly median: number;
  readonly spread: number;
}

export const timing = (rounds: readonly number[]): Timing => ({
  median: median(rounds),
  spread: spread(rounds),
});

/** 12.3 µs, 4.56 ms. */
export function showTime(seconds: number): string {
  const [value, unit] =
    seconds < 1e-6
      ? [seconds * 1e9, 'ns']
      : seconds < 1e-3
        ? [seconds * 1e6, 'µs']
        : seconds < 1
          ? [seconds * 1e3, 'ms']
          : [seconds, 's'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

export const showTiming = ({ median: middle, spread: around }: Timing): string =>
  `${showTime(middle)} ±${Math.round(around * 100)} %`;

export const showRatio = (ratio: number): string => `${Number(ratio.toPrecision(3))}×`;

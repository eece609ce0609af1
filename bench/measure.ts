/** Timing one side of a comparison, on the `benchmark` package. */
import Benchmark from 'benchmark';

/** Seconds for one call of `body`: the mean over about `seconds` of calls. */
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

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Half the distance between the quartiles over the median: how far the rounds lie apart. */
export function spread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))];
  return (at(0.75) - at(0.25)) / 2 / median(values);
}

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
  return `${value.toPrecision(3)} ${unit}`;
}

/** The loss curve in the terminal, drawn by simple-ascii-chart where that is installed. */

import type * as Charts from 'simple-ascii-chart';

type Point = [number, number];

/** A chart of both curves, or null when the charting package is not installed. */
export async function lossChart(
  training: readonly Point[],
  validation: readonly Point[],
  width: number,
): Promise<string | null> {
  let plot: typeof Charts.plot;
  try {
    ({ plot } = await import('simple-ascii-chart'));
  } catch {
    return null;
  }
  const curves = [smooth(training, 60), ...(validation.length > 1 ? [[...validation]] : [])];
  // https://no-color.org
  const colored = process.stdout.isTTY && !process.env['NO_COLOR'];
  const last = training[training.length - 1][0];
  const ticks = Array.from({ length: 6 }, (_, i) => Math.round((last * i) / 5));
  const chart = plot(curves, {
    width: Math.max(20, Math.min(width - 12, 72)),
    height: 12,
    customXAxisTicks: ticks,
    ...(colored ? { color: ['ansiCyan', 'ansiYellow'] } : {}),
  });
  const legend = colored ? ' (cyan training, yellow validation)' : '';
  return `loss by step${legend}\n${chart}`;
}

// Means of neighbouring points, so that a curve of any length fits the terminal.
function smooth(points: readonly Point[], count: number): Point[] {
  const group = Math.max(1, Math.ceil(points.length / count));
  const out: Point[] = [];
  for (let i = 0; i < points.length; i += group) {
    const part = points.slice(i, i + group);
    const mean = part.reduce((sum, [, y]) => sum + y, 0) / part.length;
    out.push([part[part.length - 1][0], mean]);
  }
  return out;
}

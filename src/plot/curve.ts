/** Curves: losses by epoch, signals by time. Owns what a curve is made from; drawing is chart.ts's. */
import { boolean, describe, isArray, optionsTable, refuse, string, surplus } from '../check';
import { isTensor } from '../tensor/rules';
import { showShape } from '../tensor/shape';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { chartFields, draw, type ChartOptions } from './chart';

/** Heights at 0, 1, 2, …; or points [x, y]. */
export type Curve = Tensor | ArrayLike<number> | readonly (readonly [number, number])[];

/** Options of `curve`. */
export interface CurveOptions extends ChartOptions {
  /** Name of the horizontal axis. Default: none. */
  x?: string;
  /** Name of the vertical axis. Default: none. */
  y?: string;
  /** A logarithmic vertical axis; what is not above 0 has no place on it and leaves a gap. Default: false. */
  logY?: boolean;
  /** Dots at the points. Default: with at most 30 points. */
  dots?: boolean;
}

const curveOptions = optionsTable<CurveOptions, 'title' | 'width' | 'height' | 'dots'>(
  'plot.curve',
  {
    x: string.or(''),
    y: string.or(''),
    logY: boolean.or(false),
    dots: boolean.optional,
    ...chartFields,
  },
);

type Point = [x: number, y: number | null];

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  try {
    const { length } = value as ArrayLike<unknown>;
    return typeof value === 'object' && Number.isSafeInteger(length) && length < 2 ** 32;
  } catch {
    return false; // null, a revoked Proxy
  }
}

function pointsOf(name: string, heights: Curve, logY: boolean): Point[] {
  const what = `plot.curve: '${name}'`;
  let list: ArrayLike<unknown>;
  if (isTensor(heights)) {
    if (heights.ndim !== 1) {
      throw new RangeError(
        `${what} must have one dimension, got ${showShape(sizesOf(heights))}; plot.matrix draws two`,
      );
    }
    list = heights.toTypedArray();
  } else if (isArrayLike(heights)) {
    list = heights;
  } else {
    throw new TypeError(
      `${what} must be a tensor or an array of numbers, got ${describe(heights)}`,
    );
  }
  if (list.length === 0) throw new RangeError(`${what} has no points`);
  return Array.from(list, (entry, i): Point => {
    const [x, y] = (isArray(entry) ? entry : [i, entry]) as unknown[];
    if (typeof x !== 'number' || typeof y !== 'number') {
      throw new TypeError(`${what} must hold numbers or points [x, y]; point ${i} is neither`);
    }
    return [x, Number.isFinite(y) && !(logY && y <= 0) ? y : null];
  });
}

/** A power of ten as 0.01, 1000 or 1e-7. */
function power(value: number): string {
  return value >= 1e-3 && value < 1e6 ? String(value) : value.toExponential(0).replace('+', '');
}

/**
 * The power of ten by which values are divided before they are drawn: 0 for those whose ticks can be computed, which is so neither
 * where steps between ticks have more decimals than the axis rounds to, nor where the ends of the axis overflow.
 */
function exponentOf(values: readonly (number | null)[]): number {
  let largest = 0;
  for (const value of values) {
    const size = Math.abs(value ?? 0);
    if (size > largest && size < Infinity) largest = size;
  }
  const exponent = largest === 0 ? 0 : Math.floor(Math.log10(largest));
  return exponent < -3 || exponent > 15 ? exponent : 0;
}

/** The same for a logarithmic axis, from its middle: its ends overflow first. */
function logExponentOf(heights: readonly (number | null)[]): number {
  const logs = heights.flatMap((height) => (height === null ? [] : [Math.log10(height)]));
  const low = logs.reduce((a, b) => Math.min(a, b), Infinity);
  const high = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  return low < -200 || high > 200 ? Math.floor((low + high) / 2) : 0;
}

/** value / 10^exponent in two steps: 10^-323 alone has one digit. */
function divided(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return value / 10 ** half / 10 ** (exponent - half);
}

/** value · 10^exponent without that product, which may overflow. */
function shifted(value: number, exponent: number): string {
  const [digits, own] = value.toExponential(5).split('e');
  return value === 0 ? '0' : `${Number(digits)}e${Number(own) + exponent}`;
}

function isOne(curves: Curve | Readonly<Record<string, Curve>>): curves is Curve {
  return isTensor(curves) || isArray(curves) || ArrayBuffer.isView(curves);
}

function entriesOf(curves: Readonly<Record<string, Curve>>): [string, Curve][] {
  try {
    return Object.entries(curves);
  } catch {
    refuse('plot.curve', 'curves', 'a curve, or several by name', curves);
  }
}

/**
 * A chart of one curve, or of several by name, as SVG text. Long curves are thinned to what the width can show; NaN
 * and infinities leave gaps.
 * @throws Error when the package `echarts` is not installed; RangeError for a curve without points or of several
 * dimensions; TypeError for what is no curve or no option.
 * @example
 * const training = [1, 0.5, 0.2];
 * const validation = [1.1, 0.7, 0.6];
 * plot.save('loss.svg', plot.curve({ training, validation }, { x: 'epoch', y: 'loss', logY: true }));
 */
export function curve(
  curves: Curve | Readonly<Record<string, Curve>>,
  options?: CurveOptions,
): string {
  if (arguments.length > 2) surplus('plot.curve', arguments, 2, 'options');
  const read = curveOptions.read(options);
  if (typeof curves !== 'object' || curves === null) {
    refuse('plot.curve', 'curves', 'a curve, or several by name', curves);
  }
  const { x, y, logY } = read;
  const named = isOne(curves) ? { [y === '' ? 'curve' : y]: curves } : curves;
  const lines = entriesOf(named).map(([name, each]) => ({
    name,
    points: pointsOf(name, each, logY),
  }));
  if (lines.length === 0) throw new RangeError('plot.curve: there are no curves');
  const across = exponentOf(lines.flatMap(({ points }) => points.map(([at]) => at)));
  const heights = lines.flatMap(({ points }) => points.map(([, height]) => height));
  const up = (logY ? logExponentOf : exponentOf)(heights);
  const ticks = (exponent: number): object =>
    exponent === 0 ? {} : { axisLabel: { formatter: (value: number) => shifted(value, exponent) } };
  const dots = read.dots ?? lines.every(({ points }) => points.length <= 30);
  const top = (read.title === undefined ? 20 : 45) + (y === '' ? 0 : 15);
  return draw('plot.curve', read, {
    grid: {
      left: 20,
      right: 30,
      top: lines.length > 1 ? top + 25 : top,
      bottom: 35,
      containLabel: true,
    },
    // The gap leaves room for viewers whose letters are wider than those that were measured.
    legend: { show: lines.length > 1, top: top - 12, right: 30, itemGap: 30 },
    xAxis: {
      type: 'value',
      name: x,
      nameLocation: 'middle',
      nameGap: 28,
      min: 'dataMin',
      max: 'dataMax',
      ...ticks(across),
    },
    yAxis: {
      type: logY ? 'log' : 'value',
      name: y,
      nameGap: 12,
      ...(logY && up === 0 ? { axisLabel: { formatter: power } } : ticks(up)),
      nameTextStyle: { align: 'left' },
      scale: true,
    },
    series: lines.map(({ name, points }) => ({
      type: 'line',
      silent: true,
      name,
      data:
        across === 0 && up === 0
          ? points
          : points.map(([at, height]) => [
              divided(at, across),
              height === null ? null : divided(height, up),
            ]),
      showSymbol: dots,
      symbol: 'circle',
      symbolSize: 5,
      sampling: 'lttb',
      lineStyle: { width: 1.8 },
    })),
  });
}

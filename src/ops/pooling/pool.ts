/**
 * Maxima and means over windows of signals. A window is a row [begin, end) of a table that is made of the sizes; what it would hold
 * outside of the signal is left out. dmax adds g at the places of the maxima; dmean spreads scale·g over the windows.
 */
import { family } from '../../native/families';
import { runPoolMax, runPoolMean, runPoolMeanBackward } from '../../native/calls';
import { numelOf, showShape } from '../../tensor/shape';
import { elementsOf, sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { zeros } from '../creation/factories';
import { gradient, type ContextOf } from '../declare/gradient';
import { dense } from '../kernels/copy';
import { pick } from '../kernels/launch';

/** Windows of one signal: [begin, end) of each. */
export type Windows = readonly (readonly [begin: number, end: number])[];

const kernels = {
  max: family('pool_max'),
  mean: family('pool_mean'),
  meanBackward: family('pool_mean_backward'),
};

function tableOf(windows: Windows): Tensor {
  const table = empty([windows.length, 2], 'int32');
  elementsOf(table, table.numel).set(windows.flat());
  return table;
}

function scalesOf(divisors: readonly number[]): Tensor {
  const scale = empty([divisors.length], 'float64');
  elementsOf(scale, scale.numel).set(divisors.map((divisor) => 1 / divisor));
  return scale;
}

const resized = (x: Tensor, length: number): number[] => [...sizesOf(x).slice(0, -1), length];

/** What windows were made of. */
export interface WindowSizes {
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly ceilMode: boolean;
  readonly countIncludePad?: boolean;
}

interface Maxima {
  readonly indices: Tensor;
  readonly length: number;
  /** Null for windows of several sizes. */
  readonly sizes: WindowSizes | null;
}
const recordedMax = gradient<[Tensor], [Tensor], Maxima>('maxPool1d', {
  node: 'MaxPool2DWithIndicesBackward0',
  saves: (_, __, { indices }) => [indices],
  rule: (g, [indices], { length }) => [
    zeros(resized(g, length), { dtype: g.dtype }).scatterAdd(-1, indices, g),
  ],
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type MaxPoolContext = ContextOf<typeof recordedMax>;

/** The largest of each window and where it is along the signal, int32; every `step`-th element of a window counts. */
export function poolMax(
  operation: string,
  x: Tensor,
  windows: Windows,
  step: number,
  sizes: WindowSizes | null = null,
): [values: Tensor, indices: Tensor] {
  const length = sizesOf(x)[x.ndim - 1];
  const shape = resized(x, windows.length);
  const out = empty(shape, x.dtype);
  const indices = empty(shape, 'int32');
  runPoolMax(pick(operation, kernels.max, x.dtype), {
    x: dense(x),
    windows: tableOf(windows),
    out,
    index: indices,
    rows: numelOf(sizesOf(x).slice(0, -1)),
    length,
    outLength: windows.length,
    step,
  });
  return [recordedMax(out, { indices, length, sizes }, x), indices];
}

/** Sums of windows divided by `divisors`. */
export interface Means {
  readonly windows: Windows;
  readonly divisors: readonly number[];
  readonly length: number;
  /** None for windows of several sizes. */
  readonly sizes?: WindowSizes;
}

const recordedMean = gradient<[Tensor], [], Means>('avgPool1d', {
  rule: (g, _, means) => [spread(g, means)],
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type AvgPoolContext = ContextOf<typeof recordedMean>;
const recordedSpread = gradient<[Tensor], [], Means>('avgPool1d', {
  node: 'AvgPool1DBackwardBackward0',
  rule: (g, _, means) => [poolMean('avgPool1d', g, means)],
});

/** The mean of each window, by its divisor. */
export function poolMean(operation: string, x: Tensor, means: Means): Tensor {
  const { windows, divisors, length } = means;
  const out = empty(resized(x, windows.length), x.dtype);
  runPoolMean(pick(operation, kernels.mean, x.dtype), {
    x: dense(x),
    windows: tableOf(windows),
    scale: scalesOf(divisors),
    out,
    rows: numelOf(sizesOf(x).slice(0, -1)),
    length,
    outLength: windows.length,
  });
  return recordedMean(out, means, x);
}

function spread(g: Tensor, means: Means): Tensor {
  const { windows, divisors, length } = means;
  const dx = empty(resized(g, length), g.dtype);
  runPoolMeanBackward(pick('avgPool1d', kernels.meanBackward, g.dtype), {
    g: dense(g),
    windows: tableOf(windows),
    scale: scalesOf(divisors),
    dx,
    rows: numelOf(sizesOf(g).slice(0, -1)),
    length,
    outLength: windows.length,
  });
  return recordedSpread(dx, means, g);
}

/** @throws RangeError unless `x` is [N, C, L] or [C, L] whose last `filled` sizes are not 0. */
export function checkSignal(operation: string, x: Tensor, filled = 2): void {
  if (
    (x.ndim === 2 || x.ndim === 3) &&
    !sizesOf(x)
      .slice(x.ndim - filled)
      .includes(0)
  )
    return;
  const needed = filled === 2 ? 'channels and positions' : 'positions';
  throw new RangeError(
    `${operation}: input must be [N, C, L] or [C, L] with ${needed}, got shape ${showShape(sizesOf(x))}`,
  );
}

/** Windows over series: what a forecaster or a language model is trained on. */
import { boolean, count, isArray, optionsTable, positiveInteger, refuse, surplus } from '../check';
import { anyTensor, isTensor } from '../tensor/rules';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { checkSample, Dataset } from './dataset';

/** Options of `WindowDataset`. */
export interface WindowOptions {
  /** Steps of the target, which follow the window. Default: 1. */
  horizon?: number;
  /** Steps from the start of one window to that of the next. Default: 1. */
  stride?: number;
  /** The target is the window itself moved on by that many steps, as a language model predicts each next token; not together with `horizon`. Default: 0, for the steps that follow. */
  shift?: number;
  /** Whether a series that is shorter than one window and its target is an error. Default: true; else it gives no windows. */
  strict?: boolean;
}

const windowOptions = optionsTable<WindowOptions, 'horizon'>('WindowDataset', {
  horizon: positiveInteger.optional,
  stride: positiveInteger.or(1),
  shift: count.or(0),
  strict: boolean.or(true),
});

/** One series, and the number of windows before its own. */
interface Part {
  readonly series: Tensor;
  readonly before: number;
}

/**
 * Windows of series with what follows them. Sample i is [x, y]: `length` steps of a series and its next `horizon` steps, or,
 * with `shift`, the same number of steps `shift` later. Both share the series' memory. No window reaches from one series into
 * another.
 *
 * Shapes: a series [T, …] gives x [length, …] and y [horizon, …] (or [length, …] with `shift`), in
 * ⌊(T − length − horizon) / stride⌋ + 1 windows.
 * @throws TypeError for what is no series or no option; RangeError for a series without dimensions or shorter than a window.
 * @example
 * const windows = new data.WindowDataset(arange(10), 4, { horizon: 2 });
 * windows.length; // 5
 * const [x, y] = windows.get(1); // [1, 2, 3, 4], [5, 6]
 * const [input, target] = new data.WindowDataset(arange(10), 4, { shift: 1 }).get(0); // [0, 1, 2, 3], [1, 2, 3, 4]
 */
export class WindowDataset extends Dataset<[x: Tensor, y: Tensor]> {
  /** Number of windows of all series. */
  readonly length: number;
  private readonly parts: readonly Part[];
  private readonly window: number;
  private readonly horizon: number;
  private readonly stride: number;
  /** From the start of x to that of y. */
  private readonly ahead: number;

  /**
   * @param series [T, …], or several of any lengths
   * @param length steps of a window
   */
  constructor(series: Tensor | readonly Tensor[], length: number, options?: WindowOptions) {
    const operation = 'WindowDataset';
    if (arguments.length > 3) surplus(operation, arguments, 3, 'options');
    super();
    const { horizon, stride, shift, strict } = windowOptions.read(options);
    if (shift > 0 && horizon !== undefined) {
      throw new TypeError(`${operation}: shift says how long the target is; leave out horizon`);
    }
    this.window = positiveInteger.check(operation, 'length', length);
    this.horizon = shift > 0 ? length : (horizon ?? 1);
    this.ahead = shift > 0 ? shift : length;
    this.stride = stride;
    const least = Math.max(length, this.ahead + this.horizon);
    const parts: Part[] = [];
    let before = 0;
    for (const [i, each] of seriesOf(operation, series).entries()) {
      const steps = sizesOf(each)[0];
      if (steps < least && strict) {
        throw new RangeError(
          `${operation}: series ${i} has ${steps} steps, fewer than the ${least} of a window and its target; { strict: false } leaves it out`,
        );
      }
      parts.push({ series: each, before });
      before += steps < least ? 0 : Math.floor((steps - least) / stride) + 1;
    }
    this.parts = parts;
    this.length = before;
  }

  /**
   * Window i and its target.
   * @throws RangeError when there is none.
   */
  get(i: number): [x: Tensor, y: Tensor] {
    if (arguments.length > 1) surplus('WindowDataset.get', arguments, 1, 'i');
    checkSample('WindowDataset.get', i, this.length);
    const { series, before } = this.parts[this.partOf(i)];
    const start = (i - before) * this.stride;
    return [
      series.narrow(0, start, this.window),
      series.narrow(0, start + this.ahead, this.horizon),
    ];
  }

  /** The last part that begins at or before window i, by bisection; one without windows begins where the next does. */
  private partOf(i: number): number {
    let [low, high] = [0, this.parts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.parts[middle].before <= i) low = middle;
      else high = middle;
    }
    return low;
  }
}

function seriesOf(operation: string, series: unknown): readonly Tensor[] {
  const list = isArray(series) ? [...series] : [series];
  if (!isArray(series) && !isTensor(series)) {
    refuse(operation, 'series', 'a tensor or an array of tensors', series);
  }
  for (const [i, each] of list.entries()) {
    const x = anyTensor.check(operation, isArray(series) ? `series[${i}]` : 'series', each);
    if (x.ndim === 0) {
      throw new RangeError(`${operation}: series ${i} has no dimension to go along`);
    }
  }
  if (list.length === 0) throw new RangeError(`${operation}: there are no series`);
  return list as Tensor[];
}

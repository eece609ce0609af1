/**
 * tqdm: a progress bar around anything one iterates over, with rate and time left. It writes to stderr, and
 * only to a terminal: in a log or a pipe it stays quiet. Bars made while another is open are drawn below it.
 */
import {
  boolean,
  count as countRule,
  describe,
  isIterable,
  isMade,
  iterated,
  nonNegative,
  number,
  optionsTable,
  refuse,
  rule,
  string,
  surplus,
} from '../check';

/** Options of `tqdm` and `Progress`. */
export interface TqdmOptions {
  /** How many steps there will be; taken from `length` or `size` when the iterable has one. */
  total?: number;
  /** The text in front of the bar. */
  desc?: string;
  /** What is counted, for the rate: `it` by default, as in 12.3it/s. */
  unit?: string;
  /** Write 12.3k for 12,300. */
  unitScale?: boolean;
  /** Remove the bar at the end. Nested bars do. */
  leave?: boolean;
  /** Draw nothing. By default, whether the stream is no terminal. */
  disable?: boolean;
  /** Least time between two drawings, in ms. */
  minInterval?: number;
  /** Where to draw. Default: stderr. */
  stream?: ProgressStream;
}

/** What a bar needs of a stream. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const anyStream = rule<ProgressStream>('a stream with a write method', (value) => {
  try {
    return typeof (value as ProgressStream | null | undefined)?.write === 'function';
  } catch {
    return false;
  }
});

/** @internal Which options there are. */
export const tqdmOptions = optionsTable<TqdmOptions, keyof TqdmOptions>('tqdm', {
  total: nonNegative.optional,
  desc: string.optional,
  unit: string.optional,
  unitScale: boolean.optional,
  leave: boolean.optional,
  disable: boolean.optional,
  minInterval: nonNegative.optional,
  stream: anyStream.optional,
});

/** The bars that are open, outermost first. */
const open: Progress[] = [];

const scaled = (n: number): string => {
  for (const suffix of ['', 'k', 'M', 'G']) {
    if (Math.abs(n) < 999.5)
      return suffix === '' ? String(Math.round(n)) : n.toPrecision(3) + suffix;
    n /= 1000;
  }
  return `${n.toPrecision(3)}T`;
};

/** Seconds as 00:07, 12:34 or 1:02:03. */
export function showTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/**
 * A bar that the caller advances: `tqdm` without an iterable.
 * @throws TypeError, RangeError for an option that is none.
 * @example
 * const bar = new Progress({ total: 3, disable: true });
 * bar.update(2);
 * bar.n; // 2
 * bar.close();
 */
export class Progress {
  /** Steps done. */
  n = 0;
  private postfix = '';
  private readonly started = performance.now();
  private drawnAt = -Infinity;
  private closed = false;
  private readonly stream: ProgressStream;
  private readonly quiet: boolean;
  private readonly level: number;

  private readonly options: TqdmOptions;

  constructor(options?: TqdmOptions) {
    if (arguments.length > 1) surplus('Progress', arguments, 1, 'options');
    const read = tqdmOptions.read(options, 'Progress');
    this.options = { ...read };
    this.stream = read.stream ?? process.stderr;
    this.quiet = read.disable ?? this.stream.isTTY !== true;
    this.level = open.length;
    open.push(this);
    this.draw();
  }

  /** @internal */
  [isMade](): boolean {
    return 'stream' in this;
  }

  /**
   * Advances the bar by `steps`; default 1.
   * @throws TypeError unless it is a number.
   */
  update(steps: number = 1): void {
    if (arguments.length > 1) surplus('Progress.update', arguments, 1, 'steps');
    number.check('Progress.update', 'steps', steps);
    this.n += steps;
    if (performance.now() - this.drawnAt >= (this.options.minInterval ?? 100)) this.draw();
  }

  /**
   * The text after the rate: { loss: 1.234 } is shown as loss=1.234.
   * @throws TypeError for what is no object of numbers and strings.
   */
  setPostfix(values: Readonly<Record<string, string | number>>): void {
    if (arguments.length > 1) surplus('Progress.setPostfix', arguments, 1, 'values');
    if (typeof values !== 'object' || values === null) {
      refuse('Progress.setPostfix', 'values', 'an object of numbers and strings', values);
    }
    this.postfix = entriesOf(values)
      .map(
        ([key, value]) =>
          `${key}=${typeof value === 'number' ? shortNumber(value) : typeof value === 'string' ? value : describe(value)}`,
      )
      .join(', ');
  }

  /**
   * Changes the text in front of the bar.
   * @throws TypeError unless it is a string.
   */
  setDescription(desc: string): void {
    if (arguments.length > 1) surplus('Progress.setDescription', arguments, 1, 'desc');
    string.check('Progress.setDescription', 'desc', desc);
    this.options.desc = desc;
  }

  /**
   * Changes how many steps there will be.
   * @throws TypeError, RangeError unless it is a number of at least 0.
   */
  setTotal(total: number): void {
    if (arguments.length > 1) surplus('Progress.setTotal', arguments, 1, 'total');
    nonNegative.check('Progress.setTotal', 'total', total);
    this.options.total = total;
  }

  /**
   * Writes lines above the bar.
   * @throws TypeError unless it is a string.
   */
  write(text: string): void {
    if (arguments.length > 1) surplus('Progress.write', arguments, 1, 'text');
    string.check('Progress.write', 'text', text);
    if (this.quiet) return;
    this.stream.write(`\r\x1b[J${text}\n`);
    for (const bar of open) bar.draw();
  }

  /** Draws the bar for the last time. */
  close(): void {
    if (arguments.length > 0) surplus('Progress.close', arguments, 0);
    if (this.closed) return;
    this.closed = true;
    if (!this.quiet) {
      const leave = this.options.leave ?? this.level === 0;
      if (leave) {
        this.draw();
        if (this.level === 0) this.stream.write('\n');
      } else this.stream.write(this.at('\x1b[K'));
    }
    const index = open.indexOf(this);
    if (index >= 0) open.splice(index, 1);
  }

  /**
   * One line: description, share, bar, counts, times, rate, postfix; at most `width` characters.
   * @throws TypeError unless `width` is a number.
   */
  line(width: number): string {
    if (arguments.length > 1) surplus('Progress.line', arguments, 1, 'width');
    number.check('Progress.line', 'width', width);
    const { total, desc, unit = 'it', unitScale = false } = this.options;
    const elapsed = (performance.now() - this.started) / 1000;
    const rate = elapsed > 0 ? this.n / elapsed : 0;
    const count = (n: number): string => (unitScale ? scaled(n) : String(n));
    const speed =
      rate >= 1 || rate === 0
        ? `${unitScale ? scaled(rate) : rate.toFixed(rate < 100 ? 2 : 0)}${unit}/s`
        : `${(1 / rate).toFixed(2)}s/${unit}`;
    const tail = this.postfix === '' ? '' : `, ${this.postfix}`;
    const head = desc === undefined ? '' : `${desc}: `;
    if (total === undefined) {
      return `${head}${count(this.n)}${unit} [${showTime(elapsed)}, ${speed}${tail}]`.slice(
        0,
        width,
      );
    }
    const share = total === 0 ? 1 : Math.min(this.n / total, 1);
    const left = rate > 0 ? (total - this.n) / rate : Infinity;
    const percent = `${String(Math.floor(share * 100)).padStart(3)}%`;
    const counts = ` ${count(this.n)}/${count(total)} [${showTime(elapsed)}<${showTime(left)}, ${speed}${tail}]`;
    const room = Math.min(40, width - head.length - percent.length - counts.length - 2);
    if (room < 4) return `${head}${percent}${counts}`.slice(0, width);
    return `${head}${percent}|${barOf(share, room)}|${counts}`;
  }

  /** @internal Takes the bar off the terminal until it is drawn again. */
  clear(): void {
    if (!this.quiet) this.stream.write(this.at('\x1b[K'));
  }

  /** @internal */
  draw(): void {
    this.drawnAt = performance.now();
    if (this.quiet) return;
    const width = Math.max((this.stream.columns ?? 80) - 1, 20);
    this.stream.write(this.at(`${this.line(width)}\x1b[K`));
  }

  // Bars are below each other: go down to this one's line, write, come back.
  private at(text: string): string {
    return this.level === 0
      ? `\r${text}`
      : `\r${'\n'.repeat(this.level)}${text}\r\x1b[${this.level}A`;
  }
}

function entriesOf(values: Readonly<Record<string, unknown>>): [string, unknown][] {
  try {
    return Object.entries(values);
  } catch {
    refuse('Progress.setPostfix', 'values', 'an object of numbers and strings', values);
  }
}

const shortNumber = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toPrecision(4);

const eighths = ' ▏▎▍▌▋▊▉';
function barOf(share: number, width: number): string {
  const filled = share * width;
  const whole = Math.floor(filled);
  if (whole >= width) return '█'.repeat(width);
  const part = eighths[Math.floor((filled - whole) * 8)];
  return '█'.repeat(whole) + part + ' '.repeat(width - whole - 1);
}

/** An iterable with its bar: `for (const x of bar) bar.setPostfix({ loss })`. */
export interface TqdmIterable<T> extends Iterable<T> {
  /** The bar itself. */
  readonly progress: Progress;
  /** What follows the rate: { loss: 1.234 } is shown as loss=1.234. */
  setPostfix(values: Readonly<Record<string, string | number>>): void;
}

// 0 … count − 1, and how many they are.
function upTo(count: number): Iterable<number> & { readonly length: number } {
  const length = countRule.check('tqdm', 'the number of steps', count);
  return {
    length,
    *[Symbol.iterator]() {
      for (let i = 0; i < length; i++) yield i;
    },
  };
}

/**
 * Iterates over `iterable`, or over 0 … count − 1, behind a progress bar (the Python package tqdm; `tqdm(range(n))`).
 * @throws TypeError, RangeError for what cannot be iterated over, and an option that is none.
 * @example
 * const bar = tqdm([0.5, 0.25, 0.125], { desc: 'epoch 1' });
 * for (const loss of bar) bar.setPostfix({ loss });
 */
export function tqdm(count: number, options?: TqdmOptions): TqdmIterable<number>;
export function tqdm<T>(iterable: Iterable<T>, options?: TqdmOptions): TqdmIterable<T>;
export function tqdm(
  given: Iterable<unknown> | number,
  options?: TqdmOptions,
): TqdmIterable<unknown> {
  if (arguments.length > 2) surplus('tqdm', arguments, 2, 'options');
  const read = tqdmOptions.read(options);
  const iterable = typeof given === 'number' ? upTo(given) : given;
  if (typeof iterable !== 'string' && !isIterable(iterable)) {
    refuse('tqdm', 'its first argument', 'something to iterate over or a number', iterable);
  }
  const sized = iterable as { length?: unknown; size?: unknown };
  const known = [sized.length, sized.size].find((n) => typeof n === 'number');
  let progress: Progress | null = null;
  const bar = (): Progress => (progress ??= new Progress({ ...read, total: read.total ?? known }));
  return {
    get progress() {
      return bar();
    },
    setPostfix(values) {
      bar().setPostfix(values);
    },
    *[Symbol.iterator]() {
      const current = bar();
      try {
        for (const item of iterated('tqdm', 'its first argument', iterable)) {
          yield item;
          current.update();
        }
      } finally {
        current.close();
        progress = null;
      }
    },
  };
}

/**
 * Prints a line on stdout, above the bars that are open (tqdm.write in Python).
 * @throws TypeError unless it is a string.
 * @example for (const epoch of tqdm([1, 2])) tqdm.write(`epoch ${epoch}`);
 */
tqdm.write = function (text: string): void {
  if (arguments.length > 1) surplus('tqdm.write', arguments, 1, 'text');
  string.check('tqdm.write', 'text', text);
  for (const bar of open) bar.clear();
  process.stdout.write(`${text}\n`);
  for (const bar of open) bar.draw();
};

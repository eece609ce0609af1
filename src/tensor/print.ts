/**
 * How a tensor reads as text: PyTorch's format to the character (4 digits, line width 80, three elements at
 * each end of a dimension once there are more than 1000), with the suffixes in this package's spelling. Where more than 2¹⁷
 * elements would be shown, the sizes alone, in PyTorch's form for a tensor without values.
 * Owns the text only; it reads elements in place and copies no more than it prints.
 */
import { isFloat, type DType, type TypedArray } from './dtype';

const precision = 4;
const threshold = 1000;
const edgeItems = 3;
const lineWidth = 80;
// PyTorch shows all of up to 6 in each dimension, which in many dimensions has no end.
const mostShown = 2 ** 17;

/** What printing needs to know of a tensor. */
export interface Printable {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly dtype: DType;
  readonly numel: number;
  readonly requiresGrad: boolean;
  readonly gradFn: { readonly name: string } | null;
  reach(): number;
}

/**
 * C rounds an exact tie to an even last digit, JavaScript away from zero. Ties are exact in binary, so a
 * longer rendering shows them: nothing but zeros follows the 5.
 */
function tiesToEven(rounded: string, exact: string, digits: string): string {
  const tie = exact.startsWith('5') && !/[1-9]/.test(exact.slice(1));
  if (!tie || Number(digits.at(-1)) % 2 !== 0) return rounded;
  return digits;
}

// value ≥ 0 with `precision` digits after the point, as C's %.4f.
function fixed(value: number): string {
  const long = value.toFixed(60);
  const end = long.indexOf('.') + 1 + precision;
  return tiesToEven(value.toFixed(precision), long.slice(end), long.slice(0, end));
}

// value ≥ 0 as C's %.4e: at least two digits of exponent.
function scientific(value: number): string {
  const [long, exponent] = value.toExponential(100).split('e');
  const end = 2 + precision;
  const digits = long.slice(0, end);
  const rounded = value.toExponential(precision).split('e');
  const text = tiesToEven(rounded[0], long.slice(end), digits);
  const power = text === digits ? exponent : rounded[1];
  return `${text}e${power[0]}${power.slice(1).padStart(2, '0')}`;
}

/** How all elements of one tensor are written: decided from the elements that will be shown. */
class Formatter {
  readonly width: number;
  private readonly write: (value: number) => string;

  constructor(dtype: DType, shown: readonly number[]) {
    if (!isFloat(dtype)) {
      this.write = dtype === 'bool' ? (v) => (v !== 0 ? 'True' : 'False') : String;
      this.width = shown.reduce((width, v) => Math.max(width, this.write(v).length), 1);
      return;
    }
    const finite = shown.filter((v) => Number.isFinite(v) && v !== 0);
    let smallest = Infinity;
    let largest = 0;
    for (const v of finite) {
      smallest = Math.min(smallest, Math.abs(v));
      largest = Math.max(largest, Math.abs(v));
    }
    const whole = finite.every(Number.isInteger);
    const wide =
      finite.length > 0 && (largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4);
    const magnitude = wide ? scientific : whole ? (v: number) => `${v.toFixed(0)}.` : fixed;
    this.write = (v) => {
      if (Number.isNaN(v)) return 'nan';
      const sign = v < 0 || Object.is(v, -0) ? '-' : '';
      return sign + (Number.isFinite(v) ? magnitude(Math.abs(v)) : 'inf');
    };
    // Zeros, infinities and NaN do not widen the columns.
    this.width = finite.reduce((width, v) => Math.max(width, this.write(v).length), 1);
  }

  format(value: number): string {
    return this.write(value).padStart(this.width);
  }
}

/** Indices of a dimension that are shown; null means the dots. */
function shownIndices(size: number, summarize: boolean): (number | null)[] {
  const all = (from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, i) => from + i);
  if (!summarize || size <= 2 * edgeItems) return all(0, size);
  return [...all(0, edgeItems), null, ...all(size - edgeItems, size)];
}

const summarizes = (x: Printable): boolean => x.numel > threshold;

function isShown(x: Printable): boolean {
  const most = summarizes(x) ? 2 * edgeItems : Infinity;
  return x.shape.reduce((count, size) => count * Math.min(size, most), 1) <= mostShown;
}

function elements(x: Printable, inPlace: (length: number) => TypedArray): string {
  if (x.numel === 0) return '[]';
  if (!isShown(x)) return '...';
  const memory = inPlace(x.reach());
  const summarize = summarizes(x);
  const { shape, strides } = x;
  const ndim = shape.length;

  const shown: number[] = [];
  const collect = (dim: number, at: number): void => {
    if (dim === ndim) {
      shown.push(memory[at]);
      return;
    }
    for (const i of shownIndices(shape[dim], summarize)) {
      if (i !== null) collect(dim + 1, at + i * strides[dim]);
    }
  };
  collect(0, 0);
  const formatter = new Formatter(x.dtype, shown);

  const row = (at: number, indent: number): string => {
    const perLine = Math.max(1, Math.floor((lineWidth - indent) / (formatter.width + 2)));
    const parts = shownIndices(shape[ndim - 1], summarize).map((i) =>
      i === null ? ' ...' : formatter.format(memory[at + i * strides[ndim - 1]]),
    );
    const lines: string[] = [];
    for (let i = 0; i < parts.length; i += perLine) {
      lines.push(parts.slice(i, i + perLine).join(', '));
    }
    return `[${lines.join(`,\n${' '.repeat(indent + 1)}`)}]`;
  };
  const block = (dim: number, at: number, indent: number): string => {
    if (ndim === 0) return formatter.format(memory[at]);
    if (dim === ndim - 1) return row(at, indent);
    const parts = shownIndices(shape[dim], summarize).map((i) =>
      i === null ? '...' : block(dim + 1, at + i * strides[dim], indent + 1),
    );
    return `[${parts.join(`,${'\n'.repeat(ndim - dim - 1)}${' '.repeat(indent + 1)}`)}]`;
  };
  return block(0, 0, 'tensor('.length);
}

interface Suffix {
  readonly text: string;
  /** Length of PyTorch's spelling: lines break where its lines do, so that its output maps word by word. */
  readonly length: number;
}

const dtypeSuffix = (dtype: DType): Suffix => ({
  text: `dtype=${dtype}`,
  length: `dtype=torch.${dtype}`.length,
});

function suffixes(x: Printable): Suffix[] {
  const found: Suffix[] = [];
  if (x.numel === 0 || !isShown(x)) {
    const size = `size=(${x.shape.join(', ')})`;
    if (x.shape.length !== 1) found.push({ text: size, length: size.length });
    if (x.dtype !== 'float32') found.push(dtypeSuffix(x.dtype));
  } else if (x.dtype !== 'float32' && x.dtype !== 'bool') found.push(dtypeSuffix(x.dtype));
  if (x.gradFn !== null) {
    const { name } = x.gradFn;
    found.push({ text: `gradFn=<${name}>`, length: `grad_fn=<${name}>`.length });
  } else if (x.requiresGrad) {
    found.push({ text: 'requiresGrad=True', length: 'requires_grad=True'.length });
  }
  return found;
}

/**
 * `tensor([…], dtype=…, gradFn=<…>)`. A suffix that would pass the line's width starts a line of its own.
 * @param inPlace the elements as they are in memory, the first `length` of them
 */
export function print(x: Printable, inPlace: (length: number) => TypedArray): string {
  const prefix = 'tensor(';
  let text = prefix + elements(x, inPlace);
  let lineLength = text.length - text.lastIndexOf('\n') + 1;
  for (const suffix of suffixes(x)) {
    if (lineLength + suffix.length + 2 > lineWidth) {
      text += `,\n${' '.repeat(prefix.length)}${suffix.text}`;
      lineLength = prefix.length + suffix.length;
    } else {
      text += `, ${suffix.text}`;
      lineLength += suffix.length + 2;
    }
  }
  return `${text})`;
}

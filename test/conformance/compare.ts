// How a result is compared with PyTorch's: shape and element type exactly, floats within a tolerance of their scale.
import { Tensor, type DType } from 'ostinato';
import type { Code, Reader } from './reader';

const tolerance: Record<DType, number> = {
  float64: 1e-9,
  float32: 1e-5,
  int32: 0,
  uint8: 0,
  bool: 0,
};

export interface Comparison {
  /** Each element has its own scale; otherwise all have that of the largest, as sums of many terms have. */
  elementwise?: boolean;
  /** A missing gradient is one of zeros. */
  nullIsZero?: boolean;
  /** Only shape and element type: the memory is uninitialised. */
  shapeOnly?: boolean;
}

const isFloat = (dtype: DType): boolean => dtype.startsWith('float');

function largest(values: ArrayLike<number>): number {
  let most = 1;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}

/** Throws unless `actual` is what PyTorch has. */
export function expectSame(
  actual: unknown,
  code: Code,
  reader: Reader,
  how: Comparison = {},
): void {
  const expected = reader.values(code);
  if (expected === undefined) return expectValue(actual, code, reader, how);
  if (how.nullIsZero && (actual === null || actual === undefined)) {
    if (Array.from(expected.elements).every((v) => v === 0)) return;
  }
  if (!(actual instanceof Tensor)) throw new Error(`${String(actual)} instead of a tensor`);
  const ours = `${actual.dtype}[${actual.shape.join(', ')}]`;
  const theirs = `${expected.dtype}[${expected.shape.join(', ')}]`;
  if (ours !== theirs) throw new Error(`${ours}, PyTorch has ${theirs}`);
  if (how.shapeOnly) return;
  const [a, b] = [actual.detach().toTypedArray(), expected.elements];
  const limit = tolerance[expected.dtype];
  const whole = how.elementwise || !isFloat(expected.dtype) ? 0 : largest(b);
  for (let i = 0; i < b.length; i++) {
    if (a[i] === b[i] || (Number.isNaN(a[i]) && Number.isNaN(b[i]))) continue;
    const scale = Math.max(1, whole, Math.abs(b[i]));
    if (!(Math.abs(a[i] - b[i]) <= limit * scale) || Math.abs(b[i]) === Infinity)
      throw new Error(`element ${i} is ${a[i]}, PyTorch has ${b[i]}`);
  }
}

function expectValue(actual: unknown, code: Code, reader: Reader, how: Comparison): void {
  if (Array.isArray(code)) {
    const items = listOf(actual);
    if (items.length !== code.length)
      throw new Error(`${items.length} results, PyTorch has ${code.length}`);
    code.forEach((one, i) => expectSame(items[i], one, reader, how));
    return;
  }
  if (code === null) {
    if (actual !== null && actual !== undefined && !(how.nullIsZero && isZero(actual)))
      throw new Error('a gradient where PyTorch has none');
    return;
  }
  // item() of a bool tensor is 0 or 1.
  const value = typeof code === 'boolean' && typeof actual === 'number' ? Number(code) : reader.decoder()(code); // prettier-ignore
  const close =
    typeof actual === 'number' &&
    typeof value === 'number' &&
    Math.abs(actual - value) <= 1e-9 * Math.max(1, Math.abs(value));
  if (!close && !Object.is(actual, value))
    throw new Error(`${String(actual)}, PyTorch has ${String(value)}`);
}

const isZero = (x: unknown): boolean =>
  x instanceof Tensor && Array.from(x.detach().toTypedArray()).every((v) => v === 0);

/** The results of a call: one tensor, several, or what destructures into several; nested ones in order. */
export function listOf(out: unknown): unknown[] {
  const isOne = typeof out !== 'object' || out === null || out instanceof Tensor;
  if (isOne) return [out];
  return [...(out as Iterable<unknown>)].flatMap((one) =>
    Array.isArray(one) ? listOf(one) : [one],
  );
}

/** Throws unless both have the same bits. */
export function expectBits(actual: unknown, expected: unknown): void {
  if (!(actual instanceof Tensor) || !(expected instanceof Tensor)) {
    if (!Object.is(actual ?? null, expected ?? null)) throw new Error(`${String(actual)} for ${String(expected)}`); // prettier-ignore
    return;
  }
  const show = (x: Tensor): string => `${x.dtype}[${x.shape.join(', ')}]`;
  if (show(actual) !== show(expected)) throw new Error(`${show(actual)} for ${show(expected)}`);
  const bytes = (x: Tensor): Buffer => {
    const { buffer, byteOffset, byteLength } = x.detach().toTypedArray();
    return Buffer.from(buffer, byteOffset, byteLength);
  };
  if (!bytes(actual).equals(bytes(expected))) throw new Error('other bits');
}

/** `operation: sentence`, and no fault of ours. */
const ours = /^(?!internal:)[\w.]+: /;

/** Throws unless `run` throws one of our own sentences. */
export function expectRefusal(run: () => unknown, theirs: string, words = ours): void {
  let error: unknown;
  try {
    run();
  } catch (thrown) {
    error = thrown;
  }
  if (error === undefined) throw new Error(`accepted; PyTorch: ${theirs}`);
  const { name, message } = error as Error;
  if (!['TypeError', 'RangeError', 'Error'].includes(name) || !words.test(message))
    throw new Error(`refused by "${name}: ${message}"`);
}

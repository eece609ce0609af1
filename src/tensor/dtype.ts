/** Element types: their sizes, array classes, kernel suffixes, and how two of them combine. */
import type { Suffix } from '../native/kernels';

/**
 * The element types of a tensor. `int32` is used where PyTorch has int64; `uint8` is a byte, from 0 to 255, and `bool` a byte of
 * 0 or 1.
 */
export type DType = 'float32' | 'float64' | 'int32' | 'uint8' | 'bool';

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

interface DTypeInfo {
  readonly size: number;
  /** bool 0, integer 1, float 2: results take the highest category of their operands. */
  readonly category: number;
  readonly view: (buffer: ArrayBuffer, byteOffset: number, length: number) => TypedArray;
}

const info: Record<DType, DTypeInfo> = {
  float32: { size: 4, category: 2, view: (b, o, n) => new Float32Array(b, o, n) },
  float64: { size: 8, category: 2, view: (b, o, n) => new Float64Array(b, o, n) },
  int32: { size: 4, category: 1, view: (b, o, n) => new Int32Array(b, o, n) },
  uint8: { size: 1, category: 1, view: (b, o, n) => new Uint8Array(b, o, n) },
  bool: { size: 1, category: 0, view: (b, o, n) => new Uint8Array(b, o, n) },
};

export const dtypes = Object.keys(info) as readonly DType[];

// Comparisons, because a lookup by a computed name costs more than a small kernel.
export const itemSize = (dtype: DType): number =>
  dtype === 'float32' ? 4 : dtype === 'float64' ? 8 : dtype === 'int32' ? 4 : 1;
export const suffixOf = (dtype: DType): Suffix =>
  dtype === 'float32' ? 'f32' : dtype === 'float64' ? 'f64' : dtype === 'int32' ? 'i32' : 'u8';
/** bool 0, integer 1, float 2. */
export const category = (dtype: DType): number => info[dtype].category;
export const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';
export const isInteger = (dtype: DType): boolean => dtype === 'int32' || dtype === 'uint8';
/**
 * The type that kernels compute in: bytes have kernels that move and compare them, and are int32 for all others. Arithmetic
 * of int32 is modulo 2³², so that its last byte is that of the bytes modulo 256.
 */
export const arithmeticType = (dtype: DType): DType =>
  dtype === 'uint8' || dtype === 'bool' ? 'int32' : dtype;
export const arrayOver = (
  dtype: DType,
  buffer: ArrayBuffer,
  byteOffset: number,
  length: number,
): TypedArray => info[dtype].view(buffer, byteOffset, length);

/** The element type of a JavaScript number in an expression: PyTorch's default float, or an integer. */
const numberDType = (value: number): DType => (Number.isInteger(value) ? 'int32' : 'float32');

const wider = (a: DType, b: DType): DType => {
  const [ca, cb] = [info[a].category, info[b].category];
  if (ca !== cb) return ca > cb ? a : b;
  return info[a].size >= info[b].size ? a : b;
};

interface Operand {
  readonly dtype: DType;
  readonly ndim: number;
}

/**
 * The type that an operation on both operands computes in, by PyTorch's rule: the highest category wins;
 * within a category tensors with dimensions outrank 0-dimensional ones, which outrank plain numbers.
 */
export function resultType(a: Operand | number, b: Operand | number): DType {
  if (typeof a !== 'number' && typeof b !== 'number' && a.dtype === b.dtype) return a.dtype;
  return promotedType(a, b);
}

// 2 with dimensions, 1 without, 0 a plain number
const rankOf = (x: Operand | number): number => (typeof x === 'number' ? 0 : x.ndim > 0 ? 2 : 1);
const typeOf = (x: Operand | number): DType => (typeof x === 'number' ? numberDType(x) : x.dtype);

function promotedType(a: Operand | number, b: Operand | number): DType {
  const ta = typeOf(a);
  const tb = typeOf(b);
  const order = rankOf(a) - rankOf(b);
  if (order === 0) return wider(ta, tb);
  const high = order > 0 ? ta : tb;
  const low = order > 0 ? tb : ta;
  return info[low].category > info[high].category ? low : high;
}

/**
 * `resultType` of any number of operands. Not that of two and then of the next: what is widest among tensors with dimensions is compared to
 * what is widest among 0-dimensional ones, so that of int32 [2], float64 [] and float32 [2] it is float32.
 */
export function resultTypeOf(operands: readonly (Operand | number)[]): DType {
  let result: DType | null = null;
  for (const rank of [2, 1, 0]) {
    let widest: DType | null = null;
    for (const x of operands) {
      if (rankOf(x) === rank) widest = widest === null ? typeOf(x) : wider(widest, typeOf(x));
    }
    if (widest === null) continue;
    if (result === null || info[widest].category > info[result].category) result = widest;
  }
  return result!;
}

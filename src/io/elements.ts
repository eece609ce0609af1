/**
 * Element types of files, by the names that safetensors gives them, and how their bytes become tensors: in place where memory
 * has the same form, else in pieces, so that no second copy is needed. Every platform of the package is little-endian.
 */
import type { DType, TypedArray } from '../tensor/dtype';
import { elementsOf, empty, type Tensor } from '../tensor/tensor';
import { refuse, type Source } from './malformed';

/** Fills `out` from elements at the start of `piece`; the first value that does not fit, or undefined. */
type Decode = (piece: ArrayBuffer, out: TypedArray) => number | bigint | undefined;

interface ElementType {
  /** Bytes of an element. */
  readonly size: number;
  readonly dtype: DType;
  /** Absent where memory has the same form. */
  readonly decode?: Decode;
}

/** A float of a sign, `exponentBits` and `fractionBits`, by IEEE 754's rule. */
function floatOf(bits: number, exponentBits: number, fractionBits: number, finite = false): number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = bits >> (exponentBits + fractionBits) === 0 ? 1 : -1;
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias);
  if (exponent === 2 ** exponentBits - 1) {
    // Without infinities all but the largest of these are numbers.
    if (!finite) return fraction === 0 ? sign * Infinity : NaN;
    if (fraction === 1 - 2 ** -fractionBits) return NaN;
  }
  return sign * (1 + fraction) * 2 ** (exponent - bias);
}

/** By a table of all values, made at the first use. */
function tabled(size: 1 | 2, valueOf: (bits: number) => number): Decode {
  let table: Float32Array | undefined;
  return (piece, out) => {
    table ??= Float32Array.from({ length: 2 ** (8 * size) }, (_, bits) => valueOf(bits));
    const bits = size === 1 ? new Uint8Array(piece) : new Uint16Array(piece);
    for (let i = 0; i < out.length; i++) out[i] = table[bits[i]];
    return undefined;
  };
}

/** The upper half of a float32. */
const fromBfloat16: Decode = (piece, out) => {
  const from = new Uint16Array(piece);
  const to = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < to.length; i++) to[i] = from[i] << 16;
  return undefined;
};

/** 64 bits as two halves: as bigints they would be objects. */
const fromLong =
  (isSigned: boolean): Decode =>
  (piece, out) => {
    const halves = new Int32Array(piece);
    for (let i = 0; i < out.length; i++) {
      const low = halves[2 * i];
      if (halves[2 * i + 1] !== (isSigned ? low >> 31 : 0) || (!isSigned && low < 0)) {
        return isSigned ? new BigInt64Array(piece)[i] : new BigUint64Array(piece)[i];
      }
      out[i] = low;
    }
    return undefined;
  };

const from =
  (over: new (piece: ArrayBuffer) => Int8Array | Int16Array | Uint16Array | Uint32Array): Decode =>
  (piece, out) => {
    const values = new over(piece);
    for (let i = 0; i < out.length; i++) {
      out[i] = values[i];
      if (out[i] !== values[i]) return values[i];
    }
    return undefined;
  };

/** F16, BF16 and F8 become float32, other integers int32 where their values fit. */
export const elementTypes = {
  F64: { size: 8, dtype: 'float64' },
  F32: { size: 4, dtype: 'float32' },
  F16: { size: 2, dtype: 'float32', decode: tabled(2, (bits) => floatOf(bits, 5, 10)) },
  BF16: { size: 2, dtype: 'float32', decode: fromBfloat16 },
  F8_E4M3: { size: 1, dtype: 'float32', decode: tabled(1, (bits) => floatOf(bits, 4, 3, true)) },
  F8_E5M2: { size: 1, dtype: 'float32', decode: tabled(1, (bits) => floatOf(bits, 5, 2)) },
  I64: { size: 8, dtype: 'int32', decode: fromLong(true) },
  I32: { size: 4, dtype: 'int32' },
  I16: { size: 2, dtype: 'int32', decode: from(Int16Array) },
  I8: { size: 1, dtype: 'int32', decode: from(Int8Array) },
  U64: { size: 8, dtype: 'int32', decode: fromLong(false) },
  U32: { size: 4, dtype: 'int32', decode: from(Uint32Array) },
  U16: { size: 2, dtype: 'int32', decode: from(Uint16Array) },
  U8: { size: 1, dtype: 'uint8' },
  BOOL: { size: 1, dtype: 'bool' },
} as const satisfies Readonly<Record<string, ElementType>>;
export type ElementTypeName = keyof typeof elementTypes;

const infoOf = (type: ElementTypeName): ElementType => elementTypes[type];

/** Most bytes of a piece. */
export const pieceSize = 2 ** 20;

/** The bytes of a contiguous tensor, in place. */
export const bytesOf = (x: Tensor): Buffer => {
  const memory = elementsOf(x, x.numel);
  return Buffer.from(memory.buffer as ArrayBuffer, memory.byteOffset, memory.byteLength);
};

function swap(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else if (size === 8) bytes.swap64();
}

/** What is read: elements of a type, and what to call them when they are refused. */
export interface Elements {
  readonly type: ElementTypeName;
  readonly name: string;
  readonly isBigEndian?: boolean;
}

/**
 * A fresh tensor with the elements that begin at `position`. The caller has checked that the source holds as many.
 * @throws Malformed for booleans that are neither 0 nor 1; RangeError for integers that int32 does not hold
 */
export function readElements(
  operation: string,
  source: Source,
  position: number,
  shape: readonly number[],
  { type, name, isBigEndian = false }: Elements,
): Tensor {
  const { size, dtype, decode } = infoOf(type);
  const out = empty(shape, dtype);
  if (decode === undefined) {
    const bytes = bytesOf(out);
    source.read(bytes, position);
    if (isBigEndian) swap(bytes, size);
    if (dtype === 'bool') {
      for (let i = 0; i < bytes.length; i++) {
        if (bytes[i] > 1) refuse(`${name} has booleans that are neither 0 nor 1`);
      }
    }
    return out;
  }
  const memory = elementsOf(out, out.numel);
  const most = pieceSize / size;
  const piece = new ArrayBuffer(Math.min(most, memory.length) * size);
  for (let at = 0; at < memory.length; at += most) {
    const part = memory.subarray(at, at + most);
    const bytes = Buffer.from(piece, 0, part.length * size);
    source.read(bytes, position + at * size);
    if (isBigEndian) swap(bytes, size);
    const misfit = decode(piece, part);
    if (misfit !== undefined) {
      throw new RangeError(`${operation}: ${name} holds ${misfit}, which does not fit int32`);
    }
  }
  return out;
}

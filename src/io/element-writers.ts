/** The bytes that files hold of tensors: those in memory, or of another type, converted piece by piece. */
import { oneOf } from '../check';
import { dense } from '../ops/kernels/copy';
import { itemSize, type DType, type TypedArray } from '../tensor/dtype';
import { elementsOf, type Tensor } from '../tensor/tensor';
import { bytesOf, pieceSize, type ElementTypeName } from './elements';
import type { FileTypes } from './file-types';

/** The float16 nearest to a float32 given as bits, ties to even. */
function halfOf(bits: number, value: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  if (size >= 0x477ff000) return sign | 0x7c00; // from 65520 on
  // Below 2^-14 a multiple of 2^-24, which adding 2^52 rounds to.
  if (size < 0x38800000) return sign | (Math.abs(value) * 2 ** 24 + 2 ** 52 - 2 ** 52);
  const normal = size - (112 << 23);
  return sign | ((normal + 0xfff + ((normal >>> 13) & 1)) >>> 13);
}

/** The bfloat16 nearest to a float32 given as bits, ties to even. */
const bfloatOf = (bits: number): number =>
  (bits & 0x7fffffff) > 0x7f800000
    ? (bits >>> 16) | 0x40
    : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;

/** Elements as a file's type; float64 by way of float32, as PyTorch converts it. */
type Encode = (
  values: TypedArray,
) => TypedArray | Uint16Array | BigInt64Array | Int16Array | Int8Array;

const toFloat =
  (bitsOf: (bits: number, value: number) => number): Encode =>
  (values) => {
    const singles = Float32Array.from(values);
    const bits = new Uint32Array(singles.buffer);
    return Uint16Array.from(bits, (each, i) => bitsOf(each, singles[i]));
  };

const encoders: Readonly<Partial<Record<ElementTypeName, Encode>>> = {
  F32: (values) => Float32Array.from(values),
  F16: toFloat(halfOf),
  BF16: toFloat(bfloatOf),
  I64: (values) => BigInt64Array.from(values as Int32Array, (value) => BigInt(value)),
  I16: (values) => Int16Array.from(values),
  I8: (values) => Int8Array.from(values),
};

/** @throws RangeError where a value does not fit */
export function checkFits(operation: string, name: string, x: Tensor, type: ElementTypeName): void {
  if (type !== 'I16' && type !== 'I8') return;
  const values = elementsOf(dense(x), x.numel);
  const most = type === 'I16' ? 2 ** 15 : 2 ** 7;
  for (let i = 0; i < values.length; i++) {
    if (values[i] < -most || values[i] >= most) {
      const typeName = type === 'I16' ? 'int16' : 'int8';
      throw new RangeError(
        `${operation}: ${name} holds ${values[i]}, which does not fit ${typeName}`,
      );
    }
  }
}

/** The bytes of a tensor's elements as a file's type, in row-major order, piece by piece. */
export function* encoded(x: Tensor, type: ElementTypeName): Generator<Uint8Array, void> {
  const source = dense(x);
  const encode = type === words[x.dtype] ? undefined : encoders[type];
  if (encode === undefined) {
    yield bytesOf(source);
    return;
  }
  const values = elementsOf(source, source.numel);
  const most = pieceSize / itemSize(x.dtype);
  for (let at = 0; at < values.length; at += most) {
    const { buffer, byteLength } = encode(values.subarray(at, at + most));
    yield new Uint8Array(buffer as ArrayBuffer, 0, byteLength);
  }
}

const words = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
} as const;

export const integerTypes = oneOf('int32', 'int64', 'int16', 'int8').or('int32');
export const fileTypes = {
  float32: oneOf('float32', 'float16', 'bfloat16').or('float32'),
  float64: oneOf('float64', 'float32', 'float16', 'bfloat16').or('float64'),
  int32: integerTypes,
};

/** The type in which a file holds tensors of `dtype`. */
export const typeIn = (types: FileTypes, dtype: DType): ElementTypeName =>
  words[dtype === 'uint8' || dtype === 'bool' ? dtype : (types[dtype] ?? dtype)];

/** ONNX's tensors: element types, where their bytes are (in the file, or in another of its folder), and those that are written. */
import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import type { DType } from '../../tensor/dtype';
import { elementsOf, empty, type Tensor } from '../../tensor/tensor';
import { encoded } from '../element-writers';
import { elementTypes, readElements, type ElementTypeName } from '../elements';
import {
  cannotRead,
  memorySource,
  refuse,
  within,
  withSource,
  type Source,
  quoted,
} from '../malformed';
import type { TensorProto } from './schema';

/** Element types by ONNX's numbers. */
export const typeNames: Readonly<Record<number, ElementTypeName>> = {
  1: 'F32',
  2: 'U8',
  3: 'I8',
  4: 'U16',
  5: 'I16',
  6: 'I32',
  7: 'I64',
  9: 'BOOL',
  10: 'F16',
  11: 'F64',
  12: 'U32',
  13: 'U64',
  16: 'BF16',
};
const otherTypes: Readonly<Record<number, string>> = {
  8: 'texts',
  14: 'complex64',
  15: 'complex128',
  17: 'float8',
  18: 'float8',
  19: 'float8',
  20: 'float8',
  21: 'uint4',
  22: 'int4',
  23: 'float4',
};

/** The number of the type that tensors of `dtype` are written in. Indices and shapes are of 64 bits in ONNX. */
export const numberOf: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 7,
  bool: 9,
  float64: 11,
};

/** The type that tensors of ONNX's type `number` have here. @throws Malformed for types that no tensor has */
export function dtypeOf(number: number | undefined): DType {
  const name = number === undefined ? undefined : typeNames[number];
  if (name !== undefined) return elementTypes[name].dtype;
  const other = number === undefined ? undefined : otherTypes[number];
  if (other !== undefined) return cannotRead(`it holds ${other}`);
  return refuse(`it has the element type ${number}`);
}

/** Where the file is, and in whose name it is read. */
export interface Context {
  readonly operation: string;
  readonly folder: string;
}

// A 64-bit number from here on, as of a slice's end, means `as far as there is`.
const farAway = 2 ** 62;
const int32Max = 2 ** 31 - 1;
const saturated = (value: number): number =>
  value >= farAway ? int32Max : value <= -farAway ? -int32Max - 1 : value;

function longsOf(name: string, source: Source, position: number, out: Tensor): Tensor {
  const bytes = Buffer.allocUnsafe(out.numel * 8);
  source.read(bytes, position);
  const values = Array.from({ length: out.numel }, (_, i) =>
    saturated(bytes.readInt32LE(8 * i + 4) * 2 ** 32 + bytes.readUInt32LE(8 * i)),
  );
  return filled(name, values, out);
}

function filled(name: string, values: readonly number[], out: Tensor): Tensor {
  const memory = elementsOf(out, out.numel);
  for (let i = 0; i < memory.length; i++) {
    const value = saturated(values[i]);
    memory[i] = value;
    const fits = out.dtype === 'bool' ? value === 0 || value === 1 : memory[i] === value;
    if (!fits && out.dtype !== 'float32' && !Number.isNaN(value)) {
      cannotRead(`${name} holds ${value}, which does not fit ${out.dtype}`);
    }
  }
  return out;
}

/** The number of elements, and that of bytes, of a tensor of a file; neither is more than what numbers hold. */
function countOf(name: string, dims: readonly number[]): number {
  let count = 1;
  for (const size of dims) {
    if (!Number.isSafeInteger(size) || size < 0)
      refuse(`${name} has the shape [${dims.join(', ')}]`);
    count *= size;
    if (count > 2 ** 40) refuse(`${name} has the shape [${dims.join(', ')}]`);
  }
  if (dims.length > 64) refuse(`${name} has ${dims.length} dimensions`);
  return count;
}

function fromTyped(name: string, proto: TensorProto, type: ElementTypeName, count: number): Tensor {
  const { floatData, int32Data, int64Data, doubleData, uint64Data } = proto;
  const lists = {
    ...{ F32: floatData, F64: doubleData, I64: int64Data, U64: uint64Data, U32: uint64Data },
    ...{ I32: int32Data, I16: int32Data, I8: int32Data, U16: int32Data, U8: int32Data },
    ...{ BOOL: int32Data, F16: int32Data, BF16: int32Data, F8_E4M3: int32Data, F8_E5M2: int32Data },
  };
  const values = lists[type];
  if (values.length !== count) refuse(`${name} has ${values.length} elements, not ${count}`);
  if (type === 'F16' || type === 'BF16') {
    // Their bits, as numbers.
    const bits = Uint16Array.from(values);
    const source = memorySource(new Uint8Array(bits.buffer));
    return readElements('', source, 0, proto.dims, { type, name });
  }
  return filled(name, values, empty(proto.dims, elementTypes[type].dtype));
}

/** The whole number that an entry of external data has. */
function whole(name: string, key: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value)) refuse(`the ${key} of ${name} is ${quoted(value)}`);
  return Number(value);
}

/** The file of external data: one of the folder of the model's, or below it. */
function externalPath(name: string, location: string | undefined, { folder }: Context): string {
  if (location === undefined || location === '' || location.includes('\0')) {
    return refuse(`${name} says no file that its data is in`);
  }
  const outside = (path: string): boolean => path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path); // prettier-ignore
  const shown = quoted(location);
  if (isAbsolute(location) || outside(relative('.', join('.', location)))) {
    refuse(`the data of ${name} is in ${shown}, outside of the folder of the file`);
  }
  const path = join(folder, location);
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    return path; // Opening it says why.
  }
  if (outside(relative(realpathSync(folder), real))) {
    refuse(`the data of ${name} is in ${shown}, which links to a place outside of the folder`);
  }
  return path;
}

function fromExternal(
  name: string,
  proto: TensorProto,
  size: number,
  context: Context,
  read: (source: Source, position: number) => Tensor,
): Tensor {
  // prettier-ignore
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const offset = whole(name, 'offset', entries.get('offset')) ?? 0;
  const length = whole(name, 'length', entries.get('length')) ?? size;
  const path = externalPath(name, entries.get('location'), context);
  if (length !== size) refuse(`${name} has ${length} bytes, not ${size}`);
  return withSource(context.operation, path, (source) => {
    if (offset + size > source.size) refuse(`it has ${source.size} bytes, ${name} ends at ${offset + size}`); // prettier-ignore
    return read(source, offset);
  });
}

/** A tensor of a file; `what` is what to call it. */
export function tensorOf(proto: TensorProto, what: string, context: Context): Tensor {
  const name = proto.name ? quoted(proto.name) : what;
  const dtype = within(name, () => dtypeOf(proto.dataType));
  const type = typeNames[proto.dataType!];
  if (proto.segment !== undefined) cannotRead(`${name} is in segments`);
  const count = countOf(name, proto.dims);
  const size = count * elementTypes[type].size;
  const read = (source: Source, position: number): Tensor =>
    type === 'I64'
      ? longsOf(name, source, position, empty(proto.dims, dtype))
      : readElements(context.operation, source, position, proto.dims, { type, name });
  if (proto.dataLocation === 1) return fromExternal(name, proto, size, context, read);
  if (proto.dataLocation !== undefined && proto.dataLocation !== 0) {
    refuse(`${name} has its data at the location ${proto.dataLocation}`);
  }
  if (proto.rawData === undefined) return fromTyped(name, proto, type, count);
  if (proto.rawData.length !== size) refuse(`${name} has ${proto.rawData.length} bytes, not ${size}`); // prettier-ignore
  return read(memorySource(proto.rawData), 0);
}

/** A tensor as a file has it. */
export function protoOf(
  name: string | undefined,
  x: Tensor,
  docString?: string,
): Partial<TensorProto> {
  // prettier-ignore
  const type = typeNames[numberOf[x.dtype]];
  return {
    dims: x.shape,
    dataType: numberOf[x.dtype],
    name,
    rawData: Buffer.concat([...encoded(x, type)]),
    docString,
  };
}

export const folderOf = (path: string): string => dirname(path);

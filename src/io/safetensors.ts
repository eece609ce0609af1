/**
 * Saving and loading state dicts as safetensors. Tensors are read straight into their memory, and written out of it.
 */
import { describe, isArray, isInstance, optionsTable, rule, string } from '../check';
import { contiguous, detach } from '../ops/clone';
import { itemSize, type DType } from '../tensor/dtype';
import { anyTensor } from '../tensor/rules';
import { StateDict } from '../tensor/state-dict';
import { empty, type Tensor } from '../tensor/tensor';
import { readers } from './convert';
import { pathOf, readAt, withFileToRead, writeFile, type FilePath } from './files';
import {
  largestHeader,
  parseHeader,
  typeSizes,
  type Entry,
  type Header,
} from './safetensors-header';

const typeOf: Readonly<Record<DType, string>> = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  bool: 'BOOL',
};
// F16 and BF16 become float32, small and 64-bit integers int32.
const dtypeOf: Readonly<Record<string, DType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float32',
  BF16: 'float32',
  I64: 'int32',
  I32: 'int32',
  I16: 'int32',
  I8: 'int32',
  U8: 'int32',
  BOOL: 'bool',
};

/** Options of `saveSafetensors`. */
export interface SaveOptions {
  /** Strings kept in the file's header. Default: none. */
  metadata?: Readonly<Record<string, string>>;
}

const anyMetadata = rule<Readonly<Record<string, string>>>(
  'an object of strings',
  (value) => typeof value === 'object' && value !== null && !isArray(value),
);

const saveOptions = optionsTable<SaveOptions, 'metadata'>('saveSafetensors', {
  metadata: anyMetadata.optional,
});

// Half of a surrogate pair, which UTF-8 does not have.
const loneSurrogate = /[\ud800-\udfff]/u;

/** The bytes of a contiguous tensor, in place. */
const bytesOf = (x: Tensor): Uint8Array => {
  const memory = x.memory(x.numel);
  return new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength);
};

/** What is to be written, largest element type first so that every tensor is aligned, then by name. */
function planOf(tensors: ReadonlyMap<string, Tensor>): {
  entries: [string, Tensor][];
  header: Record<string, unknown>;
} {
  if (!isInstance(tensors, Map)) {
    throw new TypeError(
      `saveSafetensors: takes a Map from names to tensors, such as model.stateDict(), got ${describe(tensors)}`,
    );
  }
  const entries: [string, Tensor][] = [];
  for (const [name, x] of tensors as ReadonlyMap<unknown, unknown>) {
    const key = string.check('saveSafetensors', 'every name', name);
    if (key === '__metadata__' || key === '__proto__' || loneSurrogate.test(key)) {
      throw new RangeError(`saveSafetensors: a tensor cannot be called ${JSON.stringify(key)}`);
    }
    entries.push([key, detach(anyTensor.check('saveSafetensors', JSON.stringify(key), x))]);
  }
  entries.sort(
    ([a, x], [b, y]) => itemSize(y.dtype) - itemSize(x.dtype) || (a < b ? -1 : Number(a > b)),
  );
  const header: Record<string, unknown> = {};
  let at = 0;
  for (const [name, x] of entries) {
    const end = at + x.numel * itemSize(x.dtype);
    header[name] = { dtype: typeOf[x.dtype], shape: x.sizes, data_offsets: [at, end] };
    at = end;
  }
  return { entries, header };
}

/** @throws TypeError or RangeError for what a file's header cannot hold */
function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(metadata)) {
    const name = `metadata ${JSON.stringify(key)}`;
    const text = string.check('saveSafetensors', name, value);
    if (key === '__proto__') {
      throw new RangeError('saveSafetensors: metadata cannot be called __proto__');
    }
    if (loneSurrogate.test(key) || loneSurrogate.test(text)) {
      throw new RangeError(
        `saveSafetensors: ${name} holds half a surrogate pair, which is no text`,
      );
    }
  }
}

/** The length of the header, and the header, padded with spaces to 8 bytes. */
function headerBytes(header: Record<string, unknown>): Uint8Array[] {
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  if (padded.length > largestHeader) {
    throw new RangeError(
      `saveSafetensors: names, shapes and metadata take ${padded.length} bytes; a header holds at most ${largestHeader}`,
    );
  }
  text.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return [length, padded];
}

/**
 * Writes tensors to a safetensors file: as a whole or, when it fails or is interrupted, not at all. What was there keeps
 * its mode; what a symbolic link points to is written, not the link; devices and FIFOs are written through.
 * @param path a string or a file: URL
 * @throws TypeError for what is no path, no map of tensors, no metadata of strings; RangeError for names and metadata that
 * the format cannot hold; Error when the file cannot be written, saying why, with the system's `code`.
 * @example io.saveSafetensors('model.safetensors', new nn.Linear(2, 1).stateDict(), { metadata: { epoch: '3' } });
 */
export function saveSafetensors(
  path: FilePath,
  tensors: ReadonlyMap<string, Tensor>,
  options?: SaveOptions,
): void {
  const { metadata } = saveOptions.read(options);
  const target = pathOf('saveSafetensors', path);
  const { entries, header } = planOf(tensors);
  checkMetadata(metadata ?? {});
  const start = headerBytes(
    metadata === undefined ? header : { __metadata__: metadata, ...header },
  );
  function* parts(): Generator<Uint8Array, void> {
    yield* start;
    for (const [, x] of entries) yield bytesOf(contiguous(x));
  }
  writeFile('saveSafetensors', target, parts());
}

function readAll(file: number, into: Uint8Array, position: number): void {
  if (readAt(file, into, position) < into.length) {
    throw new RangeError('loadSafetensors: malformed file: it ends too early');
  }
}

/** Opens a file, checks its header and hands both on. */
function withFile<R>(
  operation: string,
  path: FilePath,
  body: (file: number, header: Header, start: number) => R,
): R {
  return withFileToRead(operation, pathOf(operation, path), (file, size) => {
    if (size < 8) {
      throw new RangeError(
        `loadSafetensors: malformed file: ${size} bytes are too short for a header`,
      );
    }
    const length = Buffer.alloc(8);
    readAll(file, length, 0);
    const headerLength = length.readBigUInt64LE();
    if (headerLength > BigInt(largestHeader)) {
      throw new RangeError(
        `loadSafetensors: malformed file: a header of ${headerLength} bytes is larger than ${largestHeader}`,
      );
    }
    const start = 8 + Number(headerLength);
    if (start > size) {
      throw new RangeError(
        `loadSafetensors: malformed file: the header of ${headerLength} bytes goes past the end of the file`,
      );
    }
    const text = Buffer.alloc(Number(headerLength));
    readAll(file, text, 8);
    let json: string;
    try {
      json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
    } catch {
      throw new RangeError('loadSafetensors: malformed file: the header is not UTF-8');
    }
    return body(file, parseHeader(json, size - start), start);
  });
}

function readTensor(file: number, entry: Entry, start: number): Tensor {
  const dtype = dtypeOf[entry.type];
  const out = empty([...entry.shape], dtype);
  if (typeOf[dtype] === entry.type) {
    readAll(file, bytesOf(out), start + entry.begin);
    if (dtype === 'bool' && bytesOf(out).some((byte) => byte > 1)) {
      throw new RangeError(
        `loadSafetensors: malformed file: ${JSON.stringify(entry.name)} has booleans that are neither 0 nor 1`,
      );
    }
    return out;
  }
  const bytes = Buffer.alloc(entry.end - entry.begin);
  readAll(file, bytes, start + entry.begin);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[entry.type];
  const memory = out.memory(out.numel);
  const step = typeSizes[entry.type];
  for (let i = 0; i < memory.length; i++) {
    const value = read(view, i * step);
    memory[i] = value;
    if (dtype === 'int32' && memory[i] !== value) {
      throw new RangeError(
        `loadSafetensors: ${JSON.stringify(entry.name)} holds ${value}, which does not fit int32`,
      );
    }
  }
  return out;
}

/**
 * Reads a safetensors file. F16 and BF16 become float32, integers of other widths int32.
 * @throws TypeError for what is no path; RangeError saying what is wrong with a malformed file; Error when it cannot be
 * read.
 * @example
 * const model = new nn.Linear(2, 1);
 * io.saveSafetensors('model.safetensors', model.stateDict());
 * model.loadStateDict(io.loadSafetensors('model.safetensors'));
 */
export function loadSafetensors(path: FilePath): Map<string, Tensor> {
  return withFile('loadSafetensors', path, (file, { entries }, start) => {
    const out = new StateDict();
    for (const entry of entries) out.set(entry.name, readTensor(file, entry, start));
    return out;
  });
}

/**
 * The strings in the header of a safetensors file; an empty object when there are none.
 * @throws TypeError for what is no path; RangeError saying what is wrong with a malformed file; Error when it cannot be
 * read.
 * @example
 * io.saveSafetensors('model.safetensors', new Map(), { metadata: { epoch: '3' } });
 * io.readSafetensorsMetadata('model.safetensors').epoch; // '3'
 */
export function readSafetensorsMetadata(path: FilePath): Readonly<Record<string, string>> {
  return withFile('readSafetensorsMetadata', path, (_file, { metadata }) => metadata);
}

/**
 * Saving and loading state dicts as safetensors. Tensors are read straight into their memory, and written out of it.
 */
import { describe, isInstance, isPlain, optionsTable, rule, string, surplus } from '../check';
import { detach } from '../ops/copying/clone';
import { itemSize, type DType } from '../tensor/dtype';
import { anyTensor } from '../tensor/rules';
import { StateDict } from '../tensor/state-dict';
import { empty, type Tensor } from '../tensor/tensor';
import { readers } from './convert';
import { readAt, withFileToRead, writeFile } from './files';
import { pathOf, type FilePath } from './path';
import {
  largestHeader,
  Malformed,
  parseHeader,
  typeSizes,
  type Entry,
  type Header,
} from './safetensors-header';
import { dense } from '../ops/kernels/copy';

const typeOf: Readonly<Record<DType, string>> = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  uint8: 'U8',
  bool: 'BOOL',
};
// F16 and BF16 become float32, other integers int32.
const dtypeOf: Readonly<Record<string, DType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float32',
  BF16: 'float32',
  I64: 'int32',
  I32: 'int32',
  I16: 'int32',
  I8: 'int32',
  U8: 'uint8',
  BOOL: 'bool',
};

/** Options of `saveSafetensors`. */
export interface SaveOptions {
  /** Strings kept in the file's header. Default: none. */
  metadata?: Readonly<Record<string, string>>;
}

const anyMetadata = rule<Readonly<Record<string, string>>>('an object of strings', isPlain);

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
function planOf(
  operation: string,
  tensors: ReadonlyMap<string, Tensor>,
): {
  entries: [string, Tensor][];
  header: Record<string, unknown>;
} {
  if (!isInstance(tensors, Map)) {
    throw new TypeError(
      `${operation}: takes a Map from names to tensors, such as model.stateDict(), got ${describe(tensors)}`,
    );
  }
  const entries: [string, Tensor][] = [];
  for (const [name, x] of tensors as ReadonlyMap<unknown, unknown>) {
    const key = string.check(operation, 'every name', name);
    if (key === '__metadata__' || key === '__proto__' || loneSurrogate.test(key)) {
      throw new RangeError(`${operation}: a tensor cannot be called ${JSON.stringify(key)}`);
    }
    entries.push([key, detach(anyTensor.check(operation, JSON.stringify(key), x))]);
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

/**
 * A copy without a prototype, whose toJSON would be called.
 * @throws TypeError or RangeError for what a file's header cannot hold
 */
function checkedMetadata(
  operation: string,
  metadata: Readonly<Record<string, string>>,
): Record<string, string> {
  const copy = Object.create(null) as Record<string, string>;
  for (const [key, value] of Object.entries(metadata)) {
    const name = `metadata ${JSON.stringify(key)}`;
    const text = string.check(operation, name, value);
    if (key === '__proto__') {
      throw new RangeError(`${operation}: metadata cannot be called __proto__`);
    }
    if (loneSurrogate.test(key) || loneSurrogate.test(text)) {
      throw new RangeError(`${operation}: ${name} holds half a surrogate pair, which is no text`);
    }
    copy[key] = text;
  }
  return copy;
}

/** The length of the header, and the header, padded with spaces to 8 bytes. */
function headerBytes(operation: string, header: Record<string, unknown>): Uint8Array[] {
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  if (padded.length > largestHeader) {
    throw new RangeError(
      `${operation}: names, shapes and metadata take ${padded.length} bytes; a header holds at most ${largestHeader}`,
    );
  }
  text.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return [length, padded];
}

/** @internal Writes tensors and the strings of the header to a file, in the name of `operation`. */
export function writeTensors(
  operation: string,
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata?: Readonly<Record<string, string>>,
): void {
  const { entries, header } = planOf(operation, tensors);
  const described =
    metadata === undefined ? {} : { __metadata__: checkedMetadata(operation, metadata) };
  const start = headerBytes(operation, { ...described, ...header });
  function* parts(): Generator<Uint8Array, void> {
    yield* start;
    for (const [, x] of entries) yield bytesOf(dense(x));
  }
  writeFile(operation, path, parts());
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
  if (arguments.length > 3) surplus('saveSafetensors', arguments, 3, 'options');
  const { metadata } = saveOptions.read(options);
  writeTensors('saveSafetensors', pathOf('saveSafetensors', path), tensors, metadata);
}

function readAll(file: number, into: Uint8Array, position: number): void {
  if (readAt(file, into, position) < into.length) {
    throw new Malformed('it ends too early');
  }
}

// How files of other kinds begin that weights come in.
const torchRemedy =
  "as torch.save writes; in Python: safetensors.torch.save_file(model.state_dict(), 'model.safetensors')";
const otherKinds: readonly (readonly [start: string, what: string])[] = [
  ['PK\x03\x04', `a zip archive, ${torchRemedy}`],
  ...[2, 3, 4, 5].map(
    (protocol) => [`\x80${String.fromCharCode(protocol)}`, `a pickle, ${torchRemedy}`] as const,
  ),
  ['\x93NUMPY', 'an array of NumPy; in Python: safetensors.numpy.save_file(arrays, path)'],
  ['\x89HDF', 'HDF5, as Keras writes'],
  ['GGUF', 'GGUF'],
];

/** What a file that begins with these bytes is instead, for the end of a sentence; '' if that is not known. */
function kindOf(bytes: Buffer): string {
  const start = bytes.toString('latin1');
  const found = otherKinds.find(([beginning]) => start.startsWith(beginning));
  return found === undefined ? '' : `; it is ${found[1]}`;
}

function readHeader(file: number, size: number): { header: Header; start: number } {
  if (size < 8) {
    throw new Malformed(`${size} bytes are too short for a header`);
  }
  const length = Buffer.alloc(8);
  readAll(file, length, 0);
  const headerLength = length.readBigUInt64LE();
  if (headerLength > BigInt(largestHeader)) {
    throw new Malformed(
      `a header of ${headerLength} bytes is larger than ${largestHeader}${kindOf(length)}`,
    );
  }
  const start = 8 + Number(headerLength);
  if (start > size) {
    throw new Malformed(
      `the header of ${headerLength} bytes goes past the end of the file${kindOf(length)}`,
    );
  }
  const text = Buffer.alloc(Number(headerLength));
  readAll(file, text, 8);
  let json: string;
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    throw new Malformed('the header is not UTF-8');
  }
  return { header: parseHeader(json, size - start), start };
}

/**
 * Opens a file, checks its header and passes both on.
 * @throws RangeError saying what is wrong with a malformed file
 */
function withFile<R>(
  operation: string,
  path: string,
  body: (file: number, header: Header, start: number) => R,
): R {
  try {
    return withFileToRead(operation, path, (file, size) => {
      const { header, start } = readHeader(file, size);
      return body(file, header, start);
    });
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new RangeError(`${operation}: malformed file: ${error.message}`, { cause: error });
  }
}

function readTensor(operation: string, file: number, entry: Entry, start: number): Tensor {
  const dtype = dtypeOf[entry.type];
  const out = empty([...entry.shape], dtype);
  if (typeOf[dtype] === entry.type) {
    readAll(file, bytesOf(out), start + entry.begin);
    if (dtype === 'bool' && bytesOf(out).some((byte) => byte > 1)) {
      throw new Malformed(`${JSON.stringify(entry.name)} has booleans that are neither 0 nor 1`);
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
        `${operation}: ${JSON.stringify(entry.name)} holds ${value}, which does not fit int32`,
      );
    }
  }
  return out;
}

/** What a file holds. */
interface Contents {
  readonly tensors: StateDict;
  readonly metadata: Readonly<Record<string, string>>;
}

/** @internal Reads all of a file at once, so that its parts are of one save. */
export const readTensors = (operation: string, path: string): Contents =>
  withFile(operation, path, (file, { entries, metadata }, start) => {
    const tensors = new StateDict();
    for (const entry of entries) tensors.set(entry.name, readTensor(operation, file, entry, start));
    return { tensors, metadata };
  });

/**
 * Reads a safetensors file. F16 and BF16 become float32, U8 uint8, integers of other widths int32.
 * @throws TypeError for what is no path; RangeError saying what is wrong with a malformed file; Error when it cannot be
 * read.
 * @example
 * const model = new nn.Linear(2, 1);
 * io.saveSafetensors('model.safetensors', model.stateDict());
 * model.loadStateDict(io.loadSafetensors('model.safetensors'));
 */
export function loadSafetensors(path: FilePath): Map<string, Tensor> {
  if (arguments.length > 1) surplus('loadSafetensors', arguments, 1, 'path');
  return readTensors('loadSafetensors', pathOf('loadSafetensors', path)).tensors;
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
  if (arguments.length > 1) surplus('readSafetensorsMetadata', arguments, 1, 'path');
  const name = 'readSafetensorsMetadata';
  return withFile(name, pathOf(name, path), (_file, { metadata }) => metadata);
}

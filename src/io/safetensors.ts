/**
 * Saving and loading state dicts as safetensors. Tensors are read straight into their memory; a file is written
 * under another name first and then renamed, so that an interrupted save never harms what was there.
 */
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { describe, isArray, isInstance, optionsTable, rule, string } from '../check';
import { contiguous, detach } from '../ops/clone';
import { itemSize, type DType } from '../tensor/dtype';
import { anyTensor } from '../tensor/rules';
import { StateDict } from '../tensor/state-dict';
import { empty, type Tensor } from '../tensor/tensor';
import { readers } from './convert';
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
    string.check('saveSafetensors', 'every name', name);
    if (typeof name !== 'string') continue;
    if (name === '__metadata__' || name === '__proto__') {
      throw new RangeError(`saveSafetensors: a tensor cannot be called ${name}`);
    }
    entries.push([
      name,
      contiguous(detach(anyTensor.check('saveSafetensors', JSON.stringify(name), x))),
    ]);
  }
  entries.sort(
    ([a, x], [b, y]) => itemSize(y.dtype) - itemSize(x.dtype) || (a < b ? -1 : Number(a > b)),
  );
  const header: Record<string, unknown> = {};
  let at = 0;
  for (const [name, x] of entries) {
    const end = at + x.numel * itemSize(x.dtype);
    header[name] = { dtype: typeOf[x.dtype], shape: x.shape, data_offsets: [at, end] };
    at = end;
  }
  return { entries, header };
}

/**
 * Writes tensors to a safetensors file.
 * @throws TypeError for what is no path, no map of tensors, no metadata of strings; Error when the file cannot be written.
 * @example io.saveSafetensors('model.safetensors', new nn.Linear(2, 1).stateDict(), { metadata: { epoch: '3' } });
 */
export function saveSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  options?: SaveOptions,
): void {
  const { metadata } = saveOptions.read(options);
  string.check('saveSafetensors', 'path', path);
  const { entries, header } = planOf(tensors);
  for (const [key, value] of Object.entries(metadata ?? {})) {
    string.check('saveSafetensors', `metadata ${JSON.stringify(key)}`, value);
  }
  const json = JSON.stringify(
    metadata === undefined ? header : { __metadata__: metadata, ...header },
  );
  const text = Buffer.from(json);
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  text.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const draft = `${path}.${process.pid}.tmp`;
  const file = openSync(draft, 'w');
  try {
    for (const part of [length, padded, ...entries.map(([, x]) => bytesOf(x))])
      writeAll(file, part);
    closeSync(file);
    renameSync(draft, path);
  } catch (error) {
    try {
      closeSync(file);
    } catch {
      // It was closed before renaming failed.
    }
    rmSync(draft, { force: true });
    throw error;
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at);
}

function readAll(file: number, into: Uint8Array, position: number): void {
  for (let at = 0; at < into.length;) {
    const read = readSync(file, into, at, into.length - at, position + at);
    if (read === 0) throw new RangeError('loadSafetensors: malformed file: it ends too early');
    at += read;
  }
}

/** Opens a file, checks its header and hands both on. */
function withFile<R>(
  operation: string,
  path: string,
  body: (file: number, header: Header, start: number) => R,
): R {
  string.check(operation, 'path', path);
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
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
  } finally {
    closeSync(file);
  }
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
export function loadSafetensors(path: string): Map<string, Tensor> {
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
export function readSafetensorsMetadata(path: string): Readonly<Record<string, string>> {
  return withFile('readSafetensorsMetadata', path, (_file, { metadata }) => metadata);
}

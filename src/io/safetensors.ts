/**
 * Saving and loading state dicts as safetensors. Tensors are read straight into their memory, and written out of it.
 */
import { isPlain, optionsTable, rule, string, surplus } from '../check';
import { StateDict } from '../tensor/state-dict';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { checkFits, encoded, fileTypes, typeIn } from './element-writers';
import { elementTypes, readElements, type ElementTypeName } from './elements';
import type { FileTypes } from './file-types';
import { writeFile } from './files';
import { bytesAt, Malformed, withSource, type Source, quoted } from './malformed';
import { loneSurrogate, namedTensors } from './named';
import { pathOf, type FilePath } from './path';
import { largestHeader, parseHeader, type Header } from './safetensors-header';

/** Options of `saveSafetensors`. */
export interface SaveOptions extends FileTypes {
  /** Strings kept in the file's header. Default: none. */
  metadata?: Readonly<Record<string, string>>;
}

const anyMetadata = rule<Readonly<Record<string, string>>>('an object of strings', isPlain);

const saveOptions = optionsTable<SaveOptions, 'metadata'>('saveSafetensors', {
  metadata: anyMetadata.optional,
  ...fileTypes,
});

interface Planned {
  readonly type: ElementTypeName;
  readonly x: Tensor;
}

/** What is to be written, largest element type first so that every tensor is aligned, then by name. */
function planOf(
  operation: string,
  tensors: ReadonlyMap<string, Tensor>,
  types: FileTypes,
): { planned: Planned[]; header: Record<string, unknown> } {
  const isName = (name: string): boolean => name !== '__metadata__' && name !== '__proto__';
  const entries = namedTensors(operation, tensors, isName).map(([name, x]) => {
    const type = typeIn(types, x.dtype);
    checkFits(operation, quoted(name), x, type);
    return { name, x, type, size: elementTypes[type].size };
  });
  entries.sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : Number(a.name > b.name)));
  const header: Record<string, unknown> = {};
  let at = 0;
  for (const { name, x, type, size } of entries) {
    const end = at + x.numel * size;
    header[name] = { dtype: type, shape: sizesOf(x), data_offsets: [at, end] };
    at = end;
  }
  return { planned: entries, header };
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
    const name = `metadata ${quoted(key)}`;
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
  types: FileTypes = {},
): void {
  const { planned, header } = planOf(operation, tensors, types);
  const described =
    metadata === undefined ? {} : { __metadata__: checkedMetadata(operation, metadata) };
  const start = headerBytes(operation, { ...described, ...header });
  function* parts(): Generator<Uint8Array, void> {
    yield* start;
    for (const { x, type } of planned) yield* encoded(x, type);
  }
  writeFile(operation, path, parts());
}

/**
 * Writes tensors to a safetensors file: as a whole or, when it fails or is interrupted, not at all. What was there keeps
 * its mode; what a symbolic link points to is written, not the link; devices and FIFOs are written through.
 * @param path a string or a file: URL
 * @param options metadata, and the types of the format in which tensors are held: `{ float32: 'bfloat16', int32: 'int64' }`
 * @throws TypeError for what is no path, no map of tensors, no metadata of strings; RangeError for names and metadata that
 * the format cannot hold, and for integers that do not fit the type asked for; Error when the file cannot be written, saying why, with the system's `code`.
 * @example io.saveSafetensors('model.safetensors', new nn.Linear(2, 1).stateDict(), { metadata: { epoch: '3' } });
 */
export function saveSafetensors(
  path: FilePath,
  tensors: ReadonlyMap<string, Tensor>,
  options?: SaveOptions,
): void {
  if (arguments.length > 3) surplus('saveSafetensors', arguments, 3, 'options');
  const { metadata, ...types } = saveOptions.read(options);
  writeTensors('saveSafetensors', pathOf('saveSafetensors', path), tensors, metadata, types);
}

// How files of other kinds begin that weights come in.
const otherKinds: readonly (readonly [start: string, what: string])[] = [
  [
    'PK\x03\x04',
    'a zip archive: io.loadTorch reads those of torch.save, io.loadNpz those of NumPy',
  ],
  ...[2, 3, 4, 5].map(
    (protocol) =>
      [
        `\x80${String.fromCharCode(protocol)}`,
        'a pickle: io.loadTorch reads those of torch.save',
      ] as const,
  ),
  ['\x93NUMPY', 'an array of NumPy, which io.loadNpy reads'],
  ['\x89HDF', 'HDF5, as Keras writes'],
  ['GGUF', 'GGUF'],
];

/** What a file that begins with these bytes is instead, for the end of a sentence; '' if that is not known. */
function kindOf(bytes: Buffer): string {
  const start = bytes.toString('latin1');
  const found = otherKinds.find(([beginning]) => start.startsWith(beginning));
  return found === undefined ? '' : `; it is ${found[1]}`;
}

function readHeader(source: Source): { header: Header; start: number } {
  const { size } = source;
  if (size < 8) {
    throw new Malformed(`${size} bytes are too short for a header`);
  }
  const length = bytesAt(source, 0, 8);
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
  const text = bytesAt(source, 8, Number(headerLength));
  let json: string;
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    throw new Malformed('the header is not UTF-8');
  }
  return { header: parseHeader(json, size - start), start };
}

/** What a file holds. */
interface Contents {
  readonly tensors: StateDict;
  readonly metadata: Readonly<Record<string, string>>;
}

/** @internal Reads all of a file at once, so that its parts are of one save. */
export const readTensors = (operation: string, path: string): Contents =>
  withSource(operation, path, (source) => {
    const { header, start } = readHeader(source);
    const tensors = new StateDict();
    for (const { name, type, shape, begin } of header.entries) {
      const elements = { type, name: quoted(name) };
      tensors.set(name, readElements(operation, source, start + begin, shape, elements));
    }
    return { tensors, metadata: header.metadata };
  });

/**
 * Reads a safetensors file. F16, BF16, F8_E4M3 and F8_E5M2 become float32, U8 uint8, integers of other widths int32. Memory is needed for
 * the tensors alone: they are read in place, or converted in pieces.
 * @throws TypeError for what is no path; RangeError saying what is wrong with a malformed file, for types that are not read
 * (F4, F6, F8_E8M0, C64) and for integers that int32 does not hold; Error when the file cannot be read.
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
  return withSource(name, pathOf(name, path), (source) => readHeader(source).header.metadata);
}

/**
 * Zip archives, read strictly: a directory at the very end that lists each entry once, entries that neither overlap nor leave
 * the file, names that lead nowhere else, sizes that deflate could have made. An entry is inflated when it is asked for.
 */
import type * as Zlib from 'node:zlib';
import { load } from '../check';
import { bytesAt, memorySource, refuse, type Source, quoted } from './malformed';

/** Loaded at the first archive, so that other programs do not wait for it. */
export const zlib = (): typeof Zlib => load('node:zlib') as typeof Zlib;

let table: Int32Array | undefined;
function tableCrc(bytes: Uint8Array, before: number): number {
  table ??= Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    return crc;
  });
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}

/** The CRC-32 of bytes that follow others with the CRC-32 `before`. */
export function crc32(bytes: Uint8Array, before: number): number {
  // Node.js has it from 20.15 on.
  const own = zlib().crc32 as typeof Zlib.crc32 | undefined;
  return own === undefined ? tableCrc(bytes, before) : own(bytes, before);
}

/** 32 bits of ones: the value is in the entry's extra field of zip64. */
export const inExtra = 0xffffffff;
/** Bits of an entry's flags; a patch or encryption changes what its bytes mean. */
export const flags = { utf8: 0x800, unreadable: 0x61 } as const;
/** Of records and of their fixed parts. */
export const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50 } as const; // prettier-ignore
// One bit of deflate stands for at most 258 bytes, and a code has at least two.
const largestRatio = 1032;

export interface Entry {
  readonly name: string;
  readonly isDeflated: boolean;
  /** Bytes in the archive, and of what they hold. */
  readonly packed: number;
  readonly size: number;
  readonly crc: number;
  /** Where its bytes begin. */
  readonly begin: number;
}

/** The whole of the archive's entries, by name, in the directory's order. */
export function entriesOf(source: Source): Map<string, Entry> {
  const { begin, length, count, end } = directoryPlace(source);
  if (begin + length !== end) {
    refuse(
      `its directory spans bytes ${begin} to ${begin + length} of the archive, but must end at byte ${end}`,
    );
  }
  if (count * 46 > length) refuse(`${count} entries do not fit a directory of ${length} bytes`);
  const directory = bytesAt(source, begin, length);
  const entries = new Map<string, Entry>();
  const places: [from: number, to: number, name: string][] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const [entry, from, next] = readEntry(source, directory, at, begin);
    if (entries.has(entry.name)) refuse(`${quoted(entry.name)} is there twice`);
    entries.set(entry.name, entry);
    places.push([from, entry.begin + entry.packed, entry.name]);
    at = next;
  }
  if (at !== length) refuse(`its directory has ${length - at} bytes too many`);
  places.sort(([a], [b]) => a - b);
  places.forEach(([from, , name], i) => {
    if (i > 0 && from < places[i - 1][1]) {
      refuse(`${quoted(name)} overlaps ${quoted(places[i - 1][2])}`);
    }
  });
  return entries;
}

function directoryPlace(source: Source): {
  begin: number;
  length: number;
  count: number;
  end: number;
} {
  if (source.size < 22) refuse(`${source.size} bytes are too few for a zip archive`);
  const at = source.size - 22;
  const tail = bytesAt(source, at, 22);
  if (tail.readUInt32LE(0) !== signatures.end || tail.readUInt16LE(20) !== 0) {
    refuse('it does not end as a zip archive without a comment does');
  }
  if (tail.readUInt32LE(4) !== 0 || tail.readUInt16LE(8) !== tail.readUInt16LE(10)) {
    refuse('it is a part of an archive in several files');
  }
  const short = {
    begin: tail.readUInt32LE(16),
    length: tail.readUInt32LE(12),
    count: tail.readUInt16LE(10),
    end: at,
  };
  const locator = at >= 20 ? bytesAt(source, at - 20, 20) : undefined;
  if (locator?.readUInt32LE(0) !== signatures.locator) return short;
  if (locator.readUInt32LE(4) !== 0 || locator.readUInt32LE(16) !== 1) {
    refuse('it is a part of an archive in several files');
  }
  const end = sizeAt(locator, 8);
  if (end + 56 > at - 20) refuse('the record of zip64 is not where the locator says');
  const record = bytesAt(source, end, 56);
  if (
    record.readUInt32LE(0) !== signatures.end64 ||
    end + 12 + sizeAt(record, 4) !== at - 20 ||
    sizeAt(record, 16) !== 0 ||
    sizeAt(record, 24) !== sizeAt(record, 32)
  ) {
    refuse('the record of zip64 is malformed');
  }
  const long = {
    begin: sizeAt(record, 48),
    length: sizeAt(record, 40),
    count: sizeAt(record, 32),
    end,
  };
  const agrees = (value: number, shortened: number, most: number): boolean =>
    shortened === value || shortened === most;
  if (
    !agrees(long.begin, short.begin, inExtra) ||
    !agrees(long.length, short.length, inExtra) ||
    !agrees(long.count, short.count, 0xffff)
  ) {
    refuse('the directory has one place by zip64 and another without');
  }
  return long;
}

/** An unsigned integer of 64 bits. */
function sizeAt(bytes: Buffer, at: number): number {
  const size = bytes.readBigUInt64LE(at);
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) refuse(`a size of ${size} is larger than any file`);
  return Number(size);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function nameOf(bytes: Buffer, isUtf8: boolean): string {
  let name: string;
  if (!isUtf8 && bytes.some((byte) => byte > 127)) {
    refuse(`the name ${quoted(bytes.toString('latin1'))} is neither ASCII nor marked as UTF-8`);
  }
  try {
    name = utf8.decode(bytes);
  } catch {
    return refuse('a name is not UTF-8');
  }
  if (!isPlainName(name)) refuse(`the name ${quoted(name)} leads out of the archive`);
  return name;
}

/** Whether a name means the same everywhere and, were it a path, a file below the folder that it is unpacked to. */
export const isPlainName = (name: string): boolean =>
  !/^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|\0/.test(name);

/** The entry at `at` of the directory, where its local header begins, and where the next one is. */
function readEntry(
  source: Source,
  directory: Buffer,
  at: number,
  directoryBegin: number,
): [Entry, number, number] {
  if (at + 46 > directory.length || directory.readUInt32LE(at) !== signatures.central) {
    refuse('an entry of its directory is malformed');
  }
  const u16 = (offset: number): number => directory.readUInt16LE(at + offset);
  const u32 = (offset: number): number => directory.readUInt32LE(at + offset);
  const nameEnd = at + 46 + u16(28);
  const extraEnd = nameEnd + u16(30);
  const next = extraEnd + u16(32);
  if (next > directory.length) refuse('an entry of its directory is cut short');
  const nameBytes = directory.subarray(at + 46, nameEnd);
  const name = nameOf(nameBytes, (u16(8) & flags.utf8) !== 0);
  const shown = quoted(name);
  if (u16(8) & flags.unreadable) refuse(`${shown} is encrypted or patched`);
  if (u16(6) > 63) refuse(`${shown} needs version ${u16(6) / 10} of the format; 6.3 is read`);
  const method = u16(10);
  if (method !== 0 && method !== 8) {
    refuse(`${shown} is packed by method ${method}; what is stored or deflated can be read`);
  }
  const long = extraOf(directory.subarray(nameEnd, extraEnd), shown);
  const wide = (value: number): number => (value === inExtra ? long() : value);
  const size = wide(u32(24));
  const packed = wide(u32(20));
  const from = wide(u32(42));
  if (u16(34) !== 0) refuse(`${shown} is in another file of the archive`);
  if (method === 0 ? size !== packed : size > largestRatio * packed) {
    refuse(`${shown} cannot be ${size} bytes, made of ${packed}`);
  }
  if (from + 30 > directoryBegin) refuse(`${shown} begins past the entries`);
  const local = bytesAt(source, from, 30);
  const localName = local.readUInt16LE(26);
  const begin = from + 30 + localName + local.readUInt16LE(28);
  if (begin + packed > directoryBegin) refuse(`${shown} ends past the entries`);
  if (
    local.readUInt32LE(0) !== signatures.local ||
    local.readUInt16LE(8) !== method ||
    local.readUInt16LE(6) & flags.unreadable ||
    !bytesAt(source, from + 30, localName).equals(nameBytes)
  ) {
    refuse(`${shown} is another where it begins than in the directory`);
  }
  return [{ name, isDeflated: method === 8, packed, size, crc: u32(16), begin }, from, next];
}

/** Reads the values of zip64's extra field one after the other. */
function extraOf(extra: Buffer, shown: string): () => number {
  let at = 0;
  let end = 0;
  for (let field = 0; field + 4 <= extra.length; field += 4 + extra.readUInt16LE(field + 2)) {
    const fieldEnd = field + 4 + extra.readUInt16LE(field + 2);
    if (fieldEnd > extra.length) refuse(`an extra field of ${shown} is cut short`);
    if (extra.readUInt16LE(field) !== 1) continue;
    if (end !== 0) refuse(`${shown} has two extra fields of zip64`);
    [at, end] = [field + 4, fieldEnd];
  }
  return () => {
    if (at + 8 > end) refuse(`${shown} lacks a value of zip64`);
    at += 8;
    return sizeAt(extra, at - 8);
  };
}

/** What an entry holds. It is not compared to its CRC. */
export function open(source: Source, entry: Entry): Source {
  const { begin, packed, size } = entry;
  if (!entry.isDeflated) {
    return {
      size,
      read(into, position) {
        if (position + into.length > size) refuse('it ends too early');
        source.read(into, begin + position);
      },
    };
  }
  return memorySource(inflate(bytesAt(source, begin, packed), size, entry.name));
}

function inflate(packed: Buffer, size: number, name: string): Uint8Array {
  const shown = quoted(name);
  let whole: Zlib.InflateRaw | undefined;
  let bytes: Buffer;
  try {
    const chunkSize = Math.min(Math.max(size, 64), 2 ** 24);
    const found = zlib().inflateRawSync(packed, {
      chunkSize,
      maxOutputLength: Math.max(size, 1),
      info: true,
    }) as unknown as { buffer: Buffer; engine: Zlib.InflateRaw };
    whole = found.engine;
    bytes = found.buffer;
  } catch (error) {
    const { code } = error as { code?: string };
    return code === 'ERR_BUFFER_TOO_LARGE'
      ? refuse(`${shown} is larger than the ${size} bytes that the directory says`)
      : refuse(`${shown} is not deflated data`);
  }
  if (bytes.length !== size || whole.bytesWritten !== packed.length) {
    refuse(
      `${shown} is ${bytes.length} bytes of ${whole.bytesWritten}, not ${size} of ${packed.length}`,
    );
  }
  return bytes;
}

/** What an entry holds, which must be read from its first byte to its last, and is compared to its CRC at the end. */
export function openChecked(source: Source, entry: Entry): Source {
  const inner = open(source, entry);
  let [at, crc] = [0, 0];
  const check = (): void => {
    if (at === entry.size && crc !== entry.crc) {
      refuse('its bytes do not have the checksum that the directory says');
    }
  };
  check();
  return {
    size: entry.size,
    read(into, position) {
      if (position !== at) throw new Error('internal: an entry is read out of order');
      inner.read(into, position);
      crc = crc32(into, crc);
      at += into.length;
      check();
    },
  };
}

/**
 * The header of a safetensors file: 8 bytes of length (little endian), then JSON that gives each tensor's type,
 * shape and place in the bytes that follow. This file checks all of it before a byte of data is read: what is not
 * exactly right is refused.
 */
import { largestRank } from '../tensor/shape';

/** Sizes in bytes of the element types that are read. */
export const typeSizes: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

export interface Entry {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  /** Place of the first byte, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** As in the reference implementation: a header is never larger. */
export const largestHeader = 100_000_000;

/** What is wrong with a file; who reads it turns it into an error that says so too. */
export class Malformed extends Error {}
const refuse = (what: string): never => {
  throw new Malformed(what);
};

/**
 * @param text the header's JSON
 * @param dataLength bytes that follow the header
 * @throws Malformed naming what is wrong
 */
export function parseHeader(text: string, dataLength: number): Header {
  if (!text.startsWith('{')) refuse('the header does not begin with {');
  checkKeys(text);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    refuse('the header is not JSON');
  }
  if (!isObject(parsed)) return refuse('the header is not an object');
  const metadata: Record<string, string> = Object.create(null) as Record<string, string>;
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '__metadata__') readMetadata(value, metadata);
    else entries.push(readEntry(name, value));
  }
  checkPlaces(entries, dataLength);
  return { entries, metadata };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readMetadata(value: unknown, metadata: Record<string, string>): void {
  if (!isObject(value)) return refuse('__metadata__ is not an object');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') refuse(`metadata ${JSON.stringify(key)} is not a string`);
    metadata[key] = text as string;
  }
}

function readEntry(name: string, value: unknown): Entry {
  const shown = JSON.stringify(name);
  if (!isObject(value)) return refuse(`the entry of ${shown} is not an object`);
  const keys = Object.keys(value).sort().join(',');
  if (keys !== 'data_offsets,dtype,shape') {
    refuse(
      `the entry of ${shown} must have dtype, shape and data_offsets, and nothing else; it has ${keys || 'nothing'}`,
    );
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(typeSizes, dtype)) {
    refuse(`${shown} has the unknown type ${JSON.stringify(dtype)}`);
  }
  const isSize = (n: unknown): n is number =>
    typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    return refuse(`the shape of ${shown} is not an array of sizes`);
  }
  if (shape.length > largestRank) {
    refuse(`${shown} has ${shape.length} dimensions, a tensor at most ${largestRank}`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return refuse(`the data_offsets of ${shown} are not two places`);
  }
  const [begin, end] = offsets as [number, number];
  let bytes = typeSizes[dtype as string];
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) refuse(`the shape of ${shown} overflows`);
  }
  if (end < begin || end - begin !== bytes) {
    refuse(
      `${shown} needs ${bytes} bytes for shape [${shape.join(', ')}] of ${String(dtype)}, but its data_offsets span ${end - begin}`,
    );
  }
  return { name, type: dtype as string, shape, begin, end };
}

// The tensors must fill the data from its first byte to its last, each byte belonging to one.
function checkPlaces(entries: Entry[], dataLength: number): void {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of ordered) {
    const shown = JSON.stringify(name);
    if (begin < at) refuse(`the data of ${shown} overlaps another tensor's`);
    if (begin > at) refuse(`${begin - at} bytes before the data of ${shown} belong to no tensor`);
    if (end > dataLength)
      refuse(`the data of ${shown} ends ${end - dataLength} bytes past the end of the file`);
    at = end;
  }
  if (at !== dataLength) refuse(`${dataLength - at} bytes at the end belong to no tensor`);
}

/**
 * Refuses keys that occur twice in one object, of which JSON.parse would silently keep the last, and `__proto__`,
 * which no writer uses for good.
 */
function checkKeys(text: string): void {
  const open: (Set<string> | null)[] = []; // a set of keys for an object, null for an array
  // Strings are walked by indexOf: an expression that matched them would need a stack as deep as they are long.
  const token = /["{}[\]]/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found] = match;
    if (found === '{') open.push(new Set());
    else if (found === '[') open.push(null);
    else if (found === '}' || found === ']') open.pop();
    else {
      const end = endOfString(text, match.index);
      token.lastIndex = end;
      const keys = open[open.length - 1];
      if (!keys || !/^\s*:/.test(text.slice(end, end + 64))) continue;
      const key = unquote(text.slice(match.index, end));
      if (key === '__proto__') refuse('a key is called __proto__');
      if (keys.has(key)) refuse(`the key ${JSON.stringify(key)} occurs twice`);
      keys.add(key);
    }
    if (open.length > 4) refuse('the header is nested too deeply');
  }
}

/** The place after the string that begins at `begin`. */
function endOfString(text: string, begin: number): number {
  let from = begin + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote === -1) return refuse('the header is not JSON');
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return quote + 1;
    from = quote + 1;
  }
}

function unquote(found: string): string {
  try {
    return JSON.parse(found) as string;
  } catch {
    return refuse('the header is not JSON');
  }
}

/**
 * The header of a safetensors file: 8 bytes of length (little endian), then JSON that gives each tensor's type,
 * shape and place in the bytes that follow. This file checks all of it before a byte of data is read: what is not
 * exactly right is refused.
 */
import { describe } from '../check';
import { largestRank } from '../tensor/shape';
import { elementTypes, type ElementTypeName } from './elements';
import { cannotRead, refuse, quoted } from './malformed';
import { loneSurrogate } from './named';

/** Types of the format that no tensor here can hold. */
const otherTypes = ['F4', 'F6_E2M3', 'F6_E3M2', 'F8_E8M0', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ', 'C64'];

export interface Entry {
  readonly name: string;
  readonly type: ElementTypeName;
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

/**
 * @param text the header's JSON
 * @param dataLength bytes that follow the header
 * @throws Malformed naming what is wrong
 */
export function parseHeader(text: string, dataLength: number): Header {
  if (!text.startsWith('{')) refuse('the header does not begin with {');
  const numbers = checkKeys(text);
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
  // 1.0, 1e2 and -0, which JSON.parse takes for integers.
  if (!numbers) refuse('the header has another number than a size or a place');
  return { entries, metadata };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readMetadata(value: unknown, metadata: Record<string, string>): void {
  if (!isObject(value)) return refuse('__metadata__ is not an object');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') refuse(`metadata ${quoted(key)} is not a string`);
    metadata[key] = text;
  }
}

function readEntry(name: string, value: unknown): Entry {
  const shown = quoted(name);
  if (!isObject(value)) return refuse(`the entry of ${shown} is not an object`);
  const keys = Object.keys(value).sort().join(',');
  if (keys !== 'data_offsets,dtype,shape') {
    refuse(
      `the entry of ${shown} must have dtype, shape and data_offsets, and nothing else; it has ${keys || 'nothing'}`,
    );
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(elementTypes, dtype)) {
    if (typeof dtype === 'string' && otherTypes.includes(dtype)) {
      cannotRead(
        `${shown} is of type ${dtype}, which is not read; ${Object.keys(elementTypes).join(', ')} are`,
      );
    }
    return refuse(
      `${shown} has the unknown type ${typeof dtype === 'string' ? quoted(dtype) : describe(dtype)}`,
    );
  }
  const type = dtype as ElementTypeName;
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
  let bytes: number = elementTypes[type].size;
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) refuse(`the shape of ${shown} overflows`);
  }
  if (end < begin || end - begin !== bytes) {
    refuse(
      `${shown} needs ${bytes} bytes for shape [${shape.join(', ')}] of ${type}, but its data_offsets span ${end - begin}`,
    );
  }
  return { name, type, shape, begin, end };
}

// The tensors must fill the data from its first byte to its last, each byte belonging to one.
function checkPlaces(entries: Entry[], dataLength: number): void {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of ordered) {
    const shown = quoted(name);
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
 * @returns whether numbers outside of strings are digits alone
 */
function checkKeys(text: string): boolean {
  let isPlain = true;
  const open: (Set<string> | null)[] = []; // a set of keys for an object, null for an array
  // Strings are walked by indexOf: an expression that matched them would need a stack as deep as they are long.
  const token = /["{}[\].eE-]/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found] = match;
    if (found === '{') open.push(new Set());
    else if (found === '[') open.push(null);
    else if (found === '}' || found === ']') open.pop();
    else if (found !== '"') {
      isPlain = false;
    } else {
      const end = endOfString(text, match.index);
      token.lastIndex = end;
      const string = text.slice(match.index, end);
      if (loneSurrogate.test(unquoteIfEscaped(string))) refuse('a string is not Unicode');
      const keys = open[open.length - 1];
      if (!keys || !/^\s*:/.test(text.slice(end, end + 64))) continue;
      const key = unquote(string);
      if (key === '__proto__') refuse('a key is called __proto__');
      if (keys.has(key)) refuse(`the key ${quoted(key)} occurs twice`);
      keys.add(key);
    }
    if (open.length > 4) refuse('the header is nested too deeply');
  }
  return isPlain;
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

const unquoteIfEscaped = (found: string): string => (found.includes('\\u') ? unquote(found) : '');

function unquote(found: string): string {
  try {
    return JSON.parse(found) as string;
  } catch {
    return refuse('the header is not JSON');
  }
}

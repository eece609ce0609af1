/**
 * The header of a .npy file: magic and version, a length, and a dict of Python's that gives element type, order and shape
 * (numpy.lib.format). Only what NumPy writes is understood; it is never evaluated.
 */
import { largestRank, showShape } from '../tensor/shape';
import { elementTypes, type ElementTypeName } from './elements';
import { bytesAt, cannotRead, refuse, type Source, quoted } from './malformed';

export interface NpyHeader {
  readonly type: ElementTypeName;
  readonly isBigEndian: boolean;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly begin: number;
}

/** NumPy's codes of element types, without the byte order. */
export const codes = {
  f8: 'F64', f4: 'F32', f2: 'F16', i8: 'I64', i4: 'I32', i2: 'I16', i1: 'I8', u8: 'U64', u4: 'U32', u2: 'U16', u1: 'U8', b1: 'BOOL',
} as const satisfies Record<string, ElementTypeName>; // prettier-ignore

// As in NumPy, which does not evaluate longer ones.
const longest = 10_000;
const magic = '\x93NUMPY';

export const isNpy = (start: Buffer): boolean => start.toString('latin1', 0, 6) === magic;

/** @throws Malformed saying what is wrong */
export function readNpyHeader(source: Source): NpyHeader {
  const start = bytesAt(source, 0, Math.min(source.size, 8));
  if (!isNpy(start)) refuse('it does not begin as a .npy file does');
  if (start.length < 8) refuse('it ends too early');
  const [major, minor] = [start[6], start[7]];
  if (major < 1 || major > 3 || minor !== 0) {
    refuse(`version ${major}.${minor} of the format is none of 1.0, 2.0 and 3.0`);
  }
  const width = major === 1 ? 2 : 4;
  const length = bytesAt(source, 8, width).readUIntLE(0, width);
  if (length > longest) refuse(`a header of ${length} bytes is larger than ${longest}`);
  const begin = 8 + width + length;
  const text = bytesAt(source, 8 + width, length).toString(major === 3 ? 'utf8' : 'latin1');
  const header = { ...parse(text), begin };
  const { type, shape } = header;
  const needed = shape.reduce((product, size) => product * size, elementTypes[type].size);
  if (needed !== source.size - begin) {
    refuse(
      `shape ${showShape(shape)} of ${type} needs ${needed} bytes, but ${source.size - begin} follow the header`,
    );
  }
  return header;
}

const pair =
  /[ \n]*(['"])(descr|fortran_order|shape)\1[ \n]*:[ \n]*('[^'"\\]*'|"[^'"\\]*"|True|False|\([\d, \nL]*\))[ \n]*(?:,|$)/y;
const forms = { descr: /^['"]/, fortran_order: /^[TF]/, shape: /^\(/ };

function parse(text: string): Omit<NpyHeader, 'begin'> {
  const dict = /^\{([^{}]*)\}[ \n]*$/.exec(text)?.[1].replace(/[ \n]+$/, '');
  if (dict === undefined) return refuse('the header is no dict of Python');
  const values = new Map<string, string>();
  for (pair.lastIndex = 0; pair.lastIndex < dict.length;) {
    const found = pair.exec(dict);
    if (found === null) {
      const hasRecords = /['"]descr['"] *: *\[/.test(dict);
      if (hasRecords) cannotRead('it holds records (a structured type), not numbers');
      return refuse('the header has another entry than NumPy writes');
    }
    const [, , key, value] = found;
    if (!forms[key as keyof typeof forms].test(value)) refuse(`the header's ${key} is ${value}`);
    if (values.has(key)) refuse(`the header has ${key} twice`);
    values.set(key, value.replace(/^['"(]|['")]$/g, ''));
  }
  const missing = ['descr', 'fortran_order', 'shape'].find((key) => !values.has(key));
  if (missing !== undefined) refuse(`the header lacks ${missing}`);
  return {
    ...typeOf(values.get('descr')!),
    isFortran: values.get('fortran_order') === 'True',
    shape: shapeOf(values.get('shape')!),
  };
}

/** Kinds of what is no number here, by the letter in their code. */
const kinds: Readonly<Record<string, string>> = {
  O: 'Python objects, a pickle that would run code',
  c: 'complex numbers',
  U: 'texts',
  S: 'byte strings',
  V: 'raw bytes',
  M: 'dates',
  m: 'durations',
};

function typeOf(code: string): { type: ElementTypeName; isBigEndian: boolean } {
  const [order, name] = [code[0], code.slice(1)];
  const isKnown = Object.hasOwn(codes, name);
  if (!isKnown || !(name.endsWith('1') ? '|<>' : '<>').includes(order)) {
    const kind = kinds[/^[<>|]?([A-Za-z])/.exec(code)?.[1] ?? ''];
    const shown = quoted(code);
    if (kind !== undefined) cannotRead(`it holds ${kind} (${shown}), not numbers`);
    cannotRead(
      `the element type ${shown} is none of ${Object.keys(codes).join(', ')} with < or > before it`,
    );
  }
  return { type: codes[name as keyof typeof codes], isBigEndian: order === '>' };
}

function shapeOf(text: string): number[] {
  const parts = text.split(',').map((part) => part.replace(/^[ \n]+|[ \n]+$/g, ''));
  // A comma is after the last of several and must be after one alone.
  const last = parts.at(-1) === '' ? parts.pop() : undefined;
  if ((parts.length === 1 && last === undefined) || (last === undefined && text.trim() === '')) {
    refuse(`the shape (${text}) is no tuple`);
  }
  const sizes = parts.map((part) => {
    if (!/^(?:0|[1-9]\d*)L?$/.test(part)) refuse(`the shape (${text}) is no tuple of sizes`);
    return Number.parseInt(part, 10);
  });
  if (sizes.length > largestRank) {
    refuse(`it has ${sizes.length} dimensions, a tensor at most ${largestRank}`);
  }
  // Sizes beside a 0 count too: NumPy refuses what they overflow.
  const product = sizes.reduce((so, size) => so * (size || 1), 16);
  if (!Number.isSafeInteger(product)) refuse(`the shape ${showShape(sizes)} overflows`);
  return sizes;
}

/** The header of version 1.0 that NumPy writes, byte by byte, with the room it leaves for a size to grow. */
export function npyHeader(type: ElementTypeName, shape: readonly number[]): Buffer {
  const [code] = Object.entries(codes).find(([, each]) => each === type)!;
  const order = code.endsWith('1') ? '|' : '<';
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const room = shape.length === 0 ? 0 : 21 - String(shape[0]).length;
  const used = dict.length + room + 1;
  const length = used + 64 - ((10 + used) % 64);
  const start = Buffer.from(`${magic}\x01\x00\0\0`, 'latin1');
  start.writeUInt16LE(length, 8);
  return Buffer.concat([start, Buffer.from(`${dict.padEnd(length - 1)}\n`)]);
}

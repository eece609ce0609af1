/**
 * Protocol buffers' wire format: messages as tables of fields, read with every length checked and written without copying what
 * they hold. A message is an object; a field that is absent is undefined, a repeated one an empty list.
 */
import { refuse } from '../malformed';

/** How a field's values are written: varints as signed 64 bits, floats of 4 and 8 bytes, UTF-8, bytes, or another message. */
export type Kind = 'int' | 'float' | 'double' | 'text' | 'bytes' | (() => Schema<object>);

export interface Field {
  readonly number: number;
  readonly kind: Kind;
  readonly repeated: boolean;
}
export type Schema<T extends object> = { readonly [K in keyof T]-?: Field };

export const one = (number: number, kind: Kind): Field => ({ number, kind, repeated: false });
export const many = (number: number, kind: Kind): Field => ({ number, kind, repeated: true });

/** Wire types. */
const Wire = { Varint: 0, Double: 1, Length: 2, Float: 5 } as const;

// A graph within a node's attribute within a graph takes three messages.
const deepest = 100;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const none: readonly never[] = Object.freeze([]);

/** Where a reader is. `end` is that of the innermost message. */
class Reader {
  at = 0;
  readonly #view: DataView;
  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** 64 bits, signed: exact where a number holds them, else rounded. */
  varint(end: number): number {
    let [low, high] = [0, 0];
    for (let shift = 0; ; shift += 7) {
      if (this.at >= end) refuse('it ends too early');
      const byte = this.bytes[this.at++];
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        if (shift === 63 && byte > 1) refuse('a number has more than 64 bits');
        return high * 2 ** 32 + (low >>> 0);
      }
      if (shift === 63) refuse('a number has more than 64 bits');
    }
  }

  /** The end of `length` bytes from here. */
  #past(length: number, end: number): number {
    if (length > end - this.at) refuse('it ends too early');
    return this.at + length;
  }
  /** The end of what begins here with its length. */
  lengthEnd(end: number): number {
    const length = this.varint(end);
    if (length < 0) refuse('a length is negative');
    return this.#past(length, end);
  }
  float(end: number): number {
    const past = this.#past(4, end);
    const value = this.#view.getFloat32(this.at, true);
    this.at = past;
    return value;
  }
  double(end: number): number {
    const past = this.#past(8, end);
    const value = this.#view.getFloat64(this.at, true);
    this.at = past;
    return value;
  }
  take(past: number): Uint8Array {
    const part = this.bytes.subarray(this.at, past);
    this.at = past;
    return part;
  }
  skip(wire: number, end: number): void {
    if (wire === Wire.Varint) this.varint(end);
    else if (wire === Wire.Double) this.at = this.#past(8, end);
    else if (wire === Wire.Length) this.at = this.lengthEnd(end);
    else if (wire === Wire.Float) this.at = this.#past(4, end);
    else refuse(`a field has the wire type ${wire}`);
  }
}

type Message = Record<string, unknown>;

const byNumber = new WeakMap<Schema<object>, Map<number, [string, Field]>>();
function fieldsOf(schema: Schema<object>): Map<number, [string, Field]> {
  let found = byNumber.get(schema);
  if (found === undefined) {
    const entries = Object.entries(schema) as [string, Field][];
    found = new Map(entries.map(([name, field]) => [field.number, [name, field]]));
    byNumber.set(schema, found);
  }
  return found;
}

const wireOf = (kind: Kind): number =>
  kind === 'int'
    ? Wire.Varint
    : kind === 'float'
      ? Wire.Float
      : kind === 'double'
        ? Wire.Double
        : Wire.Length;

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return refuse('a text is not UTF-8');
  }
}

function readValue(reader: Reader, kind: Kind, end: number, depth: number): unknown {
  if (kind === 'int') return reader.varint(end);
  if (kind === 'float') return reader.float(end);
  if (kind === 'double') return reader.double(end);
  const past = reader.lengthEnd(end);
  if (kind === 'bytes') return reader.take(past);
  if (kind === 'text') return textOf(reader.take(past));
  return readMessage(reader, kind(), past, depth + 1);
}

function readMessage(reader: Reader, schema: Schema<object>, end: number, depth: number): Message {
  if (depth > deepest) refuse(`its messages are more than ${deepest} deep`);
  const fields = fieldsOf(schema);
  const message: Message = {};
  for (const [name, { repeated }] of fields.values()) if (repeated) message[name] = none;
  while (reader.at < end) {
    const key = reader.varint(end);
    const number = Math.floor(key / 8);
    const wire = key - number * 8;
    if (number < 1 || number >= 2 ** 29) refuse(`a field has the number ${number}`);
    const known = fields.get(number);
    if (known === undefined) {
      reader.skip(wire, end);
      continue;
    }
    const [name, { kind, repeated }] = known;
    const own = wireOf(kind);
    if (!repeated) {
      if (wire !== own) refuse(`${name} has the wire type ${wire}, not ${own}`);
      if (name in message && typeof kind === 'function') refuse(`there are two ${name}`);
      message[name] = readValue(reader, kind, end, depth);
      continue;
    }
    const list = message[name] === none ? [] : (message[name] as unknown[]);
    message[name] = list;
    if (wire === own) {
      list.push(readValue(reader, kind, end, depth));
    } else if (wire === Wire.Length) {
      // Packed: the values one after the other.
      const past = reader.lengthEnd(end);
      while (reader.at < past) list.push(readValue(reader, kind, past, depth));
    } else refuse(`${name} has the wire type ${wire}, not ${own}`);
  }
  return message;
}

/**
 * The message that fills `bytes`; bytes fields are views of them.
 * @throws Malformed for what is none
 */
export const decoded = <T extends object>(schema: Schema<T>, bytes: Uint8Array): T =>
  readMessage(new Reader(bytes), schema, bytes.length, 0) as T;

/** Bytes in pieces, and their number. */
interface Encoded {
  readonly parts: Uint8Array[];
  size: number;
}

function add(to: Encoded, ...parts: readonly Uint8Array[]): void {
  for (const part of parts) {
    to.parts.push(part);
    to.size += part.length;
  }
}

function varintOf(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function fixedOf(kind: 'float' | 'double', value: number): Uint8Array {
  const bytes = Buffer.alloc(kind === 'float' ? 4 : 8);
  if (kind === 'float') bytes.writeFloatLE(value);
  else bytes.writeDoubleLE(value);
  return bytes;
}

function addValue(to: Encoded, kind: Kind, value: unknown): void {
  if (kind === 'int') add(to, varintOf(value as number));
  else if (kind === 'float' || kind === 'double') add(to, fixedOf(kind, value as number));
  else {
    const inner: Encoded = { parts: [], size: 0 };
    if (kind === 'text') add(inner, Buffer.from(value as string));
    else if (kind === 'bytes') add(inner, value as Uint8Array);
    else addMessage(inner, kind(), value as Message);
    add(to, varintOf(inner.size));
    for (const part of inner.parts) to.parts.push(part);
    to.size += inner.size;
  }
}

function addMessage(to: Encoded, schema: Schema<object>, message: Message): void {
  for (const [number, [name, { kind, repeated }]] of fieldsOf(schema)) {
    const value = message[name];
    if (value === undefined) continue;
    const key = varintOf(number * 8 + wireOf(kind));
    for (const each of repeated ? (value as unknown[]) : [value]) {
      add(to, key);
      addValue(to, kind, each);
    }
  }
}

/** The bytes of a message, in pieces that may be views of what it holds. */
export function encodedMessage<T extends object>(
  schema: Schema<T>,
  message: Partial<T>,
): Uint8Array[] {
  const to: Encoded = { parts: [], size: 0 };
  addMessage(to, schema, message);
  return to.parts;
}

/**
 * Python's pickles, protocols 2 to 5, interpreted as data. Opcodes make numbers, texts, bytes, tuples, lists, dicts and sets; what a pickle
 * names is looked up in a list by the caller and is never imported or constructed. Memory is in proportion to the pickle: no opcode makes
 * more than one value, and lengths are compared to what is left of the file.
 */
import { bytesAt, cannotRead, refuse, type Source } from './malformed';

export class Tuple {
  constructor(readonly items: readonly unknown[]) {}
}
/** A dict, or an object of a class that is only a set of attributes. */
export class Dict extends Map<unknown, unknown> {
  /** Whether keys are attributes of an object. */
  isObject = false;
  /** What an object says of itself in place of attributes. */
  state: unknown = null;
}
/** A value without any use here: bytes, a set, a device. */
export class Opaque {
  constructor(readonly what: string) {}
}
/** What a pickle may name. */
export class Named {
  constructor(
    readonly name: string,
    /** What calling it makes; absent where it is a value. */
    readonly call?: (args: readonly unknown[]) => unknown,
    /** What it has as a value: an element type. */
    readonly value?: unknown,
  ) {}
}

/** A class, of which there are objects. */
export class NamedClass extends Named {}

export interface Names {
  /** @throws Malformed for a name that is not in the list */
  find(module: string, name: string): Named;
  /** What a persistent id stands for. */
  persistent(id: unknown): unknown;
}

/** Bytes of a source, one after the other. */
export class Cursor {
  #window: Buffer = Buffer.alloc(0);
  #begin = 0;

  constructor(
    readonly source: Source,
    public at = 0,
  ) {}

  take(length: number): Buffer {
    if (length > this.source.size - this.at) refuse('its pickle is cut short');
    let from = this.at - this.#begin;
    if (from + length > this.#window.length) {
      this.#begin = this.at;
      const size = Math.min(Math.max(length, 2 ** 16), this.source.size - this.at);
      this.#window = bytesAt(this.source, this.at, size);
      from = 0;
    }
    this.at += length;
    return this.#window.subarray(from, from + length);
  }

  size(width: 1 | 4 | 8): number {
    const bytes = this.take(width);
    return width === 8 ? Number(bytes.readBigUInt64LE()) : bytes.readUIntLE(0, width);
  }

  line(): string {
    const codes: number[] = [];
    for (let byte = this.take(1)[0]; byte !== 10; byte = this.take(1)[0]) {
      if (codes.push(byte) > 1000) refuse('a name in its pickle is longer than 1000 bytes');
    }
    return textOf(Buffer.from(codes));
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** @throws Malformed for what is no UTF-8 */
export function textOf(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return refuse('a text in it is not UTF-8');
  }
}

// Python's integers have any size; these are as large as any that a file has a use for.
const longestInteger = 255;

/** Two's complement, little endian. */
function integerOf(bytes: Buffer): number | bigint {
  if (bytes.length === 0) return 0;
  if (bytes.length <= 6) return bytes.readIntLE(0, bytes.length);
  if (bytes.length > longestInteger) refuse(`an integer in its pickle has ${bytes.length} bytes`);
  const digits = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  const value = BigInt.asIntN(8 * bytes.length, digits);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Whether Python's dicts take a value as a key, as far as it is made here. */
const isKey = (value: unknown): boolean =>
  value instanceof Tuple
    ? value.items.every((item) => !(item instanceof Tuple) && isKey(item))
    : value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);

class Machine {
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();

  constructor(
    private readonly cursor: Cursor,
    private readonly names: Names,
  ) {}

  run(): unknown {
    const { cursor } = this;
    if (cursor.take(1)[0] !== 0x80) refuse('its pickle does not begin with a protocol');
    const protocol = cursor.size(1);
    if (protocol < 2 || protocol > 5) {
      cannotRead(`its pickle has protocol ${protocol}; 2 to 5 are read`);
    }
    for (let opcode = cursor.take(1)[0]; opcode !== 0x2e; opcode = cursor.take(1)[0]) {
      const run = opcodes[opcode];
      if (run === undefined) {
        refuse(`its pickle has the opcode 0x${opcode.toString(16)}, which protocols 2 to 5 do not use for data`); // prettier-ignore
      }
      run(this, cursor);
    }
    if (this.#marks.length > 0 || this.#stack.length !== 1) {
      refuse('its pickle ends with another number of values than one');
    }
    return this.#stack[0];
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    this.#need(1);
    return this.#stack.pop();
  }

  top(): unknown {
    this.#need(1);
    return this.#stack[this.#stack.length - 1];
  }

  #need(count: number): void {
    if (this.#stack.length - (this.#marks.at(-1) ?? 0) < count) {
      refuse('its pickle takes a value that is not there');
    }
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** The values since the last mark. */
  popMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) return refuse('its pickle takes a mark that is not there');
    return this.#stack.splice(mark);
  }

  /** A value, or a mark where there is none since. */
  drop(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  popTuple(length: number): void {
    this.#need(length);
    this.push(new Tuple(this.#stack.splice(this.#stack.length - length)));
  }

  remember(index = this.#memo.size): void {
    // Places are counted, and Python makes room for all below one.
    if (index > this.cursor.at) refuse(`its pickle keeps a value at the place ${index}`);
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    if (!this.#memo.has(index)) refuse('its pickle takes a value that it has not kept');
    this.push(this.#memo.get(index));
  }

  append(items: readonly unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) return refuse('its pickle appends to what is no list');
    for (const item of items) list.push(item);
  }

  set(items: readonly unknown[]): void {
    const dict = this.top();
    if (!(dict instanceof Dict) || items.length % 2 !== 0) {
      return refuse('its pickle sets items of what is no dict');
    }
    for (let i = 0; i < items.length; i += 2) {
      if (!isKey(items[i])) refuse('its pickle has a key that is none of a dict');
      dict.set(items[i], items[i + 1]);
    }
  }

  find(module: unknown, name: unknown): void {
    if (typeof module !== 'string' || typeof name !== 'string') {
      return refuse('its pickle names what is no text');
    }
    this.push(this.names.find(module, name));
  }

  call(kind = Named): void {
    const args = this.pop();
    const called = this.pop();
    if (!(args instanceof Tuple)) return refuse('its pickle calls with what is no tuple');
    if (!(called instanceof kind)) return refuse('its pickle calls what cannot be called');
    if (called.call === undefined) return refuse(`its pickle calls ${called.name}`);
    this.push(called.call(args.items));
  }

  build(): void {
    const state = this.pop();
    const built = this.top();
    if (!(built instanceof Dict)) return refuse('its pickle gives a state to what has none');
    if (!built.isObject) return; // The attributes of an OrderedDict: _metadata of a state dict.
    if (!(state instanceof Dict)) {
      built.state = state;
      return;
    }
    for (const [key, value] of state) {
      if (typeof key !== 'string') refuse('its pickle has an attribute without a name');
      built.set(key, value);
    }
  }

  persistent(): void {
    this.push(this.names.persistent(this.pop()));
  }
}

type Opcode = (machine: Machine, cursor: Cursor) => void;
const text =
  (width: 1 | 4 | 8): Opcode =>
  (machine, cursor) =>
    machine.push(textOf(cursor.take(cursor.size(width))));
const bytes =
  (width: 1 | 4 | 8): Opcode =>
  (machine, cursor) => {
    cursor.take(cursor.size(width));
    machine.push(new Opaque('bytes'));
  };
const integer =
  (width: 1 | 4): Opcode =>
  (machine, cursor) =>
    machine.push(integerOf(cursor.take(cursor.size(width))));
const tuple =
  (length: number): Opcode =>
  (machine) =>
    machine.popTuple(length);
const value =
  (make: () => unknown): Opcode =>
  (machine) =>
    machine.push(make());

const opcodes: Readonly<Record<number, Opcode>> = {
  0x28: (machine) => machine.mark(), // MARK
  0x29: tuple(0), // EMPTY_TUPLE
  0x30: (machine) => machine.drop(), // POP
  0x31: (machine) => void machine.popMark(), // POP_MARK
  0x32: (machine) => machine.push(machine.top()), // DUP
  0x42: bytes(4), // BINBYTES
  0x43: bytes(1), // SHORT_BINBYTES
  0x47: (machine, cursor) => machine.push(cursor.take(8).readDoubleBE()), // BINFLOAT
  0x4a: (machine, cursor) => machine.push(cursor.take(4).readInt32LE()), // BININT
  0x4b: (machine, cursor) => machine.push(cursor.size(1)), // BININT1
  0x4d: (machine, cursor) => machine.push(cursor.take(2).readUInt16LE()), // BININT2
  0x4e: value(() => null), // NONE
  0x51: (machine) => machine.persistent(), // BINPERSID
  0x52: (machine) => machine.call(), // REDUCE
  0x54: text(4), // BINSTRING
  0x55: text(1), // SHORT_BINSTRING
  0x58: text(4), // BINUNICODE
  0x5d: value(() => []), // EMPTY_LIST
  0x61: (machine) => {
    const item = machine.pop();
    machine.append([item]);
  }, // APPEND
  0x62: (machine) => machine.build(), // BUILD
  0x63: (machine, cursor) => machine.find(cursor.line(), cursor.line()), // GLOBAL
  0x65: (machine) => machine.append(machine.popMark()), // APPENDS
  0x68: (machine, cursor) => machine.recall(cursor.size(1)), // BINGET
  0x6a: (machine, cursor) => machine.recall(cursor.size(4)), // LONG_BINGET
  0x71: (machine, cursor) => machine.remember(cursor.size(1)), // BINPUT
  0x72: (machine, cursor) => machine.remember(cursor.size(4)), // LONG_BINPUT
  0x73: (machine) => {
    const item = machine.pop();
    machine.set([machine.pop(), item]);
  }, // SETITEM
  0x74: (machine) => machine.push(new Tuple(machine.popMark())), // TUPLE
  0x75: (machine) => machine.set(machine.popMark()), // SETITEMS
  0x7d: value(() => new Dict()), // EMPTY_DICT
  0x81: (machine) => machine.call(NamedClass), // NEWOBJ
  0x85: tuple(1),
  0x86: tuple(2),
  0x87: tuple(3),
  0x88: value(() => true),
  0x89: value(() => false),
  0x8a: integer(1), // LONG1
  0x8b: integer(4), // LONG4
  0x8c: text(1), // SHORT_BINUNICODE
  0x8d: text(8), // BINUNICODE8
  0x8e: bytes(8), // BINBYTES8
  0x8f: value(() => new Opaque('a set')), // EMPTY_SET
  0x90: (machine) => {
    machine.popMark();
    if (!(machine.top() instanceof Opaque)) refuse('its pickle adds to what is no set');
  }, // ADDITEMS
  0x91: (machine) => {
    machine.popMark();
    machine.push(new Opaque('a set'));
  }, // FROZENSET
  0x93: (machine) => {
    const name = machine.pop();
    machine.find(machine.pop(), name);
  }, // STACK_GLOBAL
  0x94: (machine) => machine.remember(), // MEMOIZE
  0x95: (_machine, cursor) => {
    // FRAME: a length by which readers read ahead
    if (cursor.size(8) > cursor.source.size - cursor.at) refuse('its pickle is cut short');
  },
  0x96: bytes(8), // BYTEARRAY8
};

/** The value of the pickle at the cursor, which then is behind it. */
export const unpickle = (cursor: Cursor, names: Names): unknown => new Machine(cursor, names).run();

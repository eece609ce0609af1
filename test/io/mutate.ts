// Files that are almost right: what a seed changes in a good one, byte by byte or by its structure with sizes and checksums made to fit.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memorySource } from '../../src/io/malformed';
import { modelProto } from '../../src/io/onnx/schema';
import { decoded, encodedMessage } from '../../src/io/onnx/wire';
import { entriesOf, open } from '../../src/io/zip';
import { zipped } from '../../src/io/zip-writer';
import type { Random } from '../fuzz/random';

/** The committed files of a kind, by their ending. */
export function seedsOf(ending: string): Buffer[] {
  const files = ending === '.onnx' ? join(__dirname, 'onnx', 'files') : join(__dirname, 'files');
  return readdirSync(files)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => readFileSync(join(files, name)));
}

const numbers = [0, 1, 2, 3, 7, 8, 16, 64, 127, 128, 255, 256, 1000, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 53, 2 ** 63, 2 ** 64 - 2 ** 12]; // prettier-ignore

function changeBytes(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const length = random.below(random.chance(0.5) ? 5 : 40);
  const rest = bytes.subarray(at + length);
  const before = bytes.subarray(0, at);
  return random.pick<() => Buffer>([
    () => before, // cut short
    () => Buffer.concat([before, rest]),
    () => Buffer.concat([before, bytes.subarray(at, at + length), bytes.subarray(at)]), // twice
    () => Buffer.concat([before, Buffer.from(Array.from({ length }, () => random.below(256))), rest]), // prettier-ignore
    () => {
      const changed = Buffer.from(bytes);
      if (at < changed.length) changed[at] = random.chance(0.5) ? changed[at] ^ (1 << random.below(8)) : random.below(256); // prettier-ignore
      return changed;
    },
    () => {
      const changed = Buffer.from(bytes);
      const width = random.pick([2, 4, 8]);
      if (at + width > changed.length) return changed;
      const value = BigInt.asUintN(8 * width, BigInt(random.pick(numbers)) - BigInt(random.below(3))); // prettier-ignore
      for (let i = 0; i < width; i++) changed[at + i] = Number((value >> BigInt(8 * i)) & 255n);
      return changed;
    },
  ])();
}

/** Of JSON and of Python's dicts: numbers, words, brackets. */
function changeText(text: string, random: Random): string {
  const tokens = text.match(/\d+|[\w<>|]+|[^]/g) ?? [''];
  const at = random.below(tokens.length);
  random.pick<() => void>([
    () => void tokens.splice(at, 1 + random.below(3)),
    () => void tokens.splice(at, 0, tokens[at], tokens[random.below(tokens.length)]),
    () => (tokens[at] = tokens[random.below(tokens.length)]),
    () => (tokens[at] = /^\d/.test(tokens[at]) ? String(random.pick(numbers)) : tokens[at]),
    () => (tokens[at] = random.pick(['-1', '1.0', '1e2', '[]', '{}', 'null', '"\\ud800"', '(', ',', 'BOOL', 'F4', 'I64', '<f8', '>i2', 'True', '__proto__'])), // prettier-ignore
  ])();
  return tokens.join('');
}

function changeSafetensors(bytes: Buffer, random: Random): Buffer {
  const end = 8 + Number(bytes.readBigUInt64LE());
  const header = Buffer.from(changeText(bytes.toString('utf8', 8, end), random));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, bytes.subarray(end)]);
}

function changeNpy(bytes: Buffer, random: Random): Buffer {
  const start = bytes[6] === 1 ? 10 : 12;
  const end = start + bytes.readUIntLE(8, start - 8);
  const header = Buffer.from(changeText(bytes.toString('latin1', start, end), random), 'latin1');
  const head = Buffer.from(bytes.subarray(0, start));
  head.writeUIntLE(header.length, 8, start - 8);
  return Buffer.concat([head, header, bytes.subarray(end)]);
}

/** Unpacks an archive, changes the files in it, and packs it again. */
function changeZip(
  bytes: Buffer,
  random: Random,
  change: (name: string, bytes: Buffer) => Buffer,
): Buffer {
  const source = memorySource(bytes);
  const members = [...entriesOf(source).values()].map(
    (entry): { name: string; content: Buffer } => {
      const content = Buffer.alloc(entry.size);
      open(source, entry).read(content, 0);
      return { name: entry.name, content };
    },
  );
  const at = random.below(members.length);
  random.pick<() => void>([
    () => (members[at].content = change(members[at].name, members[at].content)),
    () => (members[at].content = change(members[at].name, members[at].content)),
    () => (members[at].content = members[random.below(members.length)].content),
    () => void members.splice(at, 1),
    () => (members[at].name = random.pick([members[0].name, `${members[at].name}.npy`, '../x', 'x/', '', 'x\0y'])), // prettier-ignore
  ])();
  const compress = random.chance(0.3);
  const longFrom = random.chance(0.2) ? 16 : undefined;
  const packed = members.map(({ name, content }) => ({ name, parts: () => [content] }));
  return Buffer.concat([...zipped(packed, { compress, longFrom })]);
}

const names = ['collections OrderedDict', 'torch._utils _rebuild_tensor_v2', 'torch._utils _rebuild_tensor_v3', 'torch._utils _rebuild_parameter', 'torch FloatStorage', 'torch LongStorage', 'torch.storage UntypedStorage', 'torch bfloat16', 'torch Size', 'builtins eval', 'os system', '__torch__ X']; // prettier-ignore
// PROTO and FRAME do not occur in the middle of a pickle.
const opcodes = Buffer.from('()012BCGJKMNQRTUX]abcehjqrstu}\x81\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x93\x94\x96.', 'latin1'); // prettier-ignore

function changePickle(bytes: Buffer, random: Random): Buffer {
  const text = bytes.toString('latin1');
  const changed = random.pick<() => string>([
    () => {
      const found = [...text.matchAll(/c[\w.]+\n\w+\n/g)];
      if (found.length === 0) return text;
      const { index, 0: global } = random.pick(found);
      const name = `c${random.pick(names).replace(' ', '\n')}\n`;
      return text.slice(0, index) + name + text.slice(index + global.length);
    },
    () => {
      const at = random.below(text.length + 1);
      const opcode = String.fromCharCode(random.pick([...opcodes]));
      return text.slice(0, at) + opcode + text.slice(at + random.below(2));
    },
    () => {
      // A small integer, or the place of one in the memo.
      const found = [...text.matchAll(/[KMhq]/g)];
      if (found.length === 0) return text;
      const at = random.pick(found).index + 1;
      return text.slice(0, at) + String.fromCharCode(random.below(30)) + text.slice(at + 1);
    },
    () => changeBytes(bytes, random).toString('latin1'),
  ])();
  return Buffer.from(changed, 'latin1');
}

type Message = Record<string, unknown>;
/** The messages, lists and values below a message: where each is, and its key there. */
function* placesOf(message: Message | unknown[]): Generator<[Message, string]> {
  for (const [key, value] of Object.entries(message)) {
    yield [message as Message, key];
    const isInner = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
    if (isInner) yield* placesOf(value as Message);
  }
}

/** A message of ONNX's with a field that is another one's of its kind, missing, twice, or another number. */
function changeOnnx(bytes: Buffer, random: Random): Buffer {
  const model = decoded(modelProto, bytes);
  const places = [...placesOf(model as never)];
  const [at, key] = random.pick(places);
  const value = at[key];
  const same = places.filter(([other, name]) => typeof other[name] === typeof value && (name === key || /^\d+$/.test(key))); // prettier-ignore
  const [other, name] = random.pick(same);
  random.pick<() => void>([
    () => (at[key] = other[name]),
    () => (at[key] = other[name]),
    () => (Array.isArray(at) ? at.splice(Number(key), 1) : delete at[key]),
    () => (Array.isArray(at) ? at.splice(Number(key), 0, value) : (at[key] = other[name])),
    () => (at[key] = typeof value === 'number' ? random.pick([-1, ...numbers]) : other[name]),
    () => (at[key] = Array.isArray(value) ? [...(value as unknown[]), ...(value as unknown[])] : other[name]), // prettier-ignore
  ])();
  try {
    return Buffer.concat(encodedMessage(modelProto, model));
  } catch {
    return bytes; // What stands for nothing in its new place.
  }
}

const structure: Record<string, (bytes: Buffer, random: Random) => Buffer> = {
  '.safetensors': changeSafetensors,
  '.npy': changeNpy,
  '.npz': (bytes, random) =>
    changeZip(bytes, random, (_, content) =>
      random.chance(0.6) ? changeNpy(content, random) : changeBytes(content, random),
    ),
  '.pt': (bytes, random) =>
    bytes[0] === 0x80
      ? changePickle(bytes, random)
      : changeZip(bytes, random, (name, content) =>
          name.endsWith('.pkl') ? changePickle(content, random) : changeBytes(content, random),
        ),
  '.onnx': changeOnnx,
};
/** The kinds of files. */
export const endings = Object.keys(structure);
/** Those that hold tensors alone, which other programs list as they are listed here. */
export const tensorEndings = endings.filter((ending) => ending !== '.onnx');

/** A file of a kind, changed once or a few times. */
export function mutated(ending: string, seeds: readonly Buffer[], random: Random): Buffer {
  let bytes = random.pick(seeds);
  if (random.chance(0.6)) bytes = structure[ending](bytes, random);
  const more = random.chance(0.5) ? random.below(4) : 0;
  for (let i = 0; i < more; i++) bytes = changeBytes(bytes, random);
  return bytes;
}

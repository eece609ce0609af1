// Archives that lie: about sizes, places, names and checksums.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { io, ones } from 'ostinato';
import { zipped } from '../../src/io/zip-writer';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ostinato-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (): string => join(folder, 'x.npz');

interface Made {
  bytes: Buffer;
  /** Where the first and the last entry of the directory begin, and where its end is. */
  first: number;
  last: number;
  end: number;
}

/** An archive of two entries, which `change` changes. */
function archive(
  change: (made: Made) => Buffer | undefined,
  names = ['a', 'b'],
  compress = false,
): void {
  const member = (name: string): { name: string; parts: () => Buffer[] } => ({ name, parts: () => [Buffer.alloc(100)] }); // prettier-ignore
  const bytes = Buffer.concat([...zipped(names.map(member), { compress })]);
  const end = bytes.length - 22;
  const made = { bytes, first: bytes.indexOf('PK\x01\x02'), last: bytes.lastIndexOf('PK\x01\x02'), end }; // prettier-ignore
  writeFileSync(path(), change(made) ?? bytes);
}
type Case = [what: string, change: (made: Made) => Buffer | undefined, message: string, names?: string[], compress?: boolean]; // prettier-ignore
/** Changes a number of so many bytes. */
const put =
  (place: (made: Made) => number, width: number, value: number) =>
  (made: Made): undefined => {
    made.bytes.writeUIntLE(value, place(made), width);
  };
const inFirst = (at: number, width: number, value: number): Case[1] =>
  put((made) => made.first + at, width, value);

test.each<Case>([
  ['too short', () => Buffer.from('PK'), '2 bytes are too few for a zip archive'],
  ['cut short', ({ bytes }) => bytes.subarray(0, -1), 'it does not end as a zip archive without a comment does'],
  ['a comment', ({ bytes, end }) => { bytes.writeUInt16LE(2, end + 20); return Buffer.concat([bytes, Buffer.alloc(2)]); }, 'it does not end as a zip archive without a comment does'],
  ['bytes in front', ({ bytes }) => Buffer.concat([Buffer.alloc(1), bytes]), 'its directory spans bytes 262 to 356 of the archive, but must end at byte 357'],
  ['several files', put(({ end }) => end + 4, 2, 1), 'it is a part of an archive in several files'],
  ['an entry too few', put(({ end }) => end + 8, 4, 0x10001), 'its directory has 47 bytes too many'],
  ['entries too many', put(({ end }) => end + 8, 4, 0xffff_ffff), '65535 entries do not fit a directory of 94 bytes'],
  ['a name twice', () => undefined, '"a" is there twice', ['a', 'a']],
  ['a name above', () => undefined, 'the name "x/../../a" leads out of the archive', ['x/../../a', 'b']],
  ['a name from the root', () => undefined, 'the name "/etc/a" leads out of the archive', ['/etc/a', 'b']],
  ['a name on a drive', () => undefined, 'the name "C:\\\\a" leads out of the archive', ['C:\\a', 'b']],
  ['a name that is no UTF-8', ({ bytes, first }) => { bytes[first + 46] = 0xff; bytes.writeUInt16LE(0x800, first + 8); return undefined; }, 'a name is not UTF-8'],
  ['a name of another page', inFirst(46, 1, 0xff), 'the name "ÿ" is neither ASCII nor marked as UTF-8'],
  ['encryption', inFirst(8, 2, 1), '"a" is encrypted or patched'],
  ['a newer version', inFirst(6, 2, 99), '"a" needs version 9.9 of the format; 6.3 is read'],
  ['another method', inFirst(10, 2, 14), '"a" is packed by method 14; what is stored or deflated can be read'],
  ['a stored size that differs', inFirst(24, 4, 101), '"a" cannot be 101 bytes, made of 100'],
  ['a ratio that deflate does not have', inFirst(24, 4, 1_000_000), '"a" cannot be 1000000 bytes, made of 12', ['a', 'b'], true],
  ['a place past the entries', inFirst(42, 4, 300), '"a" begins past the entries'],
  ['bytes past the entries', ({ bytes, first }) => { bytes.writeUInt32LE(250, first + 20); bytes.writeUInt32LE(250, first + 24); return undefined; }, '"a" ends past the entries'],
  ['an overlap', ({ bytes, first }) => { bytes.writeUInt32LE(150, first + 20); bytes.writeUInt32LE(150, first + 24); return undefined; }, '"b" overlaps "a"'],
  ['two entries of the same bytes', ({ bytes, last }) => { bytes[last + 46] = 97; bytes.writeUInt32LE(0, last + 42); return undefined; }, '"a" is there twice'],
  ['a local header of another name', ({ bytes }) => { bytes[30] = 99; return undefined; }, '"a" is another where it begins than in the directory'],
  ['a zip64 value that is missing', inFirst(42, 4, 0xffff_ffff), '"a" lacks a value of zip64'],
  ['an extra field that is cut short', ({ bytes, first }) => { bytes.writeUInt16LE(9, first + 30); return undefined; }, 'an extra field of "a" is cut short'],
])('refuses %s', (...[, change, message, names, compress]) => {
  archive(change, names, compress);
  expect(() => io.loadNpz(path())).toThrow(`loadNpz: malformed file ${path()}: ${message}`);
}); // prettier-ignore

test('refuses what inflates to more, to less, or to nothing', () => {
  io.saveNpz(path(), new Map([['a', ones([100])]]), { compress: true });
  const packed = (raw: Buffer, size: number): void => {
    const bytes = Buffer.concat([...zipped([{ name: 'a', parts: () => [raw] }], { compress: false })]); // prettier-ignore
    const first = bytes.indexOf('PK\x01\x02');
    bytes.writeUInt16LE(8, 8);
    bytes.writeUInt16LE(8, first + 10);
    bytes.writeUInt32LE(size, first + 24);
    writeFileSync(path(), bytes);
  };
  const says = (message: string): void =>
    expect(() => io.loadNpz(path())).toThrow(`loadNpz: malformed file ${path()}: ${message}`);
  packed(deflateRawSync(Buffer.alloc(100_000)), 1000);
  says('"a" is larger than the 1000 bytes that the directory says');
  packed(deflateRawSync(Buffer.alloc(999)), 1000);
  says('"a" is 999 bytes of 11, not 1000 of 11');
  packed(Buffer.concat([deflateRawSync(Buffer.alloc(1000)), Buffer.alloc(5)]), 1000);
  says('"a" is 1000 bytes of 11, not 1000 of 16');
  packed(Buffer.from([7, 1, 2, 3]), 1000);
  says('"a" is not deflated data');
});

test('refuses bytes of another checksum', () => {
  for (const compress of [false, true]) {
    io.saveNpz(path(), new Map([['a', ones([100])]]), { compress });
    const bytes = readFileSync(path());
    bytes.writeUInt32LE(1, bytes.indexOf('PK\x01\x02') + 16);
    writeFileSync(path(), bytes);
    expect(() => io.loadNpz(path())).toThrow(
      `loadNpz: malformed file ${path()}: "a": its bytes do not have the checksum that the directory says`,
    );
  }
});

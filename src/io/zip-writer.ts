/** Zip archives, written part by part: each file's checksum and size are known before its bytes are given. */
import { crc32, flags, inExtra, signatures, zlib } from './zip';

/** A file of an archive; its parts are made anew each time they are asked for. */
export interface Member {
  readonly name: string;
  readonly parts: () => Iterable<Uint8Array>;
}

export interface ZipOptions {
  readonly compress: boolean;
  /** Sizes and places from here on are written as zip64 has them. */
  readonly longFrom?: number;
}

// So much is deflated at once; what comes after does not refer to it, which costs a thousandth at most.
const blockSize = 2 ** 22;

/** The deflated bytes of parts, as one stream: each block ends at a byte, the last is empty and says that it is the last. */
function* deflated(parts: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  const { constants, deflateRawSync } = zlib();
  for (const part of parts) {
    for (let at = 0; at < part.length; at += blockSize) {
      yield deflateRawSync(part.subarray(at, at + blockSize), {
        finishFlush: constants.Z_SYNC_FLUSH,
      });
    }
  }
  yield Uint8Array.of(3, 0);
}

const lengthOf = (parts: Iterable<Uint8Array>): number => {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
};

/** A record of little-endian values; `widths` has the number of bytes of each, a digit for each. */
function record(widths: string, values: readonly number[]): Buffer {
  const bytes = Buffer.alloc([...widths].reduce((sum, width) => sum + Number(width), 0));
  let at = 0;
  values.forEach((value, i) => {
    const width = Number(widths[i]);
    if (width === 8) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeUIntLE(value, at, width);
    at += width;
  });
  return bytes;
}

/** An extra field of zip64. */
const extraOf = (values: readonly number[]): Buffer =>
  values.length === 0
    ? Buffer.alloc(0)
    : record(`22${'8'.repeat(values.length)}`, [1, 8 * values.length].concat(values));

// 1980-01-01, so that equal contents are equal files.
const noDate = 0x210000;

/** The bytes of an archive. */
export function* zipped(
  members: Iterable<Member>,
  { compress, longFrom = inExtra }: ZipOptions,
): Generator<Uint8Array, void> {
  const directory: Buffer[] = [];
  let at = 0;
  const isLong = (value: number): boolean => value >= longFrom;
  const short = (value: number): number => (isLong(value) ? inExtra : value);
  for (const { name, parts } of members) {
    let [crc, size] = [0, 0];
    const noted = function* (): Generator<Uint8Array, void> {
      for (const part of parts()) {
        crc = crc32(part, crc);
        size += part.length;
        yield part;
      }
    };
    const packedParts = compress ? [...deflated(noted())] : undefined;
    const packed = lengthOf(packedParts ?? noted());
    const nameBytes = Buffer.from(name);
    // In front of the bytes both sizes are in the extra field or neither.
    const hasLongSizes = isLong(size) || isLong(packed);
    const localExtra = extraOf(hasLongSizes ? [size, packed] : []);
    const sizes = hasLongSizes ? [inExtra, inExtra] : [packed, size];
    const flag = nameBytes.length === name.length ? 0 : flags.utf8;
    const method = compress ? 8 : 0;
    const local = Buffer.concat([
      record(
        '4222444422',
        [signatures.local, hasLongSizes ? 45 : 20, flag, method, noDate, crc].concat(
          sizes,
          nameBytes.length,
          localExtra.length,
        ),
      ),
      nameBytes,
      localExtra,
    ]);
    const extra = extraOf([size, packed, at].filter(isLong));
    const central = [signatures.central, 45, extra.length > 0 ? 45 : 20, flag, method, noDate, crc, short(packed), short(size), nameBytes.length, extra.length, 0, 0, 0, 0, short(at)]; // prettier-ignore
    directory.push(Buffer.concat([record('4222244442222244', central), nameBytes, extra]));
    yield local;
    yield* packedParts ?? parts();
    at += local.length + packed;
  }
  yield* directory;
  const length = lengthOf(directory);
  const count = directory.length;
  const hasManyEntries = count >= Math.min(longFrom, 0xffff);
  if (isLong(at) || isLong(length) || hasManyEntries) {
    yield record('4822448888', [signatures.end64, 44, 45, 45, 0, 0, count, count, length, at]);
    yield record('4484', [signatures.locator, 0, at + length, 1]);
  }
  const shown = hasManyEntries ? 0xffff : count;
  yield record('42222442', [signatures.end, 0, 0, shown, shown, short(length), short(at), 0]);
}

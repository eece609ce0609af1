/** What is wrong with a file of another program, and where its bytes come from. */
import { readAt, withFileToRead } from './files';

/** What is wrong with a file; who reads it turns it into an error that says so too. */
export class Malformed extends Error {}

/** @throws Malformed always */
export function refuse(what: string): never {
  throw new Malformed(what);
}

/** What a well-formed file holds that cannot be read here. */
class Unreadable extends Malformed {}
/** @throws Malformed always, for a file that is as its format has it */
export function cannotRead(what: string): never {
  throw new Unreadable(what);
}

/** Runs `body`, and says of what it refuses that it is in `part`. */
export function within<R>(part: string, body: () => R): R {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const message = `${part}: ${error.message}`;
    throw error instanceof Unreadable ? new Unreadable(message) : new Malformed(message);
  }
}

/** Bytes of a known number, read by position: a file, a part of one, or memory. */
export interface Source {
  readonly size: number;
  /** @throws Malformed where they end before `into` is full */
  read(into: Uint8Array, position: number): void;
}

const fileSource = (file: number, size: number): Source => ({
  size,
  read(into, position) {
    if (readAt(file, into, position) < into.length) refuse('it ends too early');
  },
});

export const memorySource = (bytes: Uint8Array): Source => ({
  size: bytes.length,
  read(into, position) {
    if (position + into.length > bytes.length) refuse('it ends too early');
    into.set(bytes.subarray(position, position + into.length));
  },
});

/** `length` bytes of a source, from `position` on. */
export function bytesAt(source: Source, position: number, length: number): Buffer {
  if (position < 0 || position + length > source.size) refuse('it ends too early');
  const bytes = Buffer.allocUnsafe(length);
  source.read(bytes, position);
  return bytes;
}

/**
 * Runs `body`, which reads a file.
 * @throws RangeError saying which file is malformed and how
 */
export function reading<R>(operation: string, path: string, body: () => R): R {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const { message } = error;
    const sentence =
      error instanceof Unreadable
        ? `${operation}: cannot read ${path}: ${message}`
        : `${operation}: malformed file ${path}: ${message}`;
    throw new RangeError(sentence, { cause: error });
  }
}

/**
 * Opens a file and passes its bytes on.
 * @throws RangeError saying which file is malformed and how
 */
export const withSource = <R>(operation: string, path: string, body: (source: Source) => R): R =>
  reading(operation, path, () =>
    withFileToRead(operation, path, (file, size) => body(fileSource(file, size))),
  );

const longest = 100;

/** A name of a file in a message: quoted, and shortened, since a file may hold a name of any length. */
export const quoted = (name: string): string =>
  JSON.stringify(name.length > longest ? `${name.slice(0, longest)}…` : name);

/**
 * Files: every one that the package writes is written by `writeFile`, every one that it reads by position is opened by
 * `withFileToRead`. What a file holds is its format's concern.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { cleanLeftovers, newDraft } from './drafts';
import { renameOver } from './rename';
import { failure, refusal } from './system-error';

// Node.js takes at most 2^31 - 1 bytes in one call.
const largestCall = 2 ** 30;

function writeAll(file: number, parts: Iterable<Uint8Array>): void {
  for (const part of parts) {
    for (let at = 0; at < part.length;) {
      at += writeSync(file, part, at, Math.min(part.length - at, largestCall));
    }
  }
}

/**
 * Reads bytes from `position` on; returns how many there were.
 * @throws the system's error
 */
export function readAt(file: number, into: Uint8Array, position: number): number {
  let at = 0;
  while (at < into.length) {
    const read = readSync(file, into, at, Math.min(into.length - at, largestCall), position + at);
    if (read === 0) break;
    at += read;
  }
  return at;
}

/** The file that a chain of symbolic links ends at, which need not exist. */
function targetOf(path: string): string {
  let at = path;
  for (let links = 0; links < 40; links++) {
    let link: string;
    try {
      link = readlinkSync(at);
    } catch {
      return at;
    }
    at = resolve(realpathSync(dirname(at)), link);
  }
  throw refusal('ELOOP');
}

function syncFolder(folder: string): void {
  try {
    const file = openSync(folder, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // Some file systems cannot; the file itself is safe.
  }
}

/** Owner and mode of the file that is replaced; where another's ownership cannot be given, the mode alone. */
function keepRights(file: number, { uid, gid, mode }: Stats): void {
  const now = fstatSync(file);
  if (now.uid !== uid || now.gid !== gid) {
    try {
      fchownSync(file, uid, gid);
    } catch {
      // Only a privileged process may.
    }
  }
  fchmodSync(file, mode & 0o7777);
}

function replace(target: string, before: Stats | undefined, parts: Iterable<Uint8Array>): void {
  // A file that may not be written is not replaced, though its folder would allow that.
  if (before !== undefined) closeSync(openSync(target, 'r+'));
  const folder = dirname(target);
  cleanLeftovers(folder);
  const draft = newDraft(folder);
  const file = openSync(draft, 'wx', before === undefined ? 0o666 : 0o600);
  try {
    try {
      writeAll(file, parts);
      if (before !== undefined) keepRights(file, before);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameOver(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(folder);
}

/** Devices, FIFOs: what is written goes through them. */
function writeThrough(path: string, parts: Iterable<Uint8Array>): void {
  const { O_WRONLY, O_NONBLOCK } = constants;
  // Without O_NONBLOCK, opening a FIFO that nobody reads would wait for ever; with it, a full one would refuse bytes.
  const probe = openSync(path, O_WRONLY | O_NONBLOCK);
  try {
    const file = openSync(path, O_WRONLY);
    try {
      writeAll(file, parts);
    } finally {
      closeSync(file);
    }
  } finally {
    closeSync(probe);
  }
}

/**
 * Makes the folder of a file, and those above it, where they are missing.
 * @throws Error that says the path and the reason, with the system's `code` and `cause`
 */
export function makeFolderOf(operation: string, path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw failure(operation, 'write', path, error);
  }
}

/**
 * Writes a file as a whole or not at all: into a draft in the same folder, which then takes the file's name. What a
 * symbolic link points to is replaced, not the link; the mode and, where possible, the owner of a file that was there
 * are kept. Devices and FIFOs are written through.
 * @param parts what the file holds, one after the other; made as they are written
 * @throws Error that says the path and the reason, with the system's `code` and `cause`
 */
export function writeFile(operation: string, path: string, parts: Iterable<Uint8Array>): void {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory()) throw refusal('EISDIR');
    if (there === undefined || there.isFile()) replace(targetOf(path), there, parts);
    else writeThrough(path, parts);
  } catch (error) {
    throw failure(operation, 'write', path, error);
  }
}

/**
 * Tries whether `writeFile` could write so many bytes now, and leaves everything as it was.
 * @throws Error as `writeFile`
 */
export function tryToWrite(operation: string, path: string, bytes: number): void {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory()) throw refusal('EISDIR');
    if (there !== undefined && !there.isFile()) return writeThrough(path, []);
    if (there !== undefined) closeSync(openSync(path, 'r+'));
    const draft = newDraft(dirname(targetOf(path)));
    try {
      const file = openSync(draft, 'wx', 0o600);
      try {
        writeAll(file, [new Uint8Array(bytes)]);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } finally {
      rmSync(draft, { force: true });
    }
  } catch (error) {
    throw failure(operation, 'write', path, error);
  }
}

/**
 * Opens a regular file and passes it with its size in bytes to `read`.
 * @throws Error that says the path and the reason, with the system's `code` and `cause`
 */
export function withFileToRead<R>(
  operation: string,
  path: string,
  body: (file: number, size: number) => R,
): R {
  let file: number;
  let stats: Stats;
  try {
    // A FIFO that nobody writes would keep the process waiting.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    stats = fstatSync(file);
  } catch (error) {
    throw failure(operation, 'read', path, error);
  }
  try {
    if (stats.isDirectory()) throw failure(operation, 'read', path, refusal('EISDIR'));
    if (!stats.isFile()) {
      throw new RangeError(
        `${operation}: cannot read ${path}: only regular files can be read from any place, not pipes and devices`,
      );
    }
    return body(file, stats.size);
  } finally {
    closeSync(file);
  }
}

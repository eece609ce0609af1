/**
 * Files: every one that the package writes is written by `writeFile`, every one that it reads by position is opened by
 * `withFileToRead`. What a file holds is its format's concern.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstance, rule } from '../check';

/** Where a file is: a path, or a URL that begins with `file:`. */
export type FilePath = string | URL;

const isUrl = (value: unknown): value is URL => isInstance(value, URL);
function toPath(value: string | URL): string | null {
  try {
    return isUrl(value) ? fileURLToPath(value) : value;
  } catch {
    return null; // A URL of another protocol, or of another host.
  }
}
const isPath = (path: string | null): boolean =>
  path !== null && path !== '' && !path.includes('\0');

const filePath = rule<FilePath>(
  'the path of a file, a string or a file: URL',
  (value) => typeof value === 'string' || isUrl(value),
  (value) => isPath(toPath(value)),
);

/**
 * The path that a caller gave, as a string.
 * @throws TypeError for what is neither a string nor a URL; RangeError for an empty path, a null character in it, a URL
 * that names no file here.
 */
export const pathOf = (operation: string, value: unknown): string =>
  toPath(filePath.check(operation, 'path', value)) as string;

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'symbolic links lead in a circle',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENXIO: 'nobody reads it',
};

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown error';
}

/** What went wrong with a file, as one sentence; `code` and `cause` are the system's. */
function failure(
  operation: string,
  attempt: 'read' | 'write',
  path: string,
  error: unknown,
): Error & { code: string } {
  const code = codeOf(error);
  const missing =
    attempt === 'read' ? 'there is no such file' : `there is no folder ${dirname(path)}`;
  const reason = code === 'ENOENT' ? missing : (reasons[code] ?? 'the system refuses');
  const sentence = `${operation}: cannot ${attempt} ${path}: ${reason} (${code})`;
  return Object.assign(new Error(sentence, { cause: error }), { code });
}

const refusal = (code: string): Error => Object.assign(new Error(code), { code });

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

// A draft's name: who writes it, so that whoever comes next can tell a killed writer's, and 16 random bytes.
const draftPattern = /^\.ostinato-([0-9a-f]{12})-(\d+)-[0-9a-f]{32}\.tmp$/;
const aDay = 24 * 60 * 60 * 1000;

/** The processes among which a process number is unambiguous: of this machine, or of this container. */
const processSpace = ((): string => {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // No such thing on this system.
  }
  return createHash('sha256').update(`${hostname()} ${namespace}`).digest('hex').slice(0, 12);
})();

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
};

const cleaned = new Set<string>();

/** Removes the drafts of writers that were killed, once for each folder. */
function cleanLeftovers(folder: string): void {
  if (cleaned.has(folder)) return;
  cleaned.add(folder);
  try {
    for (const name of readdirSync(folder)) {
      const found = draftPattern.exec(name);
      if (found === null) continue;
      const draft = join(folder, name);
      const isOver =
        found[1] === processSpace
          ? !isRunning(Number(found[2]))
          : Date.now() - statSync(draft).mtimeMs > aDay;
      if (isOver) rmSync(draft, { force: true });
    }
  } catch {
    // A folder that cannot be listed, or a draft that somebody else has just removed.
  }
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
  const random = randomBytes(16).toString('hex');
  const draft = join(folder, `.ostinato-${processSpace}-${process.pid}-${random}.tmp`);
  const file = openSync(draft, 'wx', before === undefined ? 0o666 : 0o600);
  try {
    try {
      writeAll(file, parts);
      if (before !== undefined) keepRights(file, before);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, target);
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
 * Opens a regular file and hands it on with its size in bytes.
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

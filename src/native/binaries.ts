// What files say of themselves without being loaded: the C library that this program was linked to, and
// whether an ELF file is whole.

import { closeSync, openSync, readSync } from 'node:fs';

/** A file's first bytes; null where it cannot be read. */
function beginning(file: string, bytes: number): Buffer | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return null;
  }
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, bytes, 0));
  } catch {
    return null;
  } finally {
    closeSync(descriptor);
  }
}

const isElf = (head: Buffer): boolean =>
  head.length >= 64 && head.toString('latin1', 0, 4) === '\x7fELF';

/** Whether a report of this process, which takes milliseconds, names no version of glibc. */
function reportsNoGlibc(): boolean {
  const report = process.report?.getReport() as
    { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header !== undefined && report.header.glibcVersionRuntime === undefined;
}

/**
 * Whether this process runs on musl: the interpreter that its program names (ELF's PT_INTERP, a path in the first page)
 * is musl's loader. `program` is the file of the running program.
 */
export function isMusl(program: string = process.execPath): boolean {
  if (process.platform !== 'linux') return false;
  const head = beginning(program, 4096);
  if (head !== null && head.includes('/ld-musl-')) return true;
  if (head !== null && head.includes('/ld-linux')) return false;
  return reportsNoGlibc();
}

/**
 * Whether a 64-bit ELF file ends before its section headers do, which stand last. Loading such a file can end in a bus error.
 * False for what is no ELF file or cannot be read.
 */
export function isCut(file: string, size: number): boolean {
  const head = beginning(file, 64);
  if (head === null || !isElf(head)) return false;
  const [offset, entryBytes, entries] = [
    head.readBigUInt64LE(40),
    head.readUInt16LE(58),
    head.readUInt16LE(60),
  ];
  return BigInt(size) < offset + BigInt(entryBytes * entries);
}

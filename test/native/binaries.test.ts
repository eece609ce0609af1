import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCut, isMusl } from '../../src/native/binaries';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostinato-binaries-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(content: string | Uint8Array): string {
  const path = join(folder, 'program');
  writeFileSync(path, content);
  return path;
}

const onLinux = process.platform === 'linux' ? it : it.failing;

describe('isMusl', () => {
  onLinux('reads the interpreter that a program names', () => {
    expect(isMusl(file('\x7fELF…/lib/ld-musl-x86_64.so.1\0'))).toBe(true);
    expect(isMusl(file('\x7fELF…/lib/ld-musl-aarch64.so.1\0'))).toBe(true);
    expect(isMusl(file('\x7fELF…/lib64/ld-linux-x86-64.so.2\0'))).toBe(false);
  });

  it('asks the process itself where the program cannot be read or names none', () => {
    expect(isMusl(join(folder, 'gone'))).toBe(isMusl());
    expect(isMusl(file(''))).toBe(isMusl());
  });
});

describe('isCut', () => {
  it('is false for what is no ELF file', () => {
    expect(isCut(file(''), 0)).toBe(false);
    expect(isCut(file('MZ'.padEnd(100)), 100)).toBe(false);
    expect(isCut(join(folder, 'gone'), 0)).toBe(false);
  });

  onLinux('holds the running program for whole, and for cut one byte before its end', () => {
    const { size } = statSync(process.execPath);
    expect(isCut(process.execPath, size)).toBe(false);
    expect(isCut(process.execPath, size - 1)).toBe(true);
  });
});

/** Renaming over a file that another program may have open. */
import { renameSync } from 'node:fs';

// What Windows answers while another program (a reader, a virus scanner) has one of the files open.
const inUse = new Set(['EACCES', 'EBUSY', 'EPERM']);
const patience = 1000;

const pause = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};

/**
 * Gives a file the name of another, which it replaces. On Windows, where a file that is open cannot be replaced, it is tried again for a
 * second; elsewhere once.
 * @throws the system's error
 */
export function renameOver(
  from: string,
  to: string,
  {
    platform = process.platform,
    rename = renameSync,
  }: {
    platform?: NodeJS.Platform;
    rename?: (from: string, to: string) => void;
  } = {},
): void {
  for (let waited = 0, wait = 1; ; waited += wait, wait *= 2) {
    try {
      rename(from, to);
      return;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (platform !== 'win32' || !inUse.has(code) || waited >= patience) throw error;
    }
    pause(wait);
  }
}

import { renameOver } from '../../src/io/rename';

const busy = Object.assign(new Error('EBUSY: resource busy or locked'), { code: 'EBUSY' });
const missing = Object.assign(new Error('ENOENT: no such file or directory'), { code: 'ENOENT' });

/** Renames that fail the first `failures` times; how often it was tried. */
function tries(platform: NodeJS.Platform, failures: number, error: Error): number {
  let count = 0;
  const rename = (): void => {
    if (++count <= failures) throw error;
  };
  try {
    renameOver('a', 'b', { platform, rename });
  } catch (thrown) {
    expect(thrown).toBe(error);
  }
  return count;
}

describe('renameOver', () => {
  it('tries again on Windows while a file is in use, for a second', () => {
    expect(tries('win32', 3, busy)).toBe(4);
    const started = Date.now();
    expect(tries('win32', Infinity, busy)).toBe(11);
    expect(Date.now() - started).toBeGreaterThanOrEqual(1000);
  });

  it('tries once elsewhere, and whatever else is wrong', () => {
    expect(tries('linux', Infinity, busy)).toBe(1);
    expect(tries('win32', Infinity, missing)).toBe(1);
    expect(tries('linux', 0, busy)).toBe(1);
  });
});

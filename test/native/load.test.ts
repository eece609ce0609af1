import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Addon, loadAddon, type LoadContext } from '../../src/native/load';

const platform = `${process.platform}-${process.arch}`;
const built = 'build/cmake/Release/ostinato.node';
const prebuilt = `prebuilds/${platform}/ostinato.node`;

describe('loadAddon', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ostinato-load-'));
    const binary = { addon_paths: [built, 'prebuilds/{platform}-{arch}/ostinato.node'] };
    writeFileSync(join(root, 'package.json'), JSON.stringify({ binary }));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function place(file: string): string {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    return path;
  }
  const cell = { gates: 1, blocks: 1, hasCellState: false, savesGates: false };
  const addon = (isa: string | null): Addon => ({
    isa,
    availableIsas: ['avx2', 'scalar'],
    maxThreads: 1,
    constants: {
      strided: { maxDims: 8, maxOperands: 4 },
      work: { scratchBytes: 0 },
      generator: { words: 0, left: 0, next: 0, nextNormal: 0, hasNextNormal: 0, bytes: 0 },
      cells: { rnn: cell, lstm: cell, gru: cell },
    },
    sequenceMemory: () => ({ packed: 0, workspace: 0 }),
    addressOf: () => 0,
    getNumThreads: () => 1,
    setNumThreads: () => undefined,
    argumentKinds: {
      ...{ number: 0, readAddress: 1, writeAddress: 2 },
      ...{ structField: 3, stridedField: 4, itemSizeFactor: 8 },
    },
    programFormat: { chainStep: -1, tableStep: -2, scratchBase: -1 },
    createInstance: () => {
      throw new Error('not called by the loader');
    },
  });
  const context = (load: LoadContext['load'], env: LoadContext['env'] = {}): LoadContext => ({
    root,
    env,
    load,
  });
  function messageOf(action: () => unknown): string {
    try {
      action();
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('expected an error');
  }

  it('loads the add-on of this build, with at least the scalar set', () => {
    const real = loadAddon();
    expect(real.availableIsas).toContain('scalar');
    expect(real.availableIsas).toContain(real.isa);
    expect(real.maxThreads).toBeGreaterThanOrEqual(1);
  });

  it('prefers a local build to a prebuilt add-on', () => {
    const first = place(built);
    place(prebuilt);
    const loaded: string[] = [];
    loadAddon(context((file) => (loaded.push(file), addon('avx2'))));
    expect(loaded).toEqual([first]);
  });

  it('falls back to the next one when the first does not load', () => {
    place(built);
    const second = place(prebuilt);
    const result = addon('scalar');
    const load = (file: string) => {
      if (file === second) return result;
      throw new Error('invalid ELF header');
    };
    expect(loadAddon(context(load))).toBe(result);
  });

  it('lists the places and how to build when there is none', () => {
    const message = messageOf(() => loadAddon(context(() => addon('avx2'))));
    expect(message.split('\n')).toEqual([
      `ostinato: the native add-on could not be loaded on ${platform}, Node ${process.version}`,
      `  ${join(root, built)}: not there`,
      `  ${join(root, prebuilt)}: not there`,
      'To fix it:',
      '  1. build it: npm rebuild ostinato (in a clone: npm run build:native)',
      expect.stringMatching(/^ {2}2\. if install scripts were switched off/),
      expect.stringMatching(/^ {2}3\. see why a build fails/),
    ]);
  });

  it('gives the first line of why one did not load, and how to replace it', () => {
    place(built);
    const load = () => {
      throw new Error("version `GLIBC_2.38' not found\nRequire stack:");
    };
    const message = messageOf(() => loadAddon(context(load)));
    expect(message).toContain(`${built}: version \`GLIBC_2.38' not found\n`);
    expect(message).not.toContain('Require stack');
    expect(message).toContain('  1. build it for this machine: npm rebuild ostinato');
  });

  it('loads only the file that OSTINATO_ADDON names', () => {
    place(built);
    const other = place('elsewhere.node');
    const loaded: string[] = [];
    const load = (file: string) => (loaded.push(file), addon('avx2'));
    loadAddon(context(load, { OSTINATO_ADDON: other }));
    expect(loaded).toEqual([other]);
    const message = messageOf(() => loadAddon(context(load, { OSTINATO_ADDON: `${other}.gone` })));
    expect(message).toContain('elsewhere.node.gone: not there');
    expect(message).toContain('  1. unset OSTINATO_ADDON');
  });

  it('refuses an OSTINATO_NUM_THREADS that is no number of threads', () => {
    place(built);
    const load = (given: string) =>
      loadAddon(context(() => addon('avx2'), { OSTINATO_NUM_THREADS: given }));
    for (const given of ['abc', '-1', '0', '1e9', '2.5', '3 threads', 'NaN']) {
      expect(() => load(given)).toThrow(
        new RangeError(
          `OSTINATO_NUM_THREADS: must be an integer of at least 1, got '${given}'; unset it to use every core`,
        ),
      );
    }
    for (const given of ['', '1', '64', '99999999999999999999']) {
      expect(load(given).isa).toBe('avx2');
    }
  });

  it('refuses an instruction set that is not available, naming those that are', () => {
    place(built);
    const load = () => loadAddon(context(() => addon(null), { OSTINATO_ISA: 'avx1024' }));
    expect(load).toThrow(
      new RangeError(
        "OSTINATO_ISA: 'avx1024' is not available on this machine; unset it or use one of avx2, scalar",
      ),
    );
  });
});

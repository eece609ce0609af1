import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Addon, loadAddon, type LoadContext } from '../../src/native/load';
import { addonInterface } from '../../src/native/version';

const platform = 'beos-m68k';
const built = 'build/cmake/Release/ostinato.node';
const prebuilt = `prebuilds/${platform}/ostinato.node`;

const addon = (isa: string | null = 'avx2'): Addon => ({
  ...loadAddon(),
  isa,
  availableIsas: ['avx2', 'scalar'],
});

function messageOf(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  throw new Error('expected an error');
}

function failing(message: string, code?: string): () => never {
  return () => {
    throw Object.assign(new Error(message), { code });
  };
}

let folder = '';
let root = '';

/** A package whose folder ends in `path`. */
function packageIn(path: string): void {
  root = join(folder, ...path.split('/'));
  mkdirSync(join(root, 'native'), { recursive: true });
  writeFileSync(join(root, 'native', 'sources.json'), '{}');
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostinato-load-'));
  packageIn('node_modules/ostinato');
});
afterEach(() => rmSync(folder, { recursive: true }));

function place(file: string, bytes: string | Uint8Array = ''): string {
  const target = join(root, file);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, bytes);
  return target;
}

const context = (parts: Partial<LoadContext> = {}): LoadContext => ({
  root,
  env: {},
  platform,
  prebuilt: { [platform]: () => addon('scalar'), 'linux-x64': failing('not asked for') },
  load: () => addon('avx2'),
  ...parts,
});

/** The lines of the failure; the place of the package is written ROOT, what separates folders is a slash. */
const failure = (parts: Partial<LoadContext>): string[] =>
  messageOf(() => loadAddon(context(parts))).map((line) =>
    line.replaceAll(root, 'ROOT').replaceAll('\\', '/'),
  );
const title = `ostinato: the native add-on could not be loaded on ${platform}, Node ${process.version}`;
const npx = process.versions['bun'] === undefined ? 'npx' : 'bunx';
const rebuild = `build it from source: ${npx} ostinato build (it needs a C++20 compiler)`;
const again = 'install it again: delete ROOT, and install';

describe('loadAddon', () => {
  it('loads the add-on of this build, with the set that every processor has', () => {
    const real = loadAddon();
    expect(real.interface).toBe(addonInterface);
    expect(real.availableIsas).toContain(process.arch === 'arm64' ? 'neon' : 'scalar');
    expect(real.availableIsas).toContain(real.isa);
    expect(real.maxThreads).toBeGreaterThanOrEqual(1);
  });

  it('takes the prebuilt add-on of this platform', () => {
    expect(loadAddon(context()).isa).toBe('scalar');
  });

  it('prefers a build in its folder to the prebuilt add-on', () => {
    const file = place(built);
    const loaded: string[] = [];
    loadAddon(context({ load: (name) => (loaded.push(name), addon()) }));
    expect(loaded).toEqual([file]);
  });

  it('takes the prebuilt one where the build does not load or is of another version', () => {
    place(built);
    expect(loadAddon(context({ load: failing('invalid ELF header') })).isa).toBe('scalar');
    const old = { ...addon('avx2'), interface: '0.0.9-aaaaaaaaaaaa' };
    expect(loadAddon(context({ load: () => old })).isa).toBe('scalar');
  });

  it('loads only the file that OSTINATO_ADDON names', () => {
    place(built);
    const other = place('elsewhere.node');
    const loaded: string[] = [];
    const load = (file: string) => (loaded.push(file), addon());
    loadAddon(context({ load, env: { OSTINATO_ADDON: other } }));
    expect(loaded).toEqual([other]);
    const gone = { load: failing('Cannot find it\nRequire stack:', 'MODULE_NOT_FOUND'), env: { OSTINATO_ADDON: `${other}.gone` } }; // prettier-ignore
    expect(failure(gone)).toEqual([
      title,
      '  ROOT/elsewhere.node.gone: not there',
      'To fix it:',
      '  1. unset OSTINATO_ADDON, which names the only file tried, or have it name an add-on of this version',
    ]);
  });

  it('reads neither the manifest nor a build where a bundler left it no folder', () => {
    expect(loadAddon(context({ root: null, load: failing('not asked for') })).isa).toBe('scalar');
  });

  it('refuses an OSTINATO_NUM_THREADS that is no number of threads', () => {
    const load = (given: string) => loadAddon(context({ env: { OSTINATO_NUM_THREADS: given } }));
    for (const given of ['abc', '-1', '0', '1e9', '2.5', '3 threads', 'NaN']) {
      expect(() => load(given)).toThrow(
        new RangeError(
          `OSTINATO_NUM_THREADS: must be an integer of at least 1, got '${given}'; unset it to use every core`,
        ),
      );
    }
    for (const given of ['', '1', '64', '99999999999999999999']) {
      expect(load(given).isa).toBe('scalar');
    }
  });

  it('refuses an instruction set that is not available, naming those that are', () => {
    place(built);
    const load = () =>
      loadAddon(context({ load: () => addon(null), env: { OSTINATO_ISA: 'avx1024' } }));
    expect(load).toThrow(
      new RangeError(
        "OSTINATO_ISA: 'avx1024' is not available on this machine; unset it or use one of avx2, scalar",
      ),
    );
  });
});

describe('the message when no add-on loads', () => {
  it('names the platforms that there are add-ons for', () => {
    expect(failure({ prebuilt: { 'linux-x64': failing(''), 'win32-x64': failing('') } })).toEqual([
      title,
      `  none is prebuilt for ${platform}, only for linux-x64, win32-x64`,
      'To fix it:',
      `  1. ${rebuild}`,
    ]);
  });

  it('gives the first line of why one did not load', () => {
    const refused = failing("version `GLIBC_2.17' not found\nRequire stack:");
    expect(failure({ prebuilt: { [platform]: refused } })).toEqual([
      title,
      `  ${prebuilt}: version \`GLIBC_2.17' not found`,
      'To fix it:',
      `  1. ${rebuild}`,
      `  2. ${again}`,
    ]);
  });

  it.each([
    ['another version', () => ({ ...addon(), interface: '0.0.9-aaaaaaaaaaaa' }), `made for 0.0.9-aaaaaaaaaaaa, where this is ${addonInterface}`], // prettier-ignore
    ['one that is older than versions', () => ({ isa: 'avx2' }), `made for an unknown version, where this is ${addonInterface}`], // prettier-ignore
    ['none in its place', failing('Cannot find module', 'MODULE_NOT_FOUND'), 'not there'],
    [
      'a file that is no library',
      failing('a.node: invalid ELF header'),
      'a.node: invalid ELF header',
    ],
    ['an empty file', failing('a.node: file too short'), 'a.node: file too short'],
    ["another machine's library", failing('a.node: cannot open shared object file: No such file or directory'), 'not there, or made for another processor'], // prettier-ignore
    ["another machine's on macOS", failing("dlopen(a.node, 1): incompatible architecture"), 'dlopen(a.node, 1): incompatible architecture'], // prettier-ignore
    ["another machine's on Windows", failing('a.node is not a valid Win32 application.'), 'a.node is not a valid Win32 application.'], // prettier-ignore
    ['none that a loader of a bundler finds', failing('node-loader:\nError: x.node: cannot open shared object file'), 'not there, or made for another processor'], // prettier-ignore
  ])('advises to install again where there is %s', (_, load, reason) => {
    expect(failure({ prebuilt: { [platform]: load } })).toEqual([
      title,
      `  ${prebuilt}: ${reason}`,
      'To fix it:',
      `  1. ${again}`,
      `  2. ${rebuild}`,
    ]);
  });

  it('does not load a file that ends before its last table does', () => {
    const header = new DataView(new ArrayBuffer(64));
    header.setUint32(0, 0x7f454c46);
    header.setBigUint64(40, 1000n, true); // where the section headers start
    header.setUint16(58, 64, true); // their bytes
    header.setUint16(60, 10, true); // their number
    const bytes = new Uint8Array(1640);
    bytes.set(new Uint8Array(header.buffer));
    place(prebuilt, bytes);
    expect(loadAddon(context()).isa).toBe('scalar');
    place(prebuilt, bytes.subarray(0, 1639));
    expect(failure({ prebuilt: { [platform]: failing('not asked for') } })[1]).toBe(
      `  ${prebuilt}: the file is cut short`,
    );
  });

  it('says what --permission leaves out', () => {
    const load = failing('Cannot load native addon because loading addons is disabled.', 'ERR_DLOPEN_DISABLED'); // prettier-ignore
    expect(failure({ prebuilt: { [platform]: load } }).slice(2)).toEqual([
      'To fix it:',
      '  1. start Node with --allow-addons beside --permission',
    ]);
  });

  it('advises a bundle to leave the package out of it', () => {
    const load = failing('Cannot find module', 'MODULE_NOT_FOUND');
    const advice = [
      'To fix it:',
      "  1. mark 'ostinato' as external in the bundler, which leaves it in node_modules beside its add-on",
      '  2. or have the bundler copy files that end in .node (docs/deployment.md says how in each)',
    ];
    expect(failure({ root: null, prebuilt: { [platform]: load } }).slice(2)).toEqual(advice);
    rmSync(join(root, 'native'), { recursive: true });
    expect(failure({ prebuilt: { [platform]: load } }).slice(2)).toEqual(advice);
  });

  it.each([
    ['node_modules/.pnpm/ostinato@0.1.0/node_modules/ostinato', 'pnpm exec ostinato build'],
    ['.yarn/unplugged/ostinato-npm-0.1.0/node_modules/ostinato', 'yarn ostinato build'],
    ['node_modules/ostinato', `${npx} ostinato build`],
  ])('names the program as the package manager of %s calls it', (path, program) => {
    packageIn(path);
    expect(failure({ prebuilt: {} })[3]).toBe(
      `  1. build it from source: ${program} (it needs a C++20 compiler)`,
    );
  });

  it('names the scripts of a clone', () => {
    packageIn('clone');
    expect(failure({ prebuilt: {} }).slice(2)).toEqual([
      'To fix it:',
      '  1. build it: npm run build:native (node scripts/build-addon.cjs --verbose shows why a build fails)',
    ]);
  });
});

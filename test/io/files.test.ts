// Writing and reading files: whole or not at all, whatever is at the path, and a sentence for what cannot be done.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { io, ones, plot, tensor, type Tensor } from 'ostinato';

let folder: string;
beforeEach(() => (folder = realpathSync(mkdtempSync(join(tmpdir(), 'ostinato-files-')))));
afterEach(() => rmSync(folder, { recursive: true }));
const path = (name = 'x.safetensors'): string => join(folder, name);
const save = (file: string | URL, x: Tensor = tensor([1, 2])): void =>
  io.saveSafetensors(file, new Map([['x', x]]));
const load = (file: string | URL): unknown => io.loadSafetensors(file).get('x')!.toArray();
const modeOf = (file: string): number => statSync(file).mode & 0o7777;
const isRoot = process.getuid?.() === 0;
/** Modes, owners, FIFOs, devices and symbolic links, which Windows has not, or for administrators only. */
const onPosix = (name: string, body: () => unknown): void => {
  if (process.platform !== 'win32') test(name, async () => void (await body()));
};

describe.each<[string, (file: string) => void]>([
  ['saveSafetensors', (file) => save(file)],
  ['plot.save', (file) => void plot.save(file, '<svg/>')],
])('%s', (operation, write) => {
  onPosix(
    'a new file has the mode that the umask leaves, a replaced one keeps its own and its owner',
    () => {
      const before = process.umask(0o027);
      try {
        write(path());
      } finally {
        process.umask(before);
      }
      expect(modeOf(path())).toBe(0o640);
      for (const mode of [0o600, 0o666, 0o755]) {
        chmodSync(path(), mode);
        if (isRoot) chownSync(path(), 1234, 4321);
        write(path());
        expect(modeOf(path())).toBe(mode);
        if (isRoot) expect(statSync(path())).toMatchObject({ uid: 1234, gid: 4321 });
      }
      expect(readdirSync(folder)).toEqual(['x.safetensors']);
    },
  );

  onPosix('what symbolic links point to is written, whether it exists or not', () => {
    mkdirSync(path('inner'));
    symlinkSync('inner/file', path('one'));
    symlinkSync('one', path('two'));
    for (let round = 0; round < 2; round++) {
      write(path('two'));
      expect(lstatSync(path('two')).isSymbolicLink()).toBe(true);
      expect(lstatSync(path('one')).isSymbolicLink()).toBe(true);
      expect(lstatSync(path('inner/file')).isFile()).toBe(true);
    }
    expect(readdirSync(path('inner'))).toEqual(['file']);
  });

  onPosix('a device stays a device', () => {
    write('/dev/null');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  onPosix('a FIFO is written through, and refused where nobody reads it', () => {
    expect(spawnSync('mkfifo', [path('pipe')]).status).toBe(0);
    expect(() => write(path('pipe'))).toThrow(
      `${operation}: cannot write ${path('pipe')}: nobody reads it (ENXIO)`,
    );
    expect(statSync(path('pipe')).isFIFO()).toBe(true);
  });

  onPosix(
    'a folder, a full device, a read-only file, a circle of links: a sentence, with code and cause',
    () => {
      symlinkSync('circle', path('circle'));
      for (const [file, reason, code] of [
        [folder, 'it is a folder', 'EISDIR'],
        ['/dev/full', 'the disk is full', 'ENOSPC'],
        [path('circle'), 'symbolic links lead in a circle', 'ELOOP'],
      ]) {
        let error: unknown;
        try {
          write(file);
        } catch (thrown) {
          error = thrown;
        }
        expect(error).toMatchObject({ code, cause: expect.anything() as unknown });
        expect((error as Error).message).toBe(
          `${operation}: cannot write ${file}: ${reason} (${code})`,
        );
      }
    },
  );

  onPosix('no permission: the file is refused and stays as it was, the folder too', () => {
    writeFileSync(path('mine'), 'kept');
    chmodSync(path('mine'), 0o444);
    mkdirSync(path('locked'));
    chmodSync(path('locked'), 0o555);
    chmodSync(folder, 0o777);
    if (isRoot) process.seteuid!(65534);
    try {
      for (const file of [path('mine'), path('locked/new')]) {
        expect(() => write(file)).toThrow(
          `${operation}: cannot write ${file}: no permission (EACCES)`,
        );
      }
    } finally {
      if (isRoot) process.seteuid!(0);
    }
    expect(readFileSync(path('mine'), 'utf8')).toBe('kept');
    expect(readdirSync(folder).sort()).toEqual(['locked', 'mine']);
  });

  test('drafts that killed writers left are removed, those of running ones are not', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    let seen: string[] = [];
    // A draft of a running writer tells how they are called.
    const watched = mkdtempSync(join(folder, 'w-'));
    const child = spawnWriter(join(watched, 'x'), 1);
    return once(child).then(async () => {
      while (seen.length === 0) {
        seen = readdirSync(watched).filter((name) => name.endsWith('.tmp'));
      }
      child.kill('SIGKILL');
      await ended(child);
      const [, , space] = /^(\.ostinato-)([0-9a-f]+)-/.exec(seen[0]) as unknown as string[];
      const random = 'ab'.repeat(16);
      mkdirSync(path('fresh'));
      const dead = path(`fresh/.ostinato-${space}-${pid}-${random}.tmp`);
      const alive = path(`fresh/.ostinato-${space}-${process.pid}-${random}.tmp`);
      const elsewhere = path(`fresh/.ostinato-${'0'.repeat(12)}-${pid}-${random}.tmp`);
      for (const file of [dead, alive, elsewhere]) writeFileSync(file, '');
      write(path('fresh/x'));
      expect([dead, alive, elsewhere].map((file) => existsSync(file))).toEqual([false, true, true]);
    });
  }, 60_000);
});

function spawnWriter(file: string, value: number): ChildProcess {
  const root = resolve(__dirname, '..', '..');
  return spawn(process.execPath, [
    ...[resolve(root, 'scripts', 'run.cjs'), '--source'],
    ...[resolve(__dirname, 'writers', 'program.ts'), file, String(value)],
  ]);
}
const once = (child: ChildProcess): Promise<void> =>
  new Promise((done) => child.stdout!.once('data', () => done()));
const ended = (child: ChildProcess): Promise<void> =>
  new Promise((done) =>
    (child.exitCode ?? child.signalCode) === null ? child.once('exit', () => done()) : done(),
  );

test('two writers of one path, read all the while: one or the other, whole; a kill leaves the file', async () => {
  const writers = [1, 2].map((value) => spawnWriter(path(), value));
  try {
    await Promise.all(writers.map(once));
    while (!existsSync(path())) await new Promise((done) => setTimeout(done, 5));
    const seen = new Set<number>();
    for (let round = 0; round < 200; round++) {
      const values = new Set(io.loadSafetensors(path()).get('x')!.toTypedArray());
      expect(values.size).toBe(1);
      for (const value of values) seen.add(value);
    }
    expect([...seen].every((value) => value === 1 || value === 2)).toBe(true);
  } finally {
    for (const writer of writers) writer.kill('SIGKILL');
    await Promise.all(writers.map(ended));
  }
  expect(new Set(io.loadSafetensors(path()).get('x')!.toTypedArray()).size).toBe(1);
}, 60_000);

test('file: URLs are paths; other URLs, Buffers, empty paths and null characters are refused', () => {
  save(pathToFileURL(path('a b')));
  expect(load(pathToFileURL(path('a b')))).toEqual([1, 2]);
  expect(load(path('a b'))).toEqual([1, 2]);
  const sentence =
    /^(save|load|plot\.save)(Safetensors)?: path must be the path of a file, a string or a file: URL, got .+$/;
  for (const bad of [new URL('http://example.org/x'), '', 'a\0b', Buffer.from('x')] as string[]) {
    expect(() => save(bad)).toThrow(sentence);
    expect(() => load(bad)).toThrow(sentence);
    expect(() => plot.save(bad, '')).toThrow(sentence);
  }
});

onPosix('what cannot be read: a sentence at once', () => {
  const onlyRegular = (file: string): string =>
    `loadSafetensors: cannot read ${file}: only regular files can be read from any place, not pipes and devices`;
  expect(spawnSync('mkfifo', [path('pipe')]).status).toBe(0);
  expect(() => load(path('pipe'))).toThrow(onlyRegular(path('pipe')));
  expect(() => load('/dev/zero')).toThrow(onlyRegular('/dev/zero'));
  expect(() => load(folder)).toThrow(
    `loadSafetensors: cannot read ${folder}: it is a folder (EISDIR)`,
  );
  expect(() => load(path('none'))).toThrow(
    `loadSafetensors: cannot read ${path('none')}: there is no such file (ENOENT)`,
  );
  expect(() => save(path('none/x'))).toThrow(
    `saveSafetensors: cannot write ${path('none/x')}: there is no folder ${path('none')} (ENOENT)`,
  );
});

test('all that is saved can be loaded: long metadata, and what no header can hold is refused', () => {
  const metadata = { long: '"\\\n'.repeat(1_500_000), plain: 'x'.repeat(9_000_000) };
  io.saveSafetensors(path(), new Map([['x', ones([1])]]), { metadata });
  expect({ ...io.readSafetensorsMetadata(path()) }).toEqual(metadata);
  const refused =
    (bad: unknown, name = 'x'): (() => void) =>
    () =>
      io.saveSafetensors(path('no'), new Map([[name, ones([1])]]), { metadata: bad as never });
  for (const bad of [null, 'text', ['a'], 3])
    expect(refused(bad)).toThrow(
      /^saveSafetensors: metadata must be an object of strings, got .+$/,
    );
  expect(refused({ ['__proto__']: 'x' })).toThrow(
    'saveSafetensors: metadata cannot be called __proto__',
  );
  expect(refused({ a: '\ud800' })).toThrow(
    'saveSafetensors: metadata "a" holds half a surrogate pair, which is no text',
  );
  expect(refused({}, '\udc00')).toThrow('saveSafetensors: a tensor cannot be called "\\udc00"');
  expect(refused({ a: 'x'.repeat(100_000_000) })).toThrow(
    /^saveSafetensors: names, shapes and metadata take \d+ bytes; a header holds at most 100000000$/,
  );
  expect(readdirSync(folder)).toEqual(['x.safetensors']);
});

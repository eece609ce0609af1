// What a user reads when the add-on cannot be built, and whether what it names is there afterwards.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const parts = [
  ...['package.json', 'addon.cjs', 'ostinato.cjs', 'scripts', 'native'],
  ...['binding.gyp', 'CMakeLists.txt'],
];
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostinato-install-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A copy of the package in `place`, built with a compiler that refuses everything. */
function build(place: string): { status: number | null; said: string } {
  mkdirSync(place, { recursive: true });
  for (const part of parts) cpSync(join(root, part), join(place, part), { recursive: true });
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  for (const name of ['node-addon-api', 'node-api-headers'])
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  const compiler = join(folder, 'compiler');
  writeFileSync(
    compiler,
    '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "$0 said much"\necho "native/binding/addon.cc:1: error: no such luck"\nexit 1\n',
  );
  chmodSync(compiler, 0o755);
  const { status, stderr } = spawnSync(process.execPath, ['ostinato.cjs', 'build'], {
    cwd: place,
    env: { PATH: process.env['PATH'], CXX: compiler, TMPDIR: folder },
    encoding: 'utf8',
  });
  return { status, said: stderr };
}

test('a failed build under node_modules keeps its output outside of the package, which may be installed again', () => {
  const place = join(folder, 'node_modules', 'ostinato');
  const { status, said } = build(place);
  expect(status).toBe(1);
  expect(said).toContain('error: no such luck');
  expect(said).toContain('npx ostinato build --verbose');
  expect(said).not.toContain(place);
  const log = /\(all output: (.*)\)/.exec(said)![1];
  rmSync(place, { recursive: true });
  expect(readFileSync(log, 'utf8')).toContain('said much');
});

test('a failed build in a clone keeps it beside the sources', () => {
  const place = join(folder, 'clone');
  const { status, said } = build(place);
  expect(status).toBe(1);
  expect(said).toContain('node scripts/build-addon.cjs --verbose');
  const log = /\(all output: (.*)\)/.exec(said)![1];
  expect(readFileSync(join(place, log), 'utf8')).toContain('said much');
});

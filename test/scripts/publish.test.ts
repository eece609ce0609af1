// What scripts/publish.cjs refuses, and the command with which it publishes: in a copy of the repository whose npm and Python are
// programs that write down what they are asked for.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { prebuilt } from '../../addon.cjs';

const root = join(__dirname, '..', '..');
const { name, repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  name: string;
  repository: { url: string };
};
const parts = [
  ...['package.json', 'package-lock.json', 'addon.cjs', 'scripts', 'native', '.gitignore'],
  ...['binding.gyp', 'CMakeLists.txt', 'LICENSE', 'README.md'],
];
const platforms = Object.keys(prebuilt);
const workflow = {
  ACTIONS_ID_TOKEN_REQUEST_URL: 'https://token.invalid',
  GITHUB_REPOSITORY: /github\.com\/(.*)\.git$/.exec(repository.url)![1],
};

let folder = '';
let clone = '';
const inClone = (...names: string[]): string => join(clone, ...names);
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], {
    cwd: clone,
    encoding: 'utf8',
  });

/** Commits everything as the release of `version`, and tags it. */
function release(version: string): void {
  for (const file of ['package.json', 'package-lock.json']) {
    const text = readFileSync(inClone(file), 'utf8');
    writeFileSync(inClone(file), text.replace(/"version": "[^"]*"/g, (old, at: number) => (at < 400 ? `"version": "${version}"` : old))); // prettier-ignore
  }
  writeFileSync(inClone('CHANGELOG.md'), `# Changelog\n\n## ${version} (2026-01-31)\n\n- First.\n`);
  git('add', '--all');
  git('commit', '--quiet', '--message', version);
  git('tag', `v${version}`);
}

function makeAddons(): void {
  for (const platform of platforms) {
    for (const place of ['prebuilds', join('build', 'prebuild')]) {
      mkdirSync(inClone(place, platform), { recursive: true });
      writeFileSync(inClone(place, platform, 'ostinato.node'), `an add-on for ${platform}`);
    }
    const stamp = `require('./scripts/builders/project.cjs').writeStamp('build/prebuild/${platform}/ostinato.node')`;
    execFileSync(process.execPath, ['-e', stamp], { cwd: clone });
  }
}

/** A program that writes down its arguments, and does what `body` says. */
function writeProgram(program: string, body: string): void {
  const file = join(folder, 'bin', program);
  writeFileSync(file, `#!/bin/sh\necho ${program} "$@" >> '${join(folder, 'calls')}'\n${body}\n`);
  chmodSync(file, 0o755);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostinato-publish-test-'));
  clone = join(folder, 'clone');
  for (const part of parts) cpSync(join(root, part), inClone(part), { recursive: true });
  mkdirSync(inClone('dist'));
  writeFileSync(inClone('dist', 'index.js'), '');
  mkdirSync(join(folder, 'bin'));
  const npm = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
  writeProgram('npm', `[ "$1" != pack ] || exec '${npm}' "$@"`);
  writeProgram('python3', '');
  git('init', '--quiet');
  makeAddons();
  release('1.2.3');
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => writeFileSync(join(folder, 'calls'), ''));

/** What the script says, and what it asked npm and Python for. */
function publish(args: string[] = [], env: Record<string, string> = {}): { status: number | null; said: string; calls: string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/publish.cjs', ...args], {
    cwd: clone,
    env: { HOME: folder, PATH: join(folder, 'bin') + delimiter + process.env['PATH'], ...env },
    encoding: 'utf8',
  });
  const calls = readFileSync(join(folder, 'calls'), 'utf8').split('\n').filter(Boolean);
  return { status, said: stdout + stderr, calls };
} // prettier-ignore

/** Runs `body` on the clone changed by `change`, and puts everything back. */
function changed(change: () => void, body: () => void): void {
  const copy = join(folder, 'copy');
  execFileSync('cp', ['-a', clone, copy]);
  try {
    change();
    body();
  } finally {
    rmSync(clone, { recursive: true });
    renameSync(copy, clone);
  }
}

const published = (calls: string[]): string[] => calls.filter((call) => /^npm publish/.test(call));

test('without --publish the command is printed and not run', () => {
  const { status, said, calls } = publish();
  expect(said).toContain(`dry run: npm publish ${name}-1.2.3.tgz --provenance --access public --tag latest`);
  expect(status).toBe(0);
  expect(published(calls)).toEqual([]);
  expect(calls[0]).toMatch(/^python3 .*check-prebuilds\.py$/);
}); // prettier-ignore

test('in the workflow the tarball is published with provenance', () => {
  const { status, calls } = publish(['--publish'], workflow);
  expect(status).toBe(0);
  expect(published(calls)).toHaveLength(1);
  expect(published(calls)[0]).toMatch(/^npm publish \/.*-1\.2\.3\.tgz --provenance --access public --tag latest$/); // prettier-ignore
});

test('a version before its release does not become what npm installs', () =>
  changed(
    () => release('2.0.0-rc.1'),
    () => expect(publish().said).toContain('--access public --tag next'),
  ));

test.each([
  ['elsewhere', ['--publish'], {}, 'only the workflow can say where the package was built'],
  ['by npm publish', ['--by-hand'], {}, 'npm publish would skip what must hold'],
  ['with another argument', ['--publsh'], workflow, 'unknown argument --publsh'],
  [
    'from another repository',
    ['--publish'],
    { ...workflow, GITHUB_REPOSITORY: 'someone/fork' },
    `repository: package.json says ${repository.url}, this is git+https://github.com/someone/fork.git`,
  ],
])('refuses to publish %s', (_, args, env, sentence) => {
  const { status, said, calls } = publish(args, env);
  expect(said).toContain(sentence);
  expect(status).toBe(1);
  expect(published(calls)).toEqual([]);
});

const addon = (platform: string, place = 'prebuilds'): string =>
  inClone(place, platform, 'ostinato.node');

const unlike = (file: string, from: string, to: string): void =>
  writeFileSync(inClone(file), readFileSync(inClone(file), 'utf8').replace(from, to));

// Everything that is wrong is said at once.
test.each<[string, [() => void, string][]]>([
  [
    'the state of the repository',
    [
      [() => appendFileSync(inClone('README.md'), '\n'), ' M README.md'],
      [() => git('tag', '--delete', 'v1.2.3'), 'tag: this commit is not v1.2.3: git tag -a v1.2.3'],
      [() => unlike('package-lock.json', '"version": "1.2.3"', '"version": "0.9.9"'), 'version: package-lock.json says 0.9.9, package.json 1.2.3'],
      [() => unlike('CHANGELOG.md', '1.2.3 (2026-01-31)', '1.2.3 (unreleased)'), "changelog: CHANGELOG.md begins with '1.2.3 (unreleased)': expected '## 1.2.3 (YYYY-MM-DD)'"],
    ],
  ],
  [
    'the add-ons',
    [
      [() => rmSync(addon('darwin-arm64')), 'add-ons: none for darwin-arm64\n'],
      [() => writeFileSync(addon('win32-x64'), 'another'), 'add-ons: win32-x64: not the one that was made here\n'],
      [() => undefined, 'add-ons: to make them: npm run prebuild\n'],
      [() => undefined, 'tarball: no add-on for darwin-arm64 in it'],
    ],
  ],
  [
    'an older state',
    [
      [() => git('commit', '--quiet', '--allow-empty', '--message', 'later'), 'tag: this commit is not v1.2.3, which names another commit'],
      [() => writeFileSync(inClone('CHANGELOG.md'), '# Changelog\n'), "changelog: CHANGELOG.md begins with 'nothing'"],
      [() => appendFileSync(inClone('native', 'sources.json'), '\n'), 'add-ons: linux-x64: older than the sources\n'],
    ],
  ],
  [
    'what the checks of add-ons and tarball find',
    [
      [() => writeProgram('python3', "echo 'linux-x64: needs glibc 2.34'\nexit 1"), 'linux-x64: needs glibc 2.34'],
      [() => ['prebuilds', 'build/prebuild'].forEach((place) => truncateSync(addon('win32-x64', place), 33e6)), 'tarball: unpacked: 3'],
      [() => writeFileSync(inClone('dist', 'index.js.map'), '{}'), 'tarball: packed by mistake: dist/index.js.map'],
    ],
  ],
])('refuses %s', (_, faults) =>
  changed(
    () => faults.forEach(([spoil]) => spoil()),
    () => {
      const { status, said, calls } = publish(['--publish'], workflow);
      for (const [, sentence] of faults) expect(said).toContain(sentence);
      expect(said).toContain(`publish: ${name} 1.2.3 is not to be published`);
      expect(status).toBe(1);
      expect(published(calls)).toEqual([]);
    },
  ),
); // prettier-ignore

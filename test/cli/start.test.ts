// npm start, as a user runs it: training, saving, writing, stopping, and sentences for bad input.
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { io } from 'ostinato';

const root = resolve(__dirname, '..', '..');
const command = [join(root, 'scripts', 'run.cjs'), join(root, 'src', 'cli', 'main.ts')];
let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ostinato-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const start = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [...command, ...args], { encoding: 'utf8', timeout: 120_000 });

// A training that would take for ever: what is refused is refused before it.
const training = (...more: string[]): string[] => ['--text', file('short.txt', rhyme), ...small, '--steps', '1000000000', ...more]; // prettier-ignore
const rhyme = 'row row row your boat gently down the stream\n'.repeat(60);
const small = [
  '--hidden-size',
  '24',
  '--batch-size',
  '4',
  '--sequence-length',
  '16',
  '--length',
  '80',
];

test('trains, samples, draws the curve, saves, and writes again with the saved model', () => {
  const text = file('rhyme.txt', rhyme);
  const out = join(folder, 'deep', 'model.safetensors');
  const run = start('--text', text, ...small, '--steps', '120', '--lr', '0.02', '--out', out);
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  expect(run.stdout).toContain('2,700 characters, 18 distinct');
  expect(run.stdout).toContain('120 steps in');
  expect(run.stdout).toContain('--- a sample at temperature 0.7 ---\nrow row row your');
  const loss = Number(/; loss ([\d.]+)/.exec(run.stdout)![1]);
  expect(loss).toBeLessThan(1.5);
  expect(loss).toBeLessThan(Math.log(18) / 1.8);
  const again = start('--load', out, '--prompt', 'row ', '--length', '50', '--seed', '3');
  expect(again.status).toBe(0);
  expect(again.stdout).toMatch(/^row /);
  expect(again.stdout.length).toBe(4 + 50 + 1);
  expect(start('--load', out, '--prompt', 'row ', '--length', '50', '--seed', '3').stdout).toBe(
    again.stdout,
  );
}, 120_000);

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s saves and leaves cleanly',
  async (signal) => {
    const out = join(folder, `${signal}.safetensors`);
    const text = file('long.txt', rhyme);
    const child = spawn(process.execPath, [
      ...command,
      '--text',
      text,
      ...small,
      '--steps',
      '1000000',
      '--out',
      out,
    ]);
    let stdout = '';
    let told = false;
    child.stdout.on('data', (part: Buffer) => {
      stdout += part.toString();
      if (told || !stdout.includes('model ')) return;
      told = true;
      // Not child.kill(), after which Deno reports the end that the signal would have made.
      setTimeout(() => process.kill(child.pid!, signal), 300);
    });
    const status = await new Promise((done) => child.on('exit', done));
    expect(status).toBe(0);
    expect(stdout).toMatch(/stopped after \d+ of 1000000 steps; model saved to /);
    expect(existsSync(out)).toBe(true);
  },
  60_000,
);

test.each<[string, () => string[], RegExp]>([
  [
    'missing file',
    () => ['--text', join(folder, 'none.txt')],
    /none\.txt cannot be read: there is no such file\.\n$/,
  ],
  ['folder', () => ['--text', folder], /is a folder; name a text file\.\n$/],
  [
    'empty file',
    () => ['--text', file('empty.txt', '')],
    /empty\.txt is empty; there is nothing to learn from\.\n$/,
  ],
  [
    'one character',
    () => ['--text', file('one.txt', 'a')],
    /has only one character; a model needs at least two/,
  ],
  [
    'one distinct character',
    () => ['--text', file('same.txt', 'aaaa')],
    /has only one distinct character;/,
  ],
  [
    'binary file',
    () => ['--text', file('binary', Buffer.from([1, 2, 0, 3]))],
    /is not a text file in UTF-8; convert it first\.\n$/,
  ],
  [
    'other encoding',
    () => ['--text', file('latin', Buffer.from([0x61, 0xe9, 0x62]))],
    /is not a text file in UTF-8/,
  ],
  [
    'temperature',
    () => ['--temperature', '0'],
    /--temperature takes a number above 0, got "0"\.\n$/,
  ],
  ['steps', () => ['--steps', '1.5'], /--steps takes an integer of at least 1, got "1\.5"\.\n$/],
  ['option', () => ['--nonsense'], /Unknown option '--nonsense'; --help lists the options\.\n$/],
  [
    'prompt',
    () => ['--text', file('ab.txt', 'abababab'.repeat(9)), '--prompt', 'xa'],
    /--prompt has characters that the text does not have: "x"\.\n$/,
  ],
  [
    'model',
    () => ['--load', file('model', 'abc')],
    /model cannot be loaded: .*too short for a header\.\n$/,
  ],
  ['no value', () => ['--text', ''], /^--text is empty; --help says what it takes\.\n$/],
  [
    'infinite rate',
    () => ['--lr', 'Infinity'],
    /^--lr takes a number above 0, got "Infinity"\.\n$/,
  ],
  [
    'units',
    () => ['--hidden-size', '1e9'],
    /^--hidden-size takes an integer of at least 1 and at most 16384, got "1e9"\.\n$/,
  ],
  [
    'layers',
    () => ['--layers', '1e6'],
    /^--layers takes an integer of at least 1 and at most 100, got "1e6"\.\n$/,
  ],
  [
    'argument',
    () => ['poem.txt'],
    /^Unexpected argument 'poem\.txt'.*; --help lists the options\.\n$/,
  ],
  [
    'training without',
    () => ['--load', 'x', '--steps', '4'],
    /^--load writes without training, so --steps does nothing; leave one of the two out\.\n$/,
  ],
  [
    'folder for the model',
    () => training('--out', folder),
    /^the model cannot be saved to .*: it is a folder \(EISDIR\)\.\n$/,
  ],
  [
    'a file for its folder',
    () => training('--out', join(file('plain', ''), 'model')),
    /^the model cannot be saved to .*: a file is where a folder has to be \(EEXIST\)\.\n$/,
  ],
  [
    'file for the model',
    () => training('--out', file('there', 'mine')),
    /there is there already; --force replaces it, or name another file\.\n$/,
  ],
])('one sentence and exit code 1: %s', (_what, args, message) => {
  const run = start(...args());
  expect(run.stderr).toMatch(message);
  expect(run.stderr.trim().split('\n')).toHaveLength(1);
  expect(run.stdout).toBe('');
  expect(run.status).toBe(1);
});

test('a text of a few characters trains', () => {
  const run = start(
    '--text',
    file('few.txt', 'abcab'),
    ...small,
    '--steps',
    '3',
    '--out',
    join(folder, 'few'),
  );
  expect(run.stderr).toBe('');
  expect(run.stdout).toContain('too short to hold a part of it back');
  expect(run.status).toBe(0);
});

test('--help lists every option', () => {
  const run = start('--help');
  for (const option of ['--text', '--prompt', '--temperature', '--load', '--seed'])
    expect(run.stdout).toContain(option);
  expect(run.status).toBe(0);
});

test('-h is --help; -v and --version say the version', () => {
  expect(start('-h').stdout).toBe(start('--help').stdout);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(start('-v').stdout).toBe(`${version}\n`);
  expect(start('--version').stdout).toBe(`${version}\n`);
});

test('the hints name the command that the user has typed', () => {
  const run = (event: string): string =>
    spawnSync(process.execPath, [...command, '-h'], { encoding: 'utf8', env: { ...process.env, npm_lifecycle_event: event } }).stdout; // prettier-ignore
  expect(run('start')).toContain('npm start -- --load MODEL');
  expect(run('npx')).toContain('npx ostinato --load MODEL');
});

test('a rate that ruins the weights ends training with the last good model saved', () => {
  const out = join(folder, 'ruined.safetensors');
  const run = start(
    '--text',
    file('ruined.txt', rhyme),
    ...small,
    '--steps',
    '40',
    '--lr',
    '1e38',
    '--out',
    out,
  );
  expect(run.status).toBe(1);
  expect(run.stderr).toMatch(
    /^the loss of step \d+ is no finite number, so training has ended; the last model whose loss was one is saved to .*ruined\.safetensors; a smaller --lr or --clip keeps it finite\.\n$/,
  );
  const again = start('--load', out, '--prompt', 'row', '--length', '20');
  expect(again.status).toBe(0);
  expect(again.stdout).toHaveLength(24);
}, 60_000);

test('a model is replaced only when asked to', () => {
  const out = file('kept.safetensors', 'mine');
  const args = ['--text', file('kept.txt', rhyme), ...small, '--steps', '2', '--out', out];
  expect(start(...args).status).toBe(1);
  expect(readFileSync(out, 'utf8')).toBe('mine');
  expect(start(...args, '--force').status).toBe(0);
  expect(start('--load', out, '--length', '5').status).toBe(0);
  const cwd = join(folder, 'cwd');
  mkdirSync(cwd);
  for (const name of ['characters', 'characters-2']) {
    const run = spawnSync(process.execPath, [...command, ...args.slice(0, -2)], {
      encoding: 'utf8',
      cwd,
    });
    expect(run.stdout).toContain(`model saved to out/${name}.safetensors`);
  }
}, 60_000);

test('no permission and a full disk are found before training', () => {
  const closed = join(folder, 'closed');
  mkdirSync(closed);
  chmodSync(closed, 0o555);
  chmodSync(folder, 0o755);
  // Permissions do not bind the privileged.
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const args = [...command, ...training('--out', join(closed, 'model'))];
  const run = spawnSync(process.execPath, args, { encoding: 'utf8', ...user });
  expect(run.stderr).toMatch(/^the model cannot be saved to .*: no permission \(EACCES\)\.\n$/);
  expect(run.status).toBe(1);
  const quoted = [...command, ...training('--out', join(folder, 'large'))].map((arg) => `'${arg}'`);
  // Node ignores the signal of too large a file by itself, Deno does not.
  const limited = `trap '' XFSZ; ulimit -f 1; '${process.execPath}' ${quoted.join(' ')}`;
  expect(spawnSync('bash', ['-c', limited], { encoding: 'utf8' }).stderr).toMatch(
    /^the model cannot be saved to .*: the file would be too large \(EFBIG\)\.\n$/,
  );
});

test('a model that cannot be saved in the end is saved elsewhere', () => {
  const text = file('elsewhere.txt', rhyme);
  const run = start('--text', text, ...small, '--steps', '1', '--out', '/dev/full');
  const [, other] = /^the model cannot be saved to \/dev\/full: the disk is full \(ENOSPC\); it is in (.*) instead\.\n$/.exec(run.stderr)!; // prettier-ignore
  expect(start('--load', other, '--length', '5').status).toBe(0);
  rmSync(other);
});

test('weights that are not of the sizes in the header are refused before memory is taken for them', () => {
  const out = join(folder, 'sizes.safetensors');
  start('--text', file('sizes.txt', rhyme), ...small, '--steps', '1', '--out', out);
  for (const size of ['hiddenSize', 'embeddingDim', 'numLayers']) {
    const metadata = { ...io.readSafetensorsMetadata(out), [size]: '900000000' };
    const changed = join(folder, `${size}.safetensors`);
    io.saveSafetensors(changed, io.loadSafetensors(out), { metadata });
    const run = start('--load', changed);
    expect(run.stderr).toBe(
      `${changed} is damaged: its weights are not of the sizes that it names.\n`,
    );
    expect(run.status).toBe(1);
  }
}, 60_000);

test('a pipe that is closed does not lose the model', () => {
  const out = join(folder, 'piped.safetensors');
  const args = [
    ...command,
    '--text',
    file('piped.txt', rhyme),
    ...small,
    '--steps',
    '20',
    '--out',
    out,
  ];
  const quoted = args.map((arg) => `'${arg}'`).join(' ');
  spawnSync('sh', ['-c', `'${process.execPath}' ${quoted} | head -n 1`], { encoding: 'utf8' });
  expect(existsSync(out)).toBe(true);
}, 60_000);

test('100 million characters are read', () => {
  const big = file('big.txt', Buffer.alloc(1.1e8, 'the quick brown fox\n'));
  const run = start(
    '--text',
    big,
    ...small,
    '--steps',
    '1',
    '--out',
    join(folder, 'big.safetensors'),
  );
  rmSync(big);
  expect(run.stderr).toBe('');
  expect(run.stdout).toContain('110,000,000 characters');
}, 120_000);

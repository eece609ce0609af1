// npm start, as a user runs it: training, saving, writing, stopping, and sentences for bad input.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

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

test('Ctrl-C saves and leaves cleanly', async () => {
  const out = join(folder, 'stopped.safetensors');
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
    setTimeout(() => child.kill('SIGINT'), 300);
  });
  const status = await new Promise((done) => child.on('exit', done));
  expect(status).toBe(0);
  expect(stdout).toMatch(/stopped after \d+ of 1000000 steps; model saved to /);
  expect(existsSync(out)).toBe(true);
}, 60_000);

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

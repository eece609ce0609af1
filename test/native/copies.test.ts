// Copies of the package in one process compute side by side, with the bits that each computes alone.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type * as Ostinato from 'ostinato';

const root = resolve(__dirname, '..', '..');

function run(scenario: string): unknown {
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    [
      '--expose-gc',
      resolve(root, 'scripts', 'run.cjs'),
      '--source',
      resolve(__dirname, 'copies', 'program.ts'),
      scenario,
    ],
    { encoding: 'utf8' },
  );
  expect({ stderr, status, signal }).toEqual({ stderr: '', status: 0, signal: null });
  return JSON.parse(stdout);
}

// What one copy alone computes.
let hash: unknown;
beforeAll(() => {
  const [alone, ...others] = run('training') as string[];
  hash = alone;
  expect(others).toEqual(Array(5).fill(alone));
});
const times = (n: number): unknown[] => Array<unknown>(n).fill(hash);

test('sums of three copies in turn', () => {
  expect(run('sums')).toEqual(Array(4).fill([3, 3, 3]));
});

test('training of three copies in turn, the add-on loaded three times', () => {
  expect(run('trainingWithAddons')).toEqual(times(3));
});

test('training of copies with other add-on files, each file with its number of threads', () => {
  const [threads, copied, linked, ...hashes] = run('trainingOfFolders') as unknown[];
  expect(copied).toBe(2);
  expect(linked).toBe(3);
  expect(threads).toBe(3); // the same file under another name
  expect(hashes).toEqual(times(3));
});

test('two copies here and two in each of three workers', () => {
  expect(run('workers')).toEqual(times(10));
});

test('copies that are dropped and collected while others compute and functions of theirs are called', () => {
  expect(run('dropped')).toEqual(times(2));
});

test('a dropped copy is collected', () => {
  expect(run('collected')).toBe(true);
});

test('one copy computes and traces while another traces', () => {
  expect(run('tracing')).toEqual({ seen: [15, 6], results: [8, 80], training: times(2) });
});

test('jest.resetModules()', () => {
  const load = (): typeof Ostinato => {
    jest.resetModules();
    return jest.requireActual('ostinato');
  };
  const copies = [load(), load(), load()];
  const xs = copies.map(({ tensor }) => tensor([1, 2, 4]));
  for (let i = 0; i < 3; i++) expect(xs.map((x) => x.sum().item())).toEqual([7, 7, 7]);
  expect(copies[0].Tensor).not.toBe(copies[1].Tensor);
});

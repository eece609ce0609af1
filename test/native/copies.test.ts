// Copies of the package in one process compute side by side, with the bits that each computes alone.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type * as Ostinato from 'ostinato';

const root = resolve(__dirname, '..', '..');

// All in one process and one more for each worker, since loading src/ takes most of the time.
let results: Record<string, unknown>;
// What one copy alone computes.
let hash: unknown;
beforeAll(() => {
  const scenarios = [
    ...['sums', 'training', 'trainingWithAddons', 'trainingOfFolders', 'workers', 'dropped'],
    ...['collected', 'passing', 'tracing'],
  ];
  const program = resolve(__dirname, 'copies', 'program.ts');
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    ['--expose-gc', resolve(root, 'scripts', 'run.cjs'), '--source', program, ...scenarios],
    { encoding: 'utf8' },
  );
  expect({ stderr, status, signal }).toEqual({ stderr: '', status: 0, signal: null });
  results = JSON.parse(stdout) as Record<string, unknown>;
  [hash] = results['training'] as string[];
}, 60_000);
const times = (n: number): unknown[] => Array<unknown>(n).fill(hash);

test('training of two and of three copies in turn', () => {
  expect(results['training']).toEqual(times(6));
});

test('sums of three copies in turn', () => {
  expect(results['sums']).toEqual(Array(4).fill([3, 3, 3]));
});

test('training of three copies in turn, the add-on loaded three times', () => {
  expect(results['trainingWithAddons']).toEqual(times(3));
});

test('training of copies with other add-on files, each file with its number of threads', () => {
  const [threads, copied, linked, ...hashes] = results['trainingOfFolders'] as unknown[];
  expect(copied).toBe(2);
  expect(linked).toBe(3);
  expect(threads).toBe(3); // the same file under another name
  expect(hashes).toEqual(times(3));
});

test('two copies here and two in each of two workers', () => {
  expect(results['workers']).toEqual(times(8));
});

test('copies that are dropped and collected while others compute and functions of theirs are called', () => {
  expect(results['dropped']).toEqual(times(2));
});

test('a dropped copy is collected', () => {
  expect(results['collected']).toBe(true);
});

test('a tensor of another copy is refused in words that say so', () => {
  const got =
    'got a Tensor of another copy of ostinato in this process; load the package once, or copy the values over with tensor(x.toArray())';
  expect(results['passing']).toEqual([
    `TypeError: add: b must be a Tensor, ${got}`,
    `TypeError: cat: tensors[1] must be a Tensor, ${got}`,
    `TypeError: linear: input must be a Tensor, ${got}`,
    `TypeError: LSTM.forward: input must be a Tensor or a PackedSequence, ${got}`,
    `TypeError: mseLoss: target must be a Tensor, ${got}`,
    `TypeError: ones_: tensor must be a Tensor, ${got}`,
  ]);
});

test('one copy computes and traces while another traces', () => {
  expect(results['tracing']).toEqual({ seen: [15, 6], results: [8, 80], training: times(2) });
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

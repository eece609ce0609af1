// Promise 2: the same seed gives the same bits, on every instruction set and with any number of threads, today as before.
// bits.json was written by `node scripts/run.cjs --source test/bits/runs.ts > test/bits/bits.json`; it changes
// only where a result is meant to change.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { vectorIsas as isas } from '../native/isas';
import expected from './bits.json';
import { runs } from './runs';

const root = resolve(__dirname, '..', '..');

function outputOf(program: string, env: Readonly<Record<string, string>>): unknown {
  const run = spawnSync(
    process.execPath,
    [resolve(root, 'scripts', 'run.cjs'), '--source', resolve(__dirname, program)],
    { encoding: 'utf8', env: { ...process.env, ...env } },
  );
  expect(run.stderr).toBe('');
  return JSON.parse(run.stdout);
}

const hashes = (
  isa: string,
  threads: number,
  env: Readonly<Record<string, string>> = {},
): unknown =>
  outputOf('runs.ts', { ...env, OSTINATO_ISA: isa, OSTINATO_NUM_THREADS: `${threads}` });

// Fresh and freed memory: full of NaN where tensors and the engine have theirs, of other bytes where C and C++ have.
const poisoned = {
  OSTINATO_ADDON: resolve(__dirname, 'poisoned-addon.cjs'),
  POISONED_ADDON: process.env['OSTINATO_ADDON'] ?? '',
  MALLOC_PERTURB_: '128',
};

test('covers every run', () => expect(Object.keys(expected)).toEqual([...runs().keys()]));

describe.each(isas)('%s', (isa) => {
  test.each([1, 2, 3])(
    'the bits of every training run, threads: %i',
    (threads) => expect(hashes(isa, threads)).toEqual(expected),
    120_000,
  );

  test(
    'the same bits from memory that is full of NaN before it is written',
    () => expect(hashes(isa, 2, poisoned)).toEqual(expected),
    120_000,
  );
});

test('uninitialized memory is full of NaN there', () => {
  const every = { small: 'NaN', large: 'NaN', returned: 'NaN' };
  expect(outputOf('../tensor/unwritten.ts', poisoned)).toEqual(every);
});

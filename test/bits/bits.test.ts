// Promise 2: the same seed gives the same bits, on every instruction set and with any number of threads, today as before.
// bits.json was written by `node scripts/run.cjs --source test/bits/runs.ts > test/bits/bits.json`; it changes
// only where a result is meant to change.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { vectorIsas as isas } from '../native/isas';
import expected from './bits.json';
import { runs } from './runs';

const root = resolve(__dirname, '..', '..');

function hashes(isa: string, threads: number): unknown {
  const run = spawnSync(
    process.execPath,
    [resolve(root, 'scripts', 'run.cjs'), '--source', resolve(__dirname, 'runs.ts')],
    {
      encoding: 'utf8',
      env: { ...process.env, OSTINATO_ISA: isa, OSTINATO_NUM_THREADS: `${threads}` },
    },
  );
  expect(run.stderr).toBe('');
  return JSON.parse(run.stdout);
}

test('covers every run', () => expect(Object.keys(expected)).toEqual([...runs().keys()]));

describe.each(isas)('%s', (isa) => {
  test.each([1, 2, 3])(
    'the bits of every training run, threads: %i',
    (threads) => expect(hashes(isa, threads)).toEqual(expected),
    120_000,
  );
});

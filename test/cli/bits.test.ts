// The same seed gives the same bits on every instruction set and with any number of threads: a whole training
// run (embedding, LSTM, linear, cross-entropy, clipping, Adam), its saved weights and its sample.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { vectorIsas as isas } from '../native/isas';

const root = resolve(__dirname, '..', '..');
let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ostinato-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function train(isa: string, threads: number): { weights: Buffer; sample: string; said: string } {
  const text = join(folder, 'text');
  writeFileSync(
    text,
    'she sells sea shells by the sea shore, the shells she sells are sea shells\n'.repeat(120),
  );
  const out = join(folder, `${isa}-${threads}`);
  const run = spawnSync(
    process.execPath,
    [
      ...[join(root, 'scripts', 'run.cjs'), join(root, 'src', 'cli', 'main.ts')],
      ...[
        '--text',
        text,
        '--out',
        out,
        '--steps',
        '25',
        '--batch-size',
        '36',
        '--sequence-length',
        '20',
      ],
      ...['--hidden-size', '130', '--layers', '2', '--length', '60', '--threads', `${threads}`],
    ],
    { encoding: 'utf8', env: { ...process.env, OSTINATO_ISA: isa } },
  );
  expect(run.stderr).toBe('');
  return {
    weights: readFileSync(out),
    sample: run.stdout.slice(run.stdout.indexOf('--- a sample'), run.stdout.indexOf('model saved')),
    said: run.stdout,
  };
}

test(`${isas.join(' and ') || 'no vector set'}, one thread and two and three: the same bits`, () => {
  expect(isas.length).toBeGreaterThan(0);
  const first = train(isas[0], 1);
  expect(first.said).toContain(`${isas[0]}, 1 thread`);
  for (const isa of isas) {
    for (const threads of isa === isas[0] ? [2, 3] : [1, 2]) {
      const other = train(isa, threads);
      expect(other.said).toContain(`${isa}, ${threads} thread`);
      expect(other.sample).toBe(first.sample);
      expect(other.weights.equals(first.weights)).toBe(true);
    }
  }
}, 240_000);

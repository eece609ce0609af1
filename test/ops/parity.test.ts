// No case of the fixture and no sentence is left out.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from './exports';
import { allCases, title } from './parity';
import { refusals } from './refusals';

it('every case belongs to a folder whose tests run it', () => {
  const folders = readdirSync(__dirname, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() &&
    readdirSync(join(__dirname, entry.name)).some((name) => /^(table|parity)\.test\.ts$/.test(name))
      ? [entry.name]
      : [],
  );
  const run = new Set(folders.flatMap(namesIn));
  expect(allCases.map(({ op }) => op).filter((op) => !run.has(op))).toEqual([]);
});

it('every sentence of refusals.ts is for a case of the fixture', () => {
  const refused = allCases.filter(({ error }) => error !== undefined);
  const calls = refusals.flatMap(([, , each]) => each);
  expect([...calls].sort()).toEqual(refused.map(title).sort());
});

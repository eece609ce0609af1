// Which folder of src/ops an exported operation comes from.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as ostinato from 'ostinato';

const source = join(__dirname, '../../src/ops');

// Also outside jest, whose own loader this is inside it.
// eslint-disable-next-line @typescript-eslint/no-require-imports -- which files there are is known when it runs
const load = (file: string): Record<string, unknown> => require(file) as Record<string, unknown>;

/** The public names of what the files of src/ops/<folder> export. */
export function namesIn(folder: string): string[] {
  const files = readdirSync(join(source, folder)).filter(
    (file) => file.endsWith('.ts') && file !== 'index.ts',
  );
  const values = new Set(files.flatMap((file) => Object.values(load(join(source, folder, file)))));
  return Object.entries(ostinato).flatMap(([name, value]) => (values.has(value) ? [name] : []));
}

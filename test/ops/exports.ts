// Which folder of src/ops an exported operation comes from.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as ostinato from 'ostinato';

const source = join(__dirname, '../../src/ops');

/** The public names of what the files of src/ops/<folder> export ('.': of those beside the folders). */
export function namesIn(folder: string): string[] {
  const files = readdirSync(join(source, folder)).filter(
    (file) => file.endsWith('.ts') && file !== 'index.ts',
  );
  const values = new Set(
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the files are known when it runs
    files.flatMap((file) => Object.values<unknown>(require(join(source, folder, file)) as object)),
  );
  return Object.entries(ostinato).flatMap(([name, value]) => (values.has(value) ? [name] : []));
}

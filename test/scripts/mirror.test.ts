// test/ has the folders of src/: what src/X holds is tested in test/X.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');

/** Every folder of src/, relative to it. */
const folders = (readdirSync(join(root, 'src'), { recursive: true }) as string[]).filter((name) =>
  statSync(join(root, 'src', name)).isDirectory(),
);

it.each(folders)('src/%s', (folder) => {
  const own = readdirSync(join(root, 'test', folder)).filter((name) => name.endsWith('.test.ts'));
  expect(own).not.toEqual([]);
});

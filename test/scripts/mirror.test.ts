// test/ has the folders of src/: what src/X holds is tested in test/X.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(__dirname, '../..');

/** Every folder of src/ that holds a file, relative to it. */
const folders = [
  ...new Set(
    (readdirSync(join(root, 'src'), { recursive: true }) as string[])
      .filter((name) => name.endsWith('.ts') && dirname(name) !== '.')
      .map(dirname),
  ),
];

it.each(folders)('src/%s', (folder) => {
  const own = readdirSync(join(root, 'test', folder)).filter((name) => name.endsWith('.test.ts'));
  expect(own).not.toEqual([]);
});

// Writes docs/parity.md: npm run docs:parity
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { page } from './page';

const file = join(__dirname, '..', '..', '..', 'docs', 'parity.md');
void format(page(), { parser: 'markdown', printWidth: 130, proseWrap: 'preserve' }).then((text) => {
  writeFileSync(file, text);
});

/** The process that resume.test.ts kills: trains with a checkpoint after each step. */
import { train } from 'ostinato';
import { settingOf } from './setting';

const path = process.argv.at(-1)!;
const { model, loader, options } = settingOf('everything', { path, every: 1, resume: true });
process.stdout.write('training\n');
void train.fit(model, loader, {
  ...options,
  callbacks: { onStep: () => new Promise((go) => setTimeout(go, 15)) },
});

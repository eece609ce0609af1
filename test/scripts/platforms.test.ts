// The platforms of the prebuilt add-ons: what addon.cjs loads is what scripts/prebuild.cjs compiles.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prebuilt } from '#addon';

interface Target {
  readonly name: string;
  readonly platform: string;
  readonly arch: string;
}
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { targets, triples } = require('../../scripts/platforms/targets.cjs') as {
  targets: readonly Target[];
  triples: Readonly<Record<string, string>>;
};

test('each add-on of the package has its triple, and no other platform has one', () => {
  expect(Object.keys(triples)).toEqual(Object.keys(prebuilt));
  expect(targets.map(({ name }) => name)).toEqual(Object.keys(prebuilt));
});

test.each(targets.map((target) => [target.name, target] as const))('%s', (name, target) => {
  expect(name.replace(/-musl$/, '')).toBe(`${target.platform}-${target.arch}`);
  const file = readFileSync(join(__dirname, '..', '..', 'addon.cjs'), 'utf8');
  expect(file).toContain(`'${name}': () => require('./prebuilds/${name}/ostinato.node'),\n`);
});

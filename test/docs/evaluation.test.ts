// docs/evaluation.md names every module and every option that depends on the mode: each class that reads `this.training`, or is read by
// a file that runs it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nn } from 'ostinato';
import { root } from './blocks';

const [, section] = /What depends on the mode:([^]*?)^## /m.exec(
  readFileSync(join(root, 'docs/evaluation.md'), 'utf8'),
)!;

const files = readdirSync(join(root, 'src/nn'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(root, 'src/nn', file), 'utf8'));

/** Files that read the mode of the class that they run. */
const runners = [['rnn/stack.ts', 'RecurrentBase']] as const;

/** Classes whose code, without comments, asks for the mode. */
const own = files.flatMap((text) =>
  text
    .replace(/\/\*[^]*?\*\/|\/\/.*/g, '')
    .split(/^(?=export (?:abstract )?class )/m)
    .flatMap((part) => {
      const [, name] = /^export (?:abstract )?class (\w+)/.exec(part) ?? [];
      return name !== undefined && /\bthis\.training\b/.test(part) && name !== 'Module'
        ? [name]
        : [];
    }),
);

const readers = [...own, ...runners.map(([, name]) => name)];

const classes = Object.entries<unknown>(nn).flatMap(([name, value]): [string, object][] =>
  typeof value === 'function' && value.prototype instanceof nn.Module ? [[name, value]] : [],
);

/** Whether a class is made of another. */
const isBelow = (value: object, base: object): boolean => {
  const above: unknown = Object.getPrototypeOf(value);
  return above === base || (typeof above === 'function' && isBelow(above, base));
};

test('there are some', () => {
  expect(readers).toEqual(expect.arrayContaining(['Dropout', 'BatchNorm1d', 'RecurrentBase']));
});

test.each(runners)('%s reads the mode of %s', (file) => {
  expect(readFileSync(join(root, 'src/nn', file), 'utf8')).toMatch(/\btraining\b.* = net;/);
});

test.each(readers)('%s', (name) => {
  const [, reader] = classes.find(([each]) => each === name)!;
  const under = classes.filter(([, each]) => isBelow(each, reader));
  const named = name.endsWith('Base') ? under.map(([each]) => each) : [name];
  expect(named).not.toEqual([]);
  for (const each of named) expect(section).toContain(`\`nn.${each}\``);
});

test('options of recurrent layers', () => {
  const options = files
    .filter((text) => text.includes('VariantOptions'))
    .flatMap((text) =>
      [...text.matchAll(/^ {2}(\w*[dD]ropout|zoneout)\?: /gm)].map(([, name]) => name),
    )
    .filter((name) => name !== 'lockedDropout');
  expect(options).toEqual(expect.arrayContaining(['weightDropout', 'zoneout']));
  for (const option of options) expect(section).toContain(`\`${option}\``);
});

// What the guides say of the sources: messages, environment variables, fields of package.json and scripts that are not run.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../package.json';
import { transform } from '../../scripts/transform.cjs';
import * as ostinato from 'ostinato';
import { blocksOf, root } from './blocks';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The texts of all files below a folder that end so. */
const textsOf = (folder: string, end: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => end.test(file))
    .map((file) => read(join(folder, file)));

const sources = [
  ...textsOf('src', /\.ts$/),
  ...textsOf('native', /\.(cc|h|inc)$/),
  ...textsOf('scripts', /\.cjs$/),
];

describe('messages in the guide to troubleshooting', () => {
  const headings = [...read('docs/troubleshooting.md').matchAll(/^### (.*)$/gm)].map(
    ([, heading]) => heading,
  );
  // … is what a template literal fills in, or anything that is left out at an end.
  const patternOf = (message: string): RegExp => {
    const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(message.split('…').map(escape).join('[^`;]{0,160}?'));
  };

  test('there are many', () => {
    expect(headings.length).toBeGreaterThan(25);
  });

  test.each(headings)('%s', (heading) => {
    const message = /^`([^`]+)`$/.exec(heading)?.[1] ?? '';
    const literal = message.replaceAll('…', '').trim();
    expect(literal.length).toBeGreaterThan(12);
    const pattern = patternOf(message.replace(/^…|…$/g, '').trim());
    const found = sources.filter((source) => pattern.test(source));
    expect({ message, found: found.length > 0 }).toEqual({ message, found: true });
  });
});

test('environment variables in the guide to deployment are those that are read', () => {
  const table = read('docs/deployment.md').split('## Environment variables')[1];
  const listed = [...table.matchAll(/^\| (`.*?) +\|/gm)].flatMap(([, names]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  const published = [...textsOf('src', /\.ts$/), ...textsOf('native', /\.(cc|h)$/)].join('\n');
  const named = [
    ...published.matchAll(/\benv(?:ironment)?(?:\.|\[['"])([A-Z][A-Z_]+)|getenv\("(\w+)"\)/g),
  ].map(([, ofNode, ofC]) => ofNode ?? ofC);
  // Names in a list that a loop asks for.
  const looped = [...published.matchAll(/"((?:MALLOC|GLIBC)_\w+)"/g)].map(([, name]) => name);
  expect(new Set(listed)).toEqual(new Set([...named, ...looped]));
});

test('scripts and configurations that are not run can be read', () => {
  for (const { text } of blocksOf('docs/deployment.md').filter(({ language }) => language === 'js'))
    expect(() => transform(text, 'block.js')).not.toThrow();
});

test('the guides name no repository but the one in package.json', () => {
  const home = /github\.com\/([\w-]+\/[\w-]+)/.exec(repository.url)![1];
  const files = ['README.md', 'SECURITY.md', 'CHANGELOG.md'].concat(
    readdirSync(join(root, 'docs')).map((file) => `docs/${file}`),
  );
  const named = files.flatMap((file) =>
    [...read(file).matchAll(/github\.com\/([\w-]+\/[\w-]+)/g)].map(([, name]) => name),
  );
  expect(named.filter((name) => /ostinato/.test(name) && name !== home)).toEqual([]);
});

test('the changelog has a heading for each version, and entries below it', () => {
  const [head, ...rest] = read('CHANGELOG.md').split(/^(?=## )/m);
  expect(head).toMatch(/^# Changelog\n/);
  expect(rest.length).toBeGreaterThan(0);
  for (const part of rest) {
    const [heading, ...lines] = part.trimEnd().split('\n');
    expect(heading).toMatch(/^## \d+\.\d+\.\d+(-[\w.]+)? \((unreleased|\d{4}-\d\d-\d\d)\)$/);
    // An entry begins with a dash and goes on indented.
    for (const line of lines.filter((each) => each !== ''))
      expect(line).toMatch(/^(### (Breaking|Added|Changed|Fixed)$|- \S| {2,}(?!-)\S)/);
  }
});

test('the overview names what its modules export', () => {
  const text = read('docs/overview.md');
  const { autograd, data, distributions, generate, io, nn, optim, plot, testing, utils } = ostinato;
  const modules: object[] = [
    autograd,
    data,
    distributions,
    generate,
    io,
    nn,
    optim,
    plot,
    testing,
    utils,
  ];
  const inner: object[] = [
    autograd.functional,
    nn.utils,
    nn.utils.rnn,
    optim.lrScheduler,
    optim.swaUtils,
  ];
  const missing = [...modules, ...inner]
    .flatMap((module) => Object.keys(module))
    .filter((name) => !text.includes(`\`${name}\``) && !['lrScheduler', 'rnn'].includes(name));
  expect(missing).toEqual([]);
});

// GitHub makes the anchor of a heading of its words; the site puts _ before one that starts with a digit.
test('links to a place in a document lead there on GitHub and on the site', () => {
  const slug = (heading: string): string =>
    heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replace(/\s/g, '-'); // prettier-ignore
  const files = ['README.md', ...readdirSync(join(root, 'docs')).map((file) => `docs/${file}`)];
  const dead: string[] = [];
  for (const file of files.filter((each) => each.endsWith('.md'))) {
    for (const [, to, anchor] of read(file).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)]+)\)/g)) {
      const text = read(to === '' ? file : join(file, '..', to));
      const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => slug(heading));
      const found = /^\d/.test(anchor) ? false : headings.includes(anchor);
      if (!found && !text.includes(`<a id="${anchor}">`)) dead.push(`${file}: ${to}#${anchor}`);
    }
  }
  expect(dead).toEqual([]);
});

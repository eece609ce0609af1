// Every program in the README and in docs/ runs, and prints what the document says.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import * as ostinato from 'ostinato';
import { files, scripts } from '../../package.json';
import { blocksOf, programsOf, root, runInEmptyFolder, runProgram } from './blocks';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs')).map((file) => `docs/${file}`),
].filter((file) => file.endsWith('.md'));

runInEmptyFolder();

describe.each(documents)('%s', (file) => {
  for (const program of programsOf(file)) {
    test(`runs: ${program.title}`, async () => {
      const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      try {
        const printed = await runProgram(program, ostinato);
        if (program.expected.length > 0) expect(printed).toEqual(program.expected);
      } finally {
        warn.mockRestore();
      }
    });
  }

  test('names its languages, and scripts and files that exist', () => {
    // `ts` is a program that runs; `typescript` and `cpp` are quoted from the package's own source; `js` and `dockerfile` are
    // parts of a project (guides.test.ts).
    for (const { language } of blocksOf(file)) {
      expect(['ts', 'typescript', 'js', 'sh', 'python', 'text', 'cpp', 'dockerfile']).toContain(
        language === '' ? 'text' : language,
      );
    }
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, name] of text.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty(name);
    for (const [, path] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect({ path, exists: existsSync(join(root, file, '..', path)) }).toEqual({
        path,
        exists: true,
      });
    }
  });
});

test('links of the README and of docs/ lead to files that are published', () => {
  const published = [...files, 'package.json', 'README.md', 'LICENSE'];
  const withheld = new Set(
    files.filter((each) => each.startsWith('!')).map((each) => each.slice(1)),
  );
  for (const file of documents) {
    if (withheld.has(file)) continue;
    if (!published.some((each) => file === each || file.startsWith(`${each}/`))) continue;
    for (const [, target] of readFileSync(join(root, file), 'utf8').matchAll(
      /\]\((?!https?:|#)([^)#]+)/g,
    )) {
      const path = posix.join(file, '..', target);
      const found =
        !withheld.has(path) &&
        published.some((each) => path === each || path.startsWith(`${each}/`));
      expect({ file, path, found }).toEqual({ file, path, found: true });
    }
  }
});

test('the README promises the sections that CONTRIBUTING has: how to add each thing', () => {
  const promise = /CONTRIBUTING\.md`, in the repository: .*how to add (.*)\./.exec(
    readFileSync(join(root, 'README.md'), 'utf8'),
  )![1];
  const headings = [
    ...readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').matchAll(/^## Add (?:an?) (.*)$/gm),
  ].map(([, thing]) => thing);
  // An elementwise function and a reduction are operations.
  const added: Record<string, readonly string[]> = {
    'an operation': ['elementwise function', 'reduction'],
    'a kernel': ['kernel'],
    'a layer': ['layer'],
    'a cell': ['cell'],
  };
  const promised = promise.split(/, | or /);
  expect(promised).toEqual(Object.keys(added));
  expect(Object.values(added).flat()).toEqual(expect.arrayContaining(headings));
  expect(headings).toEqual(expect.arrayContaining(Object.values(added).flat()));
});

test('CONTRIBUTING names files that exist', () => {
  const present = ['bench', 'native', 'scripts', 'src', 'test', 'docs'].flatMap((each) =>
    readdirSync(join(root, each), { recursive: true, encoding: 'utf8' }).map(
      (file) => `/${each}/${file.replaceAll(sep, '/')}`,
    ),
  );
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const named = [...text.matchAll(/`([\w./-]+\.(?:ts|cc|h|inc|py|json|cjs))`/g)].map(
    ([, name]) => name,
  );
  expect(named.length).toBeGreaterThan(40);
  const missing = named.filter(
    (name) => !existsSync(join(root, name)) && !present.some((file) => file.endsWith(`/${name}`)),
  );
  expect(missing).toEqual([]);
});

test("CONTRIBUTING's code is in the files that it names", () => {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').replace(/^ {3}/gm, '');
  const excerpts = [
    ...text.matchAll(
      /^```(?:cpp|typescript)\n\/\/ ((?:native\/kernels\/|src\/)[\w./-]+)[^\n]*\n([^]*?)^```$/gm,
    ),
  ];
  expect(excerpts.length).toBe(6);
  for (const [, file = '', excerpt = ''] of excerpts)
    expect(readFileSync(join(root, file), 'utf8')).toContain(excerpt);
});

// Which file holds a name to PyTorch's numbers or to its own guarantees: a case of a fixture, a row of a table of operations, or a
// test that calls it. Words that only look like the name (options, other objects' methods, prose) do not count.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const root = join(__dirname, '..', '..', '..');

/** Keys of fixtures whose values are names of the package, by the places that these names are in. */
const keys: Readonly<Record<string, readonly string[]>> = {
  op: ['', 'Tensor', 'nn.functional', 'nn.init'],
  call: ['', 'Tensor'],
  function: ['nn.functional'],
  layer: ['nn'],
  module: ['nn'],
  kind: ['nn'],
  init: ['nn.init'],
  class: ['distributions'],
  optimizer: ['optim'],
  schedule: ['optim.lrScheduler', 'optim.swaUtils'],
  name: ['autograd.functional'],
};

/** Files of test/, without those that name everything. */
function filesOf(extension: string): Map<string, string> {
  const files = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!/(surface|docs|fuzz|conformance|types|package|bits)$/.test(path)) visit(path);
      } else if (entry.name.endsWith(extension) && entry.name !== 'names.json') {
        files.set(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8'));
      }
    }
  };
  visit(join(root, 'test'));
  return new Map([...files].sort());
}

/** The file of the first case of each name: `place.name`. */
function casesOfFixtures(): Map<string, string> {
  const found = new Map<string, string>();
  for (const [file, text] of filesOf('.json')) {
    // There a layer is what is parametrized, whose weights are in question.
    if (file.endsWith('parametrize.json')) continue;
    for (const [, key, name] of text.matchAll(/"(\w+)": ?"(\w+)"/g)) {
      for (const place of keys[key] ?? []) {
        const full = place === '' ? name : `${place}.${name}`;
        if (!found.has(full)) found.set(full, file);
      }
    }
  }
  return found;
}

/** Code without comments, texts and regular expressions; what is computed within templates stays. */
export const codeOf = (text: string): string =>
  text
    .replace(/\/\*[^]*?\*\/|(?<![:\w'"`])\/\/.*/g, '')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")
    .replace(/`(?:[^`\\$]|\\.|\$(?!\{)|\$\{([^`{}]*)\})*`/g, (whole) =>
      [...whole.matchAll(/\$\{([^`{}]*)\}/g)].map(([, code]) => `(${code})`).join(' '),
    );

const builtIn = [Array, String, Map, Set, Function, Object, Promise, Date, Number]
  .flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype))
  .concat(Object.getOwnPropertyNames(Int32Array.prototype), 'iterator');

interface Source {
  readonly file: string;
  /** With the names in texts of tables. */
  readonly isTable: boolean;
  readonly code: string;
  readonly text: string;
  /** Functions and variables that the file declares: calls of these are its own. */
  readonly own: ReadonlySet<string>;
  /** What it takes from the package by name. */
  readonly imported: ReadonlySet<string>;
}

const importsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/import \{([^}]*)\} from 'ostinato'/g)].flatMap(
      ([, list]) => list.match(/\w+/g) ?? [],
    ),
  );

const sources: readonly Source[] = [...filesOf('.ts')].map(([file, text]) => {
  const code = codeOf(text);
  // `const { relu } = nn.functional` names the package's; `const relu = …` and `function relu` are the file's own.
  const own = new Set(
    [...code.matchAll(/\b(?:function|const|let|class)\s+(\w+)/g)].map(([, name]) => name),
  );
  return { file, isTable: /table\.ts$/.test(file), code, text, own, imported: importsOf(text) };
});

const cases = casesOfFixtures();

/** The files that a pattern of code finds, tables first. */
function fileWith(matches: (source: Source) => boolean): string | undefined {
  const found = sources.filter(matches).map(({ file }) => file);
  const rank = (file: string): number =>
    file.endsWith('table.ts') ? 0 : file.endsWith('.test.ts') ? 1 : 2;
  return found.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).at(0);
}

/** Where a name of the package, as it is spelled there, is tested. */
function directly(name: string): string | undefined {
  const dot = name.lastIndexOf('.');
  const place = name.slice(0, Math.max(dot, 0));
  const word = name.slice(dot + 1);
  const isOperation = ['', 'Tensor', 'nn.functional'].includes(place);
  const fixture =
    cases.get(name) ??
    (isOperation ? (cases.get(word) ?? cases.get(`nn.functional.${word}`)) : undefined);
  if (fixture !== undefined) return fixture;
  const row = new RegExp(`\\b(?:of(?:One|Two)\\(|name: )\\s*'${word}\\b`);
  const table = isOperation
    ? fileWith(({ isTable, text }) => isTable && row.test(text))
    : undefined;
  if (table !== undefined) return table;
  const parent = place.slice(place.lastIndexOf('.') + 1);
  const qualifier =
    { '': 'o|ostinato', 'nn.functional': 'functional|F', Tensor: '' }[place] ?? parent;
  const qualified = qualifier === '' ? null : new RegExp(`\\b(?:${qualifier})\\.${word}\\b`);
  const isBuiltIn = builtIn.includes(word);
  // A member of anything but the objects of the language; a property is read, not called.
  const member = new RegExp(
    `(?<!\\b(?:Math|Number|Array|Object|JSON|console|Buffer|expect|jest|process))\\??\\.${word}\\b(?!\\s*:)`,
  );
  const free = new RegExp(
    `(?<![.\\w])${word}\\(|\\bnew (?:\\w+\\.)*${word}\\b|\\bextends (?:\\w+\\.)*${word}\\b`,
  );
  return (
    (qualified === null ? undefined : fileWith(({ code }) => qualified.test(code))) ??
    fileWith(
      ({ code, own, imported }) =>
        (isBuiltIn ? imported.has(word) : !own.has(word)) && free.test(code),
    ) ??
    // A function and the method are one.
    (isBuiltIn || !['', 'Tensor'].includes(place)
      ? undefined
      : fileWith(({ code }) => member.test(code)))
  );
}

/** Where a name is tested; in-place forms of declared operations are tested as the operation is, by the same tables. */
export const testOf = (name: string): string | undefined =>
  directly(name) ?? (name.endsWith('_') ? directly(name.slice(0, -1)) : undefined);

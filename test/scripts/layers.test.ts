import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Linter } from 'eslint';
import { parser } from 'typescript-eslint';
import { layers, operations, plugin } from '../../scripts/layers.cjs';

const root = join(__dirname, '..', '..');

/** The layering rule's messages for one line of code in a file of the repository. */
function problems(file: string, code: string): string[] {
  const linter = new Linter({ cwd: root });
  const config = { plugins: { layers: plugin }, rules: { 'layers/downward': 'error' } } as const;
  return linter.verify(code, config, { filename: join(root, file) }).map(({ message }) => message);
}

describe('the layering rule', () => {
  it.each([
    ['src/', layers],
    ['src/ops/', operations],
  ])('has a table of %s whose arrows all point downward', (_, table) => {
    const names = Object.keys(table);
    for (const [layer, sees] of Object.entries(table)) {
      for (const lower of sees) expect(names.indexOf(lower)).toBeLessThan(names.indexOf(layer));
    }
  });

  it('has every folder of src/ops/, and refuses what is above in it', () => {
    const folders = readdirSync(join(root, 'src', 'ops'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(Object.keys(operations).sort()).toEqual(folders.sort());
    expect(problems('src/ops/view/a.js', "import '../kernels/launch'; import './b';")).toEqual([]);
    expect(problems('src/ops/methods.js', "import './view/view'; import './index';")).toEqual([]);
    expect(problems('src/ops/kernels/a.js', "import '../view/view';")).toEqual([
      'ops/kernels may not import ops/view; it sees arguments',
    ]);
    expect(problems('src/ops/view/a.js', "import '../index';")).toHaveLength(1);
    expect(problems('src/ops/misc/a.js', "import '../view/view';")[0]).toContain(
      'not in the table',
    );
  });

  it('accepts a lower layer, the own layer and the parts of Node', () => {
    expect(problems('src/nn/lstm.js', "import '../ops/matmul'; import './module';")).toEqual([]);
    expect(problems('src/native/load.js', "import 'node:fs';")).toEqual([]);
    expect(problems('src/index.js', "export * from './nn/module';")).toEqual([]);
  });

  it.each([
    ["import '../nn/module';", 'import'],
    ["export * from '../../src/nn/module';", 'export all'],
    ["export { Module } from '../nn/module';", 'export'],
    ["const nn = import('../nn/module');", 'dynamic import'],
    ["const nn = require('../nn/module');", 'require'],
  ])('refuses %s (%s) in ops', (code) => {
    expect(problems('src/ops/add.js', code)).toEqual([
      'ops may not import nn; it sees check, native, tensor, autograd',
    ]);
  });

  it('refuses src/index, packages, files outside src and folders it does not know', () => {
    expect(problems('src/nn/lstm.js', "import '../index';")[0]).toContain(
      'only programs and tests',
    );
    expect(problems('src/nn/lstm.js', "import 'ostinato';")[0]).toContain('relative paths only');
    expect(problems('src/nn/lstm.js', "import '../../bench/x';")[0]).toContain('outside src');
    expect(problems('src/misc/x.js', "import '../ops/add';")[0]).toContain('not in the table');
  });

  it('lets programs see only the package, and a test what its layer sees', () => {
    expect(problems('examples/sum.js', "import 'ostinato';")).toEqual([]);
    expect(problems('examples/sum.js', "import '../src/nn/lstm';")).toHaveLength(1);
    expect(problems('bench/peak.js', "import '../src/native/probe';")).toEqual([]);
    expect(problems('bench/peak.js', "import '../src/tensor/pool';")).toHaveLength(1);
    expect(problems('test/ops/add.test.js', "import '../../src/tensor/storage';")).toEqual([]);
    expect(problems('test/ops/add.test.js', "import '../../src/nn/lstm';")).toHaveLength(1);
  });
});

describe('the rule against circles', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ostinato-circles-'));
    mkdirSync(join(folder, 'src', 'part'), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The rule's messages for a.ts, one of the files that a package consists of. */
  function circles(files: Readonly<Record<string, string>>): string[] {
    for (const [name, code] of Object.entries(files))
      writeFileSync(join(folder, 'src', name), code);
    const linter = new Linter({ cwd: folder });
    const config: Linter.Config = {
      files: ['**/*.ts'],
      languageOptions: { parser },
      plugins: { layers: plugin },
      rules: { 'layers/acyclic': 'error' },
    };
    return linter
      .verify(files['a.ts'], config, { filename: join(folder, 'src', 'a.ts') })
      .map(({ message }) => message);
  }

  it('accepts a chain of imports, and files that are named in comments', () => {
    const chain = { 'b.ts': "export * from './part';", 'part/index.ts': "// import '../a';" };
    expect(circles({ 'a.ts': "import './b';", ...chain })).toEqual([]);
  });

  it.each([
    ["import './a';", 'for its effects'],
    ["import { a } from './a';", 'of a value'],
    ["import type { A } from './a';", 'of a type'],
    ["export * from './a';", 'to export again'],
    ["import {\n  a,\n} from './a';", 'on several lines'],
    ["const a = import('./a');", 'when called'],
  ])('refuses a circle through %j (%s)', (back) => {
    expect(circles({ 'a.ts': "import { b } from './b';", 'b.ts': back })).toEqual([
      'a circle of imports: a.ts → b.ts → a.ts',
    ]);
  });

  it('names the shortest way around', () => {
    const files = { 'b.ts': "import './part';", 'part/index.ts': "import type { A } from '../a';" };
    expect(circles({ 'a.ts': "export { b } from './b';", ...files })).toEqual([
      'a circle of imports: a.ts → b.ts → part/index.ts → a.ts',
    ]);
  });
});

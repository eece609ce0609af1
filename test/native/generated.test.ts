// TypeScript's calls of the kernels are those of the list (native/kernels/kernels.inc): scripts/generate-kernels.cjs.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { constants } from '../../src/native/instance';
import type * as Load from '../../src/native/load';
import type { Addon, AddonInstance } from '../../src/native/load';
import type * as Probe from '../../src/native/probe';
import type * as Recording from '../../src/native/recording';
import { kernelNames } from '../../src/native/recording';

interface ListedKernel {
  readonly name: string;
  readonly suffixes: readonly string[] | null;
  readonly effect: string | null;
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
}
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { readConstants, readKernels } = require('../../scripts/generate/lists.cjs') as {
  readKernels: (folder: string, read?: (file: string) => string) => ListedKernel[];
  readConstants: (file: string) => { group: string; name: string; ofSet: boolean }[];
};

const root = resolve(__dirname, '..', '..');
const folder = join(root, 'native', 'kernels');
const reading =
  (change: (list: string) => string) =>
  (file: string): string => {
    const text = readFileSync(file, 'utf8');
    return file.endsWith('kernels.inc') ? change(text) : text;
  };
const added = (line: string): ((file: string) => string) =>
  reading((list) => list.replace('// ---- gemm/', `${line}\n// ---- gemm/`));

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/^native.calls\.ts$/.test(file))
  .map((file) => ({ file, text: readFileSync(join(root, 'src', file), 'utf8') }));

test('the checked-in files are what the lists say', () => {
  const run = spawnSync(process.execPath, ['scripts/generate-kernels.cjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
});

test('the list is that of the add-on, in its order', () => {
  const listed = readKernels(folder).flatMap(({ name, suffixes }) =>
    suffixes === null ? [name] : suffixes.map((suffix) => `${name}_${suffix}`),
  );
  expect(listed).toEqual(kernelNames);
});

test('the constants are those that the add-on exports', () => {
  const number: unknown = expect.any(Number);
  const expected: Record<string, Record<string, unknown>> = {};
  for (const { group, name, ofSet } of readConstants(join(root, 'native', 'constants.inc'))) {
    (expected[group] ??= {})[name] = ofSet ? { f32: number, f64: number } : number;
  }
  expect(constants).toEqual(expected);
});

// By loading the package on an instance that notes which kernels are asked for.
test('TypeScript uses every kernel', () => {
  const used = new Set<string>();
  const noting = <F extends object>(kernels: F): F =>
    new Proxy(kernels, {
      get: (target, name, receiver): unknown => {
        used.add(String(name));
        return Reflect.get(target, name, receiver);
      },
    });
  jest.isolateModules(() => {
    jest.doMock('../../src/native/load', () => {
      const load = jest.requireActual<typeof Load>('../../src/native/load');
      const addon = load.loadAddon();
      const createInstance = (): AddonInstance => {
        const made = addon.createInstance()!;
        return { ...made, kernels: noting(made.kernels) };
      };
      return { ...load, loadAddon: (): Addon => ({ ...addon, createInstance }) };
    });
    jest.doMock('../../src/native/recording', () => {
      const recording = jest.requireActual<typeof Recording>('../../src/native/recording');
      const kernelNumber = (name: string): number => {
        used.add(name);
        return recording.kernelNumber(name);
      };
      return { ...recording, kernelNumber };
    });
    jest.requireActual('../../src/index');
    const { fmaPeak, readPeak } = jest.requireActual<typeof Probe>('../../src/native/probe');
    fmaPeak(1);
    readPeak(new Float32Array(64), 1);
  });
  expect(kernelNames.filter((name) => !used.has(name))).toEqual([]);
});

test('only the generated functions write or read the argument block', () => {
  const touching = sources
    .filter(({ text }) =>
      /\bimport [^;]*\bargs\b[^;]*from '[^']*instance'|instance\.args\[/.test(text),
    )
    .map(({ file }) => file);
  expect(touching).toEqual([]);
});

test('parameters keep their names, what may be null and what is a flag', () => {
  const gemm = readKernels(folder).find(({ name }) => name === 'gemm')!;
  expect(gemm.parameters.map(({ name, type }) => `${name}: ${type}`)).toEqual([
    'M: number',
    'N: number',
    'K: number',
    'a: memory',
    'lda: number',
    'transposeA: flag',
    'b: memory',
    'ldb: number',
    'transposeB: flag',
    'bias: memoryOrNull',
    'c: memory',
    'ldc: number',
    'accumulate: flag',
  ]);
});

test('a kernel that is added to the list is found, with its parameters', () => {
  const read = added(
    'KERNEL_FLOAT(halve, (const T* x,\n  Nullable<T*> out, int64_t n, Work& work))',
  );
  expect(readKernels(folder, read).find(({ name }) => name === 'halve')).toMatchObject({
    suffixes: ['f32', 'f64'],
    parameters: [
      { name: 'x', type: 'memory' },
      { name: 'out', type: 'memoryOrNull' },
      { name: 'n', type: 'number' },
    ],
  });
});

test.each([
  ['KERNEL_FLOAT(halve, (long n))', "halve: cannot read the parameter 'long n'"],
  [
    'KERNEL_HALF(halve, (int64_t n))',
    "kernels.inc: unknown macro KERNEL_HALF in 'KERNEL_HALF(halve, (int64_t n))'",
  ],
  [
    'KERNEL_FLOAT(halve, (int64_t n), sings)',
    "kernels.inc: halve: 'sings' is none of the effects draws, checks, answers, outside",
  ],
  [
    'KERNEL_FLOAT(halve)',
    "kernels.inc: cannot read 'KERNEL_FLOAT(halve)': expected NAME, (PARAMETERS)",
  ],
])('says which line it cannot read: %s', (line, message) => {
  expect(() => readKernels(folder, added(line))).toThrow(message);
});

// TypeScript's calls of the kernels are those of the list (native/kernels/kernels.inc): scripts/generate-kernels.cjs.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { kernelNames } from '../../src/native/recording';

interface ListedKernel {
  readonly name: string;
  readonly suffixes: readonly string[] | null;
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
}
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { readKernels } = require('../../scripts/kernel-list.cjs') as {
  readKernels: (folder: string, read?: (file: string) => string) => ListedKernel[];
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

test('the checked-in file is what the list says', () => {
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
    'KERNEL_FLOAT(halve)',
    "kernels.inc: cannot read 'KERNEL_FLOAT(halve)': expected NAME, (PARAMETERS)",
  ],
])('says which line it cannot read: %s', (line, message) => {
  expect(() => readKernels(folder, added(line))).toThrow(message);
});

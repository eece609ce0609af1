import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import {
  hasDefinitions,
  isasFor,
  kernelDefinitionsOf,
  kernelsOf,
  sources,
} from '../../scripts/sources.cjs';

const root = join(__dirname, '..', '..');
interface ListedKernel {
  readonly name: string;
  readonly isNarrow: boolean;
  readonly via: string | null;
}
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { readKernels } = require('../../scripts/generate/lists.cjs') as {
  readKernels: (folder: string) => ListedKernel[];
};
const kernels = [...sources.kernels, ...sources.narrowKernels];
const listed = [...sources.common, ...sources.addon, ...kernels];

interface Target {
  readonly target_name: string;
  readonly sources?: readonly string[];
  readonly defines?: readonly string[];
  readonly cflags_cc?: readonly string[];
  readonly dependencies?: readonly string[];
  readonly conditions?: readonly Condition[];
}
type Condition = readonly [condition: string, part: Part];
type Part = Partial<Target> & { readonly targets?: readonly Target[] };

/** binding.gyp, which is a JavaScript literal but for its comments. */
function gyp(): { targets: Target[]; conditions: Condition[] } {
  const text = readFileSync(join(root, 'binding.gyp'), 'utf8').replace(/^ *#.*$/gm, '');
  return runInNewContext(`(${text})`) as { targets: Target[]; conditions: Condition[] };
}

/** The parts of a list of conditions that hold where `condition` does. */
const chosen = (conditions: readonly Condition[] = [], condition: string): Part[] =>
  conditions.filter(([each]) => each === condition).map(([, part]) => part);

describe('native/sources.json', () => {
  it('lists every C++ file of native/ once', () => {
    const found = readdirSync(join(root, 'native'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.cc'))
      .map((file) => `native/${file.replaceAll('\\', '/')}`);
    expect([...listed].sort()).toEqual(found.sort());
  });

  it('lists only files that exist', () => {
    expect(listed.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it('gives each architecture its instruction sets', () => {
    expect(isasFor('x64').map(([name]) => name)).toEqual(['scalar', 'avx2', 'avx512']);
    expect(isasFor('arm64').map(([name]) => name)).toEqual(['scalar', 'neon']);
    expect(isasFor('riscv64').map(([name]) => name)).toEqual(['scalar']);
    expect(hasDefinitions('arm64')).toEqual(['OSTINATO_HAS_SCALAR=1', 'OSTINATO_HAS_NEON=1']);
  });

  it('compiles narrow kernels for every set but those with a base, which is built with them', () => {
    for (const [isa, { arch, base }] of Object.entries(sources.isas)) {
      expect(kernelsOf(isa)).toEqual(base === undefined ? kernels : sources.kernels);
      expect(kernelDefinitionsOf(isa).join()).toBe(
        base === undefined ? `OSTINATO_ISA=${isa}` : `OSTINATO_ISA=${isa},OSTINATO_BASE=${base}`,
      );
      if (base === undefined) continue;
      expect(sources.isas[base].base).toBeUndefined();
      expect(isasFor(arch).map(([name]) => name)).toContain(base);
    }
    expect(sources.isas['avx512'].base).toBe('avx2');
  });

  // A narrow kernel in another file would be compiled for the sets with a base, and not used there.
  it('has the kernels that are marked as narrow in the narrow files', () => {
    const text = sources.narrowKernels
      .map((file) => readFileSync(join(root, file), 'utf8'))
      .join('\n');
    const isDefined = ({ name, via }: ListedKernel): boolean =>
      text.includes(`INSTANTIATE_FLOAT(${name})`) ||
      text.includes(`INSTANTIATE_NUMBER(${name})`) ||
      text.includes(`INSTANTIATE_ANY(${name})`) ||
      text.includes(`\nvoid ${name}(`) ||
      text.includes(`#define ${via}(`);
    const all = readKernels(join(root, 'native', 'kernels'));
    const narrow = all.filter(({ isNarrow }) => isNarrow);
    expect(narrow.length).toBeGreaterThan(10);
    expect(all.filter(isDefined)).toEqual(narrow);
  });

  it.each(['x64', 'arm64'])('gives node-gyp one library for each instruction set of %s', (arch) => {
    const { targets, conditions } = gyp();
    const on = `target_arch=="${arch}"`;
    const all = [...targets, ...chosen(conditions, on).flatMap((part) => part.targets ?? [])];
    const addon = all.find((target) => target.target_name === 'ostinato')!;
    const linked = [addon, ...chosen(addon.conditions, on)].flatMap((x) => x.dependencies ?? []);
    const libraries = all.filter((target) => target !== addon);
    const isas = isasFor(arch).map(([name]) => name);
    expect([...linked].sort()).toEqual(isas.map((name) => `kernels_${name}`).sort());
    expect(libraries.map((target) => target.target_name).sort()).toEqual([...linked].sort());
    for (const { target_name: name, sources: files, defines, cflags_cc: flags } of libraries) {
      const isa = name.replace('kernels_', '');
      expect([...files!]).toEqual([`<!@(node scripts/sources.cjs kernels ${isa})`]);
      expect([...defines!]).toEqual([`<!@(node scripts/sources.cjs isa-definitions ${isa})`]);
      expect([...flags!]).toEqual([`<!@(node scripts/sources.cjs isa-flags ${isa})`]);
    }
  });
});

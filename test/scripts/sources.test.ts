import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { hasDefinitions, isasFor, sources } from '../../scripts/sources.cjs';

const root = join(__dirname, '..', '..');
const listed = [...sources.common, ...sources.addon, ...sources.kernels];

interface Target {
  readonly target_name: string;
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
    for (const { target_name: name, defines, cflags_cc: flags } of libraries) {
      const isa = name.replace('kernels_', '');
      expect([...defines!]).toEqual([`OSTINATO_ISA=${isa}`]);
      expect([...flags!]).toEqual([`<!@(node scripts/sources.cjs isa-flags ${isa})`]);
    }
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasDefinitions, isasFor, sources } from '../../scripts/sources.cjs';

const root = join(__dirname, '..', '..');
const listed = [...sources.common, ...sources.addon, ...sources.kernels];

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

  it('has a target in binding.gyp for each instruction set, on its architecture', () => {
    const gyp = readFileSync(join(root, 'binding.gyp'), 'utf8');
    for (const name of Object.keys(sources.isas)) {
      expect(gyp).toContain(`'target_name': 'kernels_${name}'`);
      expect(gyp).toContain(`OSTINATO_ISA=${name}'`);
    }
  });
});

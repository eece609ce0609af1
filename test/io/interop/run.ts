// npm run test:interop [-- --count 60] [--mutations 20000] [--seed 1] [--keep FOLDER]
//
// Files of other programs against these programs (tools.py): what they write is read here with the same values, what is written here
// they read, and of files that a seed has changed, what is accepted here they accept too and find the same in it. Networks of ONNX: onnx.ts.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { io, type Tensor } from 'ostinato';
import { mutated, seedsOf, tensorEndings } from '../mutate';
import { randomOf, seedOf } from '../../fuzz/random';
import { findPython } from '../../python';
import { onnxAgrees } from './onnx';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '60' },
    mutations: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    /** A folder for the files that stays. */
    keep: { type: 'string' },
  },
});
const python = findPython('interop', __dirname);
const tool = (...args: string[]): boolean =>
  spawnSync(python, ['-P', join(__dirname, 'tools.py'), ...args], { stdio: 'inherit' }).status ===
  0;

interface Entry {
  shape: readonly number[];
  /** float64, in base64. */
  values: string;
}
type Manifest = Record<string, Record<string, Entry>>;

function load(path: string): Map<string, Tensor> {
  if (path.endsWith('.safetensors')) return io.loadSafetensors(path);
  if (path.endsWith('.npz')) return io.loadNpz(path);
  if (path.endsWith('.npy')) return new Map([['', io.loadNpy(path)]]);
  return io.loadTorch(path);
}
const entryOf = (x: Tensor): Entry => ({
  shape: x.shape,
  values: Buffer.from(Float64Array.from(x.toTypedArray()).buffer).toString('base64'),
});
const entriesOf = (tensors: ReadonlyMap<string, Tensor>): Record<string, Entry> =>
  Object.fromEntries([...tensors].map(([name, x]) => [name, entryOf(x)]));

/** What differs between what a file holds and what was read; NaN equals NaN. */
function difference(found: Record<string, Entry>, expected: Record<string, Entry>): string | null {
  const names = (of: Record<string, Entry>): string => JSON.stringify(Object.keys(of).sort());
  if (names(found) !== names(expected)) return `holds ${names(found)}, not ${names(expected)}`;
  for (const [name, { shape, values }] of Object.entries(expected)) {
    const mine = found[name];
    if (mine.shape.join() !== shape.join()) return `"${name}" has shape [${mine.shape.join()}]`;
    const [a, b] = [mine.values, values].map((each) => {
      const bytes = Buffer.from(each, 'base64');
      return new Float64Array(new Uint8Array(bytes).buffer);
    });
    if (!a.every((value, i) => Object.is(value, b[i]))) return `"${name}" has other values`;
  }
  return null;
}

const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'ostinato-interop-'));
const folderOf = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
};

/** Files of the tools; their tensors by file. */
function readTheirs(from: string): { isRight: boolean; all: Map<string, Tensor>[] } {
  const manifest = JSON.parse(readFileSync(join(from, 'manifest.json'), 'utf8')) as Manifest;
  let wrong = 0;
  const all: Map<string, Tensor>[] = [];
  for (const [file, expected] of Object.entries(manifest)) {
    try {
      const tensors = load(join(from, file));
      all.push(tensors);
      const found = difference(entriesOf(tensors), expected);
      if (found !== null) throw new Error(found);
    } catch (error) {
      wrong++;
      console.log(`${file}: ${String(error)}`);
    }
  }
  console.log(`theirs: ${Object.keys(manifest).length} files, ${wrong} wrong`);
  return { isRight: wrong === 0, all };
}

/** Files of this package, for the tools to read. */
function writeOurs(to: string, all: readonly Map<string, Tensor>[]): void {
  const manifest: Manifest = {};
  all.forEach((tensors, i) => {
    const named = new Map([...tensors].map(([name, x]) => [name || 'x', x]));
    const types = i % 2 === 0 ? {} : ({ int32: 'int64', float64: 'float64' } as const);
    io.saveSafetensors(join(to, `${i}.safetensors`), named, types);
    io.saveNpz(join(to, `${i}.npz`), named, { ...types, compress: i % 3 === 0 });
    manifest[`${i}.safetensors`] = manifest[`${i}.npz`] = entriesOf(named);
    const [first] = named.values();
    if (first === undefined) return;
    io.saveNpy(join(to, `${i}.npy`), first, types);
    manifest[`${i}.npy`] = { '': entryOf(first) };
    if (!named.get([...named.keys()][0])!.dtype.startsWith('float')) return;
    // Rounded: here as the tool finds it, by the other reader.
    const half = new Map([...named].filter(([, x]) => x.dtype.startsWith('float')));
    for (const type of ['float16', 'bfloat16'] as const) {
      const path = join(to, `${i}-${type}.safetensors`);
      io.saveSafetensors(path, half, { float32: type, float64: type });
      manifest[`${i}-${type}.safetensors`] = entriesOf(io.loadSafetensors(path));
    }
  });
  writeFileSync(join(to, 'manifest.json'), JSON.stringify(manifest));
}

/** Of files that are almost right, those that are accepted. */
function writeMutated(to: string): void {
  const manifest: Manifest = {};
  const seeds = Object.fromEntries(tensorEndings.map((ending) => [ending, seedsOf(ending)]));
  const accepted: Record<string, number> = Object.fromEntries(
    tensorEndings.map((each) => [each, 0]),
  );
  for (let i = 0; i < Number(options.mutations); i++) {
    const random = randomOf(seedOf(Number(options.seed), i));
    const ending = random.pick(tensorEndings);
    // The code of a TorchScript archive, which torch.jit.load compiles, is not looked at here.
    const usable = seeds[ending].filter((seed) => !seed.includes('/constants.pkl'));
    const file = `${i}${ending}`;
    const path = join(to, file);
    const bytes = mutated(ending, usable, random);
    if (usable.some((seed) => seed.equals(bytes))) continue;
    writeFileSync(path, bytes);
    try {
      const tensors = load(path);
      const expanded = [...tensors.values()].some((x) => x.numel > 1e6);
      if (expanded) throw new Error('a view of a million elements');
      manifest[file] = entriesOf(tensors);
      accepted[ending]++;
    } catch {
      rmSync(path);
    }
  }
  console.log(`accepted of ${options.mutations}: ${JSON.stringify(accepted)}`);
  writeFileSync(join(to, 'manifest.json'), JSON.stringify(manifest));
}

const [theirs, ours, changed] = ['theirs', 'ours', 'changed'].map(folderOf);
const steps: [string, () => boolean][] = [
  ['write', () => tool('write', theirs, options.count)],
  [
    'read theirs, write ours',
    () => {
      const { isRight, all } = readTheirs(theirs);
      writeOurs(ours, all);
      return isRight;
    },
  ],
  ['read ours', () => tool('read', ours)],
  [
    'mutations',
    () => {
      writeMutated(changed);
      return tool('read', changed);
    },
  ],
  ['onnx', () => onnxAgrees(python, folderOf('onnx'), Number(options.count))],
];
const failed = steps.filter(([, step]) => !step()).map(([name]) => name);
if (options.keep === undefined) rmSync(folder, { recursive: true });
console.log(failed.length === 0 ? 'right' : `failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

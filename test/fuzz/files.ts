// Random files of other programs: a reader gives tensors or one sentence that names the file, soon, and with memory in proportion to the file.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, Tensor } from 'ostinato';
import { endings, mutated, seedsOf } from '../io/mutate';
import { randomOf } from './random';

const readers: Record<string, (path: string) => Tensor | Map<string, Tensor>> = {
  '.safetensors': io.loadSafetensors,
  '.npy': io.loadNpy,
  '.npz': io.loadNpz,
  '.pt': io.loadTorch,
  '.onnx': (path) => io.loadOnnx(path).stateDict(),
};
// A byte of a file becomes at most four of a tensor (F8, int8), a byte that is deflated 1032 before that.
const growth: Record<string, number> = {
  '.safetensors': 4,
  '.npy': 4,
  '.npz': 4 * 1032,
  '.pt': 4 * 1032,
  '.onnx': 4,
};
const longest = 5000;

/** Checks one case after the other, in a folder of its own. */
export function fileChecker(): { check: (seed: number) => string[]; close: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'ostinato-files-'));
  const seeds = Object.fromEntries(endings.map((ending) => [ending, seedsOf(ending)]));
  const before = process.memoryUsage().rss;
  function check(seed: number): string[] {
    const random = randomOf(seed);
    const ending = random.pick(endings);
    const bytes = mutated(ending, seeds[ending], random);
    const path = join(folder, `x${ending}`);
    writeFileSync(path, bytes);
    const from = performance.now();
    const found = outcome(readers[ending], path, bytes.length * growth[ending]);
    if (performance.now() - from > longest) found.push(`${ending}: took more than ${longest} ms`);
    if (process.memoryUsage().rss > before + 2 ** 30) found.push(`${ending}: took a gigabyte`);
    return found;
  }
  return { check, close: () => rmSync(folder, { recursive: true }) };
}

function outcome(
  read: (path: string) => Tensor | Map<string, Tensor>,
  path: string,
  most: number,
): string[] {
  try {
    const loaded = read(path);
    const tensors = loaded instanceof Tensor ? [loaded] : [...loaded.values()];
    // Several views of one storage are its elements; one that is expanded has none of its own.
    const memory = tensors.filter((x) => x.numel > 0 && !x.strides.includes(0));
    const bytes = memory.reduce((largest, x) => Math.max(largest, x.nbytes), 0);
    if (bytes > most) return [`${bytes} bytes of a tensor from a file that allows ${most}`];
    for (const x of memory) x.toTypedArray();
    return [];
  } catch (error) {
    const { name, message } = error as Error;
    const says = /^\w+: (malformed file|cannot read) \S+: .|^\w+: .* holds -?\d+, which does not fit int32$/s; // prettier-ignore
    // The file that a network's weights are in is missing, or a folder.
    const { code } = error as NodeJS.ErrnoException;
    if (path.endsWith('.onnx') && typeof code === 'string' && message.includes(code)) return [];
    return name === 'RangeError' && says.test(message) && message.length < 2000 + path.length
      ? []
      : [`${name}: ${message}`];
  }
}

// Networks of ONNX against onnx's checker and onnxruntime (onnx_tools.py): what is exported here is well-formed and computes the same there, in
// other sizes too; what PyTorch exports is computed here as onnxruntime computes it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { io, manualSeed, noGrad, type Tensor } from 'ostinato';
import { distance, models } from '../onnx/export/models';

const most = 1e-5;

/** Every model of the table with a seed of its own, and what it computes. */
function write(folder: string, seeds: number): number {
  let count = 0;
  const list: object[] = [];
  for (const [name, make] of Object.entries(models)) {
    for (let seed = 0; seed < seeds; seed++) {
      manualSeed(seed);
      const { model, options, inputNames, others } = make();
      const file = `${count++}.onnx`;
      io.exportOnnx(model, join(folder, file), { ...options, opset: 17 + (seed % 5) });
      model.eval();
      others.forEach(({ args, tensors }, i) => {
        const outputs = noGrad(() => [model.forward(...args) as unknown].flat(9)) as Tensor[];
        const arrays = `${file}.${i}.npz`;
        const named = (kind: string, xs: readonly Tensor[], names: (k: number) => string) =>
          xs.map((x, k) => [`${kind}.${names(k)}`, x] as const);
        const all = [
          ...named('in', tensors, (k) => inputNames[k]),
          ...named('out', outputs, String),
        ];
        io.saveNpz(join(folder, arrays), new Map(all), { int32: 'int64' });
        list.push({ name, file, arrays });
      });
    }
  }
  writeFileSync(join(folder, 'list.json'), JSON.stringify(list));
  return count;
}

/** Networks of theirs, with inputs and outputs. */
function read(folder: string): number {
  const list = JSON.parse(readFileSync(join(folder, 'theirs.json'), 'utf8')) as string[];
  let wrong = 0;
  for (const name of list) {
    const arrays = [...io.loadNpz(join(folder, `${name}.npz`))];
    const part = (kind: string): Record<string, Tensor> =>
      Object.fromEntries(arrays.flatMap(([key, x]) => (key.startsWith(`${kind}.`) ? [[key.slice(kind.length + 1), x]] : []))); // prettier-ignore
    try {
      const found = noGrad(() => io.loadOnnx(join(folder, `${name}.onnx`)).forward(part('in')));
      for (const [key, x] of Object.entries(part('out'))) {
        const far = distance(found[key], x);
        if (!(far < most)) throw new Error(`${key} differs by ${far}`);
      }
    } catch (error) {
      wrong++;
      console.log(`${name}: ${String(error)}`);
    }
  }
  console.log(`onnx, theirs: ${list.length} networks, ${wrong} wrong`);
  return wrong;
}

/** Whether both sides agree. */
export function onnxAgrees(python: string, folder: string, count: number): boolean {
  mkdirSync(folder, { recursive: true });
  const seeds = Math.max(1, Math.round(count / 20));
  const exported = write(folder, seeds);
  const tools = join(__dirname, 'onnx_tools.py');
  const ran = spawnSync(python, ['-P', tools, folder, String(count)], { stdio: 'inherit' });
  console.log(`onnx, ours: ${exported} networks`);
  return ran.status === 0 && read(folder) === 0;
}

// Networks of other programs' exporters (make.py says which), with inputs and outputs that are onnxruntime's.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { io, type Tensor } from 'ostinato';

const folder = join(__dirname, 'files');
export const names = readdirSync(folder)
  .filter((name) => name.endsWith('.onnx'))
  .map((name) => name.slice(0, -5));
export const path = (name: string): string => join(folder, `${name}.onnx`);

type Tensors = Record<string, Tensor>;
/** The recorded tensors whose names begin with `kind`. */
export function recorded(name: string, kind: 'in' | 'out'): Tensors {
  const all = io.loadNpz(join(folder, `${name}.npz`));
  const found = [...all].filter(([key]) => key.startsWith(`${kind}.`));
  return Object.fromEntries(found.map(([key, x]) => [key.slice(kind.length + 1), x]));
}
/** The largest difference, relative where values are large. */
function distance(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  if (a.numel === 0) return 0;
  const [x, y] = [a, b].map((each) => Float64Array.from(each.toTypedArray()));
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i]) / (1 + Math.abs(y[i]))), 0); // prettier-ignore
}
export function expectClose(found: Tensors, expected: Tensors, most = 1e-5): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [key, x] of Object.entries(expected)) {
    expect(distance(found[key], x)).toBeLessThan(most);
  }
}

// Each seed program as it runs from its example, on the outcome that it is there for.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ones, tensor, type Tensor } from 'ostinato';
import * as s0a from '../../examples/s0a-matrices';
import * as s0b from '../../examples/s0b-tensors';
import * as s0c from '../../examples/s0c-embeddings';
import * as s2 from '../../examples/s2-layers';
import * as s3a from '../../examples/s3a-by-hand';
import * as s3b from '../../examples/s3b-data';
import * as s3d from '../../examples/s3d-matrix-products';
import * as s3e from '../../examples/s3e-own-cell';
import * as s3f from '../../examples/s3f-cell-trained';
import * as s4 from '../../examples/s4-from-scratch';

const shapes = (tensors: readonly Tensor[]): unknown => tensors.map((x) => x.shape);
const times = <T>(n: number, value: T): T[] => Array.from({ length: n }, () => value);

/** Runs an example with what it prints. */
function heard<T>(run: (print: (line: string) => void) => T): { lines: string[] } & T {
  const lines: string[] = [];
  return { lines, ...run((line) => lines.push(line)) };
}

function expectFalling(losses: readonly number[], every: number): void {
  const looks = losses.filter((_, i) => (i + 1) % every === 0);
  expect(looks.length).toBeGreaterThan(3);
  looks.forEach((loss, i) => expect(loss).toBeLessThan(i === 0 ? losses[0] : looks[i - 1]));
}

const lossLines = (lines: readonly string[]): number[] =>
  lines.flatMap((line) => {
    const epoch = /^epoch (\d+), loss \d+\.\d{4}$/.exec(line);
    return epoch === null ? [] : [Number(epoch[1])];
  });

test('s0a: the loss falls, is printed every 10 epochs, and ten matrices follow', () => {
  const { losses, matrices, lines } = heard(s0a.run);
  expect(losses).toHaveLength(100);
  expectFalling(losses, 10);
  expect(lossLines(lines)).toEqual(times(10, 0).map((_, i) => 10 * (i + 1)));
  expect(shapes(matrices)).toEqual(times(10, [2, 2]));
  // Each is another one, made from the one before.
  expect(new Set(matrices.map(String)).size).toBe(10);
  expect(matrices.every((x) => !x.requiresGrad)).toBe(true);
});

test('s0b: the loss falls, and fifteen tensors follow', () => {
  const { losses, tensors, lines } = heard(s0b.run);
  expect(losses).toHaveLength(150);
  expectFalling(losses, 10);
  expect(lossLines(lines)).toHaveLength(15);
  expect(shapes(tensors)).toEqual(times(15, [2, 2, 2]));
  expect(new Set(tensors.map(String)).size).toBe(15);
});

test('s0c: the broken call says which sizes differ; through a learned way back, 20 embeddings follow', () => {
  const { losses, error, wayBack, embeddings } = heard(s0c.run);
  expect(losses).toHaveLength(200);
  expectFalling(losses, 20);
  expect(error).toBe(
    'RangeError: RNN.forward: input has 64 features, but this layer was built with inputSize 32 (input [1, 1, 64], expected [N, T, 32])',
  );
  expectFalling(wayBack, 40);
  expect(shapes(embeddings)).toEqual(times(20, [64]));
  expect(new Set(embeddings.map(String)).size).toBe(20);
});

test('s2: outputs and states have PyTorch’s shapes, and gradFn is named', () => {
  const { lines, ...shown } = heard(s2.run);
  expect(Object.fromEntries(Object.entries(shown).map(([name, x]) => [name, x.shape]))).toEqual({
    'RNN(1→2) output': [1, 3, 2],
    'RNN(1→2) h': [1, 1, 2],
    'RNN(1→2) continued, output': [1, 3, 2],
    'RNN(1→2) continued, h': [1, 1, 2],
    'RNN(1→4) output': [1, 3, 4],
    'RNN(1→4) h': [1, 1, 4],
    'RNN(1→2), 3 layers, output': [1, 3, 2],
    'RNN(1→2), 3 layers, h': [3, 1, 2],
    'LSTM(1→2) output': [1, 3, 2],
    'LSTM(1→2) h': [1, 1, 2],
    'LSTM(1→2) c': [1, 1, 2],
    'LSTM(1→2) continued, output': [1, 3, 2],
    'LSTM(1→2) continued, h': [1, 1, 2],
    'LSTM(1→2) continued, c': [1, 1, 2],
    'GRU(1→2) output': [1, 3, 2],
    'GRU(1→2) h': [1, 1, 2],
    'GRU(1→2) continued, output': [1, 3, 2],
    'GRU(1→2) continued, h': [1, 1, 2],
  });
  for (const line of lines)
    expect(line).toMatch(/\]\ntensor\(\[\[\[[^]*\]\]\],\s+gradFn=<\w+>\)\n$/);
});

test('s3a: the output is [10, 10], as the equations say', () => {
  const { output, states } = heard(s3a.run);
  expect(shapes([output, states])).toEqual([
    [10, 10],
    [10, 10],
  ]);
  expect(output.abs().max().item()).toBeLessThanOrEqual(1);
  // Ones everywhere: h₁ = 0 + x + 1, h₂ = 10·h₁ + x + 1.
  const one = ones([10, 1]);
  const weights = { Whi: ones([10, 10]), Wxi: one, Who: ones([10, 10]).mul(0), b1: one, b2: one };
  const [y, h] = s3a.unroll(weights, tensor([2, 3]));
  expect(h.at(0).toArray()).toEqual([3, 34]);
  expect(y.at(9, 1).item()).toBeCloseTo(Math.tanh(1), 6);
});

test('s3b: first window, first sum, each sample once an epoch, a split and padding', () => {
  const { firstWindow, firstSum, seen, split, padded } = heard(s3b.run);
  expect(firstWindow.map((x) => x.toArray())).toEqual([[0, 1, 2, 3, 4], 5]);
  expect(firstSum.map((x) => x.toArray())).toEqual([[[1], [2], [3]], 6]);
  const sums = times(100, 0).map((_, i) => 9 * i + 6);
  expect(seen).not.toEqual(sums);
  expect([...seen].sort((a, b) => a - b)).toEqual(sums);
  expect(split.map((part) => part.length)).toEqual([70, 20, 10]);
  expect(new Set(split.flat()).size).toBe(100);
  const rows = [
    [10, 0, 0, 0, 0],
    [20, 21, 0, 0, 0],
    [30, 31, 32, 0, 0],
    [40, 41, 42, 43, 0],
    [50, 51, 52, 53, 54],
  ];
  expect(padded.map((x) => x.toArray())).toEqual([rows, rows, rows]);
});

test('s3d: products, sum and bias are [100, 50], and Linear computes the same', () => {
  const { byHand, withBias, byLayers } = heard(s3d.run);
  expect(shapes([byHand, withBias, byLayers])).toEqual(times(3, [100, 50]));
  expect(withBias.sub(byHand).sub(1).abs().max().item()).toBeLessThan(1e-5);
  expect(byLayers.sub(withBias).abs().max().item()).toBeLessThan(1e-5);
});

test('s3e: states [100, 200], probabilities [100, 2] whose rows sum to 1', () => {
  const { a, y, names } = heard(s3e.run);
  expect(names).toEqual(['Wax', 'Waa', 'Wya', 'ba', 'by']);
  expect(shapes([a, y])).toEqual([
    [100, 200],
    [100, 2],
  ]);
  for (const sum of y.sum(1).toTypedArray()) expect(sum).toBeCloseTo(1, 6);
});

test('s3f: before training it prints PyTorch’s number; training makes the loss fall', () => {
  const { before, losses, lines } = heard((print) => s3f.run({ samples: 100, epochs: 8 }, print));
  expect(lines.filter((line) => line.startsWith('  epoch '))).toHaveLength(8);
  expect(before).toBe('tensor([[-0.0731]], gradFn=<AddmmBackward0>)');
  losses.slice(1).forEach((loss, i) => expect(loss).toBeLessThan(losses[i]));
});

test('s4: the loss of one total reaches 0; of a batch, bias and weights reach 0, 1, 1', () => {
  const { one, partial, batch } = heard(s4.run);
  expect(one.losses).toHaveLength(1000);
  expect(one.losses.at(-1)).toBeLessThan(1e-10);
  expect(partial.losses.at(-1)).toBeLessThan(partial.losses[0] / 100);
  const [bias, inputWeight, stateWeight] = batch.learned;
  expect(Math.abs(bias)).toBeLessThan(0.005);
  expect(Math.abs(inputWeight - 1)).toBeLessThan(0.005);
  expect(Math.abs(stateWeight - 1)).toBeLessThan(0.005);
});

test('s4: partial sums written by index are differentiable', () => {
  const weights = s4.drawWeights();
  s4.partialSums(weights, tensor([1, 2, 3]))
    .sum()
    .backward();
  for (const weight of Object.values(weights) as Tensor[]) expect(weight.grad!.item()).not.toBe(0);
});

test('every example says on its first line what it is', () => {
  const folder = join(__dirname, '..', '..', 'examples');
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  for (const file of files) {
    const [first] = readFileSync(join(folder, file), 'utf8').split('\n');
    expect(first).toMatch(/^\/\/ \S.{20,110}$/);
    const id = /^s\d[a-z]?-/.exec(file)?.[0].slice(0, -1);
    if (id !== undefined) expect(first.toLowerCase()).toContain(`// ${id}: `);
  }
});

test('the README lists every example that is not one of the series', () => {
  const root = join(__dirname, '..', '..');
  const files = readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.ts'));
  const others = files
    .map((file) => file.slice(0, -'.ts'.length))
    .filter((name) => !/^s\d/.test(name));
  const listed = [
    ...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^\| `([a-z-]+)` +\|/gm),
  ];
  expect(listed.map(([, name]) => name).sort()).toEqual(others.sort());
});

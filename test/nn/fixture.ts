// Cases of layers and functions in test/fixtures (made by PyTorch 2.13: nn.json by nn.py and so on), their inputs, and how results are compared.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sum, tensor } from '../../src/ops';
import type { DType } from '../../src/tensor/dtype';
import type { Tensor } from '../../src/tensor/tensor';
import { expectNear } from '../support';

export interface Packed {
  shape: number[];
  values: number[];
}

export interface Results {
  output: Packed;
  inputs: (Packed | null)[];
  parameters: Record<string, Packed>;
}

/** A float input by the phase of its wave, or an integer one by its elements. */
export interface Input {
  shape: number[];
  phase?: number;
  integers?: number[];
}

export type Float = 'float32' | 'float64';
export const floats: readonly Float[] = ['float32', 'float64'];

export interface Fixture {
  layers: {
    layer: string;
    args: unknown[];
    seed: number;
    train: boolean;
    state: Record<string, Packed>;
    inputs: Input[];
    results: Record<Float, Results>;
  }[];
  functions: {
    function: string;
    args: unknown[];
    seed: number;
    inputs: Input[];
    results: Record<Float, Results>;
  }[];
  inits: { init: string; shape: number[]; args: unknown[]; seed: number; values: number[] }[];
  gains: [string, number | null, number][];
}

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(join(__dirname, '../fixtures', name), 'utf8')) as T;
const first = read<Fixture>('nn.json');
const all = [
  first,
  ...['layers.json', 'transformer.json', 'embedding-bag.json', 'bilinear-dropout.json'].map(
    read<Fixture>,
  ),
];
export const fixture: Fixture = {
  ...first,
  layers: all.flatMap(({ layers }) => layers),
  functions: all.flatMap(({ functions }) => functions),
};

const numelOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

/** The same numbers as nn.py's wave(). */
export function wave(shape: readonly number[], phase: number, dtype: DType): Tensor {
  const values = Float64Array.from(
    { length: numelOf(shape) },
    (_, i) => (((i * 37 + phase * 11) % 127) - 63) / 64,
  );
  return tensor(values, { dtype }).reshape(shape);
}

export function inputOf(input: Input, dtype: DType): Tensor {
  if (input.integers !== undefined) {
    return tensor(Int32Array.from(input.integers)).reshape(input.shape);
  }
  const x = wave(input.shape, input.phase!, dtype).clone();
  x.requiresGrad = true;
  return x;
}

/** Asserts shape and values; null is expected for null. */
export function expectPacked(actual: Tensor | null, expected: Packed | null, within: number): void {
  if (expected === null) {
    expect(actual).toBeNull();
    return;
  }
  expect(actual).not.toBeNull();
  expect(actual!.shape).toEqual(expected.shape);
  expectNear(actual!.toTypedArray(), expected.values, within);
}

export const within = { float32: 1e-5, float64: 1e-9 };

/** Asserts a call's output, and its inputs' gradients where the output's is wave(9). */
export function expectResults(
  call: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor[],
  expected: Results,
  tolerance: number,
): void {
  const out = call(...inputs);
  expectPacked(out, expected.output, tolerance);
  sum(out.mul(wave(out.shape, 9, out.dtype))).backward();
  inputs.forEach((x, i) => expectPacked(x.grad, expected.inputs[i], tolerance));
}

// test/fixtures/optim.json and optimizers.json (made by PyTorch 2.13 with optim.py, optimizers.py), and their parameters and gradients.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tensor } from '../../src/ops';
import type { DType } from '../../src/tensor/dtype';
import type { Tensor } from '../../src/tensor/tensor';

export interface Fixture {
  runs: {
    optimizer: string;
    options: Record<string, unknown>;
    dtype: 'float32' | 'float64';
    after: Record<string, number[][]>;
    state: Record<string, Record<string, number[]>>;
  }[];
  schedules: {
    schedule: string;
    args: unknown[];
    rates: number[][];
    momenta: number[];
    metrics: number[] | null;
  }[];
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, '../fixtures', name), 'utf8'));

export const fixture = read('optim.json') as Fixture;
/** Those of all optimizers. */
export const runs = [...fixture.runs, ...(read('optimizers.json') as Fixture['runs'])];

/** Options of a run: a rate that is a tensor is written as { tensor }. */
export const optionsOf = ({ options, dtype }: Fixture['runs'][number]): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null && 'tensor' in value
        ? tensor(value.tensor as number, { dtype })
        : value,
    ]),
  );

const shapes = [[5, 3], [17], []];
const numelOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

function make(k: number, dtype: DType, value: (i: number) => number): Tensor {
  const values = Float64Array.from({ length: numelOf(shapes[k]) }, (_, i) => value(i));
  return tensor(values, { dtype }).reshape(shapes[k]).clone();
}

/** The parameters that every run starts from. */
export const startingParameters = (dtype: DType): Tensor[] =>
  shapes.map((_, k) => {
    const x = make(k, dtype, (i) => (((i * 5 + k) % 23) - 11) / 8);
    x.requiresGrad = true;
    return x;
  });

/** Sets the gradients of step t; the last parameter has none in every third step. */
export function setGradients(params: readonly Tensor[], t: number, always = false): void {
  params.forEach((param, k) => {
    param.grad =
      k === 2 && t % 3 === 0 && !always
        ? null
        : make(k, param.dtype, (i) => (((i * 7 + t * 13 + k) % 31) - 15) / 16);
  });
}

// test/fixtures/random.json, and its draws made here: the counterpart of test/fixtures/random.py.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tensor, zeros } from '../../src/ops';
import {
  bernoulli,
  multinomial,
  normal,
  rand,
  randint,
  randintLike,
  randLike,
  randn,
  randnLike,
  randperm,
} from '../../src/random';
import type { DType } from '../../src/tensor/dtype';
import { contiguousStrides, numelOf } from '../../src/tensor/shape';
import { Tensor } from '../../src/tensor/tensor';

export type Layout = 'rows' | 'transposed' | 'sliced' | 'swapped' | 'apart';

/** One draw: its arguments, those that `call` takes, and what PyTorch drew. */
export interface Draw {
  call: string;
  shape: number[];
  dtype?: DType;
  layout?: Layout;
  with?: number[];
  low: number;
  high: number;
  n: number;
  mean: number[][];
  std: number[];
  /** Layout and type of what bernoulli_ fills with a tensor's probabilities. */
  target: Layout;
  type: DType;
  samples: number;
  replacement: boolean;
  values?: (number | boolean)[];
  digest?: string;
}

export interface Fixture {
  defaultSeed: string;
  loaders: {
    default: { epochs: number[][]; next: number[] };
    own: { epochs: number[][]; next: number[]; ownNext: number[] };
    late: { between: number[]; first: number[] };
    replacement: { order: number[] };
    split: number[][];
  };
  unrolledCell: Record<'wax' | 'waa' | 'weight' | 'printed', string> & {
    bias: number[];
    output: number;
  };
  cases: { name: string; seed: string; draws: Draw[]; state: { digest: string; kept: number } }[];
}

export const fixture = JSON.parse(
  readFileSync(join(__dirname, '../fixtures/random.json'), 'utf8'),
) as Fixture;

export const sha256 = (x: ArrayBufferView): string =>
  createHash('sha256')
    .update(new Uint8Array(x.buffer, x.byteOffset, x.byteLength))
    .digest('hex');

/** Zeros of `shape`, laid out in memory as the script lays them out. */
export function laidOut(layout: Layout, shape: number[], dtype: DType): Tensor {
  const view = (memory: number[], strides: number[], offset = 0): Tensor =>
    new Tensor(zeros(memory, { dtype }).storage, dtype, shape, strides, offset);
  switch (layout) {
    case 'rows':
      return zeros(shape, { dtype });
    case 'transposed':
      return view(shape, contiguousStrides(shape.slice().reverse()).reverse());
    case 'sliced': {
      const wide = [...shape.slice(0, -1), shape.at(-1)! * 2];
      return view(wide, [...contiguousStrides(wide).slice(0, -1), 2]);
    }
    case 'swapped':
      return view(shape, [1, shape[2] * shape[0], shape[0]]);
    case 'apart':
      return view([shape[1] + 3, shape[0]], [1, shape[0]], shape[0]);
  }
}

/** The script's weights, in row-major order whatever the layout, none above `most`. */
function weights(draw: Draw, shift: number, most: number): Tensor {
  const out = laidOut(draw.layout ?? 'rows', draw.shape, draw.dtype ?? 'float32');
  const weight = (i: number): number => Math.min((((i + shift) * 7) % 11) / 8, most);
  const flat = Array.from({ length: numelOf(draw.shape) }, (_, i) => weight(i));
  out.copy_(tensor(flat, { dtype: out.dtype }).view(draw.shape));
  return out;
}

/** Makes a draw from the default generator. */
export function make(draw: Draw): Tensor {
  const { call, shape, dtype = 'float32', layout = 'rows' } = draw;
  const target = (): Tensor => laidOut(layout, shape, dtype);
  const [a, b] = draw.with ?? [];
  switch (call) {
    case 'rand':
      return rand(shape, { dtype });
    case 'randn':
      return randn(shape, { dtype });
    case 'randint':
      return randint(draw.low, draw.high, shape, { dtype });
    case 'randperm':
      return randperm(draw.n);
    case 'normal':
      return normal(tensor(draw.mean), tensor(draw.std));
    case 'uniform_':
      return target().uniform_(a, b);
    case 'normal_':
      return target().normal_(a, b);
    case 'exponential_':
      return target().exponential_(a);
    case 'random_':
      if (a === undefined) return target().random_();
      return b === undefined ? target().random_(a) : target().random_(a, b);
    case 'bernoulli_':
      return target().bernoulli_(a);
    case 'rand_like':
      return randLike(target());
    case 'randn_like':
      return randnLike(target());
    case 'randint_like':
      return randintLike(target(), draw.low, draw.high);
    case 'bernoulli':
      return bernoulli(weights(draw, 0, 1));
    case 'bernoulli_p':
      return laidOut(draw.target, shape, draw.type).bernoulli_(weights(draw, 0, 1));
    case 'multinomial':
      return multinomial(weights(draw, 1, Infinity), draw.samples, {
        replacement: draw.replacement,
      });
    default:
      throw new Error(`no such draw: ${call}`);
  }
}

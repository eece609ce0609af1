// Reads what encoding.py wrote: records, and the tensors that they name.
import { readFileSync } from 'node:fs';
import { tensor, type DType, type Tensor } from 'ostinato';

type TensorCode = { t: [DType, number[], number, boolean] };
export type Code =
  | TensorCode
  | { n: string }
  | { d: DType }
  | { s: [number | null, number | null, number | null] | '...' }
  | { gap: true }
  | Code[]
  | string
  | number
  | boolean
  | null;

/** [PyTorch's name or null, value] in the order of PyTorch's signature. */
export type Named = [string | null, Code][];

export interface OperationRecord {
  names: string[];
  kind: 'sample' | 'reference' | 'empty' | 'other' | 'error';
  dtype: DType;
  elementwise: boolean;
  args: Named;
  out?: Code[];
  error?: string;
  /** Weights of the differentiable results; gradients of their weighted sum. */
  weights?: Code[];
  gradients?: Code[];
  recorded?: boolean[];
  weights2?: Code[];
  second?: Code[];
  /** What the in-place form leaves, or null when PyTorch refuses it. */
  inPlace?: Code;
}

export interface ModuleRecord extends Omit<OperationRecord, 'names' | 'args'> {
  module: string;
  constructor: Named;
  args?: Named;
  initial: Record<string, Code>;
  training: boolean;
}

export interface OptimizerRecord {
  optimizer: string;
  kind: 'sample' | 'scheduler' | 'error';
  dtype: DType;
  options: Named;
  first: Code[];
  /** The optimizer evaluates a loss itself: Σ p·g + ½ p² + ⅛ p⁴ with the gradients of the first step. */
  closure: boolean;
  steps: Code[][];
  schedulers: [string, Code[], Named][];
  after: Code[][];
  rates: number[];
  error?: string;
  on?: 'construction' | 'step';
  params: unknown;
}

export type Row = OperationRecord | ModuleRecord | OptimizerRecord;

const isTensor = (code: Code): code is TensorCode =>
  typeof code === 'object' && code !== null && 't' in code;

/** An argument that was left out. */
export const isGap = (code: Code): boolean =>
  typeof code === 'object' && code !== null && 'gap' in code;

/** The memory layout of a decoded tensor. */
export type Layout = 'contiguous' | 'interleaved' | 'transposed' | 'offset';

export class Reader {
  readonly rows: Row[];
  readonly #bytes: Buffer;

  constructor(path: string) {
    this.rows = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Row[];
    this.#bytes = readFileSync(`${path}.bin`);
  }

  /** A call's decoder: a tensor that occurs twice in a call is one tensor. */
  decoder(layout: Layout = 'contiguous'): (code: Code) => unknown {
    const known = new Map<string, Tensor>();
    const decode = (code: Code): unknown => {
      if (Array.isArray(code)) return code.map(decode);
      if (typeof code !== 'object' || code === null) return code;
      if ('t' in code) {
        const key = JSON.stringify(code.t);
        let x = known.get(key);
        if (x === undefined) known.set(key, (x = this.#tensor(code, layout)));
        return x;
      }
      if ('n' in code) return Number(code.n.replace('inf', 'Infinity'));
      if ('d' in code) return code.d;
      if ('gap' in code) return undefined;
      return code.s === '...' ? code.s : code.s.map((bound) => bound ?? '').join(':');
    };
    return decode;
  }

  values(code: Code): { dtype: DType; shape: number[]; elements: ArrayLike<number> } | undefined {
    if (!isTensor(code)) return undefined;
    const [dtype, shape, offset] = code.t;
    return { dtype, shape, elements: this.#elements(dtype, shape, offset) };
  }

  #elements(dtype: DType, shape: number[], offset: number) {
    const kinds = { float64: Float64Array, float32: Float32Array, int32: Int32Array, uint8: Uint8Array, bool: Uint8Array }; // prettier-ignore
    const Kind = kinds[dtype];
    const count = shape.reduce((n, size) => n * size, 1);
    const bytes = this.#bytes.subarray(offset, offset + count * Kind.BYTES_PER_ELEMENT);
    return new Kind(Uint8Array.from(bytes).buffer);
  }

  #tensor(code: TensorCode, layout: Layout): Tensor {
    const [dtype, shape, offset, requiresGrad] = code.t;
    const elements = this.#elements(dtype, shape, offset);
    const x = arranged(tensor(elements, { dtype }).reshape(shape).detach(), layout);
    return requiresGrad ? x.requiresGrad_() : x;
  }
}

/** The same values with other strides. The elements between them are 1. */
function arranged(x: Tensor, layout: Layout): Tensor {
  if (layout === 'contiguous') return x;
  if (layout === 'transposed' && x.ndim >= 2) {
    const reversed = x.shape.map((_, i) => x.ndim - 1 - i);
    return x.permute(reversed).contiguous().permute(reversed).detach();
  }
  const gaps = layout === 'offset' ? 0 : x.ndim; // the dimension along which every second element is taken
  const wide = tensor(new Float64Array(2 * x.numel + 2).fill(1), { dtype: x.dtype });
  if (gaps === 0)
    return wide
      .narrow(0, 1, x.numel)
      .copy_(x.reshape([-1]))
      .view(x.shape)
      .detach();
  const view = wide
    .narrow(0, 0, 2 * x.numel)
    .view([...x.shape, 2])
    .select(gaps, 1);
  return view.copy_(x).detach();
}

/**
 * Weights that several products read. A product packs its B as the kernel reads it, or (few rows) reads it through a
 * transposition; where a program multiplies by one matrix again and again, it does that once in each run, and all
 * products read the copy: packed for many rows, [K, N] for few. Their sums keep their order, so no bit changes. What does not
 * change from run to run is packed once for all of them (kept-weights.ts).
 */
import { GemmAt, GemmPackAt, GemmPackedAt } from '../native/positions';
import { argumentsOf, kernelNumber, named } from '../native/recording';
import { packedLength, preferredForm, type WeightForm } from '../ops/matmul/packed-weight';
import { copyCall } from './calls';
import type { Buffer, Call } from './trace';

const kernels = (['f32', 'f64'] as const).map((suffix) => ({
  gemm: kernelNumber(`gemm_${suffix}`),
  copy: kernelNumber(`copy_${suffix}`),
  pack: kernelNumber(`gemm_pack_${suffix}`),
  packed: kernelNumber(`gemm_packed_${suffix}`),
  itemSize: suffix === 'f32' ? 4 : 8,
  suffix,
}));

// The copy costs about as much as two uses.
const leastUses = 3;

// Apart from the addresses of a trace.
const firstAddress = 2 ** 51;

/** The calls that read one matrix in one way. Arguments of gemm: native/kernels/kernels.inc. */
export interface Weight {
  readonly calls: number[];
  readonly family: (typeof kernels)[number];
  readonly buffer: Buffer;
  readonly offset: number;
  readonly N: number;
  readonly K: number;
  readonly ldb: number;
  readonly transposed: number;
  readonly form: WeightForm;
}

const unpacked = (transposed: number): WeightForm => (transposed === 1 ? 'rowMajor' : 'inPlace');

/** The matrices that calls multiply by and read fastest in another form. */
export function weightsOf(calls: readonly Call[]): Weight[] {
  // Until a call writes to the buffer.
  const active = new Map<Buffer, Map<string, Weight>>();
  const found: Weight[] = [];
  for (const [i, { kernel, args, pointers }] of calls.entries()) {
    for (const { buffer, writes } of pointers) if (writes) active.delete(buffer);
    const family = kernels.find(({ gemm }) => gemm === kernel);
    const b = pointers.find(({ at }) => at === GemmAt.b);
    if (family === undefined || b === undefined) continue;
    const { M, N, K, ldb, transposeA, transposeB: transposed, accumulate } = named(args, GemmAt);
    const isPlain = transposeA === 0 && accumulate === 0;
    const preferred = preferredForm(M, N, K, transposed === 1, family.suffix);
    const form = preferred !== 'panels' || isPlain ? preferred : unpacked(transposed);
    if (form === 'inPlace') continue;
    const { buffer, offset } = b;
    const known = active.get(buffer) ?? new Map<string, Weight>();
    active.set(buffer, known);
    const key = [kernel, offset, N, K, ldb, transposed, form].join();
    const weight = known.get(key);
    if (weight !== undefined) weight.calls.push(i);
    else {
      const made = { calls: [i], family, buffer, offset, N, K, ldb, transposed, form };
      known.set(key, made);
      found.push(made);
    }
  }
  return found;
}

// What all products read in place of the weight.
function copyOf(
  { family, buffer, offset, N, K, ldb, transposed, form }: Weight,
  copy: Buffer,
): Call {
  const { itemSize } = family;
  if (form === 'panels') {
    return {
      kernel: family.pack,
      args: argumentsOf(GemmPackAt, { N, K, ldb, transposeB: transposed }),
      pointers: [
        { at: GemmPackAt.b, buffer, offset, writes: false, itemSize },
        { at: GemmPackAt.packed, buffer: copy, offset: 0, writes: true, itemSize },
      ],
      strided: -1,
    };
  }
  return copyCall({
    kernel: family.copy,
    itemSize,
    source: buffer,
    offset,
    target: copy,
    sizes: [K, N],
    // copy[k, n] = W[n, k]
    strides: [
      [1, ldb],
      [N, 1],
    ],
  });
}

/** A call that reads a packed copy of the weight instead. */
export function reading(
  { kernel, args, pointers, strided }: Call,
  weight: Weight,
  copy: Buffer,
): Call {
  const { family, N, form } = weight;
  if (form === 'rowMajor') {
    const changed = args.slice();
    changed[GemmAt.ldb] = N;
    changed[GemmAt.transposeB] = 0;
    const moved = pointers.map((p) => (p.at === GemmAt.b ? { ...p, buffer: copy, offset: 0 } : p));
    return { kernel, args: changed, pointers: moved, strided };
  }
  const { M, K, lda, ldc } = named(args, GemmAt);
  const places = new Map<number, number>([
    [GemmAt.a, GemmPackedAt.a],
    [GemmAt.b, GemmPackedAt.packed],
    [GemmAt.bias, GemmPackedAt.bias],
    [GemmAt.c, GemmPackedAt.c],
  ]);
  return {
    kernel: family.packed,
    args: argumentsOf(GemmPackedAt, { M, N, K, lda, ldc }),
    pointers: pointers.map((p) => {
      const at = places.get(p.at)!;
      return p.at === GemmAt.b ? { ...p, at, buffer: copy, offset: 0 } : { ...p, at };
    }),
    strided,
  };
}

/** The calls with matrices that several of them read copied, as they are read fastest, once. */
export function withPackedWeights(calls: readonly Call[]): readonly Call[] {
  const weights = weightsOf(calls).filter(({ calls: uses }) => uses.length >= leastUses);
  if (weights.length === 0) return calls;
  const copies = new Map<number, Call[]>();
  const changed = new Map<number, Call>();
  let address = firstAddress;
  for (const weight of weights) {
    const { family, N, K, form } = weight;
    const bytes = packedLength(form, N, K, family.suffix) * family.itemSize;
    const copy: Buffer = { kind: 'made', address, bytes, initial: null, written: true };
    address += bytes;
    const [first] = weight.calls;
    copies.set(first, [...(copies.get(first) ?? []), copyOf(weight, copy)]);
    for (const use of weight.calls) changed.set(use, reading(calls[use], weight, copy));
  }
  return calls.flatMap((call, i) => [...(copies.get(i) ?? []), changed.get(i) ?? call]);
}

/**
 * Sums of products: where a function uses a weight at every step, its gradient is one small product Aᵀ·B for each step,
 * added to those before. Storing and adding them costs more than the products; gemm_batch_reduce makes them all while a
 * tile of the sum is in registers. It rounds as the product and the addition do, in the same order.
 */
import { GemmAt, GemmBatchReduceAt } from '../native/positions';
import { constants } from '../native/instance';
import { argumentsOf, firstSizeAt, kernelNumber, named, walkArguments } from '../native/recording';
import type { Buffer, Call, Pointer } from './trace';

const kernels = (['f32', 'f64'] as const).map((suffix) => ({
  gemm: kernelNumber(`gemm_${suffix}`),
  add: kernelNumber(`add_${suffix}`),
  sums: kernelNumber(`gemm_batch_reduce_${suffix}`),
  itemSize: suffix === 'f32' ? 4 : 8,
}));

// More steps of k are worth a product of their own.
const mostDepth = constants.gemm.batchReduceDepth;

/** A product Aᵀ·B that fills a buffer. Arguments of gemm: native/kernels/kernels.inc. */
interface Product {
  /** Which call. */
  readonly at: number;
  readonly sizes: readonly [M: number, N: number, K: number, lda: number, ldb: number];
  readonly a: Pointer;
  readonly b: Pointer;
  readonly sums: number;
  readonly add: number;
}

function productOf(call: Call, at: number): Product | null {
  const found = kernels.find(({ gemm }) => gemm === call.kernel);
  if (found === undefined) return null;
  const { M, N, K, lda, ldb, ldc, transposeA, transposeB, accumulate } = named(call.args, GemmAt);
  const plain = transposeA === 1 && transposeB === 0 && accumulate === 0 && ldc === N;
  if (!plain || M === 0 || N === 0 || K === 0 || K > mostDepth) return null;
  const [a, b, c] = (['a', 'b', 'c'] as const).map((name) =>
    call.pointers.find(({ at: position }) => position === GemmAt[name]),
  );
  if (call.pointers.length !== 3 || a === undefined || b === undefined || c === undefined) {
    return null;
  }
  const bytes = M * N * found.itemSize;
  if (c.offset !== 0 || c.buffer.bytes < bytes || c.buffer.bytes >= bytes + 64) return null;
  return { at, sizes: [M, N, K, lda, ldb], a, b, sums: found.sums, add: found.add };
}

/** The operands of an addition of whole buffers of `elements` elements. */
function additionOf(call: Call, elements: number): readonly [Buffer, Buffer, Buffer] | null {
  const { args, pointers, strided } = call;
  const whole = walkArguments({
    dims: 1,
    operands: 3,
    sizes: [elements],
    strides: [[1], [1], [1]],
  });
  if (whole.some((value, i) => args[strided + i] !== value)) return null;
  if (pointers.length !== 3 || pointers.some(({ offset }) => offset !== 0)) return null;
  return [pointers[0].buffer, pointers[1].buffer, pointers[2].buffer];
}

interface Sum {
  readonly products: Product[];
  /** The additions. */
  readonly calls: number[];
  readonly out: Pointer;
}

/** Which calls touch and which write each buffer, in order. */
function usesOf(calls: readonly Call[]): Map<Buffer, { all: number[]; writes: number[] }> {
  const uses = new Map<Buffer, { all: number[]; writes: number[] }>();
  for (const [i, { pointers }] of calls.entries()) {
    for (const { buffer, writes } of pointers) {
      const known = uses.get(buffer) ?? { all: [], writes: [] };
      uses.set(buffer, known);
      if (known.all.at(-1) !== i) known.all.push(i);
      if (writes && known.writes.at(-1) !== i) known.writes.push(i);
    }
  }
  return uses;
}

/**
 * The calls with sums of products in place of products that are added up.
 * @param temporary whether a buffer is the program's own
 */
export function withSums(
  calls: readonly Call[],
  temporary: (buffer: Buffer) => boolean,
): readonly Call[] {
  const uses = usesOf(calls);
  // Products that have not been added yet, by the buffer they fill.
  const pending = new Map<Buffer, Product>();
  // Sums to which the next call may add, by their buffer.
  const active = new Map<Buffer, Sum>();
  const sums: Sum[] = [];

  // The product that call i, an addition of so many elements, adds.
  const take = (buffer: Buffer, i: number, elements: number): Product | null => {
    const product = pending.get(buffer);
    if (product === undefined) return null;
    const touched = uses.get(buffer)!.all;
    const [M, N] = product.sizes;
    const whole = elements === M * N && calls[i].kernel === product.add;
    return whole && touched.length === 2 && touched[1] === i ? product : null;
  };
  const fits = (sum: Sum, product: Product): boolean =>
    product.sums === sum.products[0].sums &&
    product.sizes.every((size, i) => size === sum.products[0].sizes[i]);

  for (const [i, call] of calls.entries()) {
    const product = productOf(call, i);
    if (product !== null) {
      const { buffer } = call.pointers.find(({ at }) => at === GemmAt.c)!;
      if (temporary(buffer)) pending.set(buffer, product);
      continue;
    }
    const isAddition = kernels.some(({ add }) => add === call.kernel);
    const elements = isAddition ? call.args[firstSizeAt(call.strided)] : 0;
    const operands = isAddition ? additionOf(call, elements) : null;
    if (operands !== null) {
      const [a, b, out] = operands;
      const second = a === b ? null : take(b, i, elements);
      const sum = a === out ? active.get(a) : undefined;
      if (sum !== undefined && second !== null && fits(sum, second)) {
        sum.products.push(second);
        sum.calls.push(i);
        continue;
      }
      const first = take(a, i, elements);
      const fresh = uses.get(out)!.all[0] === i;
      if (first !== null && second !== null && fresh) {
        const made: Sum = { products: [first], calls: [i], out: call.pointers[2] };
        if (fits(made, second)) {
          made.products.push(second);
          active.set(out, made);
          sums.push(made);
          continue;
        }
      }
    }
    // Any other use of its buffer ends a sum.
    for (const { buffer } of call.pointers) active.delete(buffer);
  }
  return rewrite(
    calls,
    sums.filter((sum) => isUnchanged(sum, uses)),
  );
}

// The factors must still be what they were when the last product was added.
function isUnchanged(
  { products, calls }: Sum,
  uses: ReadonlyMap<Buffer, { writes: readonly number[] }>,
): boolean {
  const end = calls.at(-1)!;
  return products.every(({ at, a, b }) =>
    [a, b].every(({ buffer }) =>
      uses.get(buffer)!.writes.every((written) => written < at || written > end),
    ),
  );
}

function rewrite(calls: readonly Call[], sums: readonly Sum[]): readonly Call[] {
  if (sums.length === 0) return calls;
  const gone = new Set<number>();
  const made = new Map<number, Call>();
  for (const { products, calls: additions, out } of sums) {
    for (const { at } of products) gone.add(at);
    for (const at of additions) gone.add(at);
    const [M, N, K, lda, ldb] = products[0].sizes;
    made.set(additions.at(-1)!, {
      kernel: products[0].sums,
      args: argumentsOf(GemmBatchReduceAt, { count: products.length, M, N, K, lda, ldb, ldc: N }),
      pointers: [{ ...out, at: GemmBatchReduceAt.c }],
      strided: -1,
      table: { at: GemmBatchReduceAt.operands, entries: products.flatMap(({ a, b }) => [a, b]) },
    });
  }
  return calls.flatMap((call, i) => made.get(i) ?? (gone.has(i) ? [] : [call]));
}

/** Views, joins and picks as ONNX's operators. */
import type { AtContext } from '../../../ops/indexing/at';
import type { Rows } from '../../../ops/indexing/rows';
import type { CatContext, StackContext } from '../../../ops/joining/cat';
import type { SplitContext, UnbindContext } from '../../../ops/joining/split';
import type { FlipContext } from '../../../ops/rearranging/flip';
import type { TriangleContext } from '../../../ops/rearranging/triangle';
import type { CumsumContext } from '../../../ops/reduce/sum';
import type { Part } from '../../../ops/view/part';
import type { PermuteContext, TransposeContext } from '../../../ops/view/permute';
import type { UnsqueezeContext } from '../../../ops/view/select';
import { Unwritten, type Emitter, type Pair, type Writer } from './emitter';

type Two = readonly [a: number, b: number];
const same = ([a, b]: Two): boolean => a === b;

/** As far as there is. */
const toEnd = 2 ** 31 - 1;

/** Where a slice begins or ends, from whichever end of the dimension it is the same in both recordings. */
function place(at: Two, size: Two, isEnd: boolean): number {
  if (isEnd && at[0] === size[0] && at[1] === size[1]) return toEnd;
  if (same(at)) return at[0];
  if (at[0] - size[0] === at[1] - size[1]) return at[0] - size[0];
  throw new Unwritten(`takes a part from or to ${at[0]} of ${size[0]} elements, and ${at[1]} of ${size[1]}`); // prettier-ignore
}

interface Cut {
  readonly dim: number;
  readonly first: Two;
  readonly end: Two;
  readonly size: Two;
  readonly step: number;
}

function sliced(emitter: Emitter, x: string, cuts: readonly Cut[]): string {
  const real = cuts.filter(({ first, end, size, step }) => step !== 1 || first[0] !== 0 || first[1] !== 0 || end[0] !== size[0] || end[1] !== size[1]); // prettier-ignore
  if (real.length === 0) return x;
  return emitter.node('Slice', [
    x,
    emitter.ints(real.map(({ first, size }) => place(first, size, false))),
    emitter.ints(real.map(({ end, size }) => place(end, size, true))),
    emitter.ints(real.map(({ dim }) => dim)),
    emitter.ints(real.map(({ step }) => step)),
  ]);
}

/** A slice, or a selection (which takes the dimension away). */
const part =
  (isSelect: boolean): Writer =>
  (pair) => {
    const { emitter } = pair;
    const [dim, step] = pair.fixed(({ along }: Part) => [along![0], along![2]]);
    const first: Two = [(pair.a.context as Part).along![1], (pair.b.context as Part).along![1]];
    const size = pair.shapes(0)[dim];
    const count: Two = isSelect ? [1, 1] : pair.outShapes()[dim];
    const last = (i: 0 | 1): number => Math.min(first[i] + count[i] * step, Math.max(size[i], first[i])); // prettier-ignore
    const cut = { dim, first, end: [last(0), last(1)] as const, size, step };
    const piece = sliced(emitter, pair.input(0), [cut]);
    pair.results(isSelect ? emitter.node('Squeeze', [piece, emitter.ints([dim])]) : identity(emitter, piece)); // prettier-ignore
  };
/** A name of its own for a value that may be another's. */
const identity = (emitter: Emitter, x: string): string => emitter.node('Identity', [x]);

/** Basic indices in turn: parts of dimensions, selections, new dimensions. */
const at: Writer = (pair) => {
  const { emitter } = pair;
  if ('index' in (pair.a.context as object)) return picked(pair);
  const [a, b] = [pair.a, pair.b].map((call) => (call.context as AtContext).plan.steps);
  if (!a || !b || a.length !== b.length) throw new Unwritten('has other indices for other sizes');
  const cuts: Cut[] = [];
  const selected: number[] = [];
  const inserted: number[] = [];
  let dim = 0;
  let out = 0;
  a.forEach((x, i) => {
    const y = b[i];
    if (x.kind === 'insert' && y.kind === 'insert') inserted.push(out++);
    else if (x.kind === 'select' && y.kind === 'select') {
      cuts.push({ dim, first: [x.index, y.index], end: [x.index + 1, y.index + 1], size: [x.size, y.size], step: 1 }); // prettier-ignore
      selected.push(dim++);
    } else if (x.kind === 'keep' && y.kind === 'keep' && x.step === y.step) {
      const end = (s: typeof x): number => Math.min(s.first + s.count * s.step, Math.max(s.size, s.first)); // prettier-ignore
      cuts.push({ dim, first: [x.first, y.first], end: [end(x), end(y)], size: [x.size, y.size], step: x.step }); // prettier-ignore
      dim++;
      out++;
    } else throw new Unwritten('has other indices for other sizes');
  });
  let value = sliced(emitter, pair.input(0), cuts);
  if (selected.length > 0) value = emitter.node('Squeeze', [value, emitter.ints(selected)]);
  if (inserted.length > 0) value = emitter.node('Unsqueeze', [value, emitter.ints(inserted)]);
  pair.results(identity(emitter, value));
};

/** Rows along one dimension, which the index's shape replaces. */
function picked(pair: Pair): void {
  const { from, to, outer, size, index } = pair.a.context as Rows;
  const { ndim } = index;
  const product = (sizes: readonly number[]): number => sizes.reduce((n, one) => n * one, 1);
  const dim = from.findIndex((one, d) => one === size && product(from.slice(0, d)) === outer);
  const fits = dim >= 0 && from.length - 1 + ndim === to.length && from.join() === pair.tensor(0).shape.join(); // prettier-ignore
  if (!fits) throw new Unwritten('picks along several dimensions at once');
  const indices = pair.other((rows: Rows) => rows.index);
  pair.results(pair.emitter.node('Gather', [pair.input(0), indices], { axis: dim }));
}

/** Sizes that the input has in the same place are copied, one that is left over is inferred. */
const reshape: Writer = (pair) => {
  const { emitter } = pair;
  const [from, to] = [pair.shapes(0), pair.outShapes()];
  const isCopy = (d: number): boolean => from[d] !== undefined && !same(to[d]) && from[d][0] === to[d][0] && from[d][1] === to[d][1]; // prettier-ignore
  const sizes = to.map((size, d) => (same(size) ? size[0] : isCopy(d) ? 0 : -1));
  const isPlain = sizes.filter((size) => size === -1).length < 2 && !to.some(([a]) => a === 0);
  const shape = isPlain ? emitter.ints(sizes) : emitter.shape(to);
  pair.results(emitter.node('Reshape', [pair.input(0), shape]));
};

const permuted =
  (order: readonly number[]): Writer =>
  (pair) =>
    pair.results(pair.emitter.node('Transpose', [pair.input(0)], { perm: order }));
const swapped = (ndim: number, [a, b]: readonly [number, number]): number[] =>
  Array.from({ length: ndim }, (_, d) => (d === a ? b : d === b ? a : d));

export const shapes: Readonly<Record<string, Writer>> = {
  reshape,
  permute: (pair) => permuted(pair.fixed((order: PermuteContext) => order))(pair),
  transpose: (pair) => {
    const { ndim } = pair.tensor(0);
    const dims = pair.fixed((of: TransposeContext) => of.map((d) => (d + ndim) % ndim));
    permuted(swapped(ndim, dims as [number, number]))(pair);
  },
  t: (pair) => permuted(swapped(pair.tensor(0).ndim, [0, 1]))(pair),
  unsqueeze: (pair) => {
    const dim = pair.fixed((of: UnsqueezeContext) => of);
    pair.results(pair.emitter.node('Unsqueeze', [pair.input(0), pair.emitter.ints([dim])]));
  },
  squeeze: reshape,
  expand: (pair) => {
    const { emitter } = pair;
    pair.results(emitter.node('Expand', [pair.input(0), emitter.shape(pair.outShapes())]));
  },
  select: part(true),
  slice: part(false),
  at,
  embedding: picked,
  indexSelect: picked,
  cat: (pair) => {
    const axis = pair.fixed(({ dim }: CatContext) => dim);
    const dtype = pair.a.results[0].dtype;
    const inputs = pair.a.inputs.flatMap((x, i) => ((x as { numel: number }).numel === 0 ? [] : [pair.input(i, dtype)])); // prettier-ignore
    pair.results(pair.emitter.node('Concat', inputs, { axis }));
  },
  stack: (pair) => {
    const { emitter } = pair;
    const axis = pair.fixed((dim: StackContext) => dim);
    const parts = pair.a.inputs.map((_, i) => emitter.node('Unsqueeze', [pair.input(i), emitter.ints([axis])])); // prettier-ignore
    pair.results(emitter.node('Concat', parts, { axis }));
  },
  split: (pair) => {
    const { emitter } = pair;
    const axis = pair.fixed(({ dim }: SplitContext) => dim);
    const sizes = pair.a.results.map((_, i) => pair.outShapes(i)[axis]);
    const lengths = emitter.shape(sizes);
    pair.allResults(emitter.several('Split', [pair.input(0), lengths], sizes.length, { axis }));
  },
  unbind: (pair) => {
    const { emitter } = pair;
    const axis = pair.fixed((dim: UnbindContext) => dim);
    const ones = emitter.ints(pair.a.results.map(() => 1));
    const parts = emitter.several('Split', [pair.input(0), ones], pair.a.results.length, { axis });
    pair.allResults(parts.map((x) => emitter.node('Squeeze', [x, emitter.ints([axis])])));
  },
  flip: (pair) => {
    const { emitter } = pair;
    const dims = pair.fixed((of: FlipContext) => of);
    const all = (value: number): string => emitter.ints(dims.map(() => value));
    pair.results(emitter.node('Slice', [pair.input(0), all(-1), all(-(2 ** 31)), emitter.ints(dims), all(-1)])); // prettier-ignore
  },
  tril: (pair) => triangle(pair, 0),
  triu: (pair) => triangle(pair, 1),
  cumsum: (pair) => {
    const dim = pair.fixed((of: CumsumContext) => of);
    pair.results(pair.emitter.node('CumSum', [pair.input(0), pair.emitter.scalar(dim, 'int32')]));
  },
};

function triangle(pair: Pair, upper: number): void {
  const diagonal = pair.fixed((of: TriangleContext) => of);
  pair.results(pair.emitter.node('Trilu', [pair.input(0), pair.emitter.scalar(diagonal, 'int32')], { upper })); // prettier-ignore
}

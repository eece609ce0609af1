/**
 * Sequences of unequal length between a padded batch [T, N, …] or [N, T, …] and packed order, [Σ lengths, …]: the two are
 * each other's gradient. Which row is which is said by a `Packing`, whose tensors no user sees, so that nothing changes them.
 */
import { family } from '../../native/families';
import { runPackPadded, runPadPacked } from '../../native/calls';
import { executor } from '../../tensor/executor';
import { contiguousStrides, numelOf } from '../../tensor/shape';
import { sizesOf, elementStridesOf, empty, type Tensor } from '../../tensor/tensor';
import { constant } from '../creation/factories';
import { gradient } from '../declare/gradient';
import { pick } from '../kernels/launch';
import { dense } from '../kernels/copy';
import { emptyStepwise } from '../kernels/result';

const pack = family('pack_padded');
const pad = family('pad_packed');

/** Where the steps of sequences are in packed order, in which the longest sequence has place 0. */
export interface Packing {
  /** int32 [longest length]: how many sequences have each step; never rising. */
  readonly sizes: Tensor;
  /** int32 [N]: the sequence at each place, each once; null where sequence n has place n. */
  readonly order: Tensor | null;
  /** Rows of the packed data, the sum of `sizes`. */
  readonly rows: number;
  /** N, sequences of length 0 included. */
  readonly batch: number;
}

/** What the padded batch is like. */
export interface PaddedLayout {
  /** T, at least the longest length. */
  readonly steps: number;
  /** [N, T, …] instead of [T, N, …]. */
  readonly batchFirst: boolean;
}

interface Packed {
  readonly packing: Packing;
  readonly layout: PaddedLayout;
}
const recordedPack = gradient<[Tensor], [], Packed>('packPaddedSequence', {
  rule: (g, _, { packing, layout }) => [padRows(g, packing, layout, constant([1], 0, g.dtype))],
});
const recordedPad = gradient<[Tensor], [], Packed>('padPackedSequence', {
  rule: (g, _, { packing, layout }) => [packRows(g, packing, layout)],
});

/** Whether the dimensions after the first two are in row-major order without gaps. */
function hasPlainRows(x: Tensor): boolean {
  const strides = contiguousStrides(sizesOf(x).slice(2));
  return strides.every(
    (stride, d) => sizesOf(x)[d + 2] === 1 || stride === elementStridesOf(x)[d + 2],
  );
}

// A traced function may be given a sequence that was packed outside.
function use(x: Tensor, { sizes, order }: Packing): void {
  executor.uses(x);
  executor.uses(sizes);
  if (order !== null) executor.uses(order);
}

/** The steps inside the sequences of the batch `x`. */
export function packRows(x: Tensor, packing: Packing, { batchFirst }: PaddedLayout): Tensor {
  const { sizes, order, rows, batch } = packing;
  use(x, packing);
  const source = x.contiguousLayout || hasPlainRows(x) ? x : dense(x);
  const out = empty([rows, ...sizesOf(x).slice(2)], x.dtype);
  const [ofFirst, ofSecond] = elementStridesOf(source);
  const [ofStep, ofSequence] = batchFirst ? [ofSecond, ofFirst] : [ofFirst, ofSecond];
  const inner = numelOf(sizesOf(x).slice(2));
  const run = pick('packPaddedSequence', pack, x.dtype);
  runPackPadded(run, {
    x: source,
    sizes,
    order,
    out,
    steps: sizes.numel,
    sequences: batch,
    stepStride: ofStep,
    sequenceStride: ofSequence,
    inner,
  });
  const steps = sizesOf(x)[batchFirst ? 1 : 0];
  return recordedPack(out, { packing, layout: { steps, batchFirst } }, x);
}

/** The batch that has `data` inside the sequences, and the one element of `padding` past their ends. */
export function padRows(
  data: Tensor,
  packing: Packing,
  layout: PaddedLayout,
  padding: Tensor,
): Tensor {
  const { sizes, order, batch } = packing;
  use(data, packing);
  const { steps, batchFirst } = layout;
  const source = dense(data);
  const rest = sizesOf(data).slice(1);
  const out = batchFirst
    ? emptyStepwise([batch, steps, ...rest], data.dtype)
    : empty([steps, batch, ...rest], data.dtype);
  const inner = numelOf(rest);
  const longest = sizes.numel;
  const run = pick('padPackedSequence', pad, data.dtype);
  runPadPacked(run, {
    data: source,
    sizes,
    order,
    padding,
    out,
    packedSteps: longest,
    steps,
    sequences: batch,
    stepStride: batch * inner,
    sequenceStride: inner,
    inner,
  });
  return recordedPad(out, { packing, layout }, data);
}

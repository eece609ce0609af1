/**
 * Sequences [Lₙ, …] of unequal length in one batch [T, N, …] or [N, T, …], and each of them out of it again: the two are
 * each other's gradient. One copy for each sequence.
 */
import type { Shape } from '../../tensor/shape';
import { elementStridesOf, sizesOf, empty, Tensor } from '../../tensor/tensor';
import { copyInto } from '../kernels/copy';
import { constant } from '../creation/factories';
import { gradientOfList, gradientOfTuple } from '../declare/gradient';

export interface Padding {
  /** What fills a shorter sequence up. */
  readonly value: number;
  /** The result is [N, T, …] instead of [T, N, …]. */
  readonly batchFirst: boolean;
  /** Shorter sequences are filled up before their first step instead of after their last. */
  readonly left: boolean;
}

interface Padded {
  readonly shapes: readonly Shape[];
  readonly padding: Padding;
}
const recordedPad = gradientOfList<Padded>('padSequences', {
  rule: (g, { shapes, padding }) => unpad(g, shapes, padding),
});
const recordedUnpad = gradientOfTuple<Padded>('unpadSequences', {
  rule: (grads, { shapes, padding }, { dtype }) => [
    pad(grads, shapes, dtype, { ...padding, value: 0 }),
  ],
});

/** The part of `batch` that sequence n, of the given shape, takes. */
function place(batch: Tensor, n: number, shape: Shape, { batchFirst, left }: Padding): Tensor {
  const [ofStep, ofSequence] = batchFirst
    ? [elementStridesOf(batch)[1], elementStridesOf(batch)[0]]
    : [elementStridesOf(batch)[0], elementStridesOf(batch)[1]];
  const steps = sizesOf(batch)[batchFirst ? 1 : 0];
  const skipped = left ? steps - shape[0] : 0;
  return new Tensor(
    batch.storage,
    batch.dtype,
    shape,
    [ofStep, ...elementStridesOf(batch).slice(2)],
    batch.offset + n * ofSequence + skipped * ofStep,
  );
}

// Sequences without a gradient (null) stay padding.
function padded(
  sequences: readonly (Tensor | null)[],
  shapes: readonly Shape[],
  dtype: Tensor['dtype'],
  padding: Padding,
): Tensor {
  let steps = 0;
  for (const [length] of shapes) steps = Math.max(steps, length);
  const batch = shapes.length;
  const head = padding.batchFirst ? [batch, steps] : [steps, batch];
  const out = constant([...head, ...shapes[0].slice(1)], padding.value, dtype);
  for (let n = 0; n < batch; n++) {
    const x = sequences[n];
    if (x !== null && x.numel > 0) copyInto(x, place(out, n, shapes[n], padding));
  }
  return out;
}

function unpad(batch: Tensor, shapes: readonly Shape[], padding: Padding): Tensor[] {
  const parts = shapes.map((shape, n) => {
    const part = empty(shape, batch.dtype);
    return part.numel > 0 ? copyInto(place(batch, n, shape, padding), part) : part;
  });
  return recordedUnpad(parts, { shapes, padding }, batch);
}

function pad(
  sequences: readonly (Tensor | null)[],
  shapes: readonly Shape[],
  dtype: Tensor['dtype'],
  padding: Padding,
): Tensor {
  const out = padded(sequences, shapes, dtype, padding);
  return recordedPad(out, { shapes, padding }, sequences);
}

/** The batch of at least one sequence. All are of one element type, and of one shape but for their lengths. */
export function padSequences(sequences: readonly Tensor[], padding: Padding): Tensor {
  const shapes = sequences.map((x) => sizesOf(x));
  return pad(sequences, shapes, sequences[0].dtype, padding);
}

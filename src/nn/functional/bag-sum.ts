/**
 * Rows of a table added up or averaged bag by bag, in one kernel call: y[b] = Σ w[i] over the indices i of bag b, and dw[i] += g[b], g over
 * the bag's number of rows for a mean. No row is copied.
 */
import { runBagSum, runBagSumBackward } from '../../native/calls';
import { family } from '../../native/families';
import {
  arange,
  cat,
  eq,
  expand,
  indexAdd,
  indexSelect,
  maskedFill,
  reshape,
  unsqueeze,
  zeros,
} from '../../ops';
import { gradient } from '../../ops/declare/gradient';
import { dense } from '../../ops/kernels/copy';
import { pick } from '../../ops/kernels/launch';
import { empty, sizesOf, type Tensor } from '../../tensor/tensor';

const sums = family('bag_sum');
const tableGradients = family('bag_sum_backward');

/** Where bags are in a list of indices. */
export interface Bags {
  readonly count: number;
  /** int32, where each begins; the end of the last one may follow. null where all have `size` indices. */
  readonly offsets: Tensor | null;
  readonly size: number;
  /** Which one each index is in: int32 [n], `count` for none. */
  readonly of: () => Tensor;
}

/** Bags of one size, the rows of a matrix of indices. */
export const equalBags = (count: number, size: number): Bags => ({
  count,
  offsets: null,
  size,
  of: () => arange(count * size, { dtype: 'int32' }).floorDivide(Math.max(size, 1)),
});

interface Call {
  /** int32 [n], each a row of the table. */
  readonly index: Tensor;
  readonly bags: Bags;
  /** An index that does not count, or -1. */
  readonly skip: number;
  readonly mean: boolean;
}

const recorded = gradient<[Tensor], [Tensor, Tensor | null], Call>('embeddingBag', {
  saves: (_, _y, { index, bags }) => [index, bags.offsets],
  rule: (g, _, call, { next }) => {
    const { index, bags, skip } = call;
    const features = sizesOf(g)[1];
    const ofBags = shared(g, call);
    const rows =
      bags.offsets === null
        ? reshape(expand(unsqueeze(ofBags, 1), [bags.count, bags.size, features]), [-1, features])
        : indexSelect(cat([ofBags, zeros([1, features], { dtype: g.dtype })]), 0, bags.of());
    const kept = skip < 0 ? rows : maskedFill(rows, unsqueeze(eq(index, skip), 1), 0);
    return [indexAdd(zeros(next[0]!.shape, { dtype: g.dtype }), 0, index, kept)];
  },
  fused: (g, _, call, { next }) => {
    const out = zeros(next[0]!.shape, { dtype: g.dtype });
    const run = pick('embeddingBag', tableGradients, g.dtype);
    runBagSumBackward(run, {
      ...placesOf(call),
      g: dense(shared(g, call)),
      out,
      features: sizesOf(g)[1],
    });
    return [out];
  },
});

const placesOf = ({ index, bags, skip }: Call) => ({
  index,
  offsets: bags.offsets,
  bags: bags.count,
  n: index.numel,
  size: bags.size,
  given: bags.offsets?.numel ?? 0,
  skip,
});

// g, divided by how many rows a mean is of.
function shared(g: Tensor, { index, bags, skip, mean }: Call): Tensor {
  if (!mean) return g;
  if (bags.offsets === null && skip < 0) return g.div(Math.max(bags.size, 1));
  const counted = eq(index, skip).logicalNot().to(g.dtype);
  const counts = indexAdd(zeros([bags.count + 1], { dtype: g.dtype }), 0, bags.of(), counted);
  return g.div(unsqueeze(counts.narrow(0, 0, bags.count), 1).clamp(1));
}

/** The sums, or means, of the rows of `weight` that each bag names: [bags, features]. Indices have been checked. */
export function bagSum(weight: Tensor, call: Call): Tensor {
  const features = sizesOf(weight)[1];
  const out = empty([call.bags.count, features], weight.dtype);
  const run = pick('embeddingBag', sums, weight.dtype);
  runBagSum(run, { ...placesOf(call), table: dense(weight), out, features, mean: call.mean });
  return recorded(out, call, weight);
}

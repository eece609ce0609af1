/** Embedding with a limit on the norm of the rows that are looked up. */
import { embedding as lookUp, zeros } from '../../ops';
import {
  boolean,
  integer,
  nonNegative,
  optionsTable,
  positive,
  refuseSparse,
  surplus,
} from '../../check';
import { isFloat } from '../../tensor/dtype';
import { executor } from '../../tensor/executor';
import { anyTensor } from '../../tensor/rules';
import {
  elementsOf,
  elementStridesOf,
  sizesOf,
  bumpVersion,
  type Tensor,
} from '../../tensor/tensor';
import { rootOf, sumOfPowers } from '../powers';

/** Options of `embedding`. */
export interface EmbeddingOptions {
  /** A row of the weight that gets no gradient; negative counts from the end. Default: none. */
  paddingIdx?: number | undefined;
  /** Rows that are looked up are first renormalized to at most this norm, in place. Default: none. */
  maxNorm?: number | undefined;
  /** Order of the norm that `maxNorm` limits. Default: 2. */
  normType?: number | undefined;
  /** Divide a row's gradient by how often its index occurs in `input`. Default: false. */
  scaleGradByFreq?: boolean | undefined;
  /** Only false: gradients are dense here. Default: false. */
  sparse?: boolean | undefined;
}

const embeddingOptions = optionsTable<EmbeddingOptions, 'paddingIdx' | 'maxNorm'>('embedding', {
  paddingIdx: integer.optional,
  maxNorm: nonNegative.optional,
  normType: positive.or(2),
  scaleGradByFreq: boolean.or(false),
  sparse: boolean.or(false),
});

/**
 * Rows of `weight` [vocabulary, features] for each index of `input` (torch.nn.functional.embedding).
 * @param input int32 of any shape [...]; the result is [..., features]
 * @throws TypeError unless `input` is int32; RangeError when an index is outside the vocabulary, and for `sparse`, because there
 * are no sparse tensors here.
 * @example nn.functional.embedding(tensor([2, 0], { dtype: 'int32' }), randn([10, 4])) // [2, 4]
 */
export function embedding(input: Tensor, weight: Tensor, options?: EmbeddingOptions): Tensor {
  if (arguments.length > 3) surplus('embedding', arguments, 3, 'options');
  const { maxNorm, normType, sparse, ...rest } = embeddingOptions.read(options);
  if (sparse) refuseSparse('embedding', 'sparse');
  if (maxNorm === undefined) return lookUp(input, weight, rest);
  anyTensor.check('embedding', 'weight', weight);
  if (!isFloat(weight.dtype)) {
    throw new TypeError(
      `embedding: maxNorm scales rows of float32 or float64, but weight is ${weight.dtype}`,
    );
  }
  executor.refuse('embedding with maxNorm', 'it scales rows of the weight in place; do it outside');
  // The look-up checks the indices before any row is changed.
  lookUp(input, weight.detach(), rest);
  renormalize(weight, input, maxNorm, normType);
  return lookUp(input, weight, rest);
}

// Scales the rows whose norm is above the limit; 1e-7 keeps the division finite, as in PyTorch.
function renormalize(weight: Tensor, input: Tensor, maxNorm: number, p: number): void {
  const memory = elementsOf(weight, weight.reach());
  const [rowStep, step] = elementStridesOf(weight) as [number, number];
  const features = sizesOf(weight)[1];
  const done = elementsOf(zeros([sizesOf(weight)[0]], { dtype: 'bool' }), sizesOf(weight)[0]);
  const values = new Float64Array(features);
  let changed = false;
  for (const row of input.toTypedArray()) {
    if (done[row] !== 0) continue;
    done[row] = 1;
    for (let i = 0; i < features; i++) values[i] = memory[row * rowStep + i * step];
    const norm = rootOf(sumOfPowers(values, p), p);
    if (norm <= maxNorm) continue;
    const scale = maxNorm / (norm + 1e-7);
    for (let i = 0; i < features; i++) memory[row * rowStep + i * step] *= scale;
    changed = true;
  }
  if (changed) bumpVersion(weight);
}

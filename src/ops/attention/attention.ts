/**
 * Attention of many heads: weights = softmax(scale·q·kᵀ + mask)·noise, out = weights·v, one kernel call forward and one backward. q, k and v
 * may be parts of one tensor, whose gradient is then one tensor too. With p = softmax(…) and d = p·(noise·g·vᵀ − Σ p·noise·g·vᵀ):
 * dq = scale·d·k, dk = dᵀ·(scale·q), dv = weightsᵀ·g. Saves the inputs and p.
 */
import { withGradMode } from '../../autograd/mode';
import { needsGrad, save } from '../../autograd/node';
import { recordTuple } from '../../autograd/tuple';
import { runAttentionForward } from '../../native/calls';
import { family } from '../../native/families';
import { itemSize } from '../../tensor/dtype';
import { numelOf } from '../../tensor/shape';
import { acquire } from '../../tensor/storage';
import { sizesOf, elementStridesOf, empty, type Tensor } from '../../tensor/tensor';
import { watch } from '../declare/watch';
import { mul } from '../elementwise/arithmetic';
import { pick } from '../kernels/launch';
import { attentionBackward, type Kept } from './backward';
import { fitsKernels, headsOf, maskRows, readableHeads } from './heads';
import { primitiveAttention, type Attended, type AttentionCall, type Split } from './twin';

const kernels = family('attention_forward');
const nodeName = 'ScaledDotProductFlashAttentionForCpuBackward0';

/**
 * Attention of queries, keys and values, which `split` finds in the inputs. A mask that requires gradients, or inputs that do not fit
 * each other, are left to primitive operations and their errors.
 */
export function attention(
  operation: string,
  inputs: readonly Tensor[],
  split: Split,
  call: AttentionCall,
): Attended {
  const isRecorded = needsGrad(inputs);
  const three = withGradMode(false, () => split(inputs));
  const { mask } = call;
  const [q, k, v] = three;
  const L = sizesOf(q)[q.ndim - 2];
  const S = sizesOf(k)[k.ndim - 2];
  const shape = [...sizesOf(q).slice(0, -2), L, S];
  const fits = fitsKernels(three) && !(mask !== null && needsGrad([mask]));
  const rows = fits && mask !== null ? maskRows(mask, shape, q.dtype) : null;
  if (!fits || (mask !== null && rows === null) || watch.watcher !== null)
    return primitiveAttention(split(inputs), call);

  const V = sizesOf(v)[v.ndim - 1];
  const noise = call.noise === null ? null : call.noise(shape, q.dtype);
  const bytes = numelOf(shape) * itemSize(q.dtype);
  const returned = call.needWeights ? empty(shape, q.dtype) : null;
  const acquired = isRecorded && returned === null ? acquire(bytes) : null;
  const [query, key, value] = three.map(readableHeads);
  const [outer, inner] = sizesOf(query);
  const result = call.queriesFirst
    ? empty([L, outer, inner, V], q.dtype)
    : empty([...sizesOf(q).slice(0, -1), V], q.dtype);
  const out = headsOf(result, call.queriesFirst);
  runAttentionForward(pick(operation, kernels, q.dtype), {
    query,
    key,
    value,
    mask: rows,
    noise,
    weights: returned ?? acquired,
    out,
    outer,
    inner,
    queries: L,
    keys: S,
    features: sizesOf(q)[q.ndim - 1],
    valueFeatures: V,
    scale: call.scale,
    queryOuter: elementStridesOf(query)[0],
    queryInner: elementStridesOf(query)[1],
    queryRow: elementStridesOf(query)[2],
    keyOuter: elementStridesOf(key)[0],
    keyInner: elementStridesOf(key)[1],
    keyRow: elementStridesOf(key)[2],
    valueOuter: elementStridesOf(value)[0],
    valueInner: elementStridesOf(value)[1],
    valueRow: elementStridesOf(value)[2],
    maskOuter: rows === null ? 0 : elementStridesOf(rows)[0],
    maskInner: rows === null ? 0 : elementStridesOf(rows)[1],
    maskRow: rows === null ? 0 : elementStridesOf(rows)[2],
    hides: call.hides,
    outOuter: elementStridesOf(out)[0],
    outInner: elementStridesOf(out)[1],
    outRow: elementStridesOf(out)[2],
  });
  const weights =
    returned === null || noise === null
      ? returned
      : withGradMode(false, () => mul(returned, noise));
  if (isRecorded) {
    // The mask is for the twin.
    const others = mask === null ? [] : [save(operation, mask)];
    if (weights !== null && weights === returned) others.push(save(operation, weights));
    const own = inputs.map((x) => save(operation, x));
    const kept: Kept = { inputs: own, others, split, soft: (returned ?? acquired)!, noise, call };
    const results = weights === null ? [result] : [result, weights];
    const node = recordTuple(nodeName, inputs, results, (grads, self) =>
      attentionBackward(operation, kept, grads, self),
    );
    if (acquired !== null) node!.acquired = [acquired];
  }
  return [result, weights];
}

/** The backward pass of attention.ts: one kernel call on what forward has kept; by primitive operations where it is recorded. */
import { isGradEnabled } from '../../autograd/mode';
import type { Gradients, Node, Saved } from '../../autograd/node';
import { recompute } from '../../autograd/recompute';
import { runAttentionBackward } from '../../native/calls';
import { family } from '../../native/families';
import type { Memory } from '../../native/memory';
import { sizesOf, elementStridesOf, type Tensor } from '../../tensor/tensor';
import { pick } from '../kernels/launch';
import { asHeads, gradientAs, headsOf, readableHeads } from './heads';
import { primitiveAttention, type AttentionCall, type Split } from './twin';

const kernels = family('attention_backward');

/** What forward keeps. */
export interface Kept {
  readonly inputs: readonly Saved[];
  /** What must not have changed either. */
  readonly others: readonly Saved[];
  readonly split: Split;
  /** The weights before noise. */
  readonly soft: Memory;
  readonly noise: Tensor | null;
  readonly call: AttentionCall;
}

/** The gradients of the inputs, from those of the result and of the weights. */
export function attentionBackward(
  operation: string,
  { inputs: saved, others, split, soft, noise, call }: Kept,
  grads: readonly (Tensor | null)[],
  node: Node,
): Gradients {
  const inputs = saved.map((x) => x.get());
  for (const x of others) x.get();
  const [g, ofWeights] = grads;
  if (g === null || ofWeights || isGradEnabled()) {
    const drawn = noise === null ? null : () => noise;
    return recompute(node, inputs, [], grads, (own) => {
      const [out, weights] = primitiveAttention(split(own), call, drawn);
      return weights === null ? [out] : [out, weights];
    });
  }
  const [q, k, v] = split(inputs).map(readableHeads);
  const each = inputs.length > 1;
  const results = inputs.map((x, i) => (each && !node.needs(i) ? null : gradientAs(x)));
  // Those of tensors that need no gradient only hold their places.
  const [dq, dk, dv] = split(results.map((x, i) => x ?? inputs[i])).map(asHeads);
  const wanted = (i: number, x: Tensor): Tensor | null => (each && results[i] === null ? null : x);
  const grad = readableHeads(headsOf(g, call.queriesFirst));
  runAttentionBackward(pick(operation, kernels, q.dtype), {
    g: grad,
    query: q,
    key: k,
    value: v,
    weights: soft,
    noise,
    dQuery: wanted(0, dq),
    dKey: wanted(1, dk),
    dValue: wanted(2, dv),
    outer: sizesOf(q)[0],
    inner: sizesOf(q)[1],
    queries: sizesOf(q)[2],
    keys: sizesOf(k)[2],
    features: sizesOf(q)[3],
    valueFeatures: sizesOf(v)[3],
    scale: call.scale,
    gOuter: elementStridesOf(grad)[0],
    gInner: elementStridesOf(grad)[1],
    gRow: elementStridesOf(grad)[2],
    queryOuter: elementStridesOf(q)[0],
    queryInner: elementStridesOf(q)[1],
    queryRow: elementStridesOf(q)[2],
    keyOuter: elementStridesOf(k)[0],
    keyInner: elementStridesOf(k)[1],
    keyRow: elementStridesOf(k)[2],
    valueOuter: elementStridesOf(v)[0],
    valueInner: elementStridesOf(v)[1],
    valueRow: elementStridesOf(v)[2],
    dQueryOuter: elementStridesOf(dq)[0],
    dQueryInner: elementStridesOf(dq)[1],
    dQueryRow: elementStridesOf(dq)[2],
    dKeyOuter: elementStridesOf(dk)[0],
    dKeyInner: elementStridesOf(dk)[1],
    dKeyRow: elementStridesOf(dk)[2],
    dValueOuter: elementStridesOf(dv)[0],
    dValueInner: elementStridesOf(dv)[1],
    dValueRow: elementStridesOf(dv)[2],
  });
  return results;
}

/** The backward pass of attention.ts: one kernel call on what forward has kept; by primitive operations where it is recorded. */
import { isGradEnabled } from '../../autograd/mode';
import type { Gradients, Node, Saved } from '../../autograd/node';
import { recompute } from '../../autograd/recompute';
import { runAttentionBackward } from '../../native/calls';
import { family } from '../../native/families';
import type { Memory } from '../../native/memory';
import type { Tensor } from '../../tensor/tensor';
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
    outer: q.sizes[0],
    inner: q.sizes[1],
    queries: q.sizes[2],
    keys: k.sizes[2],
    features: q.sizes[3],
    valueFeatures: v.sizes[3],
    scale: call.scale,
    gOuter: grad.elementStrides[0],
    gInner: grad.elementStrides[1],
    gRow: grad.elementStrides[2],
    queryOuter: q.elementStrides[0],
    queryInner: q.elementStrides[1],
    queryRow: q.elementStrides[2],
    keyOuter: k.elementStrides[0],
    keyInner: k.elementStrides[1],
    keyRow: k.elementStrides[2],
    valueOuter: v.elementStrides[0],
    valueInner: v.elementStrides[1],
    valueRow: v.elementStrides[2],
    dQueryOuter: dq.elementStrides[0],
    dQueryInner: dq.elementStrides[1],
    dQueryRow: dq.elementStrides[2],
    dKeyOuter: dk.elementStrides[0],
    dKeyInner: dk.elementStrides[1],
    dKeyRow: dk.elementStrides[2],
    dValueOuter: dv.elementStrides[0],
    dValueInner: dv.elementStrides[1],
    dValueRow: dv.elementStrides[2],
  });
  return results;
}

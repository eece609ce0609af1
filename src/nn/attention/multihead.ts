/**
 * MultiheadAttention: several scaled dot-product attentions side by side, on learned projections. With queries, keys and values of one
 * tensor the three projections are one product; heads are views of its result, which the products of attention read in place.
 */
import { boolean, optionsTable, positiveInteger, probability, surplus } from '../../check';
import { cat, chunk, linear, zeros } from '../../ops';
import { attention } from '../../ops/attention/attention';
import { isFloat, type DType } from '../../tensor/dtype';
import { anyTensor, floatDType } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { dropoutNoise } from '../functional/dropout-noise';
import { pad } from '../functional/pad';
import { xavierNormal_, xavierUniform_, zeros_ } from '../init';
import { Linear } from '../layers/linear';
import { Module } from '../module';
import { Parameter } from '../parameter';

/** Options of `MultiheadAttention`. */
export interface MultiheadAttentionOptions {
  /** Probability of dropping an attention weight while training. Default: 0. */
  dropout?: number;
  /** Whether projections have biases. Default: true. */
  bias?: boolean;
  /** Whether a learned key and value are added to each sequence. Default: false. */
  addBiasKv?: boolean;
  /** Whether a key and value of zeros are added to each sequence. Default: false. */
  addZeroAttn?: boolean;
  /** Features of a key; null for embedDim. Default: null. */
  kdim?: number | null;
  /** Features of a value; null for embedDim. Default: null. */
  vdim?: number | null;
  /** Whether tensors are [N, L, E] instead of [L, N, E]. Default: false. */
  batchFirst?: boolean;
  /** Of the parameters: float32 (default) or float64. */
  dtype?: DType;
}

const layerOptions = optionsTable<MultiheadAttentionOptions>('MultiheadAttention', {
  dropout: probability.or(0),
  bias: boolean.or(true),
  addBiasKv: boolean.or(false),
  addZeroAttn: boolean.or(false),
  kdim: positiveInteger.orNull.or(null),
  vdim: positiveInteger.orNull.or(null),
  batchFirst: boolean.or(false),
  dtype: floatDType.or('float32'),
});

/** Options of `MultiheadAttention.forward`. */
export interface MultiheadAttendOptions {
  /** [N, S] or [S]. bool: true where a key is left out; floats: added to the scores. Default: null. */
  keyPaddingMask?: Tensor | null;
  /** Whether the attention weights are returned. Default: true. */
  needWeights?: boolean;
  /** [L, S] or [N·heads, L, S]. bool: true where a key is left out; floats: added to the scores. Default: null. */
  attnMask?: Tensor | null;
  /** Whether the weights are averaged over the heads. Default: true. */
  averageAttnWeights?: boolean;
  /** Says that `attnMask`, which must be given, hides the keys after each query. Default: false. */
  isCausal?: boolean;
}

const attendOptions = optionsTable<MultiheadAttendOptions>('MultiheadAttention.forward', {
  keyPaddingMask: anyTensor.orNull.or(null),
  needWeights: boolean.or(true),
  attnMask: anyTensor.orNull.or(null),
  averageAttnWeights: boolean.or(true),
  isCausal: boolean.or(false),
});

const name = 'MultiheadAttention.forward';

/** A mask as what is added to scores of the element type. */
function bias(what: string, mask: Tensor, dtype: DType): Tensor {
  if (isFloat(mask.dtype)) return mask.to(dtype);
  if (mask.dtype !== 'bool') {
    throw new TypeError(`${name}: ${what} must be of bool or of floats, got ${mask.dtype}`);
  }
  return zeros(sizesOf(mask), { dtype }).maskedFill(mask, -Infinity);
}

/**
 * Attention of several heads (torch.nn.MultiheadAttention; Vaswani et al. 2017):
 *
 *     out = concat(head_1 … head_h)·W_outᵀ + b_out,   head_i = softmax(q_i·k_iᵀ / √d)·v_i
 *
 * where q, k and v are affine maps of query, key and value, cut into heads of d = embedDim / numHeads features.
 *
 * Parameters, with PyTorch's names: `in_proj_weight` [3·embedDim, embedDim] (where `kdim` or `vdim` differs `q_proj_weight`
 * [embedDim, embedDim], `k_proj_weight` [embedDim, kdim] and `v_proj_weight` [embedDim, vdim]), `in_proj_bias` [3·embedDim],
 * `bias_k` and `bias_v` [1, 1, embedDim], `out_proj.weight`, `out_proj.bias`. Weights start by Xavier, biases as zeros.
 *
 * Shapes: query [L, N, embedDim], key [S, N, kdim], value [S, N, vdim]; with `batchFirst` [N, L, …] and [N, S, …]; or all without N.
 * @throws TypeError, RangeError for sizes or options that are none, and heads that do not divide embedDim.
 * @example
 * const attention = new nn.MultiheadAttention(16, 4, { batchFirst: true });
 * const x = randn([2, 5, 16]);
 * const [out, weights] = attention.forward(x, x, x); // [2, 5, 16], [2, 5, 5]
 */
export class MultiheadAttention extends Module {
  /** Features of a key. */
  readonly kdim: number;
  /** Features of a value. */
  readonly vdim: number;
  /** Probability of dropping an attention weight. */
  readonly dropout: number;
  /** Whether tensors are [N, L, E]. */
  readonly batchFirst: boolean;
  /** Whether a key and value of zeros are added. */
  readonly addZeroAttn: boolean;
  /** Of queries [embedDim, embedDim]; null beside `in_proj_weight`. */
  q_proj_weight: Parameter | null;
  /** Of keys [embedDim, kdim]; null beside `in_proj_weight`. */
  k_proj_weight: Parameter | null;
  /** Of values [embedDim, vdim]; null beside `in_proj_weight`. */
  v_proj_weight: Parameter | null;
  /** Of queries, keys and values, [3·embedDim, embedDim]; null where they have other features. */
  in_proj_weight: Parameter | null;
  /** [3·embedDim]; null with `bias: false`. */
  in_proj_bias: Parameter | null;
  /** A key for each sequence, [1, 1, embedDim]; null without `addBiasKv`. */
  bias_k: Parameter | null;
  /** A value for each sequence, [1, 1, embedDim]; null without `addBiasKv`. */
  bias_v: Parameter | null;
  /** The map of the heads side by side. */
  readonly out_proj: Linear<boolean>;

  /**
   * @param embedDim features of a query and of the result
   * @param numHeads heads, which divide embedDim
   */
  constructor(
    /** Features of a query and of the result. */
    readonly embedDim: number,
    /** Heads. */
    readonly numHeads: number,
    options?: MultiheadAttentionOptions,
  ) {
    if (arguments.length > 3) surplus('MultiheadAttention', arguments, 3, 'options');
    super();
    const read = layerOptions.read(options);
    const { dropout, addBiasKv, addZeroAttn, batchFirst, dtype } = read;
    positiveInteger.check('MultiheadAttention', 'embedDim', embedDim);
    positiveInteger.check('MultiheadAttention', 'numHeads', numHeads);
    if (embedDim % numHeads !== 0) {
      throw new RangeError(
        `MultiheadAttention: numHeads must divide embedDim, got ${numHeads} heads for ${embedDim} features`,
      );
    }
    this.kdim = read.kdim ?? embedDim;
    this.vdim = read.vdim ?? embedDim;
    this.dropout = dropout;
    this.batchFirst = batchFirst;
    this.addZeroAttn = addZeroAttn;
    const made = (...shape: number[]): Parameter => new Parameter(empty(shape, dtype));
    const same = this.kdim === embedDim && this.vdim === embedDim;
    this.q_proj_weight = same ? null : made(embedDim, embedDim);
    this.k_proj_weight = same ? null : made(embedDim, this.kdim);
    this.v_proj_weight = same ? null : made(embedDim, this.vdim);
    this.in_proj_weight = same ? made(3 * embedDim, embedDim) : null;
    this.in_proj_bias = read.bias ? made(3 * embedDim) : null;
    this.out_proj = new Linear<boolean>(embedDim, embedDim, { bias: read.bias, dtype });
    this.bias_k = addBiasKv ? made(1, 1, embedDim) : null;
    this.bias_v = addBiasKv ? made(1, 1, embedDim) : null;
    this.resetParameters();
  }

  /** Draws the weights of the projections in front, and the added key and value, as a new layer does; biases become zeros. */
  resetParameters(): void {
    if (arguments.length > 0) surplus('MultiheadAttention.resetParameters', arguments, 0);
    const { in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight } = this;
    for (const weight of [in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight]) {
      if (weight !== null) xavierUniform_(weight);
    }
    if (this.in_proj_bias !== null) {
      zeros_(this.in_proj_bias);
      if (this.out_proj.bias !== null) zeros_(this.out_proj.bias);
    }
    if (this.bias_k !== null) xavierNormal_(this.bias_k);
    if (this.bias_v !== null) xavierNormal_(this.bias_v);
  }

  /**
   * The values averaged by how well their keys match the queries.
   * @returns the result, of query's shape, and the attention weights [N, L, S] ([N, heads, L, S] unless they are averaged), null
   * without `needWeights`
   * @throws TypeError, RangeError when shapes or element types do not go together.
   */
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options?: MultiheadAttendOptions,
  ): [output: Tensor, weights: Tensor | null] {
    if (arguments.length > 4) surplus(name, arguments, 4, 'options');
    const read = attendOptions.read(options);
    this.check(query, key, value);
    if (read.isCausal && read.attnMask === null) {
      throw new RangeError(`${name}: isCausal is a hint about attnMask, which must be given`);
    }
    const unbatched = query.ndim === 2;
    const dim = this.batchFirst ? 0 : 1;
    const same = key === query && value === query;
    const whole = (x: Tensor): Tensor => (unbatched ? x.unsqueeze(dim) : x);
    const q = whole(query);
    const padding =
      unbatched && read.keyPaddingMask !== null
        ? read.keyPaddingMask.unsqueeze(0)
        : read.keyPaddingMask;
    const projected = same ? this.projectOne(q) : this.project(q, whole(key), whole(value));
    const [heads, weights] = this.attend(projected, read, padding);
    // [L, N, heads, d] as [L, N, E], in memory also where the result is [N, L, E]: dropout draws in the order of memory.
    const [first, second, features] = sizesOf(q);
    const rows = this.batchFirst ? [second, first, features] : sizesOf(q);
    const merged = heads.reshape(rows);
    const mapped = linear(merged, this.out_proj.weight, this.out_proj.bias);
    const out = this.batchFirst ? mapped.transpose(0, 1) : mapped;
    return [
      unbatched ? out.squeeze(dim) : out,
      unbatched && weights !== null ? weights.squeeze(0) : weights,
    ];
  }

  private check(query: Tensor, key: Tensor, value: Tensor): void {
    const { embedDim, kdim, vdim, batchFirst } = this;
    for (const [what, x] of Object.entries({ query, key, value })) anyTensor.check(name, what, x);
    const rank = query.ndim;
    const [q, k, v] = [sizesOf(query), sizesOf(key), sizesOf(value)];
    const batch = batchFirst ? 0 : 1;
    const fits =
      (rank === 2 || rank === 3) &&
      key.ndim === rank &&
      value.ndim === rank &&
      q[rank - 1] === embedDim &&
      k[rank - 1] === kdim &&
      v[rank - 1] === vdim &&
      sameShape(k.slice(0, -1), v.slice(0, -1)) &&
      (rank === 2 || k[batch] === q[batch]);
    if (fits) return;
    const form = (positions: string, features: number): string =>
      batchFirst ? `[N, ${positions}, ${features}]` : `[${positions}, N, ${features}]`;
    throw new RangeError(
      `${name}: query, key and value must be ${form('L', embedDim)}, ${form('S', kdim)} and ${form('S', vdim)}, or all without N, got ${showShape(q)}, ${showShape(k)} and ${showShape(v)}`,
    );
  }

  // [N, L, E] or [L, N, E] as views [N, heads, L, d].
  private split(x: Tensor): Tensor {
    const [first, second] = sizesOf(x);
    const split = x.view([first, second, this.numHeads, this.embedDim / this.numHeads]);
    return split.permute(this.batchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3]);
  }

  private biases(): readonly (Tensor | null)[] {
    return this.in_proj_bias === null ? [null, null, null] : chunk(this.in_proj_bias, 3);
  }

  // One tensor of queries, keys and values side by side, or all three.
  private projectOne(x: Tensor): Tensor[] {
    const weight = this.in_proj_weight;
    if (weight === null) return this.project(x, x, x);
    return [linear(x, weight, this.in_proj_bias)];
  }

  private project(query: Tensor, key: Tensor, value: Tensor): Tensor[] {
    const inputs = [query, key, value];
    const weights =
      this.in_proj_weight === null
        ? [this.q_proj_weight!, this.k_proj_weight!, this.v_proj_weight!]
        : chunk(this.in_proj_weight, 3);
    const biases = this.biases();
    return inputs.map((x, i) => linear(x, weights[i], biases[i]));
  }

  // Of what projectOne or project returns: the heads [L, N, heads, d] and the weights.
  private attend(
    projected: readonly Tensor[],
    given: Required<MultiheadAttendOptions>,
    padding: Tensor | null,
  ): readonly [heads: Tensor, weights: Tensor | null] {
    const { dtype } = projected[0];
    const at = this.batchFirst ? 1 : 0;
    const batch = sizesOf(projected[0])[1 - at];
    const keyBias = anyTensor.orNull.check(name, 'bias_k', this.bias_k);
    const valueBias = anyTensor.orNull.check(name, 'bias_v', this.bias_v);
    const more = (keyBias === null ? 0 : 1) + (this.addZeroAttn ? 1 : 0);
    const L = sizesOf(projected[0])[at];
    const S = sizesOf(projected[projected.length - 1])[at];
    const mask = this.mask(given, padding, L, S, batch, dtype, more);
    const added = (x: Tensor, one: Tensor | null): Tensor => {
      const parts = [x];
      const shape = at === 1 ? [batch, 1, this.embedDim] : [1, batch, this.embedDim];
      if (one !== null) parts.push(one.expand(shape));
      if (this.addZeroAttn) parts.push(zeros(shape, { dtype }));
      return parts.length === 1 ? x : cat(parts, at);
    };
    const three = (inputs: readonly Tensor[]): readonly Tensor[] =>
      inputs.length === 1 ? chunk(inputs[0], 3, -1) : inputs;
    let inputs = projected;
    if (more > 0 || valueBias !== null) {
      const [q, k, v] = three(projected);
      inputs = [q, added(k, keyBias), added(v, valueBias)];
    }
    const split = (of: readonly Tensor[]): [Tensor, Tensor, Tensor] => {
      const [q, k, v] = three(of);
      return [this.split(q), this.split(k), this.split(v)];
    };
    const { needWeights } = given;
    const d = this.embedDim / this.numHeads;
    const dropoutP = this.training ? this.dropout : 0;
    const [heads, weights] = attention(name, inputs, split, {
      // The first as PyTorch has it where it returns the weights.
      scale: needWeights ? Math.sqrt(1 / d) : 1 / Math.sqrt(d),
      mask,
      hides: !needWeights,
      noise: dropoutP > 0 ? dropoutNoise(dropoutP) : null,
      needWeights,
      queriesFirst: true,
    });
    return [heads, weights !== null && given.averageAttnWeights ? weights.mean(1) : weights];
  }

  /** What is added to the scores [N, heads, L, S + more]; null for nothing. */
  private mask(
    { attnMask }: Required<MultiheadAttendOptions>,
    keyPaddingMask: Tensor | null,
    L: number,
    S: number,
    batch: number,
    dtype: DType,
    more: number,
  ): Tensor | null {
    const { numHeads } = this;
    const widened = (mask: Tensor): Tensor => (more === 0 ? mask : pad(mask, [0, more]));
    let mask: Tensor | null = null;
    if (attnMask !== null) {
      const every = [batch * numHeads, L, S];
      if (!sameShape(sizesOf(attnMask), [L, S]) && !sameShape(sizesOf(attnMask), every)) {
        throw new RangeError(
          `${name}: attnMask must have shape ${showShape([L, S])} or ${showShape(every)}, got ${showShape(sizesOf(attnMask))}`,
        );
      }
      const own = widened(bias('attnMask', attnMask, dtype));
      mask = own.ndim === 2 ? own : own.view([batch, numHeads, L, S + more]);
    }
    if (keyPaddingMask !== null) {
      if (!sameShape(sizesOf(keyPaddingMask), [batch, S])) {
        throw new RangeError(
          `${name}: keyPaddingMask must have shape ${showShape([batch, S])}, got ${showShape(sizesOf(keyPaddingMask))}`,
        );
      }
      const own = widened(bias('keyPaddingMask', keyPaddingMask, dtype)).view([
        batch,
        1,
        1,
        S + more,
      ]);
      mask = mask === null ? own : mask.add(own);
    }
    return mask;
  }
}

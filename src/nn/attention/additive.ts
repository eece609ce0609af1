/** Additive attention: a small network with one hidden layer scores each pair of a query and a key. */
import { boolean, optionsTable, positiveInteger, surplus } from '../../check';
import { add, linear, matmul, tanh, unsqueeze } from '../../ops';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { uniform_ } from '../init';
import { Linear } from '../layers/linear';
import { Parameter } from '../parameter';
import { showBoolean } from '../print';
import { Attention } from './attention';

/** Options of `AdditiveAttention`. */
export interface AdditiveAttentionOptions {
  /** Whether the projection of the query has a bias. Default: false, as in the paper. */
  bias?: boolean;
}

const additiveOptions = optionsTable<AdditiveAttentionOptions>('AdditiveAttention', {
  bias: boolean.or(false),
});

/** vᵀ tanh(q + k) for every pair: q [N, L, A], k [N, S, A], v [A] to [N, L, S]. */
export function additiveScores(q: Tensor, k: Tensor, v: Tensor): Tensor {
  // With one query [N, 1, A] broadcasts over the positions as it is, and [N, S] takes the place of [N, 1, S].
  if (sizesOf(q)[1] === 1) return unsqueeze(matmul(tanh(add(q, k)), v), 1);
  return matmul(tanh(add(unsqueeze(q, 2), unsqueeze(k, 1))), v);
}

/**
 * Attention of Bahdanau, Cho & Bengio 2015 ("Neural machine translation by jointly learning to align and translate"):
 *
 *     e_j = vᵀ tanh(W q + U k_j),   α = softmax(e),   context = Σ_j α_j v_j
 *
 * Parameters: `query.weight` = W [attentionSize, querySize], `key.weight` = U [attentionSize, keySize],
 * `v` [attentionSize]; all start uniform in ±1/√(features that they take).
 *
 * Shapes: query [N, querySize] or [N, L, querySize], keys [N, S, keySize]; see `forward`.
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const attention = new nn.AdditiveAttention(128, 256, 64);
 * const [context, weights] = attention.forward(randn([8, 128]), randn([8, 20, 256])); // [8, 256], [8, 20]
 */
export class AdditiveAttention extends Attention {
  /** W, of the query. */
  readonly query: Linear<boolean>;
  /** U, of the keys. */
  readonly key: Linear<false>;
  /** v, [attentionSize]. */
  readonly v: Parameter;

  /**
   * @param querySize features of a query
   * @param keySize features of a key
   * @param attentionSize units of the hidden layer
   */
  constructor(
    querySize: number,
    keySize: number,
    /** Units of the hidden layer. */
    readonly attentionSize: number,
    options?: AdditiveAttentionOptions,
  ) {
    if (arguments.length > 4) surplus('AdditiveAttention', arguments, 4, 'options');
    super('AdditiveAttention', querySize, keySize);
    const { bias } = additiveOptions.read(options);
    positiveInteger.check('AdditiveAttention', 'attentionSize', attentionSize);
    this.query = new Linear(querySize, attentionSize, { bias });
    this.key = new Linear(keySize, attentionSize, { bias: false });
    this.v = new Parameter(empty([attentionSize]));
    const bound = 1 / Math.sqrt(attentionSize);
    uniform_(this.v, -bound, bound);
  }

  /** @internal */
  protected override projectKeys(keys: Tensor): Tensor {
    return this.key.forward(keys);
  }

  /** @internal */
  protected override scores(query: Tensor, keys: Tensor): Tensor {
    return additiveScores(linear(query, this.query.weight, this.query.bias), keys, this.v);
  }

  /** @internal */
  override extraRepr(): string {
    const { querySize, keySize, attentionSize } = this;
    const bias = this.query.bias === null ? '' : `, bias=${showBoolean(true)}`;
    return `${querySize}, ${keySize}, ${attentionSize}${bias}`;
  }
}

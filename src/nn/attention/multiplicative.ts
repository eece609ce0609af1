/** Multiplicative attention, with the three score functions of Luong et al. and the scaled product of Vaswani et al. */
import { oneOf, optionsTable, positiveInteger, surplus } from '../../check';
import { linear, matmul, mul, narrow, transpose } from '../../ops';
import { empty, type Tensor } from '../../tensor/tensor';
import { uniform_ } from '../init';
import { Parameter } from '../parameter';
import { additiveScores } from './additive';
import { Attention } from './attention';

/** How a query is scored against a key: see `MultiplicativeAttention`. */
export type AttentionScore = 'dot' | 'general' | 'concat' | 'scaledDot';

/** Options of `MultiplicativeAttention`. */
export interface MultiplicativeAttentionOptions {
  /** How a query is scored against a key. Default: 'general'. */
  score?: AttentionScore;
  /** Units of the hidden layer of 'concat'. Default: querySize. */
  attentionSize?: number;
}

const multiplicativeOptions = optionsTable<MultiplicativeAttentionOptions, 'attentionSize'>(
  'MultiplicativeAttention',
  {
    score: oneOf('dot', 'general', 'concat', 'scaledDot').or('general'),
    attentionSize: positiveInteger.optional,
  },
);

/**
 * Attention of Luong, Pham & Manning 2015 ("Effective approaches to attention-based neural machine translation"):
 * α = softmax(e), context = Σ_j α_j v_j, with
 *
 * | score | e_j | parameters |
 * |---|---|---|
 * | `dot` | qᵀ k_j (querySize = keySize) | none |
 * | `general` | qᵀ W k_j | `weight` [querySize, keySize] |
 * | `concat` | vᵀ tanh(W [q; k_j]) | `weight` [attentionSize, querySize + keySize], `v` [attentionSize] |
 * | `scaledDot` | qᵀ k_j / √keySize (Vaswani et al. 2017) | none |
 *
 * Parameters start uniform in ±1/√(features that they take).
 *
 * Shapes: query [N, querySize] or [N, L, querySize], keys [N, S, keySize]; see `forward`.
 * @throws TypeError, RangeError for sizes or options that are none, or do not go together.
 * @example
 * const attention = new nn.MultiplicativeAttention(128, 256);
 * const [context, weights] = attention.forward(randn([8, 128]), randn([8, 20, 256])); // [8, 256], [8, 20]
 */
export class MultiplicativeAttention extends Attention {
  /** How a query is scored against a key. */
  readonly score: AttentionScore;
  /** W of 'general' and 'concat'. */
  readonly weight: Parameter | null = null;
  /** v of 'concat'. */
  readonly v: Parameter | null = null;

  /**
   * @param querySize features of a query
   * @param keySize features of a key
   */
  constructor(querySize: number, keySize: number, options?: MultiplicativeAttentionOptions) {
    if (arguments.length > 3) surplus('MultiplicativeAttention', arguments, 3, 'options');
    const name = 'MultiplicativeAttention';
    super(name, querySize, keySize);
    const { score, attentionSize } = multiplicativeOptions.read(options);
    if ((score === 'dot' || score === 'scaledDot') && querySize !== keySize) {
      throw new RangeError(
        `${name}: score '${score}' needs queries and keys of one size, got querySize ${querySize} and keySize ${keySize}; 'general' takes any`,
      );
    }
    if (attentionSize !== undefined && score !== 'concat') {
      throw new RangeError(`${name}: attentionSize belongs to score 'concat', not '${score}'`);
    }
    this.score = score;
    if (score === 'general') this.weight = uniform([querySize, keySize], keySize);
    if (score === 'concat') {
      const units = attentionSize ?? querySize;
      this.weight = uniform([units, querySize + keySize], querySize + keySize);
      this.v = uniform([units], units);
    }
  }

  /** @internal */
  protected override projectKeys(keys: Tensor): Tensor {
    if (this.score === 'general') return linear(keys, this.weight!);
    // W [q; k] = W_q q + W_k k, and the second term is the same for every query.
    if (this.score === 'concat') {
      return linear(keys, narrow(this.weight!, 1, this.querySize, this.keySize));
    }
    return keys;
  }

  /** @internal */
  protected override scores(query: Tensor, keys: Tensor): Tensor {
    if (this.score === 'concat') {
      return additiveScores(
        linear(query, narrow(this.weight!, 1, 0, this.querySize)),
        keys,
        this.v!,
      );
    }
    const products = matmul(query, transpose(keys, 1, 2));
    return this.score === 'scaledDot' ? mul(products, 1 / Math.sqrt(this.keySize)) : products;
  }

  /** @internal */
  override extraRepr(): string {
    const { querySize, keySize, score, v } = this;
    const units = v === null ? '' : `, attentionSize=${v.numel}`;
    return `${querySize}, ${keySize}, score='${score}'${units}`;
  }
}

function uniform(shape: number[], features: number): Parameter {
  const parameter = new Parameter(empty(shape));
  uniform_(parameter, -1 / Math.sqrt(features), 1 / Math.sqrt(features));
  return parameter;
}

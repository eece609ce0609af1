/**
 * What additive and multiplicative attention share: checks, masks, the softmax and the weighted sum. How a query is
 * scored against a key is in additive.ts and multiplicative.ts.
 *
 * A decoder attends to the same keys at every step. What does not depend on the query (the projection of the
 * keys, the mask) is therefore computed once, by `prepare`, and used at every step, by `attend`.
 */
import { add, bmm, indexSelect, softmax, squeeze, unsqueeze } from '../../ops';
import { objectOf, optionsTable, positiveInteger, refuseAbstract, surplus } from '../../check';
import { anyTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { Module } from '../module';
import { maskBias } from './mask';

/** Options of `Attention.prepare` and `Attention.forward`. */
export interface AttendOptions {
  /** bool [N, S]: true where a key takes part. See `paddingMask`. Default: null, all do. */
  mask?: Tensor | null;
  /** What the weights average, [N, S, V]. Default: null, the keys themselves. */
  values?: Tensor | null;
}

/** Keys, values and mask, made ready for any number of queries. */
export interface AttentionMemory {
  /** The keys as the score function wants them, [N, S, …]. */
  readonly keys: Tensor;
  /** What the weights average, [N, S, V]. */
  readonly values: Tensor;
  /** Added to the scores: 0, or −∞ for a hidden position; [N, 1, S], null when all are visible. */
  readonly bias: Tensor | null;
}

const attendOptions = optionsTable<AttendOptions>('Attention', {
  mask: anyTensor.orNull.or(null),
  values: anyTensor.orNull.or(null),
});

/** What `Attention.prepare` returns. */
export const anyMemory = objectOf<AttentionMemory>('what prepare() returned', {
  keys: anyTensor,
  values: anyTensor,
  bias: anyTensor.orNull,
});

/** The memory of other sequences: row n of the result is row `rows[n]` of `memory`. */
export function selectMemory(
  { keys, values, bias }: AttentionMemory,
  rows: Tensor,
): AttentionMemory {
  const selected = indexSelect(values, 0, rows);
  return {
    keys: keys === values ? selected : indexSelect(keys, 0, rows),
    values: selected,
    bias: bias && indexSelect(bias, 0, rows),
  };
}

function fail({ constructor }: Attention, rule: string): never {
  throw new RangeError(`${constructor.name}.forward: ${rule}`);
}

/**
 * An attention with learned scores: `AdditiveAttention` or `MultiplicativeAttention`; not made directly.
 * @example
 * const attention: nn.Attention = new nn.AdditiveAttention(4, 6, 5);
 * const memory = attention.prepare(randn([2, 7, 6])); // once for each source
 * const [context, weights] = attention.attend(randn([2, 4]), memory); // at each step: [2, 6], [2, 7]
 */
export abstract class Attention extends Module {
  /** @internal */
  constructor(
    name: string,
    /** Features of a query. */
    readonly querySize: number,
    /** Features of a key. */
    readonly keySize: number,
  ) {
    super();
    if (typeof name !== 'string') {
      refuseAbstract(
        Attention,
        Attention,
        'use AdditiveAttention, MultiplicativeAttention or DotProductAttention',
      );
    }
    positiveInteger.check(name, 'querySize', querySize);
    positiveInteger.check(name, 'keySize', keySize);
  }

  /** @internal The keys as `scores` takes them, [N, S, …]. */
  protected abstract projectKeys(keys: Tensor): Tensor;
  /** @internal Scores [N, L, S] of queries [N, L, querySize] against projected keys. */
  protected abstract scores(query: Tensor, keys: Tensor): Tensor;

  /**
   * What all queries share: the projected keys and the mask.
   * @param keys [N, S, keySize]
   * @throws RangeError when shapes do not fit, and when the mask hides every position of a sequence.
   */
  prepare(keys: Tensor, options?: AttendOptions): AttentionMemory {
    if (arguments.length > 2) surplus('Attention.prepare', arguments, 2, 'options');
    const name = `${this.constructor.name}.forward`;
    const { mask, values } = attendOptions.read(options, name);
    anyTensor.check(name, 'keys', keys);
    if (keys.ndim !== 3 || sizesOf(keys)[2] !== this.keySize) {
      fail(
        this,
        `keys have shape ${showShape(sizesOf(keys))}, expected [N, S, ${this.keySize}] (batch, positions, keySize)`,
      );
    }
    const [batch, positions] = sizesOf(keys);
    if (positions === 0) {
      fail(this, `there are no keys to attend to (keys ${showShape(sizesOf(keys))})`);
    }
    if (values !== null) {
      if (values.ndim !== 3 || sizesOf(values)[0] !== batch || sizesOf(values)[1] !== positions) {
        fail(
          this,
          `values have shape ${showShape(sizesOf(values))}, expected [${batch}, ${positions}, V] to go with keys ${showShape(sizesOf(keys))}`,
        );
      }
    }
    return {
      keys: this.projectKeys(keys),
      values: values ?? keys,
      bias: mask === null ? null : maskBias(name, mask, batch, positions, keys.dtype),
    };
  }

  /**
   * One or several queries against prepared keys.
   * @param query [N, querySize], or [N, L, querySize]
   * @returns context [N, V] and weights [N, S], or [N, L, V] and [N, L, S]; the weights of a query sum to 1
   * @throws TypeError for what is no memory; RangeError when shapes do not fit.
   */
  attend(query: Tensor, memory: AttentionMemory): [context: Tensor, weights: Tensor] {
    if (arguments.length > 2) surplus('Attention.attend', arguments, 2, 'memory');
    const name = `${this.constructor.name}.forward`;
    anyTensor.check(name, 'query', query);
    const { keys, values, bias } = anyMemory.check(name, 'memory', memory);
    const { ndim } = query;
    const shape = sizesOf(query);
    if ((ndim !== 2 && ndim !== 3) || shape[ndim - 1] !== this.querySize) {
      fail(
        this,
        `query has shape ${showShape(shape)}, expected [N, ${this.querySize}] or [N, L, ${this.querySize}] (batch, queries, querySize)`,
      );
    }
    if (shape[0] !== sizesOf(values)[0]) {
      fail(this, `there are ${shape[0]} queries for the keys of ${sizesOf(values)[0]} sequences`);
    }
    const scores = this.scores(ndim === 2 ? unsqueeze(query, 1) : query, keys);
    const weights = softmax(bias === null ? scores : add(scores, bias), -1);
    const context = bmm(weights, values);
    return ndim === 2 ? [squeeze(context, 1), squeeze(weights, 1)] : [context, weights];
  }

  /**
   * The values averaged by how well their keys match the query: `attend(query, prepare(keys, options))`.
   * @param query [N, querySize], or several for each sequence: [N, L, querySize]
   * @param keys [N, S, keySize]
   * @returns the values averaged by the weights, [N, V] or [N, L, V], and the weights, [N, S] or [N, L, S]
   * @throws RangeError when shapes do not fit, and when the mask hides every position of a sequence.
   */
  forward(
    query: Tensor,
    keys: Tensor,
    options?: AttendOptions,
  ): [context: Tensor, weights: Tensor] {
    if (arguments.length > 3) surplus('Attention.forward', arguments, 3, 'options');
    return this.attend(query, this.prepare(keys, options));
  }
}

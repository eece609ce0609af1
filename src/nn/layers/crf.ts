/** CRF: scores of whole sequences of tags, and the best of them. */
import { noGrad } from '../../autograd/mode';
import { boolean, optionsTable, oneOf, positiveInteger, surplus } from '../../check';
import { indexSelect, where } from '../../ops';
import { firstOutside, verify } from '../../ops/kernels/bounds';
import { checkFloat } from '../../ops/arguments/floating';
import { contiguous } from '../../ops/copying/clone';
import type { DType } from '../../tensor/dtype';
import { anyTensor, floatDType } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { uniform_ } from '../init';
import { Module } from '../module';
import { Parameter } from '../parameter';

/** Options of `CRF`. */
export interface CRFOptions {
  /** Emissions, tags and masks are [N, T, …] instead of [T, N, …]. Default: false. */
  batchFirst?: boolean;
  /** Of the parameters: float32 (default) or float64. */
  dtype?: DType;
}

/** Which steps of a batch of sequences there are. */
export interface CRFMaskOptions {
  /** bool, [T, N]: true for the steps of a sequence, of which the first is one. Default: all. */
  mask?: Tensor | null;
}

/** Options of `CRF.forward`. */
export interface CRFForwardOptions extends CRFMaskOptions {
  /** `'sum'` (default) over sequences, `'mean'` of sequences, `'token_mean'` of steps, or `'none'`: one for each. */
  reduction?: 'none' | 'sum' | 'mean' | 'token_mean';
}

const crfOptions = optionsTable<CRFOptions>('CRF', {
  batchFirst: boolean.or(false),
  dtype: floatDType.or('float32'),
});
const maskField = { mask: anyTensor.orNull.or(null) };
const forwardOptions = optionsTable<CRFForwardOptions>('CRF.forward', {
  ...maskField,
  reduction: oneOf('none', 'sum', 'mean', 'token_mean').or('sum'),
});
const decodeOptions = optionsTable<CRFMaskOptions>('CRF.decode', maskField);

/**
 * Linear-chain conditional random field (Lafferty, McCallum and Pereira 2001; the interface and the state dict are pytorch-crf's).
 * A sequence of tags y_1 … y_T has the score
 *
 *     s(y) = start[y_1] + Σ_t emissions[t, y_t] + Σ_{t>1} transitions[y_{t−1}, y_t] + end[y_T]
 *
 * and the log-likelihood s(y) − ln Σ_{y'} exp s(y'), the sum over all sequences of tags.
 *
 * Parameters: `start_transitions` [K], `end_transitions` [K] and `transitions` [K, K], from the row's tag to the column's. All
 * start uniform in ±0.1.
 *
 * Shapes: emissions [T, N, K], tags int32 [T, N], mask bool [T, N]; with `batchFirst` [N, T, K] and [N, T].
 * @throws TypeError, RangeError for a number of tags or an option that is none.
 * @example
 * const crf = new nn.CRF(5);
 * const tags = tensor([[0], [2], [1]], { dtype: 'int32' });
 * const loss = crf.forward(randn([3, 1, 5]), tags).neg();
 * crf.decode(randn([3, 1, 5])); // the best tags of each sequence, such as [[4, 0, 0]]
 */
export class CRF extends Module {
  /** [K]: score of a sequence that starts with a tag. */
  start_transitions: Parameter;
  /** [K]: score of a sequence that ends with a tag. */
  end_transitions: Parameter;
  /** [K, K]: score of the row's tag followed by the column's. */
  transitions: Parameter;
  /** Whether emissions, tags and masks are [N, T, …] instead of [T, N, …]. */
  readonly batchFirst: boolean;

  /** @param numTags number of tags: K */
  constructor(
    /** Number of tags: K. */
    readonly numTags: number,
    options?: CRFOptions,
  ) {
    if (arguments.length > 2) surplus('CRF', arguments, 2, 'options');
    super();
    const { batchFirst, dtype } = crfOptions.read(options);
    positiveInteger.check('CRF', 'numTags', numTags);
    this.batchFirst = batchFirst;
    this.start_transitions = new Parameter(empty([numTags], dtype));
    this.end_transitions = new Parameter(empty([numTags], dtype));
    this.transitions = new Parameter(empty([numTags, numTags], dtype));
    this.resetParameters();
  }

  /** `start_transitions`. */
  get startTransitions(): Parameter {
    return this.start_transitions;
  }

  /** `end_transitions`. */
  get endTransitions(): Parameter {
    return this.end_transitions;
  }

  /** Draws the scores of starts, ends and transitions, in this order, as a new layer does. */
  resetParameters(): void {
    if (arguments.length > 0) surplus('CRF.resetParameters', arguments, 0);
    for (const scores of [this.start_transitions, this.end_transitions, this.transitions]) {
      uniform_(scores, -0.1, 0.1);
    }
  }

  /**
   * Log-likelihood of `tags`; its negative is the loss. Tags of steps that the mask leaves out are not looked at.
   * @param emissions scores of the tags of each step
   * @throws RangeError for a tag outside 0 … K − 1, a sequence without a first step, and shapes that do not fit; TypeError for other
   * element types.
   */
  forward(emissions: Tensor, tags: Tensor, options?: CRFForwardOptions): Tensor {
    if (arguments.length > 3) surplus('CRF.forward', arguments, 3, 'options');
    const { mask: given, reduction } = forwardOptions.read(options);
    const { scores, mask } = this.inputs('CRF.forward', emissions, given);
    const labels = this.tags(tags, emissions, mask);
    const likelihood = this.score(scores, labels, mask).sub(this.normalizer(scores, mask));
    if (reduction === 'none') return likelihood;
    if (reduction === 'mean') return likelihood.mean();
    const sum = likelihood.sum();
    if (reduction === 'sum') return sum;
    return sum.div(mask === null ? sizesOf(scores)[0] * sizesOf(scores)[1] : mask.sum());
  }

  /**
   * The tags with the highest score (Viterbi), for each sequence an array of as many as the mask has steps.
   * @throws RangeError for a sequence without a first step, shapes that do not fit, and scores that are NaN; TypeError for other
   * element types.
   */
  decode(emissions: Tensor, options?: CRFMaskOptions): number[][] {
    if (arguments.length > 2) surplus('CRF.decode', arguments, 2, 'options');
    const { scores, mask } = this.inputs('CRF.decode', emissions, decodeOptions.read(options).mask);
    const [steps, n] = sizesOf(scores);
    for (const x of [scores, ...this.parameters()]) {
      if (noGrad(() => x.isnan().any().item()) === 0) continue;
      throw new RangeError('CRF.decode: scores are NaN, so that no tags are the best');
    }
    const values = scores.toTypedArray();
    const present = mask === null ? null : mask.toTypedArray();
    const chain: Chain = {
      tags: this.numTags,
      start: this.start_transitions.toTypedArray(),
      end: this.end_transitions.toTypedArray(),
      transitions: this.transitions.toTypedArray(),
    };
    return Array.from({ length: n }, (_, row) => {
      const rows: number[] = [];
      for (let t = 0; t < steps; t++) {
        if (present === null || present[t * n + row] !== 0) rows.push((t * n + row) * this.numTags);
      }
      return viterbi(chain, values, rows);
    });
  }

  /** Emissions, 0 where the mask leaves a step out, and mask with the steps in front. */
  private inputs(
    operation: string,
    emissions: Tensor,
    mask: Tensor | null,
  ): { scores: Tensor; mask: Tensor | null } {
    anyTensor.check(operation, 'emissions', emissions);
    checkFloat(operation, emissions);
    const layout = this.batchFirst ? '[N, T, K]' : '[T, N, K]';
    const sizes = sizesOf(emissions);
    if (sizes.length !== 3 || sizes[2] !== this.numTags || sizes[0] === 0 || sizes[1] === 0) {
      throw new RangeError(
        `${operation}: emissions must be ${layout} with K = ${this.numTags} tags and at least one step of one sequence, got ${showShape(sizes)}`,
      );
    }
    const k = this.numTags;
    for (const [name, shape] of [
      ['start_transitions', [k]],
      ['end_transitions', [k]],
      ['transitions', [k, k]],
    ] as const) {
      const x = anyTensor.check(operation, name, this[name]);
      if (!sameShape(sizesOf(x), shape)) {
        throw new RangeError(
          `${operation}: ${name} must have shape ${showShape(shape)}, got ${showShape(sizesOf(x))}`,
        );
      }
    }
    const { dtype } = this.transitions;
    if (emissions.dtype !== dtype) {
      throw new TypeError(
        `${operation}: emissions are ${emissions.dtype}, the layer is ${dtype}; convert one with to('${dtype}')`,
      );
    }
    const inFront = (x: Tensor): Tensor => (this.batchFirst ? x.transpose(0, 1) : x);
    if (mask === null) return { scores: inFront(emissions), mask };
    if (mask.dtype !== 'bool') {
      throw new TypeError(
        `${operation}: mask must be bool, got ${mask.dtype}; convert it with bool()`,
      );
    }
    checkShape(operation, 'mask', mask, emissions);
    const steps = inFront(mask);
    const first = steps.select(0, 0);
    const rule = `${operation}: the mask of every first step must be true`;
    verify(
      () => {
        if (noGrad(() => first.all().item()) !== 0) return;
        throw new RangeError(`${rule}; leave out sequences without steps`);
      },
      () => [first, rule],
    );
    return { scores: where(steps.unsqueeze(2), inFront(emissions), 0), mask: steps };
  }

  /** Tags with the steps in front, 0 where the mask leaves a step out; contiguous. */
  private tags(tags: Tensor, emissions: Tensor, mask: Tensor | null): Tensor {
    anyTensor.check('CRF.forward', 'tags', tags);
    if (tags.dtype !== 'int32') {
      throw new TypeError(
        `CRF.forward: tags must be int32, got ${tags.dtype}; convert them with to('int32')`,
      );
    }
    checkShape('CRF.forward', 'tags', tags, emissions);
    const steps = this.batchFirst ? tags.transpose(0, 1) : tags;
    const labels = contiguous(mask === null ? steps : where(mask, steps, 0));
    const range = `from 0 to ${this.numTags - 1}`;
    const at = firstOutside(labels, 0, this.numTags, `CRF.forward: every tag must be ${range}`);
    if (at >= 0) {
      throw new RangeError(
        `CRF.forward: every tag must be ${range}, got ${labels.toTypedArray()[at]}; where there is no step, the mask is false`,
      );
    }
    return labels;
  }

  /** s(y) of each sequence: [N]. */
  private score(scores: Tensor, labels: Tensor, mask: Tensor | null): Tensor {
    const [steps, n] = sizesOf(labels);
    const emitted = scores.gather(2, labels.unsqueeze(2)).squeeze(2);
    const start = this.start_transitions.indexSelect(0, labels.select(0, 0));
    const sums = [start, emitted.sum(0)];
    if (steps > 1) {
      const before = labels.narrow(0, 0, steps - 1);
      const after = labels.narrow(0, 1, steps - 1);
      const pairs = before
        .mul(this.numTags)
        .add(after)
        .reshape([(steps - 1) * n]);
      const moved = indexSelect(this.transitions.reshape([-1]), 0, pairs).reshape([steps - 1, n]);
      const counted = mask === null ? moved : where(mask.narrow(0, 1, steps - 1), moved, 0);
      sums.push(counted.sum(0));
    }
    const last =
      mask === null
        ? labels.select(0, steps - 1)
        : labels.gather(0, mask.to('int32').sum(0, { keepdim: true }).sub(1)).squeeze(0);
    return sums.reduce((a, b) => a.add(b)).add(this.end_transitions.indexSelect(0, last));
  }

  /** ln Σ exp s(y') of each sequence, [N]: α_t[j] = emissions[t, j] + ln Σ_i exp(α_{t−1}[i] + transitions[i, j]). */
  private normalizer(scores: Tensor, mask: Tensor | null): Tensor {
    const [first, ...rest] = scores.unbind(0);
    const masks = mask === null ? [] : mask.unsqueeze(2).unbind(0);
    // The tag that is summed over is the last dimension, along which numbers are neighbours.
    const into = this.transitions.t().contiguous();
    let alpha = this.start_transitions.add(first);
    for (const [i, emitted] of rest.entries()) {
      const next = alpha.unsqueeze(1).add(into).logsumexp(2).add(emitted);
      alpha = mask === null ? next : where(masks[i + 1], next, alpha);
    }
    return alpha.add(this.end_transitions).logsumexp(1);
  }

  /** @internal */
  override extraRepr(): string {
    return `numTags=${this.numTags}`;
  }
}

function checkShape(operation: string, name: string, x: Tensor, emissions: Tensor): void {
  const expected = sizesOf(emissions).slice(0, 2);
  if (sameShape(sizesOf(x), expected)) return;
  throw new RangeError(
    `${operation}: emissions are ${showShape(sizesOf(emissions))}, so ${name} must be ${showShape(expected)}, got ${showShape(sizesOf(x))}`,
  );
}

type Numbers = ArrayLike<number>;
interface Chain {
  readonly tags: number;
  readonly start: Numbers;
  readonly end: Numbers;
  /** Row-major: from the row's tag to the column's. */
  readonly transitions: Numbers;
}

/** The best tags of one sequence, whose emissions begin at `rows`, a position for each step; of equals the first. */
function viterbi(
  { tags, start, end, transitions }: Chain,
  emissions: Numbers,
  rows: number[],
): number[] {
  let best = Float64Array.from({ length: tags }, (_, j) => start[j] + emissions[rows[0] + j]);
  const from: Int32Array[] = [];
  for (const row of rows.slice(1)) {
    const next = new Float64Array(tags);
    const previous = new Int32Array(tags);
    for (let j = 0; j < tags; j++) {
      let [most, at] = [best[0] + transitions[j], 0];
      for (let i = 1; i < tags; i++) {
        const score = best[i] + transitions[i * tags + j];
        if (score > most) [most, at] = [score, i];
      }
      next[j] = most + emissions[row + j];
      previous[j] = at;
    }
    best = next;
    from.push(previous);
  }
  let last = 0;
  for (let j = 0; j < tags; j++) {
    if (best[j] + end[j] > best[last] + end[last]) last = j;
  }
  const path = [last];
  for (let t = from.length - 1; t >= 0; t--) path.push((last = from[t][last]));
  return path.reverse();
}

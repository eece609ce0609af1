/** AdaptiveLogSoftmaxWithLoss: log-probabilities of very many classes, the rare ones in clusters of fewer features. */
import {
  arrayOf,
  boolean,
  integer,
  optionsTable,
  positive,
  positiveInteger,
  surplus,
} from '../../check';
import { noGrad } from '../../autograd/mode';
import { cat, tensor } from '../../ops';
import { named, type Named } from '../../ops/declare/named';
import type { DType } from '../../tensor/dtype';
import { anyTensor, floatDType } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { ModuleList, Sequential } from '../containers';
import { Module } from '../module';
import { Linear } from './linear';

/** Options of `AdaptiveLogSoftmaxWithLoss`. */
export interface AdaptiveLogSoftmaxOptions {
  /** By what the features of each cluster are fewer than those of the one before. Default: 4. */
  divValue?: number;
  /** Whether the head has a bias. Default: false. */
  headBias?: boolean;
  /** Of the parameters: float32 (default) or float64. */
  dtype?: DType;
}

const options = optionsTable<AdaptiveLogSoftmaxOptions>('AdaptiveLogSoftmaxWithLoss', {
  divValue: positive.or(4),
  headBias: boolean.or(false),
  dtype: floatDType.or('float32'),
});
const bounds = arrayOf(integer, 'an array of integers');

/** What `AdaptiveLogSoftmaxWithLoss.forward` gives: by name, or by position. */
export type OutputAndLoss = Named<readonly ['output', 'loss']>;

/**
 * Log-softmax over very many classes (torch.nn.AdaptiveLogSoftmaxWithLoss; Grave et al. 2017). Classes are ordered from the most
 * frequent to the rarest. The head has a score for each class below the first cutoff and one for each cluster of those above;
 * a class of a cluster has the probability of the cluster times its own there, which is computed for the rows that need it.
 *
 * Parameters: `head.weight` [cutoffs[0] + clusters, inFeatures], `head.bias`; `tail.i.0.weight` [inFeatures / divValueⁱ⁺¹,
 * inFeatures] and `tail.i.1.weight` [classes of cluster i, inFeatures / divValueⁱ⁺¹], first values those of `nn.Linear`.
 *
 * Shapes: input [N, inFeatures] with target int32 [N], or [inFeatures] with [].
 * @throws TypeError, RangeError for sizes, cutoffs or options that are none.
 * @example
 * const softmax = new nn.AdaptiveLogSoftmaxWithLoss(64, 10000, [100, 1000]);
 * const { output, loss } = softmax.forward(randn([8, 64]), randint(0, 10000, [8]));
 */
export class AdaptiveLogSoftmaxWithLoss extends Module {
  /** Where the clusters begin, and the number of classes. */
  readonly cutoffs: readonly number[];
  /** By what the features of each cluster are fewer than those of the one before. */
  readonly divValue: number;
  /** Whether the head has a bias. */
  readonly headBias: boolean;
  /** Scores of the frequent classes and of the clusters. */
  head: Linear<boolean>;
  /** For each cluster the scores of its classes. */
  tail: ModuleList<Sequential>;

  /**
   * @param inFeatures features of an input
   * @param nClasses number of classes
   * @param cutoffs the first class of each cluster, increasing, from 1 to nClasses − 1
   */
  constructor(
    /** Features of an input. */
    readonly inFeatures: number,
    /** Number of classes. */
    readonly nClasses: number,
    cutoffs: readonly number[],
    given?: AdaptiveLogSoftmaxOptions,
  ) {
    if (arguments.length > 4) surplus('AdaptiveLogSoftmaxWithLoss', arguments, 4, 'options');
    super();
    const name = 'AdaptiveLogSoftmaxWithLoss';
    const { divValue, headBias, dtype } = options.read(given);
    positiveInteger.check(name, 'inFeatures', inFeatures);
    positiveInteger.check(name, 'nClasses', nClasses);
    const firsts = bounds.check(name, 'cutoffs', cutoffs);
    const increases = firsts.every((first, i) => first > (i === 0 ? 0 : firsts[i - 1]));
    if (firsts.length === 0 || !increases || firsts.at(-1)! >= nClasses) {
      throw new RangeError(
        `${name}: cutoffs must be at least one, and increase from at least 1 to at most nClasses - 1 (${nClasses - 1}), got [${firsts.join(', ')}]`,
      );
    }
    this.cutoffs = [...firsts, nClasses];
    this.divValue = divValue;
    this.headBias = headBias;
    this.head = new Linear<boolean>(inFeatures, firsts[0] + firsts.length, {
      bias: headBias,
      dtype,
    });
    const without = { bias: false, dtype };
    let divisor = 1;
    this.tail = new ModuleList(
      firsts.map((first, i) => {
        divisor *= divValue;
        const features = Math.floor(inFeatures / divisor);
        return new Sequential(
          new Linear(inFeatures, features, without),
          new Linear(features, this.cutoffs[i + 1] - first, without),
        );
      }),
    );
  }

  /** Draws the head, then each cluster, as a new layer does. */
  resetParameters(): void {
    if (arguments.length > 0) surplus('AdaptiveLogSoftmaxWithLoss.resetParameters', arguments, 0);
    for (const module of this.modules()) if (module instanceof Linear) module.resetParameters();
  }

  /**
   * The log-probability of each target, [N] or [], and the mean of their negatives, [].
   * @throws RangeError for a class outside 0 … nClasses − 1, and shapes that do not fit; TypeError for targets that are not int32.
   */
  forward(input: Tensor, target: Tensor): OutputAndLoss {
    const operation = 'AdaptiveLogSoftmaxWithLoss.forward';
    if (arguments.length > 2) surplus(operation, arguments, 2, 'target');
    const x = this.rows(operation, input, target);
    const classes = this.classes(operation, target);
    const shortlist = this.cutoffs[0];
    const clusterOf = Array.from(classes, (c) => this.cutoffs.findIndex((end) => c < end));
    const inHead = clusterOf.map((i, row) => (i === 0 ? classes[row] : shortlist + i - 1));
    let output = pickEach(this.head.forward(x).logSoftmax(1), inHead);
    for (const [i, cluster] of [...this.tail].entries()) {
      const rows = clusterOf.flatMap((at, row) => (at === i + 1 ? [row] : []));
      if (rows.length === 0) continue;
      const index = indices(rows);
      const inCluster = rows.map((row) => classes[row] - this.cutoffs[i]);
      const scores = cluster.forward(x.indexSelect(0, index));
      output = output.indexAdd(0, index, pickEach(scores.logSoftmax(1), inCluster));
    }
    const loss = output.neg().mean();
    return named<readonly ['output', 'loss']>({
      output: input.ndim === 1 ? output.squeeze(0) : output,
      loss,
    });
  }

  /**
   * The log-probabilities of all classes: [N, inFeatures] to [N, nClasses].
   * @throws RangeError for an input of another shape.
   */
  logProb(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('AdaptiveLogSoftmaxWithLoss.logProb', arguments, 1, 'input');
    this.batch('AdaptiveLogSoftmaxWithLoss.logProb', input);
    const head = this.head.forward(input).logSoftmax(1);
    const shortlist = this.cutoffs[0];
    const clusters = [...this.tail].map((cluster, i) =>
      cluster
        .forward(input)
        .logSoftmax(1)
        .add(head.narrow(1, shortlist + i, 1)),
    );
    return cat([head.narrow(1, 0, shortlist), ...clusters], 1);
  }

  /**
   * The most probable class of each row, int32: [N, inFeatures] to [N]. The clusters are computed for rows only whose best score is
   * that of a cluster.
   * @throws RangeError for an input of another shape.
   */
  predict(input: Tensor): Tensor {
    const operation = 'AdaptiveLogSoftmaxWithLoss.predict';
    if (arguments.length > 1) surplus(operation, arguments, 1, 'input');
    this.batch(operation, input);
    return noGrad(() => {
      const best = this.head.forward(input).argmax(1);
      if (sizesOf(input)[0] === 0) return best;
      const classes = Int32Array.from(best.toTypedArray());
      const open = [...classes.keys()].filter((row) => classes[row] >= this.cutoffs[0]);
      if (open.length === 0) return best;
      const chosen = this.logProb(input.indexSelect(0, indices(open)))
        .argmax(1)
        .toTypedArray();
      open.forEach((row, i) => (classes[row] = chosen[i]));
      return tensor(classes);
    });
  }

  private batch(operation: string, input: Tensor): void {
    bounds.check(operation, 'cutoffs', this.cutoffs);
    anyTensor.check(operation, 'input', input);
    if (input.ndim === 2 && sizesOf(input)[1] === this.inFeatures) return;
    throw new RangeError(
      `${operation}: input must be [N, ${this.inFeatures}], got ${showShape(sizesOf(input))}`,
    );
  }

  /** The input as [N, inFeatures]. */
  private rows(operation: string, input: Tensor, target: Tensor): Tensor {
    bounds.check(operation, 'cutoffs', this.cutoffs);
    anyTensor.check(operation, 'input', input);
    anyTensor.check(operation, 'target', target);
    const { inFeatures } = this;
    const isRow = input.ndim === 1;
    const fits = isRow
      ? target.ndim === 0
      : target.ndim === 1 && sizesOf(target)[0] === sizesOf(input)[0];
    if (input.ndim < 1 || input.ndim > 2 || sizesOf(input).at(-1) !== inFeatures || !fits) {
      throw new RangeError(
        `${operation}: input must be [N, ${inFeatures}] with target [N], or [${inFeatures}] with [], got ${showShape(sizesOf(input))} and ${showShape(sizesOf(target))}`,
      );
    }
    return isRow ? input.unsqueeze(0) : input;
  }

  private classes(operation: string, target: Tensor): Int32Array {
    if (target.dtype !== 'int32') {
      throw new TypeError(
        `${operation}: target must be int32 class indices, got ${target.dtype}; convert it with to('int32')`,
      );
    }
    const classes = Int32Array.from(target.toTypedArray());
    const at = classes.findIndex((c) => c < 0 || c >= this.nClasses);
    if (at < 0) return classes;
    throw new RangeError(
      `${operation}: target ${classes[at]} at position ${at} is not a class: there are ${this.nClasses} (0 to ${this.nClasses - 1})`,
    );
  }
}

const indices = (values: readonly number[]): Tensor => tensor(Int32Array.from(values));

/** One element of each row: [N, C] and N columns to [N]. */
const pickEach = (x: Tensor, columns: readonly number[]): Tensor =>
  x.gather(1, indices(columns).unsqueeze(1)).squeeze(1);

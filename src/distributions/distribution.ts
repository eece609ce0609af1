/**
 * Distribution: what all distributions offer. The equations of each are a `Law`, made by the class of its name; this file checks
 * what it is given.
 */
import {
  arrayOf,
  count,
  describe,
  isInstance,
  isMade,
  markCopy,
  optionsTable,
  refuseAbstract,
  surplus,
  uncloneable,
} from '../check';
import { noGrad } from '../autograd/mode';
import type { Generator } from '../random';
import { defaultGenerator, type DrawOptions } from '../random';
import { drawFields } from '../random/generator';
import { deepcopy, type Copying } from '../tensor/deepcopy';
import { anyTensor } from '../tensor/rules';
import { broadcastShapes, sameShape, showShape, type Shape } from '../tensor/shape';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { checkEach, fromZeroToOne, type Constraint } from './parameters';

/** The equations of a distribution with given parameters. */
export interface Law {
  readonly mean: () => Tensor;
  readonly mode: () => Tensor;
  readonly variance: () => Tensor;
  /** Differentiable in the parameters, or without gradients. */
  readonly draw: (shape: Shape, generator: Generator) => Tensor;
  readonly isReparametrized: boolean;
  readonly logProb: (value: Tensor) => Tensor;
  readonly support: Constraint;
  readonly entropy?: () => Tensor;
  readonly cdf?: (value: Tensor) => Tensor;
  readonly icdf?: (value: Tensor) => Tensor;
  /** KL(this ‖ other) of a distribution of the same class. */
  readonly divergence?: (other: Distribution) => Tensor;
  /** The distribution of other parameters: `each` of those of this one, whose last dimensions, `event`, are of one value. */
  readonly map: (each: (parameter: Tensor, event?: Shape) => Tensor) => Distribution;
}

const drawOptions = optionsTable<DrawOptions, 'generator'>('sample', drawFields);
const refusal = uncloneable(
  'a distribution: make it anew in the other thread of parameters that were sent by io.toMessage(x)',
);
const sizes = arrayOf(count, 'an array of sizes');

/**
 * A probability distribution with tensors as parameters (torch.distributions.Distribution); made as one of its subclasses. A batch of
 * distributions has the shape of its parameters, broadcast.
 * @example
 * const normal: distributions.Distribution = new distributions.Normal(0, tensor([1, 2]));
 * normal.sample([3]).shape; // [3, 2]
 */
export abstract class Distribution {
  /** @internal */
  readonly refusal = refusal;
  /** The shape of the parameters: that of a batch of distributions. */
  readonly batchShape: readonly number[];
  /** The shape of one value; [] for numbers. */
  readonly eventShape: readonly number[] = [];
  readonly #law: Law;
  readonly #name: string;
  readonly #validates: boolean;

  /** @internal */
  constructor(name: string, batchShape: Shape, law: Law, validates: boolean) {
    if (typeof name !== 'string') {
      refuseAbstract(Distribution, Distribution, 'use Normal, Categorical and the like');
    }
    this.#name = name;
    this.batchShape = Object.freeze([...batchShape]);
    this.#law = law;
    this.#validates = validates;
  }

  /** Expected value; NaN where there is none. */
  get mean(): Tensor {
    return this.#law.mean();
  }

  /** The most probable value; NaN where there is none. */
  get mode(): Tensor {
    return this.#law.mode();
  }

  /** Variance; NaN or ∞ where there is none. */
  get variance(): Tensor {
    return this.#law.variance();
  }

  /** Standard deviation: √variance. */
  get stddev(): Tensor {
    return this.variance.sqrt();
  }

  /** Whether `rsample` works: whether samples have gradients in the parameters. */
  get hasRsample(): boolean {
    return this.#law.isReparametrized;
  }

  /**
   * Draws values, without gradients: PyTorch's numbers for PyTorch's seed.
   * @param sampleShape put in front of the batch's shape; [] unless given
   * @throws TypeError, RangeError for no shape; in a compiled function where draws depend on values.
   */
  sample(sampleShape: readonly number[] = [], options?: DrawOptions): Tensor {
    if (arguments.length > 2) surplus(`${this.#name}.sample`, arguments, 2, 'options');
    const { generator = defaultGenerator } = drawOptions.read(options, `${this.#name}.sample`);
    const shape = this.#extended('sample', sampleShape);
    return noGrad(() => this.#law.draw(shape, generator));
  }

  /**
   * Draws values that are differentiable in the parameters (the reparametrization of Kingma and Welling 2014); the same numbers
   * as `sample`.
   * @param sampleShape put in front of the batch's shape; [] unless given
   * @throws TypeError, RangeError for no shape; Error where draws have no such gradient.
   */
  rsample(sampleShape: readonly number[] = [], options?: DrawOptions): Tensor {
    if (arguments.length > 2) surplus(`${this.#name}.rsample`, arguments, 2, 'options');
    const { generator = defaultGenerator } = drawOptions.read(options, `${this.#name}.rsample`);
    const shape = this.#extended('rsample', sampleShape);
    if (!this.#law.isReparametrized) {
      throw new Error(
        `${this.#name}.rsample: samples have no gradients in the parameters; use sample()`,
      );
    }
    return this.#law.draw(shape, generator);
  }

  /**
   * Logarithm of the density or of the probability of `value`, which broadcasts with the batch.
   * @throws RangeError for a value that the distribution does not have, and shapes that do not fit; TypeError for no tensor.
   */
  logProb(value: Tensor): Tensor {
    if (arguments.length > 1) surplus(`${this.#name}.logProb`, arguments, 1, 'value');
    this.#checkValue('logProb', value, this.#law.support);
    return this.#law.logProb(value);
  }

  /**
   * Entropy, in nats.
   * @throws Error where PyTorch has none.
   */
  entropy(): Tensor {
    if (arguments.length > 0) surplus(`${this.#name}.entropy`, arguments, 0);
    return (this.#law.entropy ?? this.#missing('entropy'))();
  }

  /**
   * The probability of a value up to `value`.
   * @throws RangeError for a value that the distribution does not have, and shapes that do not fit; TypeError for no tensor; Error where
   * PyTorch has none.
   */
  cdf(value: Tensor): Tensor {
    if (arguments.length > 1) surplus(`${this.#name}.cdf`, arguments, 1, 'value');
    const { cdf = this.#missing('cdf'), support } = this.#law;
    this.#checkValue('cdf', value, support);
    return cdf(value);
  }

  /**
   * The value up to which the probability is `probability`: the inverse of `cdf`.
   * @throws RangeError outside of 0 … 1, and for shapes that do not fit; TypeError for no tensor; Error where PyTorch has none.
   */
  icdf(probability: Tensor): Tensor {
    if (arguments.length > 1) surplus(`${this.#name}.icdf`, arguments, 1, 'probability');
    const { icdf = this.#missing('icdf') } = this.#law;
    this.#checkValue('icdf', probability, fromZeroToOne, 'probability');
    return icdf(probability);
  }

  /**
   * The distribution with its parameters expanded to a batch of another shape.
   * @throws RangeError when the parameters do not expand to it.
   */
  expand(batchShape: readonly number[]): this {
    if (arguments.length > 1) surplus(`${this.#name}.expand`, arguments, 1, 'batchShape');
    const shape = sizes.check(`${this.#name}.expand`, 'batchShape', batchShape);
    return this.#law.map((x, event = []) => x.expand([...shape, ...event])) as this;
  }

  /** The class and the shape of the batch. */
  toString(): string {
    if (arguments.length > 0) surplus(`${this.#name}.toString`, arguments, 0);
    return `${this.#name}(batchShape: ${showShape(this.batchShape)})`;
  }

  /** @internal */
  [isMade](): boolean {
    return #law in this;
  }

  /** @internal */
  [deepcopy.custom](copy: Copying): Distribution {
    return this.#law.map((x) => copy(x));
  }

  /** @internal For console.log. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** @internal KL(this ‖ other). */
  divergenceFrom(other: Distribution): Tensor {
    const { divergence } = this.#law;
    if (divergence === undefined || this.#name !== other.#name) {
      throw new TypeError(
        `klDivergence: there is no formula for ${this.#name} and ${other.#name}; estimate it from samples: the mean of p.logProb(x) - q.logProb(x) for x = p.sample([n])`,
      );
    }
    broadcastShapes('klDivergence', this.batchShape, other.batchShape);
    return divergence(other);
  }

  #extended(method: string, sampleShape: unknown): Shape {
    const front = sizes.check(`${this.#name}.${method}`, 'sampleShape', sampleShape);
    return [...front, ...this.batchShape];
  }

  #missing(what: string): never {
    throw new Error(`${this.#name}.${what}: not available, as in PyTorch`);
  }

  #checkValue(method: string, value: Tensor, support: Constraint, name = 'value'): void {
    const operation = `${this.#name}.${method}`;
    anyTensor.check(operation, name, value);
    const shape = broadcastShapes(operation, sizesOf(value), this.batchShape);
    if (!this.#validates) return;
    checkEach(
      operation,
      name,
      sameShape(sizesOf(value), shape) ? value : value.expand(shape),
      support,
    );
  }
}

markCopy(Distribution, 'Distribution');

/**
 * KL(p ‖ q) = E_p[ln p − ln q], the Kullback-Leibler divergence of two distributions of one class
 * (torch.distributions.kl.kl_divergence).
 * @throws TypeError for what are no distributions of one class that has a formula; RangeError when the batches do not broadcast.
 * @example
 * const [p, q] = [new distributions.Normal(0, 1), new distributions.Normal(1, 1)];
 * distributions.klDivergence(p, q).item(); // 0.5
 */
export function klDivergence(p: Distribution, q: Distribution): Tensor {
  if (arguments.length > 2) surplus('klDivergence', arguments, 2, 'q');
  for (const [name, x] of [
    ['p', p],
    ['q', q],
  ] as const) {
    if (isInstance(x, Distribution)) continue;
    throw new TypeError(`klDivergence: ${name} must be a Distribution, got ${describe(x)}`);
  }
  return p.divergenceFrom(q);
}
